-- identity: equal to plain SQL on graphs of every shape, in every plan; cancellable; its errors are the query's own.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(25);

-- The closure as plain SQL: the smallest user id, or else alias, that can be reached.
CREATE FUNCTION closure(rows text) RETURNS TABLE (alias text, is_user boolean, members bigint, first_seen_at timestamptz, last_seen_at timestamptz, visitor_id text)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format($q$
    WITH RECURSIVE edges(a, u, t) AS (%s),
    ids(is_user, id, seen) AS (
      SELECT false, a, t FROM edges WHERE a IS NOT NULL UNION ALL SELECT true, u, t FROM edges WHERE u IS NOT NULL),
    nodes AS (SELECT is_user, id, min(seen) AS first_seen, max(seen) AS last_seen FROM ids GROUP BY is_user, id),
    links AS (
      SELECT DISTINCT false AS is_user, a AS id, true AS to_user, u AS to_id FROM edges WHERE a IS NOT NULL AND u IS NOT NULL
      UNION SELECT DISTINCT true, u, false, a FROM edges WHERE a IS NOT NULL AND u IS NOT NULL),
    reached(is_user, id, to_user, to_id) AS (
      SELECT is_user, id, is_user, id FROM nodes
      UNION
      SELECT r.is_user, r.id, l.to_user, l.to_id FROM reached r JOIN links l ON l.is_user = r.to_user AND l.id = r.to_id)
    SELECT n.id, n.is_user, count(*), n.first_seen, n.last_seen,
      (array_agg(m.id ORDER BY m.is_user DESC, m.first_seen NULLS LAST, m.id COLLATE "C"))[1]
    FROM nodes n JOIN reached r USING (is_user, id) JOIN nodes m ON m.is_user = r.to_user AND m.id = r.to_id
    GROUP BY n.id, n.is_user, n.first_seen, n.last_seen
  $q$, rows);
END $$;

CREATE TABLE graphs (graph text, a text, u text, t timestamptz);
SELECT setseed(0.4) AS seeded \gset
-- Random graphs, sparse to dense, with NULLs, ties and duplicates.
INSERT INTO graphs
  SELECT 'random ' || g, CASE WHEN random() < 0.9 THEN 'id' || (random() * g * 10)::int END,
    CASE WHEN random() < 0.7 THEN 'id' || (random() * 40)::int END,
    CASE WHEN random() < 0.9 THEN timestamptz '2026-01-01' + (random() * 20)::int * interval '1 hour' END
  FROM generate_series(1, 8) g, generate_series(1, 120) i;
INSERT INTO graphs
  SELECT 'star', 'a' || i, 'hub', timestamptz '2026-01-01' + i * interval '1 minute' FROM generate_series(1, 300) i
  UNION ALL SELECT 'ring', 'a' || (i + 1) / 2 % 40, 'u' || i / 2 % 40, '2026-01-01' FROM generate_series(0, 79) i
  UNION ALL SELECT 'clique', 'a' || i, 'u' || j, '2026-01-01' FROM generate_series(1, 15) i, generate_series(1, 15) j
  UNION ALL SELECT 'loops', 'x' || i, 'x' || i, NULL FROM generate_series(1, 20) i
  UNION ALL SELECT 'chain', 'a' || (i + 1) / 2, 'u' || i / 2, timestamptz '2026-01-01' - i * interval '1 second' FROM generate_series(0, 200) i;

CREATE FUNCTION resolved(rows text, OUT differing bigint) LANGUAGE sql AS $$
  WITH ours AS (SELECT alias, is_user, members, first_seen_at, last_seen_at, visitor_id FROM journey.resolve_aliases(rows)),
    plain AS (SELECT * FROM closure(rows))
  SELECT (SELECT count(*) FROM (TABLE ours EXCEPT ALL TABLE plain) d) + (SELECT count(*) FROM (TABLE plain EXCEPT ALL TABLE ours) d) $$;
SELECT is(resolved(format('SELECT a, u, t FROM graphs WHERE graph = %L', graph)), 0::bigint, graph || ' equals the recursive closure')
  FROM (SELECT DISTINCT graph FROM graphs) g ORDER BY graph;

-- A long chain: one visitor, named by the user id seen first, which is the one at the far end.
CREATE TABLE chain AS
  SELECT 'a' || (i + 1) / 2 AS a, 'u' || i / 2 AS u, timestamptz '2026-01-01' - i * interval '1 second' AS t FROM generate_series(0, 100000) i;
SELECT results_eq(
  $$SELECT count(*), count(DISTINCT visitor_id), min(visitor_id), max(members) FROM journey.resolve_aliases('SELECT * FROM chain')$$,
  $$VALUES (100002::bigint, 1::bigint, 'u50000', 100002::bigint)$$, 'a chain of 100,000 links');

-- latest_user equals the window function that people write for it (the RudderStack models), ties to the greater user id.
SELECT bag_eq(
  $$SELECT alias, is_user, visitor_id FROM journey.resolve_aliases('SELECT a, u, t FROM graphs', 'latest_user')$$,
  $$SELECT DISTINCT a, false, coalesce(first_value(u) OVER (PARTITION BY a ORDER BY u IS NULL, t DESC NULLS FIRST, u COLLATE "C" DESC), a)
      FROM graphs WHERE a IS NOT NULL
    UNION ALL SELECT DISTINCT u, true, u FROM graphs WHERE u IS NOT NULL$$,
  'latest_user equals the window function');

-- Any order of rows, any plan
CREATE FUNCTION fingerprint(query text, arguments text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  EXECUTE format('SELECT md5(string_agg(r::text, chr(10) ORDER BY n)) FROM journey.resolve_aliases(%L %s) WITH ORDINALITY r(a, i, v, m, f, l, n)', query, arguments) INTO result;
  RETURN result;
END $$;
SELECT is(fingerprint('SELECT a, u, t FROM graphs ORDER BY md5(a || u)', arguments), fingerprint('SELECT a, u, t FROM graphs ORDER BY t, u, a', arguments),
  'any order of rows gives the same rows in the same order ' || arguments)
  FROM unnest(ARRAY['', ', max_users => 2', ', max_members => 7', $$, 'latest_user', max_members => 3$$]) arguments;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT is(fingerprint('SELECT DISTINCT a, u, t FROM graphs'), fingerprint('SELECT a, u, t FROM graphs ORDER BY 1, 2, 3'), 'a parallel plan of the inner query gives the same');
RESET max_parallel_workers_per_gather;

-- Text of any length
SELECT results_eq(
  $$SELECT length(alias), is_user, length(visitor_id), members FROM journey.resolve_aliases($q$SELECT repeat('é', 1000000), repeat('u', 1000000)$q$) ORDER BY 1, 2$$,
  $$VALUES (1000000, false, 1000000, 2::bigint), (1000000, true, 1000000, 2::bigint)$$, 'ids of megabytes');

-- More rows than work_mem holds
SET work_mem = '64kB';
SELECT is(count(*), 100002::bigint, 'a result larger than work_mem') FROM journey.resolve_aliases('SELECT * FROM chain');
RESET work_mem;

-- Cancel and timeout, in each phase
CREATE FUNCTION stopped(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 'it ended';
EXCEPTION WHEN query_canceled OR others THEN
  RETURN SQLSTATE;
END $$;
SET statement_timeout = '200ms';
SELECT is(stopped($$SELECT count(*) FROM journey.resolve_aliases('SELECT i::text, (i / 2)::text FROM generate_series(1, 100000000) i')$$), '57014', 'a timeout while reading');
RESET statement_timeout;
SELECT is(stopped($$SELECT * FROM journey.resolve_aliases('SELECT i::text, (1 / (100 - i))::text FROM generate_series(1, 1000) i')$$), '22012', 'an error in the inner query keeps its SQLSTATE');
SELECT is((SELECT count(*) FROM journey.resolve_aliases('SELECT a, u, t FROM graphs')) > 0, true, 'and the session goes on');

SELECT * FROM finish();
