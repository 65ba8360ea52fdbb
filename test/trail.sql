-- Trails: equal to plain SQL over all events, whatever the split, the order and the plan.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET search_path = journey, public;
SELECT plan(45);

CREATE FUNCTION explained(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; lines text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF) ' || statement LOOP lines := lines || line || E'\n'; END LOOP;
  RETURN lines;
END $$;

-- Random events with ties, duplicates, gaps of exactly the timeout, times before Christ and after 290,000
SELECT setseed(0.4);
CREATE TABLE events AS
SELECT *, (ARRAY['/', '/a', '/b', '/ä', NULL])[1 + floor(random() * 5)::int] AS page, random() < 0.15 AS converted,
  CASE WHEN random() < 0.4 THEN ROW('2000-01-01', (ARRAY['google', 'bing', '(direct)', NULL])[1 + floor(random() * 4)::int],
    (ARRAY['cpc', 'organic', '(none)'])[1 + floor(random() * 3)::int], (ARRAY['spring', 'ünï', NULL])[1 + floor(random() * 3)::int],
    NULL, NULL, NULL, NULL, (ARRAY['/', '/a'])[1 + floor(random() * 2)::int], NULL)::touch END AS touch
FROM (
  SELECT v, CASE v % 4
      WHEN 0 THEN '2024-03-31'::timestamptz + floor(random() * 400) * interval '10 minutes'
      WHEN 1 THEN '4000-01-01 BC'::timestamptz + floor(random() * 40000) * interval '1 second 1 millisecond'
      WHEN 2 THEN '290000-01-01'::timestamptz + floor(random() * 40000) * interval '1.000001 second'
      ELSE '2024-10-26 12:00'::timestamptz + floor(random() ^ 3 * 6000) * interval '1 minute' END AS ts
  FROM generate_series(1, 120) v, generate_series(1, 40) n
  UNION ALL SELECT v, NULL FROM generate_series(1, 121) v) times;
INSERT INTO events SELECT * FROM events WHERE random() < 0.1;
INSERT INTO events SELECT v, '0001-01-01' FROM generate_series(4, 120, 4) v;

-- The same in plain SQL
CREATE VIEW numbered AS
SELECT *, sum(opens::int) OVER (PARTITION BY v ORDER BY ts) AS session_number
FROM (SELECT *, lag(ts) OVER earlier IS NULL OR ts > lag(ts) OVER earlier + interval '30 minutes' AS opens
      FROM events WHERE ts IS NOT NULL WINDOW earlier AS (PARTITION BY v ORDER BY ts)) marked;
CREATE VIEW expected AS
SELECT v, session_number, min(ts) AS started_at, max(ts) AS ended_at, count(*) AS events, count(*) FILTER (WHERE converted) AS conversions,
  min(ts) FILTER (WHERE converted) AS converted_at, min(page COLLATE "C") FILTER (WHERE ts = started_at) COLLATE "default" AS landing_page,
  (array_agg(ROW(ts, (touch).source, (touch).medium, (touch).campaign, (touch).term, (touch).content, (touch).channel,
                 (touch).referrer, (touch).landing_page, (touch).click_id)::touch
     ORDER BY ts, (touch).source COLLATE "C" NULLS FIRST, (touch).medium COLLATE "C" NULLS FIRST,
              (touch).campaign COLLATE "C" NULLS FIRST, (touch).landing_page COLLATE "C" NULLS FIRST)
     FILTER (WHERE (touch).touched_at IS NOT NULL))[1] AS touch
FROM (SELECT *, min(ts) OVER (PARTITION BY v, session_number) AS started_at FROM numbered) starts
GROUP BY v, session_number;
CREATE TABLE expected_sessions AS SELECT * FROM expected;

CREATE TABLE trails AS SELECT v, trail(ts, '30 minutes', touch, page, converted) AS t FROM events GROUP BY v;
PREPARE expected_rows AS SELECT * FROM expected_sessions ORDER BY v, session_number;
SELECT results_eq('SELECT v, s.* FROM trails, sessions(t) s ORDER BY v, s.session_number', 'expected_rows',
  'the sessions of all events are those of nested windows, with touch, page and conversions');
SELECT results_eq('SELECT v, (s).started_at, (s).ended_at, (s).events FROM (SELECT v, sessions(trail(ts)) AS s FROM events GROUP BY v) x ORDER BY 1, 2',
  'SELECT v, started_at, ended_at, events FROM expected_sessions ORDER BY 1, 2', 'without touches, too');
SELECT results_eq($$SELECT v, ts, sessionize(ts, '30 minutes') OVER (PARTITION BY v ORDER BY ts) FROM events WHERE ts IS NOT NULL ORDER BY 1, 2$$,
  'SELECT v, ts, session_number FROM numbered ORDER BY 1, 2', 'and those of sessionize');
SELECT is((SELECT count(*) FROM expected_sessions), (SELECT count(*) FROM expected_sessions WHERE events > 0) , 'there are sessions') ;
SELECT cmp_ok((SELECT count(*) FROM expected_sessions), '>', 1000::bigint, 'many of them');
SELECT is((SELECT t FROM trails WHERE v = 121), NULL, 'no event with a time: no trail');

-- Any split, any order
CREATE FUNCTION pieces(seed float8, most int) RETURNS TABLE (v int, t trail) LANGUAGE sql AS $$
  SELECT setseed(seed);
  SELECT v, trail(ts, '30 minutes', touch, page, converted ORDER BY shuffle)
  FROM (SELECT *, random() AS shuffle, floor(random() * most) AS piece FROM events OFFSET 0) shuffled GROUP BY v, piece ORDER BY random() $$;
SELECT is_empty(format('SELECT v, t FROM trails EXCEPT SELECT v, rollup(t) FROM pieces(%s, %s) GROUP BY v', seed, most),
    format('rollup of a random split into up to %s pieces, seed %s', most, seed))
FROM generate_series(0.1, 0.4, 0.1) seed, (VALUES (1), (2), (3), (10), (200)) sizes(most);
CREATE AGGREGATE merged(trail) (SFUNC = trail_merge, STYPE = trail);
SELECT is_empty(format('SELECT v, t FROM trails EXCEPT SELECT v, merged(t) FROM pieces(%s, 7) GROUP BY v', seed), '|| of a random split')
FROM generate_series(0.5, 0.7, 0.1) seed;
SELECT is_empty('SELECT v, t FROM trails EXCEPT SELECT v, rollup(r) FROM (SELECT v, rollup(t) AS r FROM pieces(0.8, 30) GROUP BY v, random() < 0.5) x GROUP BY v', 'rollup of rollups');
SELECT is_empty(format('SELECT v, t FROM trails EXCEPT SELECT v, trail(ts, ''30 minutes'', touch, page, converted ORDER BY ts %s) FROM events GROUP BY v', direction),
  'events ' || direction) FROM unnest(ARRAY['ASC', 'DESC']) direction;

-- Plans
SET enable_sort = off;
SELECT matches(explained('SELECT v, trail(ts) FROM events GROUP BY v'), 'HashAggregate', 'hashed');
SELECT is_empty($$SELECT v, t FROM trails EXCEPT SELECT v, trail(ts, '30 minutes', touch, page, converted) FROM events GROUP BY v$$, 'gives the same');
RESET enable_sort;
SET enable_hashagg = off;
SELECT matches(explained('SELECT v, trail(ts) FROM events GROUP BY v'), 'GroupAggregate', 'sorted');
SELECT is_empty($$SELECT v, t FROM trails EXCEPT ALL SELECT v, trail(ts, '30 minutes', touch, page, converted) FROM events GROUP BY v$$, 'gives the same');
RESET enable_hashagg;
ANALYZE events;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
CREATE VIEW by_plan AS SELECT v, trail(ts, '30 minutes', touch, page, converted) AS t, trail(ts) AS plain FROM events GROUP BY v;
SELECT matches(explained('SELECT * FROM by_plan'), 'Partial HashAggregate', 'parallel');
SELECT is_empty('SELECT v, t FROM trails EXCEPT SELECT v, t FROM by_plan', 'gives the same');
SELECT results_eq('SELECT v, plain FROM by_plan ORDER BY v', $$SELECT v, trail(ts) FROM (SELECT * FROM events ORDER BY ts) x GROUP BY v ORDER BY v$$, 'without touches, too');
SELECT is((SELECT rollup(t) FROM trails), (SELECT trail(ts, '30 minutes', touch, page, converted) FROM events), 'one trail of all, through parallel rollup');
CREATE TABLE parts (LIKE events) PARTITION BY HASH (v);
CREATE TABLE part_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT * FROM events;
ANALYZE parts;
SET enable_partitionwise_aggregate = on;
SELECT matches(explained('SELECT v, trail(ts) FROM parts GROUP BY v'), 'Append.*Aggregate', 'partition-wise');
SELECT is_empty($$SELECT v, t FROM trails EXCEPT SELECT v, trail(ts, '30 minutes', touch, page, converted) FROM parts GROUP BY v$$, 'gives the same');
SELECT is((SELECT trail(ts, '30 minutes', touch, page, converted) FROM parts), (SELECT rollup(t) FROM trails), 'also in partial aggregates over partitions');
RESET enable_partitionwise_aggregate;
SET max_parallel_workers_per_gather = 0;
SELECT results_eq('SELECT v % 3, v, trail(ts) FROM events GROUP BY GROUPING SETS ((v % 3), (v), ()) ORDER BY 1 NULLS LAST, 2',
  'SELECT v % 3, NULL::int, trail(ts) FROM events GROUP BY v % 3 UNION ALL SELECT NULL, v, trail(ts) FROM events GROUP BY v UNION ALL SELECT NULL, NULL, trail(ts) FROM events ORDER BY 1 NULLS LAST, 2',
  'grouping sets');
SELECT results_eq($$SELECT ts, trail(ts, '30 minutes', touch, page, converted) OVER (ORDER BY ts) FROM events WHERE v = 3 AND ts IS NOT NULL ORDER BY ts$$,
  $$SELECT ts, (SELECT trail(e.ts, '30 minutes', touch, page, converted) FROM events e WHERE v = 3 AND e.ts <= events.ts) FROM events WHERE v = 3 AND ts IS NOT NULL ORDER BY ts$$,
  'as a window aggregate: every prefix');

SELECT * FROM finish();
