-- pipelines: what steps read of a source, and of sessions, in rows and in entries of indexes. Nothing is known of its tables: none is analyzed but where it says so.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(16);
SET timezone = 'UTC';
CREATE SCHEMA shop;
CREATE TABLE shop.whole (event_id text, device text, ts timestamptz) WITH (autovacuum_enabled = off);
CREATE TABLE shop.parted (event_id text, device text, ts timestamptz) PARTITION BY RANGE (ts);
CREATE TABLE shop.january PARTITION OF shop.parted FOR VALUES FROM ('2025-01-01') TO ('2025-02-01') WITH (autovacuum_enabled = off);
CREATE TABLE shop.february PARTITION OF shop.parted FOR VALUES FROM ('2025-02-01') TO ('2025-03-01') WITH (autovacuum_enabled = off);
CREATE TABLE shop.march PARTITION OF shop.parted FOR VALUES FROM ('2025-03-01') TO ('2025-04-01') WITH (autovacuum_enabled = off);
SELECT journey.create_pipeline('web', 'shop') \g /dev/null
SELECT count(*) FROM unnest('{shop.whole,shop.parted}'::regclass[]) AS t, journey.add_source('web', t, ts => 'ts', event_id => 'event_id', anonymous_id => 'device') \g /dev/null
CALL journey.fill('web');
CALL journey.refresh('web');

-- In this transaction so far, for each of 1,000 rows.
CREATE FUNCTION reads(source regclass) RETURNS bigint LANGUAGE sql AS $$
  SELECT (sum(pg_stat_get_xact_tuples_returned(r) + pg_stat_get_xact_tuples_fetched(r)) / 1000)::bigint
  FROM (SELECT source UNION SELECT relid FROM pg_partition_tree(source)) AS t (id) CROSS JOIN LATERAL (SELECT t.id UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid = t.id) AS x (r) $$;
CREATE FUNCTION step(what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journey.refresh_step('web', true);
  SET LOCAL search_path = public;
  RETURN QUERY SELECT cmp_ok(reads(t), '<', 100::bigint, what || ': ' || t) FROM unnest('{shop.whole,shop.parted}'::regclass[]) AS t;
END $$;
CREATE FUNCTION come(prefix text, since timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO shop.whole (event_id, device, ts) SELECT prefix || n, 'd' || n % 500, since + n * interval '1 second' FROM generate_series(1, 1000) AS n;
  INSERT INTO shop.parted (event_id, device, ts) SELECT prefix || n, 'd' || n % 500, since + n * interval '1 second' FROM generate_series(1, 1000) AS n $$;

SELECT come('a', '2025-01-30') \g /dev/null
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT step('new rows');
COMMIT;
SELECT is((SELECT sum(journey.event_count(trail)) FROM shop.web_trails), 2000::numeric, 'all are there');

UPDATE shop.whole SET device = device || 'x';
UPDATE shop.parted SET device = device || 'x';
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT step('rows that were changed');
COMMIT;
SELECT is((SELECT count(*) FROM shop.web_trails WHERE alias LIKE '%x'), 1000::bigint, 'with other ids');

-- A second copy of each, two days later, in a slice of its own; then slices as a whole.
SELECT come('a', '2025-02-01') \g /dev/null
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT step('copies');
COMMIT;
SELECT is((SELECT sum(journey.event_count(trail)) FROM shop.web_trails), 2000::numeric, 'each event counts once');
CALL journey.rebuild('web');
SELECT is((SELECT sum(journey.event_count(trail)) FROM shop.web_trails), 2000::numeric, 'and so it does in slices that are read again');

-- Where an index says that there are no copies none are looked for, but of rows that went before it.
CREATE TABLE shop.once (event_id text, device text, ts timestamptz);
INSERT INTO shop.once VALUES ('e', 'first', '2025-01-05'), ('e', 'later', '2025-01-06');
SELECT count(*) FROM journey.add_source('web', 'shop.once', ts => 'ts', event_id => 'event_id', anonymous_id => 'device') \g /dev/null
SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE s.relation = 'shop.once'::regclass AND NOT n.done \gexec
CALL journey.fill('web');
CALL journey.refresh('web');
DELETE FROM shop.once WHERE device = 'first';
CREATE UNIQUE INDEX ON shop.once (event_id);
INSERT INTO shop.once (event_id, device, ts) SELECT n, 'o', timestamptz '2025-03-05' + n * interval '1 second' FROM generate_series(1, 1000) AS n;
CALL journey.refresh('web');
SELECT results_eq('SELECT alias, journey.event_count(trail)::int FROM shop.web_trails WHERE source = 3 ORDER BY 1', $$VALUES ('later', 1), ('o', 1000)$$, 'the copy that is left counts');
INSERT INTO shop.once (event_id, device, ts) SELECT n, 'o', timestamptz '2025-03-05' + n * interval '1 second' FROM generate_series(1001, 2000) AS n;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT journey.refresh_step('web', true) \g /dev/null
SET LOCAL search_path = public;
SELECT cmp_ok((SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid)) FROM pg_index WHERE indrelid = 'shop.once'::regclass AND pg_get_indexdef(indexrelid) LIKE '%(event_id)'), '<', 100::numeric, 'no event id is looked up');
COMMIT;

-- Sessions that begin earlier now, among many others.
INSERT INTO shop.whole (device, ts) SELECT 's' || n, timestamptz '2025-03-01' + n * interval '1 minute' FROM generate_series(1, 4000) AS n;
CALL journey.refresh('web');
ANALYZE shop.web_g1_all_sessions;
INSERT INTO shop.whole (device, ts) SELECT 's' || n, timestamptz '2025-03-01' + (n - 10) * interval '1 minute' FROM generate_series(1, 150) AS n;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT journey.refresh_step('web', true) \g /dev/null
SET LOCAL search_path = public;
SELECT cmp_ok(reads('shop.web_g1_all_sessions'), '<', 3::bigint, 'sessions that go are looked up');
COMMIT;
SELECT is((SELECT count(*) FROM shop.web_all_sessions WHERE visitor_id LIKE 's%'), 4000::bigint, 'and come again');

-- All that is made of them at first, in tables that were analyzed while they were empty. In blocks: rows that a statement
-- writes it does not see, though it looks at them.
SELECT journey.create_pipeline('all', 'shop') \g /dev/null
ANALYZE;
SELECT count(*) FROM journey.add_source('all', 'shop.whole', ts => 'ts', event_id => 'event_id', anonymous_id => 'device') \g /dev/null
CALL journey.fill('all');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT journey.refresh_step('all', true) \g /dev/null
SET LOCAL search_path = public;
SELECT cmp_ok(pg_stat_get_xact_blocks_fetched('shop.all_g1_visitors'::regclass), '<', 50000::bigint, 'visitors that come are not searched for one by one');
COMMIT;
SELECT is((SELECT count(*) FROM shop.all_visitors), (SELECT count(DISTINCT alias) FROM shop.web_trails WHERE source = 1), 'all are there');
SELECT * FROM finish();
