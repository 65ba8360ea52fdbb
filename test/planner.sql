-- Partition sort: when it is chosen, what it may take, what it does where memory does not suffice.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA planner_test;
SET search_path = planner_test, public;
\ir support/plans.sql
SELECT setseed(0.4);
CREATE TABLE events AS
  SELECT n AS id, 'visitor ' || (random() ^ 2 * 3000)::int AS visitor, timestamptz '2026-01-01' + n * interval '7 seconds' AS ts,
         (random() * 100)::int AS amount, repeat('x', 40) AS note
  FROM generate_series(1, 40000) n;
ANALYZE events;
CREATE TABLE scattered AS SELECT id, visitor || id % 4 AS visitor, ts, amount, note FROM events ORDER BY md5(id::text);
ANALYZE scattered;
SET max_parallel_workers_per_gather = 0;

-- The first query of a session has it, though it is its planning that loads the library; each plan from a session of its own
CREATE TABLE plans (name text, plan text);
\c -
SET search_path = planner_test, public;
INSERT INTO plans SELECT 'sessionize', plan_of('SELECT journey.sessionize(ts) OVER (PARTITION BY visitor ORDER BY ts) FROM events');
\c -
SET search_path = planner_test, public;
INSERT INTO plans SELECT 'rank', plan_of('SELECT rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events');
\c -
SET search_path = planner_test, public;
INSERT INTO plans SELECT 'path', plan_of('SELECT visitor, journey.path(note, ts), array_agg(id ORDER BY ts) FROM scattered GROUP BY visitor');
SELECT current_database() AS database \gset
ALTER DATABASE :database SET session_preload_libraries = 'journey';
ALTER DATABASE :database SET journey.partition_sort = 'all';
\c -
SET search_path = planner_test, public;
INSERT INTO plans SELECT 'rank, preloaded', plan_of('SELECT rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events');
ALTER DATABASE :database RESET session_preload_libraries;
ALTER DATABASE :database RESET journey.partition_sort;
\c -
SET search_path = planner_test, public;
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SELECT no_plan();
SELECT alike(plan, '%Partition Sort%', 'the first query of a session, with a function of ours') FROM plans WHERE name = 'sessionize';
SELECT alike(plan, '%Partition Sort%', 'or with an aggregate of ours') FROM plans WHERE name = 'path';
SELECT unalike(plan, '%Partition Sort%', 'and without one: nobody asked') FROM plans WHERE name = 'rank';
SELECT alike(plan, '%Partition Sort%', 'with the setting "all", where sessions load the library') FROM plans WHERE name = 'rank, preloaded';
SELECT ok(journey.session_rule('1 minute') IS NOT NULL, 'the library is loaded');

-- The setting
SELECT unalike(plan_of('SELECT rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events'), '%Partition Sort%', 'a statement without a function of ours is planned as ever');
SELECT alike(plan_of('SELECT *, journey.sessionize(ts) OVER (PARTITION BY visitor ORDER BY ts) FROM (SELECT *, rank() OVER (PARTITION BY amount ORDER BY ts) FROM events) e'),
  '%Partition Key: e.visitor%Partition Key: events.amount%', 'one function of ours lets all of its statement have it');
SELECT alike(plan_of('SELECT rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events WHERE id <> (SELECT journey.event_count(journey.trail(ts)) FROM events)'),
  '%Partition Sort%', 'wherever in the statement it is');
SET journey.partition_sort = off;
SELECT unalike(plan_of('SELECT journey.sessionize(ts) OVER (PARTITION BY visitor ORDER BY ts) FROM events'), '%Partition Sort%', 'off is off');
SELECT throws_ok('SET journey.partition_sort = ''some''', '22023', NULL, 'other values are refused');
SET journey.partition_sort = 'all';

-- EXPLAIN
SELECT is(plan_of('SELECT id, rank() OVER (PARTITION BY visitor, amount % 3 ORDER BY ts DESC, note COLLATE "C" NULLS FIRST) FROM events'),
'WindowAgg
  ->  Custom Scan (Partition Sort)
        Partition Key: visitor, ((amount % 3))
        Order Key: ts DESC, ((note)::text) COLLATE "C" NULLS FIRST
        ->  Seq Scan on events
', 'EXPLAIN shows the keys');

-- Never in place of an order that the query needs, and never where it is dearer
SELECT matches(plan_of('SELECT id, rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events ORDER BY visitor, ts'), 'Sort', 'a final order is kept');
SELECT results_eq(
  'SELECT visitor, ts, rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events ORDER BY visitor, ts, id LIMIT 500',
  'SELECT visitor, ts, (SELECT count(*) + 1 FROM events b WHERE b.visitor = a.visitor AND b.ts < a.ts) FROM events a ORDER BY visitor, ts, id LIMIT 500',
  'and right');
CREATE INDEX by_visitor ON events (visitor, ts);
SET random_page_cost = 0.01;
SET seq_page_cost = 0.01;
SELECT unalike(plan_of('SELECT id, rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events WHERE visitor < ''visitor 10'''), '%Partition Sort%', 'an index that has the order is used');
SELECT unalike(plan_of('SELECT id, rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events LIMIT 5'), '%Partition Sort%', 'the more so for a few rows');
RESET random_page_cost;
RESET seq_page_cost;
DROP INDEX by_visitor;
SELECT unalike(plan_of('SELECT id, rank() OVER (ORDER BY ts) FROM events'), '%Partition Sort%', 'one partition is no partitions');
SELECT unalike(plan_of('SELECT id, rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events WHERE visitor = ''visitor 1'''), '%Partition Sort%', 'nor is a constant one');
SELECT unalike(plan_of('SELECT id, rank() OVER (PARTITION BY ts::text::tsvector ORDER BY ts) FROM events'), '%Partition Sort%', 'a key that can''t be hashed');

-- Several windows
SELECT is(plan_of('SELECT id, rank() OVER (PARTITION BY visitor ORDER BY ts), row_number() OVER (PARTITION BY visitor ORDER BY amount, id) FROM events'),
'WindowAgg
  ->  Custom Scan (Partition Sort)
        Presorted Key: visitor
        Order Key: ts
        ->  WindowAgg
              ->  Custom Scan (Partition Sort)
                    Partition Key: visitor
                    Order Key: amount, id
                    ->  Seq Scan on events
', 'windows over the same partitions put them in order anew');
SELECT matches(plan_of('SELECT id, row_number() OVER (PARTITION BY visitor, s ORDER BY ts, id)
  FROM (SELECT *, row_number() OVER (PARTITION BY visitor ORDER BY ts) / 5 AS s FROM events) e'),
  'Presorted Key: e.visitor\s+Partition Key: e.s\s+Order Key: e.ts, e.id', 'finer partitions of a subquery are made within its own');

-- Groups
SET work_mem = '64MB';
SELECT unalike(plan_of('SELECT visitor, journey.trail(ts) FROM events GROUP BY visitor'), '%Partition Sort%', 'groups of events in order of time are hashed');
-- Which columns the server names by their table depends on its version.
SELECT is(replace(plan_of('SELECT visitor, journey.trail(ts), journey.path(note, ts) FROM scattered GROUP BY visitor HAVING count(*) > 1'), 'scattered.', ''),
'GroupAggregate
  Group Key: visitor
  Filter: (count(*) > 1)
  ->  Custom Scan (Partition Sort)
        Partition Key: visitor
        Order Key: ts
        ->  Seq Scan on scattered
', 'those of scattered ones are brought together, in order of time');
SELECT unalike(plan_of('SELECT visitor, count(*), max(ts) FROM scattered GROUP BY visitor'), '%Partition Sort%', 'not so for states that stay small');
SELECT unalike(plan_of('SELECT visitor, journey.trail(ts) FROM (SELECT * FROM scattered ORDER BY ts LIMIT 30000) s GROUP BY visitor'), '%Partition Sort%', 'nor for rows in order');
SELECT matches(plan_of('SELECT visitor, array_agg(id ORDER BY ts) FROM scattered GROUP BY visitor'), 'GroupAggregate.*Partition Sort', 'an order within groups takes no global sort');
SELECT is(replace(plan_of('SELECT visitor, max(s) FROM (SELECT visitor, journey.sessionize(ts) OVER (PARTITION BY visitor ORDER BY ts) AS s FROM scattered) q GROUP BY visitor'), 'scattered.', ''),
'GroupAggregate
  Group Key: visitor
  ->  WindowAgg
        ->  Custom Scan (Partition Sort)
              Partition Key: visitor
              Order Key: ts
              ->  Seq Scan on scattered
', 'what windows have brought together needs no hash');
SELECT unalike(plan_of('SELECT visitor, amount, journey.trail(ts) FROM scattered GROUP BY GROUPING SETS ((visitor), (visitor, amount))'), '%Partition Sort%', 'grouping sets are planned as ever');
SELECT unalike(plan_of('SELECT journey.trail(ts) FROM scattered'), '%Partition Sort%', 'so is one group');
SELECT unalike(plan_of('SELECT visitor FROM scattered GROUP BY visitor'), '%Partition Sort%', 'and no aggregate');
SET journey.partition_sort = off;
SELECT unalike(plan_of('SELECT visitor, journey.trail(ts) FROM scattered GROUP BY visitor'), '%Partition Sort%', 'off is off for groups');
SET journey.partition_sort = 'all';
SELECT is_empty('SELECT visitor, journey.trail(ts) FROM scattered WHERE id < 0 GROUP BY visitor', 'no rows, no groups');
RESET work_mem;

-- Where memory does not suffice: files, one giant partition, a hash that many share
CREATE TABLE giant AS SELECT id, CASE WHEN id % 10 < 8 THEN 'the one' ELSE visitor END AS visitor, ts, note FROM events;
ANALYZE giant;
CREATE FUNCTION outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  EXECUTE format('SELECT count(*) || '' '' || sum(hashtextextended(r::text, 0)::numeric) FROM (%s) r', query) INTO result;
  RETURN result;
END $$;
CREATE TABLE queries (n int, query text);
INSERT INTO queries VALUES
  (1, 'SELECT id, lag(id, 3) OVER (PARTITION BY visitor ORDER BY ts DESC, id) FROM events'),
  (2, 'SELECT id, lag(id, 3) OVER (PARTITION BY visitor ORDER BY ts DESC, id) FROM giant'),
  (3, 'SELECT id, lag(id) OVER (PARTITION BY note, visitor ORDER BY md5(id::text)), sum(id) OVER (PARTITION BY note, visitor) FROM giant'),
  (4, 'SELECT id, count(*) OVER (PARTITION BY visitor, md5(id::text)), rank() OVER (PARTITION BY visitor ORDER BY id) FROM giant'),
  (5, 'SELECT visitor, journey.trail(ts), string_agg(note, '','' ORDER BY id DESC) FROM giant GROUP BY visitor'),
  (6, 'SELECT visitor, array_agg(id ORDER BY ts, id), array_agg(id ORDER BY id DESC) FROM scattered GROUP BY visitor');
SET journey.partition_sort = off;
CREATE TABLE expected AS SELECT n, query, outcome(query) FROM queries;
SET journey.partition_sort = 'all';
SET enable_sort = off;
SET enable_hashagg = off;
SET work_mem = '64kB';
SELECT is(outcome(query), outcome, 'spilled: query ' || n) FROM expected ORDER BY n;
SELECT matches(explained(query), 'Partition Method: disk\s+Batches: \d\d+\s+Memory Usage: \d+ kB\s+Disk Usage: \d{4} kB', 'rows in files') FROM queries WHERE n = 1;
SELECT matches(explained(query), 'Partition Method: disk, external sort', 'a partition that does not fit') FROM queries WHERE n = 2;
SELECT cmp_ok((regexp_match(explained(query), 'Memory Usage: (\d+) kB'))[1]::int, '<=', 2 * 64 * 2, 'within the memory allowed') FROM queries WHERE n IN (1, 6);
SET temp_file_limit = '300kB';
SELECT throws_ok(query, '53400', NULL, 'temp_file_limit holds') FROM queries WHERE n = 1;
RESET temp_file_limit;
SELECT is(outcome(query), outcome, 'after an error, too') FROM expected WHERE n = 1;
RESET work_mem;
SELECT is(outcome(query), outcome, 'in memory: query ' || n) FROM expected ORDER BY n;
SELECT unalike(explained(query), '%disk%', 'no file where there is memory') FROM queries WHERE n = 2;

-- Parallel scans below, rescans, prepared statements, row security, cancellation
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT matches(plan_of(query), 'Partition Sort.*Gather.*Parallel Seq Scan', 'a parallel scan below') FROM queries WHERE n = 1;
SELECT is(outcome(query), outcome, 'a parallel scan below gives the same') FROM expected WHERE n = 1;
RESET max_parallel_workers_per_gather;
SET max_parallel_workers_per_gather = 0;
PREPARE of_visitors(text) AS SELECT id, rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events WHERE visitor > $1;
SET plan_cache_mode = force_generic_plan;
SELECT matches(plan_of('EXECUTE of_visitors(''visitor 9'')'), 'Partition Sort', 'a prepared statement');
RESET plan_cache_mode;
SET enable_material = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT results_eq(
  'SELECT k, count(*), sum(s.r) FROM generate_series(1, 3) k, LATERAL (SELECT rank() OVER (PARTITION BY visitor ORDER BY ts) AS r FROM events WHERE amount > k * 30) s GROUP BY k ORDER BY k',
  'SELECT k, sum(n)::bigint, sum(n * (n + 1) / 2) FROM (SELECT k, visitor, count(*) AS n FROM generate_series(1, 3) k, events WHERE amount > k * 30 GROUP BY k, visitor) g GROUP BY k ORDER BY k',
  'rescans with a change');
SELECT is((SELECT sum(r) FROM generate_series(1, 3) k JOIN (SELECT id, rank() OVER (PARTITION BY visitor ORDER BY ts) AS r FROM events) s ON s.id % 2 <> k % 2),
  (SELECT sum(r * (2 - s.id % 2)) FROM (SELECT id, rank() OVER (PARTITION BY visitor ORDER BY ts) AS r FROM events) s), 'rescans without one');
RESET enable_material;
RESET enable_hashjoin;
RESET enable_mergejoin;
CREATE ROLE planner_reader;
GRANT USAGE ON SCHEMA planner_test TO planner_reader;
GRANT SELECT ON events TO planner_reader;
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
CREATE POLICY some_rows ON events FOR SELECT TO planner_reader USING (amount < 50);
SET ROLE planner_reader;
CREATE TEMP TABLE seen AS SELECT id, amount, rank() OVER (PARTITION BY visitor ORDER BY ts) FROM events;
RESET ROLE;
SELECT is((SELECT count(*) FROM pg_temp.seen), (SELECT count(*) FROM events WHERE amount < 50), 'row security');
ALTER TABLE events DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON events FROM planner_reader;
REVOKE ALL ON SCHEMA planner_test FROM planner_reader;
DROP POLICY some_rows ON events;
DROP TABLE pg_temp.seen;
DROP ROLE planner_reader;
\ir support/cancel.sql
SET statement_timeout = '200ms';
SELECT is(cancelled('SELECT count(*) FROM (SELECT rank() OVER (PARTITION BY n % 1000 ORDER BY n) FROM generate_series(1, 30000000) n) s'), '57014', 'a timeout ends it');
RESET statement_timeout;
SELECT is(outcome(query), outcome, 'and the next query is right') FROM expected WHERE n = 3;

SELECT * FROM finish();
DROP SCHEMA planner_test CASCADE;
