-- Room: pipelines. Targets: made anew for some visitors, or for all (NULL), and written where they differ.

CREATE FUNCTION journey.session_changes(visitor_id text, before journey.trail, after journey.trail, OUT operation text, OUT session_id uuid, OUT session journey.session, OUT next_started_at timestamptz)
RETURNS SETOF record LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 2 AS 'MODULE_PATHNAME', 'journey_session_changes';
COMMENT ON FUNCTION journey.session_changes(text, journey.trail, journey.trail) IS
  'The sessions in which two trails of a visitor differ: operation insert, update or delete, the session''s id, the session as it is after, or before if it is deleted, and the start of the next one after. '
  'A NULL trail has no sessions';

CREATE FUNCTION journey.of_visitors(visitors text[], name text DEFAULT 'visitor_id') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN visitors IS NULL THEN 'true' ELSE name || ' = ANY ($1)' END;
COMMENT ON FUNCTION journey.of_visitors(text[], text) IS 'Internal: the condition that a row is of the visitors $1, or of any (NULL)';

-- Rows of `query`, all columns of the table in order, put in the place of those of the visitors $1.
CREATE FUNCTION journey.put_rows(target text, query text, visitors text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  relation regclass := target::regclass;
  columns text;
  keys text;
  others text;
BEGIN
  SELECT string_agg(n.name, ', ' ORDER BY n.number), string_agg(n.name, ', ' ORDER BY n.number) FILTER (WHERE n.is_key), string_agg(n.name, ', ' ORDER BY n.number) FILTER (WHERE NOT n.is_key)
  INTO columns, keys, others
  FROM (
    SELECT quote_ident(a.attname) AS name, a.attnum AS number, a.attnum = ANY (i.indkey::int2[]) AS is_key
    FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid WHERE i.indrelid = relation AND i.indisprimary AND a.attnum > 0 AND NOT a.attisdropped) AS n;
  -- Rows that are there already are left alone: ON CONFLICT locks them first, and so writes each.
  PERFORM journey.perform(journey.is_small(visitors), format($q$
    WITH wanted (%1$s) AS MATERIALIZED (%2$s),
    gone AS (
      DELETE FROM %3$s AS t WHERE %4$s AND NOT EXISTS (SELECT FROM wanted AS w WHERE %5$s))
    INSERT INTO %3$s AS t (%1$s) SELECT * FROM wanted AS w WHERE NOT EXISTS (SELECT FROM %3$s AS t WHERE %5$s AND (t.%8$s) IS NOT DISTINCT FROM (w.%9$s)%10$s)
    ON CONFLICT (%6$s) DO UPDATE SET (%7$s) = ROW(excluded.%11$s)$q$,
    columns, query, target,
    -- One row a visitor: only those that have none any more are looked for.
    CASE WHEN visitors IS NOT NULL AND keys = 'visitor_id' THEN 't.visitor_id = ANY (ARRAY(SELECT v FROM unnest($1) AS v WHERE NOT EXISTS (SELECT FROM wanted AS w WHERE w.visitor_id = v)))' ELSE journey.of_visitors(visitors, 't.visitor_id') END,
    format('(w.%s) = (t.%s)', replace(keys, ', ', ', w.'), replace(keys, ', ', ', t.')), keys, others,
    replace(others, ', ', ', t.'), replace(others, ', ', ', w.'), CASE WHEN visitors IS NOT NULL THEN ' OFFSET 0' END, replace(others, ', ', ', excluded.')), visitors);
END $$;
COMMENT ON FUNCTION journey.put_rows(text, text, text[]) IS 'Internal: makes the rows of a target what a query gives, for some visitors or for all, and writes only where they differ';

-- Of some visitors rows are looked up one by one: a plan for all of a table would cost what the table costs.
CREATE FUNCTION journey.rows_of_visitors("table" text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('SELECT t.* FROM (SELECT DISTINCT v FROM unnest($1) AS v) AS v CROSS JOIN LATERAL (SELECT * FROM %s AS t WHERE t.visitor_id = v OFFSET 0) AS t', "table");
COMMENT ON FUNCTION journey.rows_of_visitors(text) IS 'Internal: the query of the rows of a table that are of the visitors $1';

CREATE FUNCTION journey.beside_ids(p journey.pipelines, visitors text[], part text, name text) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format(CASE WHEN visitors IS NULL THEN 'JOIN %1$s AS %2$s ON %2$s.alias = i.alias AND %2$s.kind = i.kind'
    ELSE 'CROSS JOIN LATERAL (SELECT * FROM %1$s AS x WHERE x.alias = i.alias AND x.kind = i.kind OFFSET 0) AS %2$s' END, journey.pipeline_table(p, part), name);
END;
COMMENT ON FUNCTION journey.beside_ids(journey.pipelines, text[], text, text) IS 'Internal: a join of the rows of a table that are of the ids i';

CREATE FUNCTION journey.visitors_query(p journey.pipelines, visitors text[]) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format($q$
    WITH ids AS MATERIALIZED (%1$s),
    who AS (SELECT visitor_id, count(*)::int AS members, min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at FROM ids GROUP BY visitor_id),
    went AS (
      SELECT i.visitor_id, journey.rollup(t.trail) AS trail,
        journey.first((t.first_page).page, (t.first_page).at) FILTER (WHERE t.first_page IS NOT NULL) AS first_page,
        journey.first((t.first_blog_page).page, (t.first_blog_page).at) FILTER (WHERE t.first_blog_page IS NOT NULL) AS first_blog_page
      FROM ids AS i %2$s GROUP BY i.visitor_id),
    signed AS (SELECT i.visitor_id, min(c.at) AS signed_up_at FROM ids AS i %3$s WHERE c.conversion = 'sign_up' GROUP BY i.visitor_id)
    SELECT w.visitor_id, w.members, w.first_seen_at, w.last_seen_at, s.signed_up_at, t.trail, t.first_page, t.first_blog_page
    FROM who AS w LEFT JOIN went AS t USING (visitor_id) LEFT JOIN signed AS s USING (visitor_id)$q$,
    CASE WHEN visitors IS NULL THEN 'TABLE ' || journey.pipeline_table(p, 'aliases') ELSE journey.rows_of_visitors(journey.pipeline_table(p, 'aliases')) END,
    journey.beside_ids(p, visitors, 'trails', 't'), journey.beside_ids(p, visitors, 'conversions', 'c'));
END;
COMMENT ON FUNCTION journey.visitors_query(journey.pipelines, text[]) IS 'Internal: the rows of the target visitors, made from aliases, trails and conversions';

CREATE FUNCTION journey.session_columns(session text DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN session IS NULL THEN 'session_number, started_at, ended_at, next_started_at, events, pages, sign_ups, signed_up_at, landing_page, exit_page, source, medium, campaign, channel, referrer'
    ELSE format('(%1$s).session_number, (%1$s).started_at, (%1$s).ended_at, next_started_at, (%1$s).events, (%1$s).pages, (%1$s).conversions, (%1$s).converted_at, (%1$s).landing_page, (%1$s).exit_page,
      ((%1$s).touch).source, ((%1$s).touch).medium, ((%1$s).touch).campaign, ((%1$s).touch).channel, ((%1$s).touch).referrer', session) END;
END;
COMMENT ON FUNCTION journey.session_columns(text) IS 'Internal: the columns of all_sessions that say a session: their names, or how they follow from a value';

CREATE FUNCTION journey.put_visitors(p journey.pipelines, visitors text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  sessions text := journey.pipeline_table(p, 'all_sessions');
  gone uuid[];
  gone_at timestamptz[];
BEGIN
  IF visitors IS NULL OR NOT journey.has_target(p, 'all_sessions') THEN
    PERFORM journey.put_rows(journey.pipeline_table(p, 'visitors'), journey.visitors_query(p, visitors), visitors);
    IF journey.has_target(p, 'all_sessions') THEN
      PERFORM journey.put_rows(sessions, format(
        'SELECT journey.session_id(visitor_id, started_at), visitor_id, %s FROM (SELECT v.visitor_id, s, s.started_at, lead(s.started_at) OVER (PARTITION BY v.visitor_id ORDER BY s.session_number) AS next_started_at
         FROM %s AS v CROSS JOIN LATERAL journey.sessions(v.trail) AS s) AS x', journey.session_columns('s'), journey.pipeline_table(p, 'visitors')), visitors);
    END IF;
    RETURN;
  END IF;
  -- The sessions that differ follow from the trails before and after; the rest of a long history isn't read.
  SELECT r.* INTO gone, gone_at FROM journey.perform(journey.is_small(visitors), format($q$
    WITH wanted AS MATERIALIZED (%1$s),
    was AS MATERIALIZED (%7$s),
    gone AS (DELETE FROM %2$s AS t WHERE t.visitor_id = ANY (ARRAY(SELECT w.visitor_id FROM was AS w WHERE NOT EXISTS (SELECT FROM wanted AS n WHERE n.visitor_id = w.visitor_id)))),
    put AS (
      INSERT INTO %2$s AS t (visitor_id, members, first_seen_at, last_seen_at, signed_up_at, trail, first_page, first_blog_page) SELECT * FROM wanted
      ON CONFLICT (visitor_id) DO UPDATE SET members = excluded.members, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, signed_up_at = excluded.signed_up_at,
        trail = excluded.trail, first_page = excluded.first_page, first_blog_page = excluded.first_blog_page
      WHERE (t.members, t.first_seen_at, t.last_seen_at, t.signed_up_at, t.trail, t.first_page, t.first_blog_page)
        IS DISTINCT FROM (excluded.members, excluded.first_seen_at, excluded.last_seen_at, excluded.signed_up_at, excluded.trail, excluded.first_page, excluded.first_blog_page)),
    changed AS MATERIALIZED (
      SELECT visitor_id, c.* FROM wanted AS n FULL JOIN was AS w USING (visitor_id) CROSS JOIN LATERAL journey.session_changes(visitor_id, w.trail, n.trail) AS c
      WHERE n.trail IS DISTINCT FROM w.trail),
    put_sessions AS (
      INSERT INTO %3$s AS t (session_id, visitor_id, %5$s)
      SELECT session_id, visitor_id, %4$s FROM changed WHERE operation <> 'delete'
      ON CONFLICT (session_id, started_at) DO UPDATE SET (%5$s) = ROW(excluded.%6$s))
    SELECT array_agg(session_id), array_agg((session).started_at) FROM changed WHERE operation = 'delete'$q$,
    journey.visitors_query(p, visitors), journey.pipeline_table(p, 'visitors'), sessions, journey.session_columns('session'),
    journey.session_columns(), replace(journey.session_columns(), ', ', ', excluded.'), journey.rows_of_visitors(journey.pipeline_table(p, 'visitors'))), visitors) AS r (gone uuid[], gone_at timestamptz[]);
  -- By itself: most refreshes have none, and a plan over all partitions is costly to begin. Kept: each is looked up in its partition.
  IF gone IS NOT NULL THEN
    PERFORM journey.perform(true, format('DELETE FROM %s AS t USING unnest($1, $2) AS g (session_id, started_at) WHERE t.session_id = g.session_id AND t.started_at = g.started_at', sessions), gone, gone_at);
  END IF;
END $$;
COMMENT ON FUNCTION journey.put_visitors(journey.pipelines, text[]) IS 'Internal: the targets visitors and all_sessions';

CREATE FUNCTION journey.attribution_query(p journey.pipelines, visitors text[]) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH touch (name, call, number) AS (
    VALUES ('first_touch', 'journey.first_touch(trail, before => until)', 1), ('last_touch', 'journey.last_touch(trail, before => until)', 2),
      ('first_paid_touch', 'journey.first_touch(trail, before => until, kind => ''paid'')', 3), ('last_paid_touch', 'journey.last_touch(trail, before => until, kind => ''paid'')', 4))
  SELECT format($q$
    WITH touched AS MATERIALIZED (
      SELECT visitor_id, signed_up_at, journey.started_at(trail) AS first_seen_at, CASE WHEN signed_up_at IS NOT NULL THEN journey.session_count(trail, before => signed_up_at) END AS sessions_before_sign_up,
        first_page, first_blog_page, %s
      FROM (SELECT *, coalesce(signed_up_at, 'infinity') AS until FROM %s WHERE trail IS NOT NULL AND %s) AS v)
    SELECT visitor_id, first_seen_at, signed_up_at, sessions_before_sign_up, first_page, first_blog_page, %s FROM touched$q$,
    string_agg(format('%s AS %I', call, name), ', ' ORDER BY number), journey.pipeline_table(p, 'visitors'), journey.of_visitors(visitors),
    string_agg(format('(%1$s).touched_at, (%1$s).channel, (%1$s).source, (%1$s).medium, (%1$s).campaign, (%1$s).referrer', name), ', ' ORDER BY number))
  FROM touch;
END;
COMMENT ON FUNCTION journey.attribution_query(journey.pipelines, text[]) IS 'Internal: the rows of the target attribution: touches up to the sign-up; for a visitor who has not signed up, all of them';

CREATE FUNCTION journey.credits_query(p journey.pipelines, visitors text[]) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format($q$
    SELECT c.visitor_id, c.kind, c.conversion_number::int, m.model::text, row_number() OVER (PARTITION BY c.visitor_id, c.kind, c.conversion_number, m.model ORDER BY credit.position)::int,
      c.conversion_id, c.at, credit.position, credit.touches, credit.channel, (credit.touch).touched_at, (credit.touch).source, (credit.touch).medium, (credit.touch).campaign,
      credit.credit, credit.credit::numeric * c.value
    FROM (SELECT x.*, row_number() OVER (PARTITION BY visitor_id, kind ORDER BY at, conversion_id, value) AS conversion_number FROM %s AS x WHERE %s) AS c
    JOIN %s AS v USING (visitor_id)
    CROSS JOIN unnest('{first,last,first_paid,last_paid,linear}'::journey.attribution_model[]) AS m (model)
    CROSS JOIN LATERAL journey.attribute(v.trail, c.at, m.model) AS credit$q$,
    journey.pipeline_view(p, 'conversions'), journey.of_visitors(visitors), journey.pipeline_table(p, 'visitors'));
END;
COMMENT ON FUNCTION journey.credits_query(journey.pipelines, text[]) IS 'Internal: the rows of the target attribution_credits';

CREATE FUNCTION journey.rfm_query(p journey.pipelines, visitors text[]) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format($q$
    SELECT visitor_id, (v).first_paid_at, (v).last_paid_at, (v).frequency, (v).monetary
    FROM (SELECT visitor_id, journey.rfm(at, value) AS v FROM %s WHERE value IS NOT NULL AND %s GROUP BY visitor_id) AS r WHERE (v).first_paid_at IS NOT NULL$q$,
    journey.pipeline_view(p, 'conversions'), journey.of_visitors(visitors));
END;
COMMENT ON FUNCTION journey.rfm_query(journey.pipelines, text[]) IS 'Internal: the rows of the target rfm';

CREATE FUNCTION journey.put_targets(p journey.pipelines, visitors text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journey.put_visitors(p, visitors);
  IF journey.has_target(p, 'attribution') THEN
    PERFORM journey.put_rows(journey.pipeline_table(p, 'attribution'), journey.attribution_query(p, visitors), visitors);
  END IF;
  IF journey.has_target(p, 'attribution_credits') THEN
    PERFORM journey.put_rows(journey.pipeline_table(p, 'attribution_credits'), journey.credits_query(p, visitors), visitors);
  END IF;
  IF journey.has_target(p, 'rfm') THEN
    PERFORM journey.put_rows(journey.pipeline_table(p, 'rfm'), journey.rfm_query(p, visitors), visitors);
  END IF;
  IF journey.has_target(p, 'items') THEN PERFORM journey.put_item_pairs(p, visitors IS NULL); END IF;
END $$;
COMMENT ON FUNCTION journey.put_targets(journey.pipelines, text[]) IS 'Internal: makes the targets of some visitors, or of all (NULL), what is stored of them';
