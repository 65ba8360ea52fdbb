-- Room: pipelines. The statements that read a source, as texts: its expressions become columns of fixed names.
--   leaf, number            the partition a row is in; the transaction that says it wrote it
--   ts, slice               when it happened
--   id_1, id_2 ...          its usable ids as texts, strongest first; kind, alias, strength: the one it counts for
--   erased                  has an id of an erased person: then none of its ids is usable
--   event_id, page_url, referrer, passive, when_1, value_1 ...
--   items, item_action, basket: the items that the row is about, what was done to them, and in which order
--   traits                  what it says of the person
--   raw_ts, raw_1, raw_2 ..., raw_event_id, raw_received_at: as they are in the table, for its indexes

CREATE FUNCTION journey.perform(keep boolean, statement text, VARIADIC parameters "any") RETURNS record
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'journey_perform';
COMMENT ON FUNCTION journey.perform(boolean, text, VARIADIC "any") IS
  'Internal: runs a statement as its caller, with $1, $2 ... as parameters; its first row, NULL where there is none. '
  'keep: it is planned once a session, for any parameters';

CREATE FUNCTION journey.is_small("of" anyarray) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN coalesce(cardinality("of") <= 200, false);
END $$;
COMMENT ON FUNCTION journey.is_small(anyarray) IS 'Internal: so few that a plan that is kept will do: one for many would cost less than it gains';

CREATE TYPE journey.pipeline_conversion AS (conversion text, at timestamptz, value numeric, event_id text);
COMMENT ON TYPE journey.pipeline_conversion IS 'A conversion that a row of a source is';

CREATE FUNCTION journey.slice_start(slice date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN slice::timestamp AT TIME ZONE 'UTC';
COMMENT ON FUNCTION journey.slice_start(date) IS 'The first instant of a slice of a pipeline that begins on a day';

CREATE FUNCTION journey.slice_end(size journey.slice_size, slice date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (slice + CASE size WHEN 'day' THEN interval '1 day' WHEN 'month' THEN interval '1 month' ELSE interval '1 year' END) AT TIME ZONE 'UTC';
COMMENT ON FUNCTION journey.slice_end(journey.slice_size, date) IS 'The first instant after a slice of a pipeline';

CREATE FUNCTION journey.slice_of(size journey.slice_size, ts timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date_trunc(CASE size WHEN 'day' THEN 'day' WHEN 'month' THEN 'month' ELSE 'year' END, ts AT TIME ZONE 'UTC')::date;
COMMENT ON FUNCTION journey.slice_of(journey.slice_size, timestamptz) IS 'The slice that an instant is in: the day it begins on';

-- A loop, and no query: it is called for each statement of a step.
CREATE FUNCTION journey.of_each(pattern text, "of" text[], separator text DEFAULT ', ') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  said text;
BEGIN
  FOR number IN 1 .. cardinality("of") LOOP
    said := concat_ws(separator, said, format(pattern, "of"[number], number));
  END LOOP;
  RETURN said;
END $$;
COMMENT ON FUNCTION journey.of_each(text, text[], text) IS 'Internal: a pattern of format() for each element, which is its %1, and its number, which is %2';

CREATE FUNCTION journey.numbered(name text, "of" text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN journey.of_each(name || '_%2$s', "of");
END $$;
COMMENT ON FUNCTION journey.numbered(text, text[]) IS 'Internal: name_1, name_2 ...: one for each element';

CREATE FUNCTION journey.strongest_kind(s journey.pipeline_sources, name text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN format('CASE %s END', journey.of_each('WHEN ' || name || '_%2$s IS NOT NULL THEN %1$L', s.id_kinds, ' '));
END $$;
COMMENT ON FUNCTION journey.strongest_kind(journey.pipeline_sources, text) IS 'Internal: the expression for the kind of the strongest of a row''s ids name_1, name_2 ...: the one it counts for';

-- Rows of the source, or of the marks of changed ones: there only time, ids and event id are known.
CREATE FUNCTION journey.source_rows(p journey.pipelines, s journey.pipeline_sources, marks text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  whole boolean := marks IS NULL;
  blocked text := CASE WHEN p.blocked = journey.junk_ids() THEN 'journey.junk_ids()' ELSE pg_catalog.quote_nullable(p.blocked) || '::text[]' END;
  ids text := journey.of_each('journey.real_id(r.text_%2$s, ' || replace(blocked, '%', '%%') || ') AS id_%2$s', s.ids);
  relation boolean := whole AND EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = s.relation AND relkind IN ('r', 'p'));
  said text := concat_ws(', ',
    CASE WHEN relation THEN 'tableoid' ELSE 'NULL::oid' END || ' AS leaf',
    CASE WHEN whole AND s.changes = 'column' THEN 'journey_xid' WHEN whole THEN 'NULL::bigint' ELSE 'number' END || ' AS number',
    format('(%s)::timestamptz AS ts, (%s)::text AS event_id', s.ts, coalesce(s.event_id, 'NULL')),
    journey.of_each('(%s)::text AS text_%s', s.ids));
BEGIN
  IF whole THEN
    said := concat_ws(', ', said,
      format('%s AS raw_ts, %s AS raw_event_id, %s AS raw_received_at', s.ts, coalesce(s.event_id, 'NULL::text'), coalesce(s.received_at, 'NULL::timestamptz')),
      format('(%s)::text AS page_url, (%s)::text AS referrer, coalesce(%s, false) AS passive', coalesce(s.page_url, 'NULL'), coalesce(s.referrer, 'NULL'), coalesce(s.passive, 'false')),
      CASE WHEN s.items IS NOT NULL THEN format('(%s)::text[] AS items, (%s)::text AS item_action, (%s)::text AS basket', s.items, coalesce(s.item_action, '''bought'''), coalesce(s.basket, s.event_id, 'NULL')) END,
      s.traits || ' AS traits', journey.of_each('%s AS raw_%s', s.ids),
      journey.of_each('coalesce(%s, false) AS when_%s', s.conversion_conditions), journey.of_each('(%s)::numeric AS value_%s', s.conversion_values));
  END IF;
  -- OFFSET 0: an id is looked up among the blocked ones once a row.
  RETURN format('SELECT r.*, i.*, journey.slice_of(%L, r.ts) AS slice, coalesce(%s) AS alias, %s AS kind, CASE %s END AS strength FROM (SELECT %s FROM %s WHERE %s) AS r CROSS JOIN LATERAL (SELECT %s OFFSET 0) AS i',
    p.slice, journey.numbered('i.id', s.ids),
    journey.strongest_kind(s, 'i.id'),
    journey.of_each('WHEN i.id_%2$s IS NOT NULL THEN %2$s', s.ids, ' '),
    said,
    coalesce(marks, journey.relation_name(s.relation)),
    CASE WHEN whole THEN coalesce(s.condition, 'true') ELSE 'true' END,
    CASE WHEN journey.has_erased(p) THEN format('%s, e.erased FROM (SELECT %s OFFSET 0) AS x CROSS JOIN LATERAL (SELECT %s AS erased OFFSET 0) AS e',
        journey.of_each('CASE WHEN NOT e.erased THEN x.id_%2$s END AS id_%2$s', s.ids), ids,
        journey.erased_condition(p, ARRAY(SELECT quote_literal(kind) FROM unnest(s.id_kinds) WITH ORDINALITY AS k (kind, number) ORDER BY number), ARRAY(SELECT 'x.id_' || number FROM generate_subscripts(s.ids, 1) AS number ORDER BY number)))
      ELSE ids || ', false AS erased' END);
END $$;
COMMENT ON FUNCTION journey.source_rows(journey.pipelines, journey.pipeline_sources, text) IS 'Internal: the query that gives a source''s rows under the names above';

-- IS TRUE: no condition for an index on time, of which a planner without statistics expects too much.
CREATE FUNCTION journey.usable_row() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $q$(r.alias IS NOT NULL AND (r.ts >= '4000-01-01 00:00:00+00 BC') IS TRUE AND (r.ts < '200000-01-01 00:00:00+00') IS TRUE)$q$;
COMMENT ON FUNCTION journey.usable_row() IS
  'Internal: the condition that a row r of a source counts: with a usable id, and at a time whose slices and windows can be computed; NULL and infinite ones are not';

-- How many rows of a query are usable, how many are not, and the event ids of those that are.
CREATE FUNCTION journey.survey_of_rows(s journey.pipeline_sources, query text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format($q$
  SELECT coalesce(sum(usable), 0)::bigint AS usable, coalesce(sum(unusable), 0)::bigint AS unusable,
    coalesce(array_agg(ROW(event_id, first_at - %1$L::interval, last_at + %1$L::interval, false)::journey.pipeline_event_id) FILTER (WHERE event_id IS NOT NULL AND usable > 0), '{}') AS ids
  FROM (
    SELECT event_id, count(*) FILTER (WHERE usable) AS usable, count(*) FILTER (WHERE NOT usable) AS unusable, min(ts) FILTER (WHERE usable) AS first_at, max(ts) FILTER (WHERE usable) AS last_at
    FROM (SELECT r.event_id, r.ts, %3$s IS TRUE AS usable FROM (%2$s) AS r OFFSET 0) AS r GROUP BY event_id) AS r$q$,
  s.event_id_window, query, journey.usable_row());
COMMENT ON FUNCTION journey.survey_of_rows(journey.pipeline_sources, text) IS
  'Internal: the query that gives how many rows of a query are usable, how many are not, and the event ids of those that are, as pipeline_event_id';

-- OFFSET 0: looked up one by one. ANY: the times rule partitions out, and are no range that a planner without statistics
-- thinks as narrow as an event id.
CREATE FUNCTION journey.rows_of_event_id(p journey.pipelines, s journey.pipeline_sources, e text, since text, until text, here text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN format('SELECT r.* FROM (%s) AS r WHERE r.raw_event_id = %2$s.raw_event_id AND r.event_id = %2$s.event_id AND r.raw_ts >= ANY (ARRAY[%s]) AND r.raw_ts <= ANY (ARRAY[%s]) AND %s AND %s OFFSET 0',
    journey.source_rows(p, s), e, since, until, journey.usable_row(), here);
END $$;
COMMENT ON FUNCTION journey.rows_of_event_id(journey.pipelines, journey.pipeline_sources, text, text, text, text) IS 'Internal: the query of a source''s rows between two times that have the event id of e, a row of the query around it';

CREATE FUNCTION journey.by_value(s journey.pipeline_sources, r text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN format('ROW(%s)::text', concat_ws(', ', journey.numbered(r || '.id', s.ids), format('%1$s.page_url, %1$s.referrer, %1$s.passive', r), journey.numbered(r || '.when', s.conversion_kinds), journey.numbered(r || '.value', s.conversion_kinds),
    CASE WHEN s.items IS NOT NULL THEN format('%1$s.items, %1$s.item_action, %1$s.basket', r) END, CASE WHEN s.traits IS NOT NULL THEN format('%s.traits', r) END));
END $$;
COMMENT ON FUNCTION journey.by_value(journey.pipeline_sources, text) IS 'Internal: the expression for all that is read of the row r of a source, to tell copies of an event apart';

-- An event id counts for its first row: by time, then by value. A copy is a row no more than the window later.
CREATE FUNCTION journey.counts_once(p journey.pipelines, s journey.pipeline_sources, here text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE WHEN s.event_id IS NULL THEN 'true' ELSE format(
    '(e.event_id IS NULL OR NOT EXISTS (SELECT FROM (%s) AS b WHERE (b.ts, b.alias, b.strength, %s) < (e.ts, e.alias, e.strength, %s)))',
    journey.rows_of_event_id(p, s, 'e', format('e.ts - %L::interval', s.event_id_window), 'e.ts', here), journey.by_value(s, 'b'), journey.by_value(s, 'e')) END;
END $$;
COMMENT ON FUNCTION journey.counts_once(journey.pipelines, journey.pipeline_sources, text) IS 'Internal: the condition that no row before e has its event id';

-- The same among the rows of a query. Those that are equal in all that is read are one event.
CREATE FUNCTION journey.first_copies(s journey.pipeline_sources, query text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE WHEN s.event_id IS NULL THEN query ELSE format(
    'SELECT r.* FROM (SELECT r.*, lag(r.ts) OVER (PARTITION BY r.event_id ORDER BY r.ts, r.alias, r.strength, %s) AS copied_at FROM (%s) AS r) AS r
     WHERE r.event_id IS NULL OR r.copied_at IS NULL OR r.copied_at < r.ts - %L::interval', journey.by_value(s, 'r'), query, s.event_id_window) END;
END $$;
COMMENT ON FUNCTION journey.first_copies(journey.pipeline_sources, text) IS 'Internal: of a query of rows those that no other of them with their event id precedes within the window';

CREATE FUNCTION journey.rows_of_slice(p journey.pipelines, s journey.pipeline_sources, slice date, here text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- Bounds as literals: only partitions that hold them are planned.
  RETURN format('SELECT r.* FROM (%s) AS r WHERE r.raw_ts >= %L::timestamptz AND r.raw_ts < %L::timestamptz AND %s',
    journey.source_rows(p, s), journey.slice_start(slice), journey.slice_end(p.slice, slice), here);
END $$;
COMMENT ON FUNCTION journey.rows_of_slice(journey.pipelines, journey.pipeline_sources, date, text) IS 'Internal: the query of a source''s rows in a slice, usable or not';

CREATE FUNCTION journey.can_repeat(s journey.pipeline_sources) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.event_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
    WHERE i.indrelid = s.relation AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL
      AND pg_get_indexdef(i.indexrelid, 1, false) IN (s.event_id, '(' || s.event_id || ')') AND pg_get_indexdef(i.indexrelid) !~ ' COLLATE '
      AND (c.relkind = 'p' OR NOT c.relhassubclass))
$$;
COMMENT ON FUNCTION journey.can_repeat(journey.pipeline_sources) IS
  'Internal: whether an event id can be in more than one row: not where a unique index, such as a primary key, is on it alone, by the collation by which ids are compared. Rows of inheriting tables are in none';

-- The event ids that come more than once are told in one pass; only their rows are put in order.
-- OFFSET 0: with the condition a planner without statistics would think of one row, and look through all copies for each.
CREATE FUNCTION journey.copies_of_slice(p journey.pipelines, s journey.pipeline_sources, slice date, here text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE WHEN NOT journey.can_repeat(s) THEN '' ELSE format($q$
    copies AS MATERIALIZED (SELECT r.raw_event_id FROM (%1$s) AS r WHERE %2$s AND r.raw_event_id IS NOT NULL GROUP BY r.raw_event_id HAVING count(*) > 1),
    copied AS MATERIALIZED (SELECT r.* FROM (SELECT r.* FROM (%1$s) AS r JOIN copies AS c ON c.raw_event_id = r.raw_event_id WHERE %2$s OFFSET 0) AS r WHERE %3$s),$q$,
    journey.source_rows(p, s),
    format('r.raw_ts >= %1$L::timestamptz - %4$L::interval AND r.raw_ts < %2$L::timestamptz + %4$L::interval AND %3$s', journey.slice_start(slice), journey.slice_end(p.slice, slice), here, s.event_id_window),
    journey.usable_row()) END;
END $$;
COMMENT ON FUNCTION journey.copies_of_slice(journey.pipelines, journey.pipeline_sources, date, text) IS
  'Internal: the part of a statement that finds in a slice and the window around it the event ids that come more than once, as copies, and their usable rows, as copied';

CREATE FUNCTION journey.events_of_slice(p journey.pipelines, s journey.pipeline_sources, slice date, here text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  rows text := journey.rows_of_slice(p, s, slice, here);
BEGIN
  RETURN CASE WHEN NOT journey.can_repeat(s) THEN rows ELSE format($q$
    SELECT r.*, NULL::timestamptz AS copied_at FROM (%s) AS r WHERE NOT EXISTS (SELECT FROM copies AS c WHERE c.raw_event_id = r.raw_event_id AND r.alias IS NOT NULL)
    UNION ALL SELECT r.* FROM (%s) AS r WHERE r.slice = %L$q$, rows, journey.first_copies(s, 'SELECT * FROM copied'), slice) END;
END $$;
COMMENT ON FUNCTION journey.events_of_slice(journey.pipelines, journey.pipeline_sources, date, text) IS
  'Internal: the query of a source''s rows in a slice, each event once, beside copies_of_slice; among them are those without a usable id';

CREATE FUNCTION journey.mark_copies(p journey.pipelines, s journey.pipeline_sources, slice date) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE WHEN NOT journey.can_repeat(s) THEN '' ELSE format($q$
    mark_copies AS (
      INSERT INTO %1$s (source, slice, kind, alias)
      SELECT DISTINCT %2$s, r.slice, r.kind, r.alias
      FROM (SELECT *, bool_or(slice = %3$L AND (ts < %4$L::timestamptz + %6$L::interval OR ts >= %5$L::timestamptz - %6$L::interval)) OVER (PARTITION BY raw_event_id) AS is_copied FROM copied) AS r
      WHERE r.is_copied AND r.slice <> %3$L),$q$,
    journey.pipeline_table(p, 'stale'), s.source, slice, journey.slice_start(slice), journey.slice_end(p.slice, slice), s.event_id_window) END;
END $$;
COMMENT ON FUNCTION journey.mark_copies(journey.pipelines, journey.pipeline_sources, date) IS
  'Internal: the part of a statement that marks the places in other slices that have an event id of this one: they were read without it. It stands after copies_of_slice';

CREATE FUNCTION journey.raw_type(s journey.pipeline_sources, expression text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT pg_catalog.format_type(e.type, NULL) FROM journey.source_expression(s.relation, expression, 'ids') AS e);
END $$;
COMMENT ON FUNCTION journey.raw_type(journey.pipeline_sources, text) IS 'Internal: the type of an expression of a source';

CREATE FUNCTION journey.rows_of_places(p journey.pipelines, s journey.pipeline_sources, here text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT string_agg(format(
      'SELECT r.* FROM (SELECT slice, alias, alias::%1$s AS raw, journey.slice_start(slice) AS since, journey.slice_end(%2$L, slice) AS until FROM unnest($1) WHERE kind = %3$L OFFSET 0) AS w
       JOIN (%4$s) AS r ON r.raw_%5$s = w.raw AND r.raw_ts >= w.since AND r.raw_ts < w.until AND r.alias = w.alias WHERE r.strength = %5$s AND %6$s AND %7$s',
      journey.raw_type(s, i.id), p.slice, i.kind, journey.source_rows(p, s), i.number, journey.usable_row(), here), ' UNION ALL ')
    FROM unnest(s.id_kinds, s.ids) WITH ORDINALITY AS i (kind, id, number));
END $$;
COMMENT ON FUNCTION journey.rows_of_places(journey.pipelines, journey.pipeline_sources, text) IS 'Internal: the query of a source''s rows that count for the places $1';

CREATE FUNCTION journey.events_of_places(p journey.pipelines, s journey.pipeline_sources, here text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN journey.first_copies(s, format('SELECT e.* FROM (%s) AS e WHERE %s', journey.rows_of_places(p, s, here), journey.counts_once(p, s, here)));
END $$;
COMMENT ON FUNCTION journey.events_of_places(journey.pipelines, journey.pipeline_sources, text) IS 'Internal: the query of a source''s rows that count for the places $1, each event once';

CREATE FUNCTION journey.trail_of_rows(p journey.pipelines, s journey.pipeline_sources) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('journey.trail(ts, %L::journey.session_rule, journey.touch(ts, page_url, referrer, %L), page_url, %s)',
  p.rule, p.own_hosts, coalesce('when_' || array_position(s.conversion_kinds, 'sign_up'), 'false'));
COMMENT ON FUNCTION journey.trail_of_rows(journey.pipelines, journey.pipeline_sources) IS 'Internal: the aggregate that makes a trail of rows of a source';

-- The rows of `input`, put into trails, links and conversions: those of one slice, of which nothing is stored, or of any.
-- Rows without a usable id are a group that is only counted.
CREATE FUNCTION journey.store_rows(p journey.pipelines, s journey.pipeline_sources, input text, slice date DEFAULT NULL, before text DEFAULT '') RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  ids text := journey.numbered('id', s.ids);
  usable text := format('coalesce(%s) IS NOT NULL', ids);
  active text := usable || CASE WHEN s.passive IS NULL THEN '' ELSE ' AND NOT passive' END;
  pages text := CASE WHEN s.page_url IS NULL THEN NULL ELSE
    'CASE WHEN count(*) FILTER (WHERE %2$s) > 0 THEN ROW(min(%1$s) FILTER (WHERE %2$s), journey.first(%3$s, %1$s) FILTER (WHERE %2$s))::journey.page_at END' END;
  blog text := format('journey.url_path(page_url) LIKE %L', replace(replace(replace(p.blog_path, '\', '\\'), '%', '\%'), '_', '\_') || '%');
BEGIN
  RETURN format($q$
    WITH %19$s input AS (%8$s),
    placed AS MATERIALIZED (
      SELECT *, %1$s AS kind, coalesce(%2$s) AS alias
      FROM (
        SELECT %20$s AS slice, %2$s, %3$s FILTER (WHERE %4$s) AS trail,
          count(*) AS events, min(ts) AS first_seen_at, max(ts) AS last_seen_at, %5$s AS first_page, %6$s AS first_blog_page, %7$s AS conversions
        FROM %18$s GROUP BY 1, %2$s) AS grouped),
    linked AS MATERIALIZED (
      SELECT slice, a_kind, a, b_kind, b, sum(events)::bigint AS events, min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at
      FROM (%9$s) AS l (slice, a_kind, a, b_kind, b, events, first_seen_at, last_seen_at) GROUP BY 1, 2, 3, 4, 5),
    put_trails AS (
      INSERT INTO %10$s AS t (slice, source, kind, alias, trail, first_page, first_blog_page)
      SELECT slice, %13$s, kind, alias, trail, first_page, first_blog_page
      FROM (
        SELECT slice, kind, alias, trail, first_page, first_blog_page FROM placed WHERE trail IS NOT NULL AND num_nonnulls(%23$s) = 0
        UNION ALL
        SELECT slice, kind, alias, journey.rollup(trail), %14$s, %15$s FROM placed WHERE trail IS NOT NULL AND num_nonnulls(%23$s) > 0 GROUP BY slice, kind, alias) AS rolled%21$s),
    put_links AS (
      INSERT INTO %11$s AS t (slice, source, a_kind, a, b_kind, b, events, first_seen_at, last_seen_at)
      SELECT slice, %13$s, a_kind, a, b_kind, b, events, first_seen_at, last_seen_at FROM linked%22$s),
    put_conversions AS (
      INSERT INTO %12$s (slice, source, kind, alias, conversion, at, value, event_id)
      SELECT g.slice, %13$s, g.kind, g.alias, c.* FROM placed AS g CROSS JOIN LATERAL unnest(g.conversions) AS c WHERE cardinality(g.conversions) > 0)%17$s
    SELECT coalesce((SELECT sum(events)::bigint FROM placed WHERE alias IS NOT NULL), 0) AS events, ARRAY(
      SELECT ROW(l.a_kind, l.a, l.b_kind, l.b, min(l.first_seen_at), max(l.last_seen_at), %16$s)::journey.pipeline_pair
      FROM linked AS l GROUP BY l.a_kind, l.a, l.b_kind, l.b LIMIT $2) AS pairs,
      coalesce((SELECT sum(events)::bigint FROM placed WHERE alias IS NULL), 0) AS left_out$q$,
    journey.strongest_kind(s, 'id'),
    ids, journey.trail_of_rows(p, s), active,
    coalesce(format(pages, 'ts', 'page_url IS NOT NULL AND NOT passive', 'page_url'), 'NULL::journey.page_at'),
    coalesce(format(pages, 'ts', 'on_blog AND NOT passive', 'page_url'), 'NULL::journey.page_at'),
    coalesce(journey.of_each('coalesce(array_agg(ROW(%L, ts, value_%s, event_id)::journey.pipeline_conversion) FILTER (WHERE when_%2$s AND ' || usable || '), ''{}'')', s.conversion_kinds, ' || '), '''{}''::journey.pipeline_conversion[]'),
    input,
    -- Each id beside the strongest, with that; or it alone.
    journey.of_each('SELECT slice, %1$L, id_%2$s, kind, alias, events, first_seen_at, last_seen_at FROM placed WHERE id_%2$s IS NOT NULL AND kind <> %1$L UNION ALL ', s.id_kinds, '')
      || format('SELECT slice, kind, alias, '''', '''', events, first_seen_at, last_seen_at FROM placed WHERE num_nonnulls(%s) = 1', ids),
    journey.pipeline_table(p, 'trails'), journey.pipeline_table(p, 'links'), journey.pipeline_table(p, 'conversions'), s.source,
    coalesce(format(pages, '(first_page).at', 'first_page IS NOT NULL', '(first_page).page'), 'NULL::journey.page_at'),
    coalesce(format(pages, '(first_blog_page).at', 'first_blog_page IS NOT NULL', '(first_blog_page).page'), 'NULL::journey.page_at'),
    CASE WHEN journey.has_limits(p) THEN
      format('(SELECT min(k.first_seen_at) FROM %s AS k WHERE k.a = l.a AND k.a_kind = l.a_kind AND k.b = l.b AND k.b_kind = l.b_kind)', journey.pipeline_table(p, 'links')) ELSE 'NULL' END,
    journey.put_item_rows(p, s) || journey.put_trait_rows(p, s),
    -- OFFSET 0: the path of a page is looked for once.
    CASE WHEN s.page_url IS NULL THEN 'input' ELSE format('(SELECT *, %s AS on_blog FROM input OFFSET 0) AS input', blog) END,
    before, coalesce(quote_literal(slice) || '::date', 'slice'),
    -- In the order of the index each of its pages is written once.
    CASE WHEN slice IS NULL THEN $q$
      ON CONFLICT (alias, kind, slice, source) DO UPDATE SET trail = t.trail OPERATOR(journey.||) excluded.trail,
        first_page = least(t.first_page, excluded.first_page), first_blog_page = least(t.first_blog_page, excluded.first_blog_page)$q$ ELSE ' ORDER BY alias COLLATE "C"' END,
    CASE WHEN slice IS NULL THEN $q$
      ON CONFLICT (a, a_kind, b, b_kind, slice, source) DO UPDATE SET events = t.events + excluded.events,
        first_seen_at = least(t.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(t.last_seen_at, excluded.last_seen_at)$q$ ELSE ' ORDER BY a COLLATE "C"' END,
    -- All but the weakest id, which counts for rows without another: these are one group.
    concat_ws(', ', 'NULL', journey.numbered('id', trim_array(s.ids, 1))));
END $$;
COMMENT ON FUNCTION journey.store_rows(journey.pipelines, journey.pipeline_sources, text, date, text) IS
  'Internal: the statement that stores the rows of a query, those of one slice, of which nothing is stored, or of any; before are the parts that it reads. '
  'It gives how many they are, their links over all slices, at most $2 of these, and how many have no usable id. $1 are the places that the query names';

CREATE FUNCTION journey.put_slice(p journey.pipelines, s journey.pipeline_sources, slice date, here text, most int, marks boolean, OUT events bigint, OUT pairs journey.pipeline_pair[], OUT left_out bigint)
LANGUAGE plpgsql
SET enable_seqscan = on  -- in a refresh, too, which looks up what is new
AS $$
BEGIN
  EXECUTE journey.store_rows(p, s, journey.events_of_slice(p, s, slice, here), slice, journey.copies_of_slice(p, s, slice, here) || CASE WHEN marks THEN journey.mark_copies(p, s, slice) ELSE '' END)
  INTO events, pairs, left_out USING NULL::journey.pipeline_place[], most;
END $$;
COMMENT ON FUNCTION journey.put_slice(journey.pipelines, journey.pipeline_sources, date, text, int, boolean) IS
  'Internal: stores the rows of a slice, of which nothing is stored; how many they are, their links, most at most, and how many were left out. '
  'marks: places in other slices that have copies of them are marked';

-- By one index each: of a table without statistics the planner thinks the one on time as good.
CREATE FUNCTION journey.put_places(p journey.pipelines, s journey.pipeline_sources, places journey.pipeline_place[], here text, most int, OUT events bigint, OUT pairs journey.pipeline_pair[])
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
  left_out bigint;
BEGIN
  EXECUTE journey.store_rows(p, s, journey.events_of_places(p, s, here)) INTO events, pairs, left_out USING places, most;
END $$;
COMMENT ON FUNCTION journey.put_places(journey.pipelines, journey.pipeline_sources, journey.pipeline_place[], text, int) IS 'Internal: the same of places';
