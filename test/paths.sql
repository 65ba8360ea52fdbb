-- Paths: the same results in any plan, order and split, and the same as plain SQL.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA paths_test;
SET search_path = paths_test, public;
SELECT plan(36);

\ir support/plans.sql

-- Random events with many at one time, NULLs, and events that are no step
SELECT setseed(0.7);
CREATE TABLE events (visitor int, ts timestamptz, event text, product text) PARTITION BY HASH (visitor);
CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO events SELECT (random() * random() * 700)::int,
  CASE WHEN random() > 0.01 THEN '2026-01-01'::timestamptz + floor(random() * 300) * interval '10 minutes' END,
  CASE WHEN random() > 0.01 THEN substr('aaaabbbcccddxyz', 1 + floor(random() * 15)::int, 1) END,
  CASE WHEN random() > 0.1 THEN 'product ' || floor(random() * 3) END
FROM generate_series(1, 9000);
ANALYZE events;

-- The rules in plain SQL: chains of rows, and events as text with regular expressions over it
CREATE TABLE expected AS
WITH steps AS (SELECT DISTINCT visitor, ts, event FROM events WHERE ts IS NOT NULL AND event IS NOT NULL),
  a AS (SELECT visitor, ts AS first, ts, 1 AS level FROM steps WHERE event = 'a'),
  b AS (SELECT a.visitor, first, s.ts, 2 AS level FROM a JOIN steps s ON s.visitor = a.visitor AND s.event = 'b' AND s.ts BETWEEN a.ts AND first + interval '5 hours'),
  c AS (SELECT b.visitor, first, s.ts, 3 AS level FROM b JOIN steps s ON s.visitor = b.visitor AND s.event = 'c' AND s.ts BETWEEN b.ts AND first + interval '5 hours'),
  d AS (SELECT c.visitor, first, s.ts, 4 AS level FROM c JOIN steps s ON s.visitor = c.visitor AND s.event = 'd' AND s.ts BETWEEN c.ts AND first + interval '5 hours'),
  levels AS (SELECT visitor, max(level) AS level FROM (TABLE a UNION ALL TABLE b UNION ALL TABLE c UNION ALL TABLE d) chains GROUP BY visitor),
  excluded AS (SELECT visitor, max(level) AS level FROM (SELECT visitor, level FROM a UNION ALL SELECT b.visitor, 2 FROM a JOIN steps b ON b.visitor = a.visitor
      AND b.event = 'b' AND b.ts BETWEEN a.ts AND a.ts + interval '5 hours'
      AND NOT EXISTS (SELECT FROM steps x WHERE x.visitor = a.visitor AND x.event = 'x' AND x.ts > a.ts AND x.ts < b.ts)) chains GROUP BY visitor),
  one_product AS (SELECT visitor, max(level) AS level FROM (SELECT visitor, 1 AS level FROM events WHERE event = 'a' AND product IS NOT NULL AND ts IS NOT NULL UNION ALL
    SELECT a.visitor, 2 FROM events a JOIN events b USING (visitor, product) WHERE a.event = 'a' AND b.event = 'b' AND b.ts BETWEEN a.ts AND a.ts + interval '5 hours') chains GROUP BY visitor),
  texts AS (SELECT visitor, string_agg(event, '' ORDER BY ts, event) AS text FROM events WHERE ts IS NOT NULL AND event IN ('a', 'b', 'c') GROUP BY visitor)
SELECT visitor, coalesce(l.level, 0) AS level, coalesce(x.level, 0) AS excluded, coalesce(text ~ 'a.*bc', false) AS matched, coalesce(regexp_count(text, 'ab'), 0)::bigint AS counted,
  coalesce(p.level, 0) AS one_product, ARRAY(SELECT EXISTS (SELECT FROM events e WHERE e.visitor = v.visitor AND e.ts >= start AND e.ts < start + interval '5 hours')
    FROM generate_series(timestamptz '2026-01-01 12:00', '2026-01-02 13:00', '5 hours') start ORDER BY start) AS returned,
  ARRAY(SELECT event FROM events e WHERE e.visitor = v.visitor AND ts IS NOT NULL AND event IS NOT NULL ORDER BY ts, event COLLATE "C") AS path,
  ARRAY(SELECT event FROM events e WHERE e.visitor = v.visitor AND ts IS NOT NULL AND event IS NOT NULL ORDER BY ts, event COLLATE "C" LIMIT 3) AS first_three,
  (SELECT next FROM (SELECT ts, event, lead(event) OVER way AS next, row_number() OVER way AS place FROM events e WHERE e.visitor = v.visitor AND ts IS NOT NULL AND event IS NOT NULL
    WINDOW way AS (ORDER BY ts, event <> 'b', event)) e WHERE event = 'b' ORDER BY place LIMIT 1) AS next,
  (SELECT before FROM (SELECT ts, event, lag(event) OVER way AS before, row_number() OVER way AS place FROM events e WHERE e.visitor = v.visitor AND ts IS NOT NULL AND event IS NOT NULL
    WINDOW way AS (ORDER BY ts, event <> 'b', event)) e WHERE event = 'b' ORDER BY place DESC LIMIT 1) AS previous,
  (SELECT event FROM events e WHERE e.visitor = v.visitor AND event IS NOT NULL AND ts > (SELECT min(ts) FROM events a WHERE a.visitor = v.visitor AND event = 'a') ORDER BY ts, event LIMIT 1) AS went_to
FROM (SELECT DISTINCT visitor FROM events) v LEFT JOIN levels l USING (visitor) LEFT JOIN excluded x USING (visitor) LEFT JOIN one_product p USING (visitor) LEFT JOIN texts USING (visitor);
CREATE VIEW computed AS
SELECT visitor, journey.funnel_level(ts, '5 hours', event = 'a', event = 'b', event = 'c', event = 'd') AS level,
  journey.funnel_level(ts, '5 hours', ARRAY[event = 'x'], event = 'a', event = 'b') AS excluded,
  journey.sequence_match('(?1).*(?2)(?3)', ts, event = 'a', event = 'b', event = 'c') AS matched,
  journey.sequence_count('(?1)(?2)', ts, event = 'a', event = 'b', event = 'c') AS counted,
  journey.funnel_level_by(product, ts, '5 hours', event = 'a', event = 'b') AS one_product,
  journey.returned(ts, '2026-01-01 12:00', '5 hours', 6) AS returned, journey.path(event, ts) AS path, journey.path(event, ts, 3) AS first_three,
  journey.next_event(event, ts, true, event = 'b') AS next, journey.previous_event(event, ts, true, event = 'b') AS previous, journey.funnel_event(event, ts, '5 hours', event = 'a') AS went_to
FROM events GROUP BY visitor;
CREATE TABLE paths AS SELECT path, visitor % 7 / 4.0::float8 AS weight FROM expected;
ANALYZE paths;
SELECT position::int, step, lead(step) OVER (PARTITION BY row_number ORDER BY position) AS next_step, weight INTO TEMP TABLE steps
FROM (SELECT *, row_number() OVER () FROM paths) p, unnest(path) WITH ORDINALITY u(step, position);
CREATE TABLE expected_edges AS SELECT position, step, next_step, count(*)::float8 AS visitors, sum(weight) AS weights FROM steps GROUP BY 1, 2, 3;
CREATE VIEW computed_edges AS
SELECT e.position, e.step, e.next_step, e.visitors, w.visitors AS weights FROM (SELECT journey.path_edges(path) AS edges, journey.path_edges(path, weight) AS weighted FROM paths) f,
  unnest(edges) WITH ORDINALITY e(position, step, next_step, visitors, row), unnest(weighted) WITH ORDINALITY w(position, step, next_step, visitors, row) WHERE w.row = e.row;

-- For what plain SQL says too slowly, one plan's answer stands for all
CREATE VIEW computed_more AS
SELECT visitor, journey.funnel_times(ts, '5 hours', event = 'a', event = 'b', event = 'c', event = 'd') AS times,
  journey.funnel_level(ts, '1 day, strict_order, reentry'::journey.funnel_rule, event = 'a', event = 'b', event = 'c') AS strict_order,
  journey.funnel_level(ts, '1 day, strict_deduplication, strict_increase'::journey.funnel_rule, event = 'a', event IN ('a', 'b'), event IN ('b', 'c')) AS strict_deduplication,
  journey.sequence_count('(?1)(?t<1 hour)(?2)', true, ts, event = 'a', event IN ('b', 'x')) AS overlapping,
  journey.sequence_times('(?1)(?t>=1 hour)(?2).(?1)', ts, event = 'a', event = 'b') AS sequence,
  journey.next_event((visitor, ts, event, product)::events, ts, product = 'product 1', 'last_match'::journey.base_event, event = 'a', true) AS composite,
  journey.previous_event(visitor + extract(epoch FROM ts), ts, true, 'tail'::journey.base_event, true) AS number,
  journey.funnel_event(ARRAY[product, event], ts, '1 day, strict_order, reentry'::journey.funnel_rule, ARRAY[event = 'x'], event = 'a', event = 'b') AS array_after
FROM events GROUP BY visitor;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE expected_more AS TABLE computed_more;

CREATE FUNCTION differences(one text, other text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM ((TABLE %1$s EXCEPT ALL TABLE %2$s) UNION ALL (TABLE %2$s EXCEPT ALL TABLE %1$s)) d', one, other) INTO found;
  RETURN found;
END $$;
CREATE FUNCTION check_equal(plan text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT is(differences('computed', 'expected'), 0::bigint, 'funnels and sequences equal plain SQL: ' || plan)
  UNION ALL SELECT is(differences('computed_more', 'expected_more'), 0::bigint, 'strict funnels and times are the same: ' || plan)
  UNION ALL SELECT is(differences('computed_edges', 'expected_edges'), 0::bigint, 'edges equal plain SQL: ' || plan) $$;

SELECT is(count(DISTINCT level), 5::bigint, 'every level occurs') FROM expected;
SELECT cmp_ok(count(*) FILTER (WHERE matched), '>', 50::bigint, 'many match') FROM expected;
SELECT cmp_ok(count(*), '>', 300::bigint, 'there are many edges') FROM expected_edges;
SELECT cmp_ok(count(DISTINCT returned), '>', 20::bigint, 'visitors return at different times') FROM expected;
SELECT is(count(*), 0::bigint, 'there are as many times as the level, in order, within the duration')
FROM expected e JOIN expected_more m USING (visitor)
WHERE cardinality(times) <> level OR times <> (SELECT coalesce(array_agg(t ORDER BY t), '{}') FROM unnest(times) t) OR times[level] > times[1] + interval '5 hours';

\set grouped computed
\set partial computed
\ir support/every_plan.sql
SELECT matches(explained('SELECT * FROM computed_edges'), 'Partial', 'a parallel plan of edges');
SELECT is(journey.funnel_level(ts, '5 hours', event = 'a') + journey.sequence_count('(?1)', ts, event = 'a'), 0::bigint, 'over no rows, in parallel') FROM events WHERE visitor = -1;
RESET max_parallel_workers_per_gather;

-- GROUPING SETS, and moving frames, where the final function runs many times over one state
SELECT is(sum(abs(level - expected)), 0::bigint, 'grouping sets')
FROM (SELECT g.visitor, g.level, (SELECT journey.funnel_level(e.ts, '5 hours', e.event = 'a', e.event = 'b') FROM events e WHERE e.visitor = g.visitor OR g.visitor IS NULL) AS expected
  FROM (SELECT visitor, journey.funnel_level(ts, '5 hours', event = 'a', event = 'b') AS level FROM events WHERE visitor < 40 OR true GROUP BY GROUPING SETS ((visitor), ())) g
  WHERE visitor < 10 OR visitor IS NULL) s;
CREATE TABLE few AS SELECT row_number() OVER (ORDER BY ts, event) AS n, ts, event FROM events WHERE visitor BETWEEN 1 AND 15 AND ts IS NOT NULL;
SELECT is(count(*), 0::bigint, 'as window functions over moving frames, in and against the order of time')
FROM (SELECT n, journey.funnel_level(ts, '5 hours', event = 'a', event = 'b', event = 'c') OVER forth AS forth, journey.sequence_count('(?1)(?2)', ts, event = 'a', event = 'b') OVER back AS back
  FROM few WINDOW forth AS (ORDER BY n ROWS BETWEEN 20 PRECEDING AND CURRENT ROW), back AS (ORDER BY n DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) w
WHERE n <= 150 AND (forth <> (SELECT journey.funnel_level(ts, '5 hours', event = 'a', event = 'b', event = 'c') FROM few s WHERE s.n BETWEEN w.n - 20 AND w.n)
  OR back <> (SELECT journey.sequence_count('(?1)(?2)', ts, event = 'a', event = 'b') FROM few s WHERE s.n >= w.n));

-- Functions over the same arguments share one state
SELECT is((SELECT count(DISTINCT (aggtransfn, aggcombinefn, aggserialfn, aggtranstype)) FROM pg_aggregate
  WHERE aggfnoid IN ('journey.funnel_level(timestamptz, interval, boolean[])'::regprocedure, 'journey.funnel_times(timestamptz, interval, boolean[])'::regprocedure)), 1::bigint, 'funnel_level and funnel_times share a state');

-- Values of funnel_rule, in text and binary, and hostile bytes
CREATE TABLE rules AS SELECT journey.funnel_rule(n * interval '1.5 s', strict_order => n % 2 = 0, strict_once => n % 3 = 0, strict_increase => n % 5 = 0, strict_deduplication => n % 7 = 0, reentry => n % 4 = 0) AS rule FROM generate_series(1, 100) n;
SELECT is(count(*), 0::bigint, 'a rule is read as it was written') FROM rules WHERE rule::text::journey.funnel_rule::text <> rule::text;
SELECT is(journey.funnel_rule_send(rule), '\x010100ca9a3b00000000', 'one binary form') FROM (SELECT journey.funnel_rule('1000 s', strict_order => true) AS rule) r;

SELECT * FROM finish();
