-- pipelines: what health finds. Each thing is broken by hand, found, and mended by the very command that health gives.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(49);
SET timezone = 'UTC';
CREATE SCHEMA shop;
-- Partitions by month up to the one after next.
CREATE TABLE shop.events (event_id text, device text, user_id text, ts timestamptz) PARTITION BY RANGE (ts);
CREATE PROCEDURE add_months(months int[]) LANGUAGE plpgsql AS $$
DECLARE
  month timestamptz;
BEGIN
  FOR month IN SELECT date_trunc('month', now()) + m * interval '1 month' FROM unnest(months) AS m LOOP
    EXECUTE format('CREATE TABLE shop.%I PARTITION OF shop.events FOR VALUES FROM (%L) TO (%L)', 'events_' || to_char(month, 'YYYYMM'), month, month + interval '1 month');
  END LOOP;
END $$;
CALL add_months('{-3,-2,-1,0,1,2}');
CREATE FUNCTION part(month int) RETURNS text LANGUAGE sql AS $$ SELECT 'shop.events_' || to_char(date_trunc('month', now()) + month * interval '1 month', 'YYYYMM') $$;
SELECT part(-1) AS last, part(-2) AS before_last, date_trunc('month', now()) - interval '2 months' AS before_last_since, date_trunc('month', now()) - interval '1 month' AS last_since, to_char(date_trunc('month', now()) - interval '2 months', 'YYYYMM') AS before_last_name \gset
-- What is wrong, without other sessions' doings; in values the name of this month's partition and the like is as it is.
CREATE FUNCTION found() RETURNS SETOF text LANGUAGE sql AS $$ SELECT check_name || ': ' || value FROM journey.health('web') WHERE NOT ok $$;
CREATE VIEW commands AS SELECT command FROM journey.health() WHERE NOT ok AND check_name <> 'writers';

SELECT is_empty('SELECT * FROM journey.health()', 'without a pipeline nothing is wrong');
SELECT throws_ok($$SELECT * FROM journey.health('web')$$, '42704', 'pipeline "web" does not exist', 'one that is not there can''t be asked about');
SELECT journey.create_pipeline('web', 'shop') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'user_id') \g /dev/null
SELECT bag_eq('SELECT found()', $$VALUES ('filled: the slices of shop.events are not listed yet')$$, 'a pipeline that was just declared');
INSERT INTO shop.events SELECT 'e' || n, 'd' || n % 100, NULL, now() - n % 60 * interval '1 day' FROM generate_series(1, 1000) AS n;
CALL journey.fill('web', slices => 1);
SELECT is((SELECT count(*) FROM journey.health('web') WHERE check_name = 'filled' AND value LIKE '%of % slices are not filled'), 1::bigint, 'one whose fill is not done');
SELECT command FROM commands \gexec
CALL journey.refresh('web');
SELECT is_empty('SELECT found()', 'all is well');
SELECT results_eq('SELECT count(*), count(value), count(hint), count(command) FROM journey.health()', 'VALUES (16::bigint, 0::bigint, 0::bigint, 0::bigint)', 'a row for each check');

-- Its state
SELECT journey.pause('web') \g /dev/null
SELECT bag_eq('SELECT found()', $$VALUES ('state: paused')$$, 'paused');
SELECT command FROM commands \gexec \g /dev/null
SELECT is_empty('SELECT found()', 'mended by its command');
UPDATE journey.pipelines SET seen_at = now() - interval '1 day 1 minute';
SELECT is((SELECT value ~ '^1 day 00:01:0' FROM journey.health() WHERE check_name = 'lag'), true, 'nothing refreshes it');
SELECT command FROM commands \gexec
SELECT is_empty('SELECT found()', 'mended by its command');

-- Columns. The refresh fails by them, and so does the state.
CREATE EXTENSION dblink;
\set ON_ERROR_STOP off
ALTER TABLE shop.events RENAME device TO machine;
CALL journey.refresh('web');
SELECT bag_eq('SELECT regexp_replace(found(), ''since .*UTC|since .*\+00'', ''since'')', $$VALUES ('columns: column device of shop.events, which the pipeline reads, is now called machine'),
  ('state: failed since: column device of shop.events, which the pipeline reads, is now called machine')$$, 'a column that was renamed');
SELECT command FROM commands ORDER BY command DESC \gexec
SELECT command FROM commands \gexec \g /dev/null
CALL journey.refresh('web');
SELECT is_empty('SELECT found()', 'mended by its commands');
ALTER TABLE shop.events ALTER device TYPE varchar(40);
SELECT bag_eq('SELECT found()', $$VALUES ('columns: column device of shop.events, which the pipeline reads, is now of type character varying, not text')$$, 'a column of another type');
SELECT command FROM commands \gexec
SELECT is_empty('SELECT found()', 'mended by its command');
\set ON_ERROR_STOP on

-- Triggers: of a partition, and of the whole.
ALTER TABLE :last DISABLE TRIGGER journey_change;
SELECT bag_eq('SELECT found()', format('VALUES (''triggers: trigger journey_change of %s is not enabled always'')', :'last'), 'a trigger of a partition that is off');
UPDATE shop.events SET device = 'd7' WHERE device = 'd8';
SELECT command FROM commands \gexec
CALL journey.refresh('web');
SELECT is_empty('SELECT found()', 'mended by its command');
SELECT is((SELECT count(*) FROM shop.web_aliases WHERE alias = 'd8'), 0::bigint, 'and nothing of the meantime is missed');
DROP TRIGGER journey_change ON shop.events;
SELECT is((SELECT count(*) FROM journey.health() WHERE check_name = 'triggers' AND value = 'a trigger of shop.events is missing or not enabled always'), 2::bigint, 'a trigger that is missing');
SELECT command FROM commands \gexec
CALL journey.refresh('web');
SELECT is_empty('SELECT found()', 'mended by its commands');

-- Indexes: missing, and not valid.
SELECT indexrelid::regclass AS name FROM pg_index WHERE indrelid = 'shop.events'::regclass AND pg_get_indexdef(indexrelid) LIKE '%(event_id)' \gset
DROP INDEX :name;
SELECT is((SELECT string_agg(DISTINCT check_name || ': ' || value, '') FROM journey.health() WHERE NOT ok), 'indexes: an index of shop.events is missing', 'an index that is missing');
SELECT command FROM commands \gexec
SELECT is_empty('SELECT found()', 'mended by its commands, partition by partition');
SELECT min(indexrelid::regclass::text) AS name FROM pg_index WHERE indrelid = :'last'::regclass \gset
UPDATE pg_index SET indisvalid = false WHERE indexrelid = :'name'::regclass;
SELECT bag_eq('SELECT found()', format('VALUES (''indexes: index %s is not valid'')', :'name'), 'an index that is not valid');
SELECT command FROM commands \gexec
SELECT is_empty('SELECT found()', 'mended by its command');

-- Partitions: a gap, none for next week, rows in the default one.
ALTER TABLE shop.events DETACH PARTITION :before_last;
ALTER TABLE :before_last RENAME TO away;
SELECT bag_eq('SELECT found()', format('VALUES (''partitions: shop.events has no partition from %s to %s'')', :'before_last_since', :'last_since'), 'a gap');
SELECT command FROM commands \gexec
SELECT is_empty('SELECT found()', 'mended by its command');
SELECT format('DROP TABLE %s, %s, %s', part(0), part(1), part(2)) \gexec
SELECT is((SELECT count(*) FROM journey.health() WHERE check_name = 'partitions' AND value LIKE 'shop.events has no partition from % on') IN (1, 2), true, 'none for now and next week');
CREATE TABLE shop.rest PARTITION OF shop.events DEFAULT;
INSERT INTO shop.events (event_id, device, ts) VALUES ('r1', 'r', date_trunc('month', now()) + interval '1 day'), ('r2', 'r', date_trunc('month', now()) + interval '40 days');
CALL journey.refresh('web');
SELECT is((SELECT value FROM journey.health() WHERE check_name = 'default_partition'), format('shop.rest has rows, the first of %s', date_trunc('month', now()) + interval '1 day'), 'rows in the default partition');
-- First these go to partitions of their own, then others can be made.
SELECT command FROM journey.health() WHERE check_name = 'default_partition' \gexec
SELECT command FROM journey.health() WHERE check_name = 'default_partition' \gexec
SELECT command FROM commands \gexec
SELECT is_empty('SELECT found()', 'mended by its commands');
CALL journey.refresh('web');
SELECT is((SELECT sum(journey.event_count(trail)) FROM shop.web_trails WHERE alias = 'r'), 2::numeric, 'their events count once');

-- Statistics and autovacuum.
CREATE TABLE shop.orders (order_id int, customer text, at timestamp, note text) WITH (autovacuum_enabled = false);
SELECT count(*) FROM journey.add_source('web', 'shop.orders', ts => 'at', event_id => 'order_id', user_id => 'customer', changes => 'trigger') \g /dev/null
INSERT INTO shop.orders SELECT n, 'c' || n % 10, now(), repeat('x', 1000) FROM generate_series(1, 2000) AS n;
CALL journey.fill('web');
CALL journey.refresh('web');
SELECT bag_eq('SELECT found()', $$VALUES ('statistics: shop.orders was never analyzed'), ('autovacuum: autovacuum is off for shop.orders')$$, 'a table that was just loaded, and one without autovacuum');
SELECT command FROM commands \gexec
SELECT is_empty('SELECT found()', 'mended by their commands');
-- A visitor of very many ids.
UPDATE shop.events SET user_id = 'everybody' WHERE device <> 'r';
INSERT INTO shop.events SELECT 'b' || n, 'b' || n, 'everybody', now() FROM generate_series(1, 3000) AS n;
CALL journey.refresh('web');
ANALYZE shop.web_g1_aliases;
SELECT is((SELECT count(*) FROM journey.health() WHERE check_name = 'big_visitors' AND value ~ '^visitor everybody has about 3\d\d\d ids$'), 1::bigint, 'a visitor of very many ids');
SELECT is((SELECT command FROM journey.health() WHERE check_name = 'big_visitors'), 'SELECT * FROM shop.web_aliases WHERE visitor_id = ''everybody'' ORDER BY first_seen_at LIMIT 100', 'whose ids are shown');
DELETE FROM shop.events WHERE user_id = 'everybody';
CALL journey.refresh('web');
VACUUM ANALYZE shop.web_g1_aliases;

SELECT results_eq('SELECT f.value, f.command FROM journey.pipelines AS p, journey.table_problems(p, 60) AS f', $$SELECT format('partitions and their indexes take %s locks of 60', count(*)), 'ALTER SYSTEM SET max_locks_per_transaction = 128'
  FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indexrelid = c.oid WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'i') AND relname ~ '^(events|rest|orders)' AND coalesce(i.indrelid, c.oid) <> 'shop.away'::regclass$$, 'a small lock table for so many partitions');
-- What other sessions hold.
SELECT pg_create_physical_replication_slot('health_standby', true) \g /dev/null
SELECT bag_eq('SELECT found()', $$VALUES ('slots: replication slot health_standby is not in use')$$, 'a replication slot that nobody uses');
SELECT command FROM commands \gexec \g /dev/null
SELECT is_empty('SELECT found()', 'mended by its command');
SELECT dblink_connect('other', format('host=%s port=%s dbname=%s user=%s', split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database(), current_user)),
  dblink_exec('other', 'BEGIN'), dblink_exec('other', $$INSERT INTO shop.events VALUES ('w1', 'w', NULL, now())$$) \g /dev/null
SELECT is_empty('SELECT * FROM journey.server_problems()', 'no transaction has been open for an hour');
SELECT results_eq($$SELECT check_name, value ~ '^session \d+ has a transaction open for .*: INSERT INTO shop.events' FROM journey.server_problems('0 s')$$, $$VALUES ('writers', true)$$, 'one that is open for some time');
SELECT command FROM journey.server_problems('0 s') \gexec \g /dev/null
SELECT dblink_disconnect('other') \g /dev/null
BEGIN;
INSERT INTO shop.orders VALUES (0);
PREPARE TRANSACTION 'health''s';
SELECT results_eq($$SELECT check_name, value ~ '^transaction ''health''''s'' is prepared for ' FROM journey.server_problems('0 s')$$, $$VALUES ('writers', true)$$, 'one that is prepared');
SELECT command FROM journey.server_problems('0 s') \gexec
SELECT is_empty($$SELECT * FROM journey.server_problems('0 s')$$, 'both mended by their commands');

-- Sources: not readable for the owner, gone.
CREATE ROLE health_owner;
GRANT ALL ON SCHEMA shop TO health_owner;
ALTER TABLE shop.web_g1_trails OWNER TO health_owner;
SELECT bag_eq('SELECT found()', $$VALUES ('sources: health_owner may not read shop.events'), ('sources: health_owner may not read shop.orders')$$, 'sources that the owner of the pipeline may not read');
SELECT command FROM commands \gexec
SELECT is_empty('SELECT found()', 'mended by their commands');
-- Anybody may ask, without rights on the tables.
CREATE ROLE health_monitor;
SET ROLE health_monitor;
SELECT is_empty($$SELECT check_name, value FROM journey.health() WHERE NOT ok$$, 'anybody may ask');
SELECT results_eq('SELECT state, stale FROM journey.progress', $$VALUES ('active', NULL::bigint)$$, 'and see the progress');
RESET ROLE;
SELECT 'shop.orders'::regclass::oid AS orders \gset
DROP TABLE shop.orders;
SELECT bag_eq('SELECT found()', format('VALUES (''sources: source %s does not exist any more'')', :'orders'), 'a source that was dropped');
SELECT command FROM commands \gexec \g /dev/null
SELECT is_empty('SELECT found()', 'mended by its command');

SELECT is_empty($$SELECT x.* FROM journey.pipelines AS p CROSS JOIN LATERAL (SELECT * FROM journey.state_problems(p) UNION ALL SELECT f.* FROM journey.pipeline_sources AS s, journey.source_problems(p, s) AS f UNION ALL SELECT f.* FROM journey.pipeline_sources AS s, journey.partition_problems(p, s) AS f
  UNION ALL SELECT f.* FROM journey.pipeline_sources AS s, journey.changed_columns(s) AS c (problem, command), LATERAL (SELECT 'c', c.problem, '', c.command) AS f UNION ALL SELECT * FROM journey.health_problems(p)) AS x$$, 'the checks by themselves');
SELECT bag_eq('SELECT journey.pipeline_table_oid(p, part)::regclass::text FROM journey.pipelines AS p, journey.pipeline_parts(p) AS part', $$SELECT format('shop.web_g1_%s', x) FROM unnest('{trails,links,conversions,stale,aliases,alias_history,visitors,all_sessions,attribution}'::text[]) AS x$$, 'the tables of a pipeline');
SELECT is(journey.partition_name('shop.events', '2025-03-01') || journey.partition_name('shop.events', '2025-03-01 06:30'), 'shop.events_p20250301shop.events_p20250301_0630', 'names of partitions');
SELECT count(*) FROM journey.drop_pipeline('web', keep_tables => false) \g /dev/null
DROP VIEW commands;
DROP FUNCTION found, part;
DROP PROCEDURE add_months;
DROP SCHEMA shop CASCADE;
DROP OWNED BY health_owner, health_monitor;
DROP ROLE health_owner, health_monitor;
SELECT * FROM finish();
