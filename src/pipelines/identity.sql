-- Room: pipelines. Who is who, resolved anew from the stored links for what a change reaches over them.

CREATE TYPE journey.pipeline_pair AS (a_kind text, a text, b_kind text, b text, first_seen_at timestamptz, last_seen_at timestamptz, known_since timestamptz);
COMMENT ON TYPE journey.pipeline_pair IS
  'Two ids that were seen together, the weaker one first, or one alone (b_kind is empty): when in the rows at hand, and since when in all others';

CREATE FUNCTION journey.has_limits(p journey.pipelines) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p.unique_kinds <> '{}' OR p.max_members IS NOT NULL;
COMMENT ON FUNCTION journey.has_limits(journey.pipelines) IS 'Whether links can be refused';

-- resolve_aliases by the pipeline's rules. edges gives (a_kind, a, b_kind, b, seen_at); nothing blocked is among them.
CREATE FUNCTION journey.resolve_links(p journey.pipelines, edges text, OUT kind text, OUT alias text, OUT visitor_kind text, OUT visitor_id text, OUT first_seen_at timestamptz, OUT last_seen_at timestamptz)
RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 100 AS $$
BEGIN
  IF p.mode = 'connected' THEN
    RETURN QUERY SELECT r.kind, r.alias, r.visitor_kind, r.visitor_id, r.first_seen_at, r.last_seen_at
      FROM journey.resolve_aliases(edges, p.kinds, p.unique_kinds, NULL::text[], p.max_members) AS r;
  ELSE
    RETURN QUERY SELECT p.kinds[CASE WHEN r.is_user THEN 1 ELSE 2 END], r.alias, p.kinds[CASE WHEN r.is_user OR r.members > 1 THEN 1 ELSE 2 END], r.visitor_id, r.first_seen_at, r.last_seen_at
      FROM journey.resolve_aliases(format('SELECT CASE %1$L WHEN a_kind THEN a WHEN b_kind THEN b END, CASE %2$L WHEN a_kind THEN a WHEN b_kind THEN b END, seen_at FROM (%3$s) AS e', p.kinds[2], p.kinds[1], edges),
        'latest_user'::journey.alias_mode, NULL::text[]) AS r;
  END IF;
END $$;
COMMENT ON FUNCTION journey.resolve_links(journey.pipelines, text) IS 'Internal: resolve_aliases by the rules of a pipeline';

CREATE FUNCTION journey.all_links(p journey.pipelines) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format('SELECT l.a_kind, l.a, nullif(l.b_kind, '''') AS b_kind, CASE WHEN l.b_kind <> '''' THEN l.b END AS b, t.seen_at FROM %s AS l CROSS JOIN LATERAL (VALUES (l.first_seen_at), (l.last_seen_at)) AS t (seen_at)',
    journey.pipeline_table(p, 'links'));
END;
COMMENT ON FUNCTION journey.all_links(journey.pipelines) IS 'Internal: all stored links as edges: both times of each, the first for its place in the order and its ids'' first, the last for the latest user and its ids'' last';

-- The links that the ids in $1 and $2 reach. Look-ups by key one by one: the planner's guess of a recursion grows with the table.
CREATE FUNCTION journey.links_around(p journey.pipelines, kinds text[], ids text[]) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE p.mode WHEN 'connected' THEN format($q$
    -- Whole components, over refused links, too: all that a change of these ids can bring into another order.
    WITH RECURSIVE reach (kind, id) AS (
      SELECT * FROM unnest(%2$L::text[], %3$L::text[])
      UNION
      SELECT o.kind, o.id FROM reach AS r CROSS JOIN LATERAL (
        (SELECT l.b_kind, l.b FROM %1$s AS l WHERE l.a = r.id AND l.a_kind = r.kind AND l.b_kind <> '' OFFSET 0)
        UNION ALL
        (SELECT l.a_kind, l.a FROM %1$s AS l WHERE l.b = r.id AND l.b_kind = r.kind AND l.b_kind <> '' OFFSET 0)) AS o (kind, id))
    SELECT l.a_kind, l.a, nullif(l.b_kind, '') AS b_kind, CASE WHEN l.b_kind <> '' THEN l.b END AS b, t.seen_at
    FROM reach AS r CROSS JOIN LATERAL (SELECT * FROM %1$s AS l WHERE l.a = r.id AND l.a_kind = r.kind OFFSET 0) AS l
    CROSS JOIN LATERAL (VALUES (l.first_seen_at), (l.last_seen_at)) AS t (seen_at)$q$, journey.pipeline_table(p, 'links'), kinds, ids)
  ELSE format($q$
    -- Each alias hangs on its latest user: the stars of all users concerned, as they were and as they are.
    WITH touched AS (SELECT * FROM unnest(%5$L::text[], %6$L::text[]) AS t (kind, id)),
    stars AS (
      SELECT id FROM touched WHERE kind = %3$L
      UNION
      SELECT x.id FROM touched AS t CROSS JOIN LATERAL (
        (SELECT a.visitor_id FROM %2$s AS a WHERE a.alias = t.id AND a.kind = t.kind AND a.visitor_kind = %3$L OFFSET 0)
        UNION ALL
        (SELECT l.b FROM %1$s AS l WHERE l.a = t.id AND l.a_kind = t.kind AND l.b_kind = %3$L ORDER BY l.last_seen_at DESC, l.b COLLATE "C" DESC LIMIT 1)) AS x (id)
      WHERE t.kind = %4$L),
    around AS (
      SELECT id FROM touched WHERE kind = %4$L
      UNION
      SELECT l.a FROM stars AS s CROSS JOIN LATERAL (SELECT l.a FROM %1$s AS l WHERE l.b = s.id AND l.b_kind = %3$L AND l.b_kind <> '' OFFSET 0) AS l),
    rays AS (
      SELECT d.id, l.b, l.last_seen_at
      FROM around AS d LEFT JOIN LATERAL (
        SELECT l.b, l.last_seen_at FROM %1$s AS l WHERE l.a = d.id AND l.a_kind = %4$L AND l.b_kind = %3$L ORDER BY l.last_seen_at DESC, l.b COLLATE "C" DESC LIMIT 1) AS l ON true
      WHERE l.b IS NULL OR l.b IN (SELECT id FROM stars)),
    seen (kind, id, first_seen_at, last_seen_at) AS (
      SELECT %4$L, d.id, l.first_seen_at, l.last_seen_at
      FROM rays AS d CROSS JOIN LATERAL (SELECT * FROM %1$s AS l WHERE l.a = d.id AND l.a_kind = %4$L OFFSET 0) AS l
      UNION ALL
      SELECT %3$L, s.id, l.first_seen_at, l.last_seen_at
      FROM stars AS s CROSS JOIN LATERAL (
        (SELECT * FROM %1$s AS l WHERE l.b = s.id AND l.b_kind = %3$L AND l.b_kind <> '' OFFSET 0)
        UNION ALL
        (SELECT * FROM %1$s AS l WHERE l.a = s.id AND l.a_kind = %3$L OFFSET 0)) AS l)
    SELECT %4$L AS a_kind, id AS a, %3$L AS b_kind, b, last_seen_at AS seen_at FROM rays WHERE b IS NOT NULL
    UNION ALL
    SELECT kind, id, NULL, NULL, t.seen_at FROM seen CROSS JOIN LATERAL (VALUES (first_seen_at), (last_seen_at)) AS t (seen_at)$q$,
    journey.pipeline_table(p, 'links'), journey.pipeline_table(p, 'aliases'), p.kinds[1], p.kinds[2], kinds, ids) END;
END;
COMMENT ON FUNCTION journey.links_around(journey.pipelines, text[], text[]) IS 'Internal: as edges, the links of all that a change to some ids can reach';

-- Which ends of changed pairs can change a visitor. A pair is quiet if it only makes ids seen later: it lost nothing, and
-- both ids are known, no later than it, and together, or it was refused and still is.
CREATE FUNCTION journey.note_pairs(p journey.pipelines, gained journey.pipeline_pair[], lost journey.pipeline_pair[], OUT kinds text[], OUT ids text[], OUT visitors text[])
LANGUAGE plpgsql AS $$
BEGIN
  SELECT r.* INTO kinds, ids, visitors FROM journey.perform(journey.is_small(gained || lost), format($q$
    WITH changed AS MATERIALIZED (
      SELECT a_kind, a, b_kind, b, min(first_seen_at) FILTER (WHERE NOT gone) AS first_seen_at, max(last_seen_at) FILTER (WHERE NOT gone) AS last_seen_at,
        least((array_agg(known_since ORDER BY number) FILTER (WHERE NOT gone))[1], min(first_seen_at) FILTER (WHERE gone)) AS known_since,
        bool_or(gone) AS gone, min(first_seen_at) FILTER (WHERE gone) AS gone_first, max(last_seen_at) FILTER (WHERE gone) AS gone_last
      FROM (
        SELECT *, false AS gone FROM unnest($1) WITH ORDINALITY AS g (a_kind, a, b_kind, b, first_seen_at, last_seen_at, known_since, number)
        UNION ALL
        SELECT *, true FROM unnest($2) WITH ORDINALITY AS g (a_kind, a, b_kind, b, first_seen_at, last_seen_at, known_since, number)) AS c
      GROUP BY a_kind, a, b_kind, b),
    judged AS MATERIALIZED (
      SELECT c.a_kind, c.a, c.b_kind, c.b, c.last_seen_at, x.visitor_id AS a_visitor_id, y.visitor_id AS b_visitor_id,
        (CASE WHEN c.gone THEN n.first_seen_at <= c.gone_first AND n.last_seen_at >= c.gone_last ELSE true END
          AND x.alias IS NOT NULL AND (c.first_seen_at IS NULL OR c.first_seen_at >= x.first_seen_at)
          AND (c.b_kind = '' OR y.alias IS NOT NULL AND (c.first_seen_at IS NULL OR c.first_seen_at >= y.first_seen_at) AND (%3$s))) IS TRUE AS quiet
      FROM changed AS c
      LEFT JOIN LATERAL (
        SELECT min(l.first_seen_at) AS first_seen_at, max(l.last_seen_at) AS last_seen_at FROM %1$s AS l
        WHERE c.gone AND l.a = c.a AND l.a_kind = c.a_kind AND l.b = c.b AND l.b_kind = c.b_kind) AS n ON c.gone
      LEFT JOIN LATERAL (SELECT * FROM %2$s AS a WHERE a.alias = c.a AND a.kind = c.a_kind OFFSET 0) AS x ON true
      LEFT JOIN LATERAL (SELECT * FROM %2$s AS a WHERE a.alias = c.b AND a.kind = c.b_kind OFFSET 0) AS y ON true),
    ends AS MATERIALIZED (
      SELECT e.kind, e.id, bool_and(j.quiet) AS quiet, max(j.last_seen_at) AS last_seen_at
      FROM judged AS j CROSS JOIN LATERAL (VALUES (j.a_kind, j.a), (j.b_kind, j.b)) AS e (kind, id) WHERE e.kind <> '' GROUP BY 1, 2),
    later AS (
      UPDATE %2$s AS a SET last_seen_at = e.last_seen_at FROM ends AS e WHERE e.quiet AND a.alias = e.id AND a.kind = e.kind AND e.last_seen_at > a.last_seen_at)
    SELECT array_agg(e.kind), array_agg(e.id), ARRAY(SELECT a_visitor_id FROM judged WHERE a_visitor_id IS NOT NULL UNION SELECT b_visitor_id FROM judged WHERE b_visitor_id IS NOT NULL)
    FROM ends AS e WHERE NOT e.quiet$q$,
    journey.pipeline_table(p, 'links'), journey.pipeline_table(p, 'aliases'),
    CASE p.mode WHEN 'latest_user' THEN '(x.visitor_kind, x.visitor_id) = (c.b_kind, c.b)'
      -- Within one visitor nothing changes, limits or not: what the pair joins earlier comes together anyway. One between two
      -- visitors was refused, and is again while its place in the order is the same.
      ELSE '(x.visitor_kind, x.visitor_id) = (y.visitor_kind, y.visitor_id)' || CASE WHEN journey.has_limits(p) THEN ' OR c.known_since <= c.first_seen_at OR c.known_since IS NOT NULL AND c.first_seen_at IS NULL' ELSE '' END END), gained, lost) AS r (kinds text[], ids text[], visitors text[]);
END $$;
COMMENT ON FUNCTION journey.note_pairs(journey.pipelines, journey.pipeline_pair[], journey.pipeline_pair[]) IS
  'Internal: the ends of pairs that must be resolved anew; of the others the aliases are seen later. visitors: of all of them, as stored';

-- Rows of aliases that differ from what edges give are written; of the ids that were asked for those that are not there are deleted.
CREATE FUNCTION journey.put_aliases(p journey.pipelines, edges text, kinds text[], ids text[]) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
  visitors text[];
BEGIN
  EXECUTE format($q$
    WITH resolved AS MATERIALIZED (SELECT * FROM journey.resolve_links($1, $2)),
    different AS MATERIALIZED (
      SELECT n.*, o.visitor_kind AS old_visitor_kind, o.visitor_id AS old_visitor_id
      FROM resolved AS n LEFT JOIN %1$s AS o ON o.alias = n.alias AND o.kind = n.kind
      WHERE (n.visitor_kind, n.visitor_id, n.first_seen_at, n.last_seen_at) IS DISTINCT FROM (o.visitor_kind, o.visitor_id, o.first_seen_at, o.last_seen_at)),
    gone AS (
      DELETE FROM %1$s AS a USING (%3$s EXCEPT SELECT kind, alias FROM resolved) AS t
      WHERE a.alias = t.id AND a.kind = t.kind
      RETURNING a.kind, a.alias, a.visitor_id),
    put AS (
      INSERT INTO %1$s AS a (kind, alias, visitor_kind, visitor_id, first_seen_at, last_seen_at)
      SELECT kind, alias, visitor_kind, visitor_id, first_seen_at, last_seen_at FROM different
      ON CONFLICT (alias, kind) DO UPDATE SET visitor_kind = excluded.visitor_kind, visitor_id = excluded.visitor_id, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at),
    history AS (
      INSERT INTO %2$s (changed_at, kind, alias, old_visitor_id, visitor_id)
      SELECT now(), kind, alias, old_visitor_id, visitor_id FROM different WHERE old_visitor_id <> visitor_id
      UNION ALL
      SELECT now(), kind, alias, visitor_id, NULL FROM gone)
    SELECT array_agg(DISTINCT v.visitor_id)
    FROM (SELECT visitor_id FROM different UNION ALL SELECT old_visitor_id FROM different UNION ALL SELECT visitor_id FROM gone) AS v
    WHERE v.visitor_id IS NOT NULL$q$,
    journey.pipeline_table(p, 'aliases'), journey.pipeline_table(p, 'alias_history'),
    CASE WHEN ids IS NULL THEN format('SELECT kind, alias AS id FROM %s', journey.pipeline_table(p, 'aliases')) ELSE 'SELECT * FROM unnest($3, $4) AS t (kind, id)' END)
  INTO visitors USING p, edges, kinds, ids;
  RETURN visitors;
END $$;
COMMENT ON FUNCTION journey.put_aliases(journey.pipelines, text, text[], text[]) IS
  'Internal: resolves edges and writes what differs, for all ids or for some and what they reach; the visitors concerned, before and after';

CREATE FUNCTION journey.resolve_around(p journey.pipelines, kinds text[], ids text[]) RETURNS text[]
LANGUAGE plpgsql
-- Few rows are looked up by key, whatever the planner guesses; a hash table of UNION would be as large as its guess.
SET work_mem = '1MB' SET hash_mem_multiplier = 1 SET jit = off SET max_parallel_workers_per_gather = 0 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  RETURN journey.put_aliases(p, journey.links_around(p, kinds, ids), kinds, ids);
END $$;
COMMENT ON FUNCTION journey.resolve_around(journey.pipelines, text[], text[]) IS 'Internal: makes some ids and all that they reach what resolve_aliases gives; the visitors concerned';

CREATE FUNCTION journey.resolve_changed(p journey.pipelines, gained journey.pipeline_pair[], lost journey.pipeline_pair[]) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
  noted record;
BEGIN
  SELECT * INTO noted FROM journey.note_pairs(p, gained, lost);
  -- Quiet ones, too, have other trails.
  RETURN CASE WHEN noted.ids IS NULL THEN noted.visitors ELSE ARRAY(SELECT unnest(noted.visitors) UNION SELECT unnest(journey.resolve_around(p, noted.kinds, noted.ids))) END;
END $$;
COMMENT ON FUNCTION journey.resolve_changed(journey.pipelines, journey.pipeline_pair[], journey.pipeline_pair[]) IS
  'Internal: step 7 of a refresh: who is who once rows were added to some links and taken from others; the visitors concerned, before and after';
