-- pipelines: marks of changed rows, whatever way the rows change, and whatever the tables look like.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(20);
SET timezone = 'UTC';
CREATE SCHEMA shop;
SELECT journey.create_pipeline('web', 'shop') \g /dev/null

-- Partitions: one made in place, one that was a table of its own, with its columns in another order and one dropped.
CREATE TABLE shop.events (gone int, ts timestamptz, device text, note text) PARTITION BY RANGE (ts);
ALTER TABLE shop.events DROP COLUMN gone;
CREATE TABLE shop.january PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE shop.february (device text, old int, note text, ts timestamptz);
ALTER TABLE shop.february DROP COLUMN old;
ALTER TABLE shop.events ATTACH PARTITION shop.february FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', anonymous_id => 'device', page_url => 'note') \g /dev/null

-- What was marked since the last look: row and whether with a number.
CREATE FUNCTION marked() RETURNS SETOF text LANGUAGE sql AS $$
  WITH taken AS (DELETE FROM shop.web_g1_stale RETURNING *)
  SELECT coalesce(row::text, 'slice ' || slice, 'source') || CASE WHEN number IS NULL THEN '' ELSE ' by a number' END FROM taken $$;

INSERT INTO shop.events VALUES ('2025-01-05', 'a', 'x'), ('2025-02-05', 'b', 'x');
COPY shop.events (ts, device) FROM stdin;
2025-02-06	c
\.
SELECT is_empty('SELECT marked()', 'rows that are inserted and copied carry the number of their transaction, and need no mark');

UPDATE shop.events SET note = 'y' WHERE device = 'b';
SELECT set_eq('SELECT marked()', $$VALUES ('{"2025-02-05 00:00:00+00",b} by a number')$$, 'an update in the attached partition: its columns go by name');
UPDATE shop.events SET ts = ts + interval '1 month' WHERE device = 'a';
SELECT set_eq('SELECT marked()', $$VALUES ('{"2025-01-05 00:00:00+00",a}'), ('{"2025-02-05 00:00:00+00",a} by a number')$$,
  'a row that moves to another partition keeps its number: marked where it was and where it is');
DELETE FROM shop.february WHERE device = 'a';
SELECT set_eq('SELECT marked()', $$VALUES ('{"2025-02-05 00:00:00+00",a}')$$, 'a change in a partition itself');

CREATE TABLE staged AS TABLE shop.events;
ALTER TABLE staged ADD COLUMN journey_xid_was bigint;
INSERT INTO shop.events (ts, device, note, journey_xid) SELECT ts, 'staged ' || device, note, journey_xid FROM shop.events WHERE device = 'c';
SELECT set_eq('SELECT marked()', $$VALUES ('{"2025-02-06 00:00:00+00","staged c"} by a number')$$, 'rows that bring the number of another transaction');

ALTER TABLE shop.january ADD CONSTRAINT one UNIQUE (device, ts);
INSERT INTO shop.january (ts, device) VALUES ('2025-01-07', 'd');
INSERT INTO shop.january (ts, device, note) VALUES ('2025-01-07', 'd', 'z') ON CONFLICT (device, ts) DO UPDATE SET note = excluded.note;
SELECT set_eq('SELECT marked()', $$VALUES ('{"2025-01-07 00:00:00+00",d} by a number')$$, 'ON CONFLICT DO UPDATE');
MERGE INTO shop.events AS e USING (VALUES ('d'), ('m')) AS s (device) ON e.device = s.device
  WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (ts, device) VALUES ('2025-01-08', s.device);
SELECT set_eq('SELECT marked()', $$VALUES ('{"2025-01-07 00:00:00+00",d}')$$, 'MERGE');

BEGIN;
UPDATE shop.events SET note = 'p' WHERE device = 'b';
SAVEPOINT s;
DELETE FROM shop.events WHERE device = 'c';
ROLLBACK TO s;
COMMIT;
-- A mark too many does no harm; one that is missing would.
SELECT ok('{"2025-02-05 00:00:00+00",b} by a number' = ANY (array_agg(m)), 'beside a savepoint that is rolled back') FROM marked() AS m;
BEGIN;
DELETE FROM shop.events WHERE device = 'b';
ROLLBACK;
SELECT is_empty('SELECT marked()', 'nothing of a transaction that is rolled back');
BEGIN;
UPDATE shop.events SET note = 'q' WHERE device = 'b';
PREPARE TRANSACTION 'pipelines_1';
SELECT is_empty('SELECT marked()', 'nothing of one that is prepared');
COMMIT PREPARED 'pipelines_1';
SELECT set_eq('SELECT marked()', $$VALUES ('{"2025-02-05 00:00:00+00",b} by a number')$$, 'until it is committed');
BEGIN;
UPDATE shop.events SET note = 'r' WHERE device = 'b';
PREPARE TRANSACTION 'pipelines_2';
ROLLBACK PREPARED 'pipelines_2';
SELECT is_empty('SELECT marked()', 'or rolled back');
BEGIN;
DELETE FROM shop.events WHERE device = 'b';
SET TRANSACTION READ ONLY;
COMMIT;
SELECT set_eq('SELECT marked()', $$VALUES ('{"2025-02-05 00:00:00+00",b}')$$, 'a transaction that is read-only by now');

-- Many rows go as their slice; so do all later rows of it.
INSERT INTO shop.events (ts, device) SELECT '2025-02-10', 'n' || n FROM generate_series(1, 10001) AS n;
UPDATE shop.events SET note = 'many' WHERE device LIKE 'n%' OR device = 'm';
SELECT set_eq('SELECT marked()', $$VALUES ('slice 2025-02-01 by a number'), ('{"2025-01-08 00:00:00+00",m} by a number')$$, 'more than 10,000 ids of a slice, and one of another');

-- A time that is an expression: no slice is known.
CREATE TABLE shop.log (payload jsonb);
SELECT count(*) FROM journey.add_source('web', 'shop.log', ts => $$to_timestamp((payload ->> 'at')::float8)$$, user_id => $$payload ->> 'user'$$, changes => 'trigger') \g /dev/null
INSERT INTO shop.log VALUES ('{"at": 1, "user": "u"}'), ('{"at": "never"}'), (NULL);
SELECT set_eq('SELECT marked()', $$VALUES ('{"{\"at\": 1, \"user\": \"u\"}"}'), ('{"{\"at\": \"never\"}"}'), ('{NULL}')$$, 'expressions are left to the refresh: no value of a row can fail its insert');
INSERT INTO shop.log VALUES (jsonb_build_object('at', 1, 'text', repeat('x', 2000000)));
SELECT set_eq('SELECT marked()', $$VALUES ('source')$$, 'a row of more than a megabyte is not copied');
INSERT INTO shop.log SELECT jsonb_build_object('at', n) FROM generate_series(1, 10001) AS n;
SELECT set_eq('SELECT marked()', $$VALUES ('source')$$, 'without slices, more than 10,000 rows are the source');

-- Two pipelines over one table each have their own marks; one that goes takes nothing from the other.
SELECT journey.create_pipeline('second', 'shop', slice => 'day') \g /dev/null
SELECT count(*) FROM journey.add_source('second', 'shop.log', ts => $$to_timestamp((payload ->> 'at')::float8)$$, user_id => $$payload ->> 'user'$$, changes => 'trigger') \g /dev/null
INSERT INTO shop.log VALUES ('{"at": 2}');
SELECT results_eq('SELECT (SELECT count(*) FROM shop.web_g1_stale), (SELECT count(*) FROM shop.second_g1_stale)', 'VALUES (1::bigint, 1::bigint)', 'a change is told to each pipeline');
BEGIN;
INSERT INTO shop.log VALUES ('{"at": 3}');
SELECT count(*) FROM journey.drop_pipeline('second', keep_tables => false) \g /dev/null
COMMIT;
SELECT is((SELECT count(*) FROM shop.web_g1_stale), 2::bigint, 'a pipeline that is dropped within a transaction fails it not');
SELECT bag_eq('SELECT tgname::text FROM pg_trigger WHERE tgrelid = ''shop.log''::regclass', $$VALUES ('journey_change'), ('journey_insert')$$, 'the triggers stay for the other');

DROP TABLE staged;
DROP SCHEMA shop CASCADE;
SELECT * FROM finish();
