-- The test cases that others publish for their funnels, sequences, neighbours and retention, and their answers.
-- Where ours is another by design, the column ours has it, and why says so.
-- Of DuckDB's extension behavioral (tomtom215/duckdb-behavioral at 520e09f) its tests of SQL and of its cores.
-- Of ClickHouse its tests/queries/0_stateless, by their numbers, and the examples of its documentation.
-- A log is a list of rows, each its time in seconds and the numbers of the conditions that it meets.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA published;
SET search_path = published, public, journey;
SELECT no_plan();

CREATE FUNCTION rows_of(log text, conditions int) RETURNS TABLE (ts timestamptz, met boolean[]) LANGUAGE sql AS $$
  SELECT to_timestamp(0) + split_part(entry, ':', 1)::numeric * interval '1 second', ARRAY(SELECT strpos(split_part(entry, ':', 2), n::text) > 0 FROM generate_series(1, conditions) n ORDER BY n)
  FROM unnest(string_to_array(log, ' ')) entry $$;

-- Funnels. behavioral: its allow_reentry begins again with each first step, as every funnel of ours does that is not strict; its timestamp_dedup passes over a
-- step at the time of the one before, as strict_increase does; its strict is our strict_deduplication. It allows a window of 0, which is an error here.
CREATE TABLE funnels (source text, log text, conditions int, rule text, theirs int, ours int, why text);
INSERT INTO funnels (source, log, conditions, rule, theirs) VALUES
  ('behavioral', '0:1 1:2 2:3', 3, '1 hour', 3), ('behavioral', '0:1 1:2', 3, '1 hour', 2), ('behavioral', '0:1 1:2', 2, '1 hour', 2), ('behavioral', '0:1 30:2 120:3', 3, '1 minute', 2),
  ('behavioral', '0:2 1:3', 3, '1 hour', 0), ('behavioral', '0:1 120:2 200:1 230:2', 3, '1 minute', 2), ('behavioral', '0:1', 1, '1 hour', 1), ('behavioral', '0:', 3, '1 hour', 0),
  ('behavioral', '0:123', 3, '1 hour', 1), ('behavioral', '2:3 0:1 1:2', 3, '1 hour', 3), ('behavioral', '0:1 1:2 2:3 3:4 4:5 5:6 6:7 7:8', 8, '1 hour', 8),
  ('behavioral', '0.0001:1 0.0001:2', 2, '1 hour', 2), ('behavioral', '0:1 0.001:2', 2, '1 ms', 2), ('behavioral', '0:1 0.001001:2', 2, '1 ms', 1),
  ('behavioral', '0:1 30:2 120:3 200:1 210:2 220:3', 3, '1 minute', 3),
  ('behavioral', '0:1 0.001:1 0.002:2', 3, '1 hour, strict_deduplication', 2), ('behavioral', '0:1 0.001:2 0.002:3', 3, '1 hour, strict_deduplication', 3),
  ('behavioral', '0:1 0.001:2 0.002:2 0.003:3', 3, '1 hour, strict_deduplication', 2),
  ('behavioral', '0:1 0.001:2 0.002:3', 3, '1 hour, strict_order', 3), ('behavioral', '0:1 0.001:1 0.002:2', 3, '1 hour, strict_order', 2),
  ('behavioral', '0:1 0.001:2 0.002:3', 3, '1 hour, strict_increase', 3), ('behavioral', '0:1 0:2', 2, '1 hour, strict_increase', 1), ('behavioral', '0:1 0:2', 3, '1 hour, strict_increase', 1),
  ('behavioral', '0:1 0.000001:2', 2, '1 hour, strict_increase', 2), ('behavioral', '0:1 0.000001:2 0.000002:3', 3, '1 hour, strict_increase', 3),
  ('behavioral', '0:1 0:2 0.001:2 0.002:3', 3, '1 hour, strict_increase', 3), ('behavioral', '0:1 0.001:2 0.001:3', 3, '1 hour, strict_increase', 2),
  ('behavioral', '0.0001:1 0.0001:2 0.000101:2', 2, '1 hour, strict_increase', 2), ('behavioral', '0.0001:1 0.0001:2 0.0002:2 0.0003:3', 3, '1 hour, strict_increase', 3),
  ('behavioral', '0.0001:1 0.0002:2 0.0003:1 0.0003:2 0.0004:2 0.0005:3', 3, '1 hour, strict_increase', 3),
  ('behavioral', '0:1 0.001:23', 3, '1 hour', 2), ('behavioral', '0:1 0.001:2 0.002:3', 3, '1 hour', 3), ('behavioral', '0:1234 0.001:234 0.002:34 0.003:4', 4, '1 hour', 4),
  ('behavioral', '0:1 0.001:2 0.002:1 0.003:2 0.004:3', 3, '1 hour', 3), ('behavioral', '0:1 0.001:1 0.002:1 0.003:2', 2, '1 hour', 2), ('behavioral', '0:1 0.1:1 0.12:2', 2, '50 ms', 2),
  ('behavioral', '0:1 0.001:2 0.002:3', 3, '1 hour, strict_deduplication, strict_increase', 3), ('behavioral', '0:1 0:2', 3, '1 hour, strict_order, strict_increase', 1),
  ('behavioral', '0:1 0.001:23 0.002:3', 3, '1 hour, strict_increase', 3), ('behavioral', '0:1 0.001:2 0.002:1 0.003:2 0.004:3', 3, '1 hour, strict_order, reentry', 3),
  ('behavioral', '0:1 0.001:2 0.002:3', 3, '1 hour, strict_order, strict_deduplication, strict_increase', 3),
  ('behavioral', '0.0001:1 0.0001:2 0.0002:2 0.0003:3', 3, '1 hour, strict_order, strict_increase', 3),
  ('behavioral, modes', '0:1 300:2 600:3', 3, '1 hour, strict_order', 3), ('behavioral, modes', '0:1 300:2', 3, '1 hour, strict_order', 2), ('behavioral, modes', '0:1 18000:2', 3, '1 hour, strict_order', 1),
  ('behavioral, modes', '0:1 300:2 600:3', 3, '1 hour, strict_deduplication', 3), ('behavioral, modes', '0:1 300:2', 3, '1 hour, strict_deduplication', 2),
  ('behavioral, modes', '0:1 18000:2', 3, '1 hour, strict_deduplication', 1),
  ('behavioral, pull requests of alice', '0:1 5400:2 86400:4', 4, '24 hours', 2), ('behavioral, of bob', '0:1 12600:2 4500:4', 4, '24 hours', 2), ('behavioral, of carol', '0:3 75600:3 158400:1', 4, '24 hours', 1),
  ('00632', '0:1 1:2', 2, '10000 s', 2), ('00632', '0:1 1:2 2:3', 3, '10000 s', 3), ('00632', '0:1', 1, '1 s', 1), ('00632', '3:1 4:2 5:3 6:4 7:5', 5, '3 s', 4), ('00632', '1:1 8:2', 2, '10000 s', 2),
  ('00632', '2:1', 3, '10000 s, strict_increase', 1),
  ('01646', '86400:1 86400:2 0:3', 3, '70000000 days', 2), ('01646', '86400:2 86400:1 0:3', 3, '70000000 days', 2);
INSERT INTO funnels VALUES
  ('behavioral', '0:1 0.001: 0.002:2', 3, '1 hour, strict_order', 2, 1, 'a row that meets no step interrupts, as in ClickHouse'),
  ('00632', '2:123', 3, '10000 s', 3, 1, 'one row serves one step');
SELECT is((SELECT funnel_level(ts, rule::funnel_rule, VARIADIC met) FROM rows_of(log, conditions)), coalesce(ours, theirs), format('%s: funnel %s of %s, %s', source, log, conditions, rule)) FROM funnels;
SELECT is((SELECT funnel_level(ts, (rule || ', not strict_once')::funnel_rule, VARIADIC met) FROM rows_of(log, conditions)), theirs, 'without strict_once as they say: ' || log) FROM funnels WHERE why LIKE 'one row%';

-- Sequences. Rows that meet no condition are not seen: where behavioral tests its matcher with such rows, here they meet one more condition.
CREATE FUNCTION sequence(called text, pattern text, log text, conditions int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE called
    WHEN 'match' THEN (SELECT sequence_match(pattern, ts, VARIADIC met)::text FROM rows_of(log, conditions))
    WHEN 'count' THEN (SELECT sequence_count(pattern, ts, VARIADIC met)::text FROM rows_of(log, conditions))
    ELSE (SELECT (SELECT coalesce(array_agg(trim_scale(extract(epoch FROM t)::numeric) ORDER BY place), '{}') FROM unnest(times) WITH ORDINALITY u(t, place))::text
      FROM (SELECT sequence_times(pattern, ts, VARIADIC met) AS times FROM rows_of(log, conditions)) s) END;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'error';
END $$;
CREATE TABLE sequences (source text, log text, conditions int, pattern text, match boolean, count bigint, times numeric[], ours text, why text);
INSERT INTO sequences (source, log, conditions, pattern, match, count, times)
SELECT '00222', '0:1 1:1 2:1 3:1 4:2 5:3 6:1 7:1 8:1 9:1 10:2 11:2', 4, * FROM (VALUES
  ('.', true, 12, '{}'::numeric[]), ('(?1)', true, 8, '{0}'), ('(?2)', true, 3, '{4}'), ('(?3)', true, 1, '{5}'), ('(?4)', false, 0, '{}'), ('(?1)(?1)', true, 4, '{0,1}'), ('(?1)(?1)(?1)', true, 2, '{0,1,2}'),
  ('(?1)(?1)(?1)(?1)', true, 2, '{0,1,2,3}'), ('(?1)(?1)(?1)(?1)(?1)', false, 0, NULL), ('(?1)(?1)(?1)(?1)(?2)', true, 2, '{0,1,2,3,4}'), ('(?1)(?t>10)(?2)', true, 1, '{0,11}'),
  ('(?1)(?t>11)(?2)', false, 0, NULL), ('(?1)(?t<11)(?2)', true, 2, '{0,4}'), ('(?1)(?t<3)(?3)', true, 1, '{3,5}'), ('(?1)(?t<=2)(?3)', true, 1, '{3,5}'), ('(?1)(?t<2)(?3)', false, 0, NULL),
  ('(?2)(?t>=7)(?2)', true, 1, '{4,11}'), ('(?2)(?t>7)(?2)', false, 0, NULL), ('(?2)(?3)(?1)', true, 1, '{4,5,6}')) v
UNION ALL SELECT '00222', '4:1 5:2 10:1 11:1', 2, * FROM (VALUES ('(?1)(?t==2)(?2)', false, 0, NULL::numeric[]), ('(?1)(?t==1)(?2)', true, 1, '{4,5}')) v;
INSERT INTO sequences (source, log, conditions, pattern, match, count, times) VALUES
  ('behavioral', '0:1 300:2 600:3', 3, '(?1)(?2)(?3)', true, NULL, '{0,300,600}'), ('behavioral', '0:1 300:1', 3, '(?1)(?2)(?3)', false, NULL, '{}'), ('behavioral', '0:1 300:3', 3, '(?1)(?2)(?3)', false, NULL, NULL),
  ('behavioral', '0:1 300:2 600:3', 3, '(?1).*(?3)', true, 1, NULL), ('behavioral', '0:1 300:1', 3, '(?1).*(?3)', false, 0, NULL), ('behavioral', '0:1 300:3', 3, '(?1).*(?3)', true, 1, NULL),
  ('behavioral', '0:1 60:2 120:3 180:4 240:5', 5, '(?1)(?2)(?3)(?4)(?5)', true, NULL, NULL),
  ('behavioral', '1:1 2:2', 2, '(?1)(?2)', true, NULL, '{1,2}'), ('behavioral', '1:2 2:1', 2, '(?1)(?2)', false, NULL, '{}'), ('behavioral', '1:2 2:2', 2, '(?1)(?2)', false, 0, NULL), ('behavioral', '1:1', 2, '(?1)(?2)', NULL, 0, NULL),
  ('behavioral', '2:2 1:1', 2, '(?1)(?2)', true, NULL, '{1,2}'), ('behavioral', '1:1 2:2 3:1 4:2', 2, '(?1)(?2)', true, 2, '{1,2}'), ('behavioral', '1:1 2:2 3:1 4:2 5:1 6:2', 2, '(?1)(?2)', NULL, 3, NULL),
  ('behavioral', '1:1 2:12 3:2', 2, '(?1)(?2)', NULL, 1, NULL), ('behavioral', '1:12 2:1 3:2', 2, '(?1)(?2)', NULL, 1, NULL), ('behavioral', '1:12', 2, '(?1).*(?2)', false, NULL, NULL),
  ('behavioral', '1: 2:', 2, '(?1)', false, NULL, '{}'), ('behavioral', '1:2 2:2', 2, '(?1)', false, NULL, NULL), ('behavioral', '42:1', 1, '(?1)', true, NULL, '{42}'),
  ('behavioral', '1:1 2: 3:2', 2, '(?1).*(?2)', true, NULL, '{1,3}'), ('behavioral', '1:1 2:3 3:3 4:2', 3, '(?1).*(?2)', true, NULL, '{1,4}'), ('behavioral', '1:1 2:2', 2, '(?1).*(?2)', true, NULL, '{1,2}'),
  ('behavioral', '1:1 2:2 3:1 4:2', 2, '(?1).*(?2)', true, 2, NULL), ('behavioral', '1:1 2:3 3:2 4:1 5:2', 3, '(?1).*(?2)', NULL, 2, NULL), ('behavioral', '1:1 2:1 3:1', 2, '(?1).*(?2)', false, NULL, NULL),
  ('behavioral', '1:1 2:2 3:3 4:2', 3, '(?1).*(?2)', true, NULL, '{1,2}'), ('behavioral', '1:1 2:2 3:3', 3, '(?1).*(?2).*(?3)', true, NULL, '{1,2,3}'),
  ('behavioral', '1:1 2:4 3:2 4:4 5:3', 4, '(?1).*(?2).*(?3)', true, NULL, '{1,3,5}'), ('behavioral', '1:1 2:2', 3, '(?1)(?2)(?3)', false, NULL, NULL), ('behavioral', '1:1 2:2 3:3', 3, '(?1)(?2)(?3)', true, NULL, '{1,2,3}'),
  ('behavioral', '1:1 2:3 3:2', 3, '(?1).(?2)', true, NULL, '{1,3}'), ('behavioral', '1:1 2:3 3:3 4:2', 3, '(?1).(?2)', false, NULL, '{}'), ('behavioral', '1:1', 1, '(?1).*', true, NULL, '{1}'), ('behavioral', '1:1 2:2', 2, '(?1).*', true, NULL, '{1}'),
  ('behavioral', '0:1 1:2', 2, '(?1)(?t<=2)(?2)', true, NULL, NULL), ('behavioral', '0:1 3:2', 2, '(?1)(?t<=1)(?2)', false, NULL, NULL), ('behavioral', '0:1 0.5:2', 2, '(?1)(?t<=1)(?2)', true, NULL, NULL),
  ('behavioral', '0:1 3:2', 2, '(?1)(?t<=5)(?2)', true, NULL, NULL), ('behavioral', '0:1 3:2', 2, '(?1)(?t>=2)(?2)', true, NULL, '{0,3}'), ('behavioral', '0:1 3:2', 2, '(?1)(?t>=5)(?2)', false, NULL, NULL),
  ('behavioral', '0:1 1:2', 2, '(?1)(?t>=5)(?2)', NULL, NULL, '{}'), ('behavioral', '0:1 2:2', 2, '(?1)(?t==2)(?2)', true, NULL, NULL), ('behavioral', '0:1 6:2', 2, '(?1)(?t>5)(?2)', true, NULL, NULL),
  ('behavioral', '0:1 4:2', 2, '(?1)(?t<5)(?2)', true, NULL, NULL), ('behavioral', '0:1 1.5:2', 2, '(?1)(?t>=2)(?2)', false, NULL, NULL), ('behavioral', '0:1 2.5:2', 2, '(?1)(?t>=2)(?2)', true, NULL, NULL),
  ('behavioral', '0:1 1:3 3:2', 3, '(?1).*(?t<=5)(?2)', true, NULL, '{0,3}'), ('behavioral', '0:1 1:3 3:2', 3, '(?1).*(?t<=2)(?2)', false, NULL, '{}'), ('behavioral', '0:1 1:3 2:2', 3, '(?1).*(?t<=3)(?2)', true, NULL, NULL),
  ('behavioral', '0:1 1:3 5:2', 3, '(?1).*(?t<=1)(?2)', false, NULL, '{}'), ('behavioral', '0:1 1:3 3:2', 3, '(?1).(?t<=3)(?2)', true, NULL, NULL), ('behavioral', '0:1 1:3 3:2', 3, '(?1).(?t<=1)(?2)', false, NULL, NULL),
  ('behavioral, bugs of alice', '0: 2700: 5400: 25200:1 27000:2', 2, '(?1)(?t<=604800)(?2)', true, NULL, NULL), ('behavioral, of bob', '0: 1200: 72000:1 75600:2', 2, '(?1)(?t<=604800)(?2)', true, NULL, NULL),
  ('behavioral, builds of alice', '0:13 300:', 3, '(?1)(?2)(?3)', NULL, 0, NULL),
  ('behavioral, of bob', '0:13 600:2 1800:13 2400: 72000:13 72900:2 74700:13 75300:', 3, '(?1)(?2)(?3)', NULL, 2, NULL),
  ('behavioral, pull requests', '0:1 16200:2 82800:3 86400:4', 4, '(?1)(?2)(?3)(?4)', NULL, NULL, '{0,16200,82800,86400}'), ('behavioral, pull requests', '0:1 1800:2 3600:3 4500:4', 4, '(?1)(?2)(?3)(?4)', NULL, NULL, '{0,1800,3600,4500}'),
  ('behavioral, pull requests', '0:1', 4, '(?1)(?2)(?3)(?4)', NULL, NULL, '{}'),
  ('ClickHouse, patterns at their end', '0:1', 2, '(?1).*', NULL, 1, NULL), ('ClickHouse, patterns at their end', '0:1 100:2', 2, '(?1)(?t<=10)(?2)', false, NULL, NULL),
  ('ClickHouse, patterns at their end', '1:1 2:2 3:3', 3, '(?1)(?2)(?3).*.*.*.*', NULL, NULL, '{1,2,3}'), ('ClickHouse, patterns at their end', '1:1 2:2 3:3', 3, '(?1)(?t<=100)(?2)(?3).*.*.*', true, 1, NULL),
  ('ClickHouse''s documentation', '1:1 2: 3:2', 2, '(?1)(?2)', true, NULL, NULL), ('ClickHouse''s documentation', '1:1 2:3 3:2', 3, '(?1)(?2)', false, NULL, NULL), ('ClickHouse''s documentation', '1:1 2: 3:2 4:1 5: 6:2', 2, '(?1).*(?2)', NULL, 2, NULL);
INSERT INTO sequences SELECT '02713', string_agg(n || ':' || 2 - n % 2, ' '), 2, '(?1)(?2)', true FROM generate_series(0, 99) n;
INSERT INTO sequences SELECT 'behavioral, many states', '0:1 ' || string_agg(n || ':3', ' '), 3, '(?1).*.*.*.*(?2)', false, NULL, '{}' FROM generate_series(1, 99) n;
-- What they answer and we refuse, or give only of a whole match
INSERT INTO sequences
SELECT '00222', '0:1 1:1 2:1 3:1 4:2 5:3 6:1 7:1 8:1 9:1 10:2 11:2', 4, * FROM (VALUES
  ('', true, 12, '{}'::numeric[], 'error', 'a pattern has an event'), ('.*', true, 12, '{}', 'error', 'a pattern has an event'),
  ('(?1)(?1)(?1)(?1)(?1)', NULL, NULL, '{0,1,2,3}', '{}', 'no times where nothing matches'), ('(?1)(?t>11)(?2)', NULL, NULL, '{0}', '{}', 'no times where nothing matches'),
  ('(?1)(?t<2)(?3)', NULL, NULL, '{0}', '{}', 'no times where nothing matches'), ('(?2)(?t>7)(?2)', NULL, NULL, '{4}', '{}', 'no times where nothing matches')) v;
INSERT INTO sequences VALUES
  ('00222', '4:1 5:2 10:1 11:1', 2, '(?1)(?t==2)(?2)', NULL, NULL, '{4}', '{}', 'no times where nothing matches'),
  ('ClickHouse''s documentation', '1:1 2: 3:2 4:1 5: 6:2', 3, '(?1).*(?2).*(?1)(?3)', NULL, NULL, '{1,3,4}', '{}', 'no times where nothing matches'),
  ('ClickHouse, patterns at their end', '0:3', 3, '', NULL, NULL, '{}', 'error', 'a pattern has an event'),
  ('ClickHouse, patterns at their end', '0:3', 3, '(?t<=10)', true, NULL, NULL, 'error', 'a time is counted from an event'),
  ('ClickHouse, patterns at their end', '1:1 2:2 3:3', 3, '(?1)(?2)(?3).*(?t<=5).*.*', NULL, NULL, '{1,2,3}', 'error', 'an event follows a time'),
  ('ClickHouse, patterns at their end', '1:1 2:2 3:3', 3, '(?1)(?t<=100)(?2)(?3).*.*(?t>1)', false, NULL, NULL, 'error', 'an event follows a time'),
  ('behavioral', '1:1', 1, '(?t<=5)(?1)', true, NULL, '{1}', 'error', 'a time is counted from an event'),
  ('behavioral', '0:1 3:2', 2, '(?1)(?t!=2)(?2)', true, NULL, NULL, 'error', 'not a comparison of ClickHouse''s');
CREATE VIEW sequence_answers AS
SELECT sequence(called, pattern, log, conditions) AS answer, coalesce(ours, theirs) AS expected, theirs, ours, format('%s: %s of %s in %s', source, called, pattern, left(log, 60)) AS what
FROM sequences, LATERAL (VALUES ('match', match::text), ('count', count::text), ('times', times::text)) asked(called, theirs) WHERE theirs IS NOT NULL;
SELECT is(answer, expected, what) FROM sequence_answers;
SELECT is(sequence('match', pattern, '0:1', 1), 'error', 'behavioral refuses it, too: ' || pattern) FROM unnest('{(?x),""}'::text[]) pattern;

-- 00823: patterns that take a search without end, over fewer rows; its longest time in microseconds, since years end at 294276
CREATE TABLE long AS SELECT n, CASE n WHEN 0 THEN 'A' WHEN 100000 THEN 'C' WHEN 100000000000000 THEN 'D' ELSE 'B' END AS event, '1970-01-01'::timestamptz + n * interval '1 microsecond' AS ts
FROM (SELECT generate_series(0, 100000)::bigint UNION ALL VALUES (100000000000000)) v(n);
SELECT ok(sequence_match('(?1).*(?2).*(?3)', ts, event = 'A', event = 'B', event = 'C'), '00823: ABC') FROM long;
SELECT ok(NOT sequence_match('(?1).*(?2).*(?3)', ts, event = 'A', event = 'B', event = 'A'), '00823: ABA') FROM long;
SELECT ok(sequence_match('(?1).*(?2).*(?3).*(?4)', ts, event = 'A', event = 'B', event = 'B', event = 'C'), '00823: ABBC') FROM long;
SELECT ok(sequence_match('(?1)(?t>=10000000)(?2)', ts, event = 'C', event = 'D'), '00823: CD') FROM long;

-- Neighbours: a row is its time, its value (none is -), b if it may be the base, and its conditions. behavioral lets rows lie between the steps of a chain,
-- where ClickHouse wants them side by side; its head and tail are the first and the last row that may be the base, where ClickHouse's are those of all
-- rows; its backward first_match is the last one in time.
CREATE TABLE neighbours (source text, way text, base base_event, conditions int, log text, theirs text, ours text, why text);
INSERT INTO neighbours (source, way, base, conditions, log, theirs) VALUES
  ('behavioral', 'next', 'head', 2, '1:A:b1 2:B:2 3:C: 4:D:', 'C'), ('behavioral', 'next', 'head', 1, '1:A:1 2:B:', '-'), ('behavioral', 'next', 'head', 2, '1:A:b1 2:B:2', '-'),
  ('behavioral', 'next', 'first_match', 1, '1:A:b1 2:B: 3:C:b1 4:D:', 'B'), ('behavioral', 'next', 'last_match', 1, '1:A:b1 2:B: 3:C:b1 4:D:', 'D'),
  ('behavioral', 'previous', 'tail', 2, '1:A: 2:B: 3:C:2 4:D:2 5:E:b1', 'C'), ('behavioral', 'previous', 'tail', 1, '1:A:b1', '-'),
  ('behavioral', 'next', 'first_match', 3, '1:Home:b1 2:Product:2 3:Cart:3 4:Checkout:', 'Checkout'), ('behavioral', 'next', 'first_match', 3, '1:Home:b1 2:Product:2', '-'),
  ('behavioral', 'next', 'first_match', 2, '3:C: 1:A:b1 2:B:2', 'C'), ('behavioral', 'next', 'first_match', 1, '1:A:b1 2:B:', 'B'), ('behavioral', 'previous', 'first_match', 1, '1:A: 2:B:b1', 'A'),
  ('behavioral', 'next', 'first_match', 1, '1:A:b1 2:-:', '-'), ('behavioral', 'next', 'first_match', 2, '1:A:b1 2:-: 3:B:2 4:C:', 'C'), ('behavioral', 'next', 'first_match', 2, '1:A:b1 2:B:2 3:C:', 'C'),
  ('behavioral', 'next', 'first_match', 2, '1:A:b1 1:B:2 1:C:', 'C'), ('behavioral', 'previous', 'tail', 3, '1:A: 2:B:3 3:C:2 4:D:b1', 'A'), ('behavioral', 'next', 'first_match', 2, '1:A:b1 2:B:', '-'),
  ('behavioral', 'previous', 'tail', 2, '1:A: 2:B:b1', '-'), ('behavioral', 'next', 'head', 1, '1:X:b 2:Y: 3:A:b1 4:B:', '-'), ('behavioral', 'previous', 'head', 1, '1:A:b1 2:B:', '-'),
  ('behavioral', 'next', 'first_match', 1, '1::b1 2::', ''), ('behavioral', 'next', 'first_match', 1, '1:hello:b1 2:world:', 'world'),
  ('behavioral', 'previous', 'tail', 1, '1:A: 2:B:b1', 'A'), ('behavioral', 'previous', 'tail', 1, '1:A:b1 2:B:', '-'), ('behavioral', 'next', 'first_match', 1, '1:A:1 2:B:1', '-'),
  ('behavioral', 'previous', 'last_match', 1, '3:C: 1:A:b1 2:B:', '-'),
  ('behavioral, pages', 'next', 'first_match', 1, '0:home:b1 1:product: 2:cart: 3:checkout:', 'product'), ('behavioral, pages', 'next', 'first_match', 1, '0:home:b1 1:search: 2:product:', 'search'),
  ('behavioral, pages', 'next', 'first_match', 2, '0:home:b1 1:product:2 2:cart: 3:checkout:', 'cart'), ('behavioral, pages', 'next', 'first_match', 2, '0:home:b1 1:search: 2:product:2', '-'),
  ('behavioral, pages', 'previous', 'first_match', 1, '0:home: 1:product:b1 2:cart: 3:checkout:', 'home'), ('behavioral, pages', 'previous', 'first_match', 1, '0:home: 1:search: 2:product:b1', 'search'),
  ('behavioral, pages', 'next', 'head', 1, '0:home:b1 1:product: 2:cart: 3:checkout:', 'product'), ('behavioral, pages', 'next', 'head', 1, '0:home:b1 1:search: 2:product:', 'search'),
  ('behavioral, pages', 'next', 'last_match', 1, '0:home:b1 1:product: 2:cart: 3:checkout:', 'product'), ('behavioral, pages', 'next', 'last_match', 1, '0:home:b1 1:search: 2:product:', 'search'),
  ('behavioral, pages', 'previous', 'last_match', 1, '0:home: 1:product:b1 2:cart: 3:checkout:', 'home'), ('behavioral, pages', 'previous', 'tail', 1, '0:home: 1:search: 2:product:b1', 'search'),
  ('behavioral, files of alice', 'next', 'first_match', 1, '0:src/parser.rs:b1 60:src/executor.rs: 120:tests/parser_test.rs:', 'src/executor.rs'),
  ('behavioral, of bob', 'next', 'first_match', 1, '0:src/parser.rs:b1 60:src/ast.rs:', 'src/ast.rs'), ('behavioral, of carol', 'next', 'first_match', 1, '0:src/main.rs: 60:src/config.rs:', '-'),
  ('01656, a base', 'next', 'head', 1, '1:A:b1 2:B: 3:C: 4:D:', 'B'), ('01656, a base', 'next', 'head', 1, '1:D: 2:C: 3:B: 4:A:b1', '-'), ('01656, a base', 'next', 'head', 1, '1:B: 2:B: 3:D: 4:C:', '-'),
  ('01656, a base', 'next', 'head', 2, '1:A:b1 2:B:2 3:C: 4:D:', 'C'), ('01656, a base', 'next', 'head', 2, '1:D: 2:C: 3:B:2 4:A:b1', '-'), ('01656, a base', 'next', 'head', 2, '1:B:2 2:B:2 3:D: 4:C:', '-'),
  ('01656, a base', 'previous', 'tail', 1, '1:A:b1 2:B: 3:C: 4:D:', '-'), ('01656, a base', 'previous', 'tail', 1, '1:D: 2:C: 3:B: 4:A:b1', 'B'), ('01656, a base', 'previous', 'tail', 1, '1:B: 2:B: 3:D: 4:C:', '-'),
  ('01656, a base', 'previous', 'tail', 2, '1:A:b1 2:B:2 3:C: 4:D:', '-'), ('01656, a base', 'previous', 'tail', 2, '1:D: 2:C: 3:B:2 4:A:b1', 'C'), ('01656, a base', 'previous', 'tail', 2, '1:B:2 2:B:2 3:D: 4:C:', '-'),
  ('01656, a base', 'next', 'first_match', 1, '1:A: 2:B:b1 3:C: 4:D:', 'C'), ('01656, a base', 'next', 'first_match', 1, '1:D: 2:C: 3:B:b1 4:A:', 'A'), ('01656, a base', 'next', 'first_match', 1, '1:B:1 2:B:b1 3:D: 4:C:', 'D'),
  ('01656, a base', 'next', 'first_match', 2, '1:A: 2:B:b1 3:C:2 4:D:', 'D'), ('01656, a base', 'next', 'first_match', 2, '1:D: 2:C:2 3:B:b1 4:A:', '-'), ('01656, a base', 'next', 'first_match', 2, '1:B:1 2:B:b1 3:D: 4:C:2', '-'),
  ('01656, a base', 'previous', 'first_match', 1, '1:A: 2:B:b1 3:C: 4:D:', 'A'), ('01656, a base', 'previous', 'first_match', 1, '1:D: 2:C: 3:B:b1 4:A:', 'C'), ('01656, a base', 'previous', 'first_match', 1, '1:B:1 2:B:b1 3:D: 4:C:', 'B'),
  ('01656, a base', 'previous', 'first_match', 2, '1:A:2 2:B:b1 3:C: 4:D:', '-'), ('01656, a base', 'previous', 'first_match', 2, '1:D: 2:C: 3:B:b1 4:A:2', '-'), ('01656, a base', 'previous', 'first_match', 2, '1:B:1 2:B:b1 3:D: 4:C:', '-'),
  ('01656, two at one time', 'next', 'head', 1, '1:A:b1 1:A:b1', 'A');
INSERT INTO neighbours VALUES
  ('behavioral', 'next', 'first_match', 2, '1:A:b1 2:X: 3:A:b1 4:B:2 5:C:', 'C', '-', 'side by side: the first A has no B beside it'),
  ('behavioral', 'next', 'first_match', 2, '1:A:b1 2:X: 3:Y: 4:B:2 5:C:', 'C', '-', 'side by side'),
  ('behavioral', 'next', 'tail', 2, '1:A:b1 2:B:2 3:C:b1 4:D:2 5:E:', 'E', '-', 'tail is the last row of all'),
  ('behavioral', 'previous', 'head', 1, '1:A: 2:B:b1 3:C:', 'A', '-', 'head is the first row of all'),
  ('behavioral', 'previous', 'head', 1, '1:A: 2:B:b1 3:C:b1 4:D:', 'A', '-', 'head is the first row of all'),
  ('behavioral', 'previous', 'tail', 1, '1:A: 2:B:b1 3:C:', 'A', '-', 'tail is the last row of all'),
  ('behavioral', 'previous', 'first_match', 2, '1:A: 2:B:2 3:C:b1 4:D:2 5:E:b1', 'C', 'A', 'first is first in time'),
  ('behavioral', 'previous', 'last_match', 2, '1:A: 2:B:2 3:C:b1 4:D:2 5:E:b1', 'A', 'C', 'last is last in time'),
  ('behavioral, pages', 'next', 'tail', 1, '0:home:b1 1:product: 2:cart: 3:checkout:', 'product', '-', 'tail is the last row of all'),
  ('behavioral, pages', 'next', 'tail', 1, '0:home:b1 1:search: 2:product:', 'search', '-', 'tail is the last row of all'),
  ('behavioral, pages', 'previous', 'tail', 1, '0:home: 1:product:b1 2:cart: 3:checkout:', 'home', '-', 'tail is the last row of all'),
  ('behavioral, pages', 'previous', 'head', 1, '0:home: 1:product:b1 2:cart: 3:checkout:', 'home', '-', 'head is the first row of all'),
  ('behavioral, pages', 'previous', 'head', 1, '0:home: 1:search: 2:product:b1', 'search', '-', 'head is the first row of all');
CREATE FUNCTION neighbour(way text, base base_event, conditions int, log text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(CASE way WHEN 'next' THEN next_event(value, ts, may_be, base, VARIADIC met) ELSE previous_event(value, ts, may_be, base, VARIADIC met) END, '-')
  FROM (SELECT to_timestamp(entry[1]::int) AS ts, nullif(entry[2], '-') AS value, entry[3] LIKE 'b%' AS may_be, ARRAY(SELECT strpos(entry[3], n::text) > 0 FROM generate_series(1, conditions) n ORDER BY n) AS met
    FROM (SELECT string_to_array(entry, ':') AS entry FROM unnest(string_to_array(log, ' ')) entry) split) r $$;
SELECT is(neighbour(way, base, conditions, log), coalesce(ours, theirs), format('%s: %s from %s in %s', source, way, base, log)) FROM neighbours;
SELECT is(next_event(CASE n WHEN 2 THEN repeat('x', 2048) ELSE 'A' END, to_timestamp(n), n = 1, n = 1), repeat('x', 2048), 'behavioral: a long value') FROM generate_series(1, 2) n;
SELECT is(next_event(value, ts, ts = to_timestamp(1), VARIADIC array_fill(value = 'start', ARRAY[32])), NULL, 'behavioral: 32 steps and a row') FROM (VALUES (to_timestamp(1), 'start'), (to_timestamp(2), 'result')) v(ts, value);

-- Retention: a log is the periods in which somebody came; the first condition, and each other one together with it
CREATE TABLE retained (source text, periods int[], asked int[], theirs boolean[]);
INSERT INTO retained VALUES
  ('behavioral, of user 1', '{1,2,3}', '{1,2,3}', '{t,t,t}'), ('behavioral, of user 2', '{1,3}', '{1,2,3}', '{t,f,t}'), ('behavioral, of user 3', '{1}', '{1,2,3}', '{t,f,f}'), ('behavioral, a day without anybody', '{1,2,3}', '{5,2}', '{f,f}'),
  ('behavioral', '{1}', '{1}', '{t}'), ('behavioral', '{2}', '{1}', '{f}'), ('behavioral', '{2,3}', '{1,2,3}', '{f,f,f}'), ('behavioral', '{2,3,4}', '{1,2,3,4}', '{f,f,f,f}'), ('behavioral', '{1,2,3,4}', '{1,2,3,4}', '{t,t,t,t}'),
  ('behavioral', '{1,2,4}', '{1,2,3,4}', '{t,t,f,t}'), ('behavioral', '{1,2}', '{1,2,3}', '{t,t,f}'), ('behavioral', '{1,2,1,2,1,2}', '{1,2,3}', '{t,t,f}'), ('behavioral', '{4}', '{1,2,3}', '{f,f,f}'),
  ('behavioral', '{1,16,32}', '{1,2,16,32}', '{t,f,t,t}'), ('behavioral, alice', '{1,2,3}', '{1,2,3,4}', '{t,t,t,f}'), ('behavioral, bob', '{1,2}', '{1,2,3,4}', '{t,t,f,f}'), ('behavioral, carol', '{2,3,4}', '{2,3,4,5}', '{t,t,t,f}'),
  ('ClickHouse''s documentation', '{1,2,3}', '{1,2,3}', '{t,t,t}'), ('ClickHouse''s documentation', '{2,3}', '{1,2,3}', '{f,f,f}'), ('ClickHouse''s documentation', '{3}', '{1,2,3}', '{f,f,f}');
SELECT is((SELECT array_agg(came[asked[1]] AND came[period] ORDER BY place) FROM (SELECT returned(timestamptz '2024-01-01' + (period - 1) * interval '1 day', '2024-01-01', '1 day', 32) AS came FROM unnest(periods) period) r,
    unnest(asked) WITH ORDINALITY a(period, place)), theirs, format('%s: retention of %s in %s', source, asked, periods)) FROM retained;
SELECT is(ARRAY[count(*) FILTER (WHERE r[1]), count(*) FILTER (WHERE r[1] AND r[2]), count(*) FILTER (WHERE r[1] AND r[3])], '{80,50,60}', '00688: how many come')
FROM (SELECT returned(timestamptz '2018-08-06' + day * interval '1 day', '2018-08-06', '1 day', 3) AS r FROM unnest('{80,50,60}'::int[]) WITH ORDINALITY d(visitors, number), LATERAL (SELECT number - 1 AS day) n, generate_series(1, visitors) visitor GROUP BY visitor) r;
SELECT is(returned(ts, ts, '1 day', 1), NULL, 'no rows have no answer, where behavioral has an empty one') FROM (SELECT now()) v(ts) WHERE false;

-- Sessions
SELECT is((SELECT array_agg(session ORDER BY place) FROM (SELECT place, sessionize(to_timestamp(seconds), timeout) OVER (ORDER BY to_timestamp(seconds)) AS session FROM unnest(times) WITH ORDINALITY t(seconds, place)) s), theirs::bigint[], 'behavioral: sessions of ' || times::text)
FROM (VALUES ('{0,300,600,7200,7500}'::int[], interval '30 minutes', '{1,1,1,2,2}'), ('{0}', '1 hour', '{1}'), ('{0,300,NULL}', '30 minutes', '{1,1,NULL}'),
  ('{0,2700,5400,25200,27000}', '4 hours', '{1,1,1,2,2}'), ('{0,1200,72000,75600}', '4 hours', '{1,1,2,2}')) v(times, timeout, theirs);

-- Nothing stands among the differences that is none
SELECT is((SELECT count(*) FROM funnels WHERE ours = theirs) + (SELECT count(*) FROM sequence_answers WHERE ours = theirs) + (SELECT count(*) FROM neighbours WHERE ours = theirs), 0::bigint, 'every difference is one');

SELECT * FROM finish();
