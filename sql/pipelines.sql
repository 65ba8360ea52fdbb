-- Declaring pipelines: their tables and views, sources and what these need, the marks of changed rows, every error.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set VERBOSITY default
\set SHOW_CONTEXT never
-- Errors tell the owner.
CREATE ROLE regress_owner SUPERUSER;
SET SESSION AUTHORIZATION regress_owner;
CREATE SCHEMA shop;
CREATE SCHEMA analytics;
CREATE TABLE shop.events (event_id text, anonymous_id text, user_id bigint, email text, event text, ts timestamptz, page_url text, staff boolean);
CREATE TABLE shop.orders (order_id uuid, customer_id text, paid_at timestamp, amount numeric);

SELECT journey.create_pipeline('web', schema => 'analytics', targets => '{useful_sessions,customer_360,attribution_credits}');
-- Named targets are kept with what they are made of; names of tables, and of the views over them.
SELECT name, schema, tables, rule, slice, kinds, mode, targets, state, seen FROM journey.pipelines;
SELECT relname, relkind FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relkind IN ('r', 'p', 'v') ORDER BY relname COLLATE "C";
-- Every view can be read.
SELECT count(*) FROM analytics.web_customer_360, analytics.web_useful_sessions, analytics.web_attribution_credits, analytics.web_rfm, analytics.web_conversions;

-- A source: first as it would be, then as it is.
SELECT * FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'anonymous_id', user_id => 'user_id',
  ids => '{"email": "lower(email)"}', event => 'event', page_url => 'page_url', condition => 'NOT staff',
  conversions => $${"sign_up": {"when": "event = 'Signed Up'"}, "order": {"when": "event = 'Order'", "value": "user_id * 2"}}$$, dry_run => true);
SELECT count(*) FROM journey.pipeline_sources;
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'anonymous_id', user_id => 'user_id',
  ids => '{"email": "lower(email)"}', event => 'event', page_url => 'page_url', condition => 'NOT staff',
  conversions => $${"sign_up": {"when": "event = 'Signed Up'"}, "order": {"when": "event = 'Order'", "value": "user_id * 2"}}$$);
SELECT relation, ts, event_id, id_kinds, ids, condition, passive, changes, event_id_window, mark_columns FROM journey.pipeline_sources;
SELECT unnest(conversion_kinds) AS kind, unnest(conversion_conditions) AS condition, unnest(conversion_values) AS value FROM journey.pipeline_sources;
SELECT c.* FROM journey.pipeline_sources, unnest(columns) AS c;
SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'shop.events'::regclass ORDER BY tgname COLLATE "C";
-- A table with rows: indexes are left to their owner, and such as are there serve.
INSERT INTO shop.orders VALUES (gen_random_uuid(), 'u1', '2025-01-01', 10);
CREATE INDEX ON shop.orders (paid_at);
SELECT * FROM journey.add_source('web', 'shop.orders', ts => 'paid_at', event_id => 'order_id', user_id => 'customer_id', passive => 'true', conversions => '{"order": {"value": "amount"}}', changes => 'trigger');
-- A partitioned one: its partitions first.
CREATE TABLE shop.pages (ts timestamptz, device uuid, url text) PARTITION BY RANGE (ts);
CREATE TABLE shop.pages_1 PARTITION OF shop.pages FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
INSERT INTO shop.pages VALUES ('2025-01-05', gen_random_uuid(), '/');
SELECT * FROM journey.add_source('web', 'shop.pages', ts => 'ts', anonymous_id => 'device', page_url => 'url', changes => 'trigger');
-- Presets name the columns that are there; event is the event's name, event_text.
CREATE TABLE shop.tracks (id text, anonymous_id text, user_id text, event text, event_text text, "timestamp" timestamptz, received_at timestamptz, context_page_url text);
SELECT count(*) FROM journey.add_source('web', 'shop.tracks', preset => 'segment', conversions => $${"sign_up": {"when": "event = 'Signed Up'"}}$$, changes => 'received_at');
SELECT ts, event_id, id_kinds, ids, event, page_url, referrer, conversion_conditions, received_at FROM journey.pipeline_sources WHERE relation = 'shop.tracks'::regclass;

-- Changed rows are marked as they were and as they are, with the number they carry; an ordinary row is not.
INSERT INTO shop.events (event_id, anonymous_id, ts) SELECT 'e' || n, 'a' || n, timestamptz '2025-01-01' + n * interval '1 hour' FROM generate_series(1, 6) AS n;
UPDATE shop.events SET user_id = 5 WHERE anonymous_id = 'a1';
DELETE FROM shop.events WHERE anonymous_id = 'a2';
-- Nothing that counts has changed here; and an event without a time is none.
UPDATE shop.events SET ts = ts WHERE anonymous_id = 'a3';
INSERT INTO shop.events (event_id, anonymous_id, ts, journey_xid) VALUES ('n', 'a9', NULL, NULL), ('i', 'a9', 'infinity', NULL);
-- Numbers of others: none, and one.
INSERT INTO shop.events (event_id, anonymous_id, ts, journey_xid) VALUES ('x', 'a7', '2025-02-01', NULL), ('y', 'a7', '2025-02-02', 7);
-- Each row once in a transaction, whatever it was between; nothing of one that is rolled back.
BEGIN; UPDATE shop.events SET staff = true WHERE anonymous_id = 'a4'; UPDATE shop.events SET staff = false WHERE anonymous_id = 'a4'; COMMIT;
BEGIN; DELETE FROM shop.events; ROLLBACK;
DO $$ BEGIN DELETE FROM shop.events WHERE anonymous_id = 'a5'; COMMIT; END $$;
-- In the mode trigger each row is.
SET datestyle = 'SQL, DMY';
INSERT INTO shop.orders VALUES ('00000000-0000-0000-0000-000000000001', 'u2', '2025-01-02', 10);
INSERT INTO shop.pages VALUES ('2025-01-06', '00000000-0000-0000-0000-000000000002', '/a');
SET datestyle = 'ISO';
SELECT source, slice, number IS NOT NULL AS numbered, CASE WHEN number < 100 THEN number END AS number, row FROM analytics.web_g1_stale ORDER BY source, row::text COLLATE "C", number;
-- Very many of one slice are marked as the slice.
DELETE FROM analytics.web_g1_stale;
INSERT INTO shop.orders SELECT gen_random_uuid(), 'u' || n, '2025-03-05', 1 FROM generate_series(1, 10001) AS n;
SELECT source, slice, row FROM analytics.web_g1_stale;
-- Who writes needs no right of the pipeline's.
CREATE ROLE regress_writer;
GRANT USAGE ON SCHEMA shop TO regress_writer;
GRANT SELECT, UPDATE ON shop.events TO regress_writer;
DELETE FROM analytics.web_g1_stale;
SET ROLE regress_writer;
UPDATE shop.events SET email = 'x' WHERE anonymous_id = 'a6';
SELECT * FROM analytics.web_g1_stale;
SELECT journey.pause('web');
SELECT journey.drop_pipeline('web');
RESET ROLE;
SELECT count(*) FROM analytics.web_g1_stale;

-- Errors of pipelines
SELECT journey.create_pipeline('web', 'analytics');
SELECT journey.create_pipeline('Web', 'analytics');
SELECT journey.create_pipeline(repeat('x', 32), 'analytics');
SELECT journey.create_pipeline(NULL, 'analytics');
SELECT journey.create_pipeline('other', 'nowhere');
SELECT journey.create_pipeline('other', 'analytics', rule => journey.session_rule(max_duration => '1 day'));
SELECT journey.create_pipeline('other', 'analytics', kinds => '{user,user}');
SELECT journey.create_pipeline('other', 'analytics', unique_kinds => '{email}');
SELECT journey.create_pipeline('other', 'analytics', max_members => 0);
SELECT journey.create_pipeline('other', 'analytics', mode => 'latest_user', max_members => 9);
SELECT journey.create_pipeline('other', 'analytics', targets => NULL);
SELECT journey.create_pipeline('other', 'analytics', kinds => ks, unique_kinds => ks) FROM (SELECT array_agg('k' || n) AS ks FROM generate_series(1, 65) AS n) AS k;
CREATE TABLE analytics.other_visitors ();
SELECT journey.create_pipeline('other', 'analytics');
SELECT journey.pause('nobody');
SELECT journey.pause(NULL);
-- Errors of sources
CREATE TABLE shop.things (at timestamptz, who text, n int, data json, journey_xid text);
CREATE VIEW shop.things_view AS TABLE shop.things;
SELECT journey.add_source('web', 'shop.events', ts => 'ts', user_id => 'user_id');
SELECT journey.add_source('web', 'shop.things', user_id => 'who', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'n', user_id => 'who', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'whom', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at,', user_id => 'who', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who FROM shop.events', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => '(SELECT max(who) FROM shop.things)', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'max(who)', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'things::text', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'ctid::text', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'clock_timestamp()', user_id => 'who', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', condition => 'at > now() - interval ''1 day''', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', condition => 'who <> current_user', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', condition => 'n', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', ids => '{"user": "n"}', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', ids => '[1]', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', conversions => '{"order": {"amount": "n"}}', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', conversions => '{"order": {"value": "who"}}', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', conversions => '{"": {}}', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', event_id => 'data', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => $$data -> 'user'$$, changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', event_id_window => '1 month', changes => 'trigger');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', changes => 'received_at');
SELECT journey.add_source('web', 'shop.things', ts => 'at', user_id => 'who', changes => 'received_at', received_at => 'at', overlap => '-1 hour');
SELECT journey.add_source('web', 'shop.things_view', ts => 'at', user_id => 'who', changes => 'trigger');
SELECT journey.add_source('nobody', 'shop.things', ts => 'at', user_id => 'who');
SELECT journey.drop_source('web', 'shop.things');
SELECT journey.create_pipeline('latest', 'analytics', mode => 'latest_user');
SELECT journey.add_source('latest', 'shop.things', ts => 'at', user_id => 'who', ids => '{"email": "who"}', changes => 'trigger');
CREATE TABLE shop.parent (at timestamptz, who text);
CREATE TABLE shop.child () INHERITS (shop.parent);
SELECT journey.add_source('web', 'shop.parent', ts => 'at', user_id => 'who');
CREATE UNLOGGED TABLE shop.forgetful (at timestamptz, who text);
SELECT journey.add_source('web', 'shop.forgetful', ts => 'at', user_id => 'who');
-- As somebody who may not read the table, and as one who may read but not watch it.
CREATE ROLE regress_analyst;
GRANT ALL ON SCHEMA analytics TO regress_analyst;
GRANT USAGE ON SCHEMA shop TO regress_analyst;
SET ROLE regress_analyst;
SELECT journey.create_pipeline('mine', 'analytics');
SELECT journey.add_source('mine', 'shop.events', ts => 'ts', user_id => 'user_id');
RESET ROLE;
GRANT SELECT ON shop.events TO regress_analyst;
SET ROLE regress_analyst;
SELECT journey.add_source('mine', 'shop.events', ts => 'ts', user_id => 'user_id');
SELECT journey.add_source('web', 'shop.events', ts => 'ts', user_id => 'user_id');
RESET ROLE;
-- The trigger function is for triggers.
SELECT journey.note_change();
CREATE TRIGGER wrong BEFORE INSERT ON shop.things FOR EACH ROW EXECUTE FUNCTION journey.note_change();
INSERT INTO shop.things DEFAULT VALUES;

-- What the declarations stand on
SELECT p.name, pg_get_userbyid(journey.pipeline_owner(p)) = current_user AS mine, journey.pipeline_table(p, 'trails'), journey.pipeline_view(p, 'trails'), journey.has_target(p, 'rfm'),
  (SELECT count(*) FROM journey.pipeline_views(p)) AS views, (SELECT count(*) FROM journey.pipeline_relations(p)) AS relations, journey.view_query(p, 'visitors')
FROM journey.pipelines AS p WHERE name IN ('web', 'latest') ORDER BY id;
SELECT (journey.pipeline_named('web')).id = id FROM journey.pipelines WHERE name = 'web';
SELECT journey.relation_name('shop.events'), journey.has_index('shop.events', 'event_id'), journey.has_index('shop.events', 'email'), journey.has_index('shop.events', 'lower(email)'), journey.current_xid() = pg_current_xact_id()::text::bigint AS number, journey.current_xid(5) - journey.current_xid() AS more;
SELECT sql, type, columns, immutable FROM journey.source_expression('shop.events', 'event = lower(email) AND ts::date > ''2025-01-01''', 'condition', 'coalesce(event, page_url)');
SELECT * FROM journey.source_expression(NULL, 'true', 'condition');
SELECT * FROM journey.source_expression(0, 'true', 'condition');
SELECT * FROM journey.preset_expressions('rudderstack', 'shop.tracks');
SELECT argument, key, sql FROM journey.source_arguments('shop.events', '{"ts": "ts", "user_id": "user_id"}', '{"email": "email"}', '{"order": {}}') ORDER BY 1, 2;
SELECT k.* FROM journey.pipeline_sources AS s, journey.source_keys(s) AS k WHERE s.relation = 'shop.orders'::regclass;
SELECT n.* FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE s.relation = 'shop.orders'::regclass;
SELECT journey.check_pipeline(p) FROM journey.pipelines AS p WHERE name = 'web';
SELECT journey.check_source(p, 'shop.orders', 'column') FROM journey.pipelines AS p WHERE name = 'web';
SELECT journey.make_pipeline_tables(p) FROM journey.pipelines AS p WHERE name = 'web';
SELECT * FROM journey.release_source('shop.orders');
SELECT journey.make_pipeline_views(p) FROM journey.pipelines AS p WHERE name = 'web';
SELECT journey.lock_pipeline(id, false) FROM journey.pipelines WHERE name = 'web';
-- The tables of the catalog are written through functions that ask who calls, and by nobody else.
SET ROLE regress_writer;
SELECT journey.check_pipeline_owner(p) FROM journey.pipelines AS p WHERE name = 'web';
SELECT journey.check_pipeline_owner(id) FROM journey.pipelines WHERE name = 'web';
SELECT journey.save_pipeline(p) FROM journey.pipelines AS p WHERE name = 'web';
SELECT journey.forget_pipeline(id) FROM journey.pipelines WHERE name = 'web';
SELECT journey.set_pipeline_state(id, 'active') FROM journey.pipelines WHERE name = 'web';
SELECT journey.save_source(s) FROM journey.pipeline_sources AS s LIMIT 1;
SELECT journey.forget_source(pipeline, source) FROM journey.pipeline_sources LIMIT 1;
SELECT journey.lock_pipeline(id, true) FROM journey.pipelines WHERE name = 'web';
UPDATE journey.pipelines SET state = 'paused';
RESET ROLE;

-- Taken away again
SELECT journey.pause('web');
SELECT state FROM journey.pipelines WHERE name = 'web';
SELECT journey.resume('web');
SELECT state FROM journey.pipelines WHERE name = 'web';
SELECT * FROM journey.drop_source('web', 'shop.events');
SELECT count(*) FROM analytics.web_g1_stale WHERE source = 1;
SELECT * FROM journey.drop_pipeline('web', keep_tables => false);
SELECT journey.drop_pipeline('latest', keep_tables => false), journey.drop_pipeline('mine', keep_tables => false);
SELECT relname FROM pg_class WHERE relnamespace = 'analytics'::regnamespace;
SELECT count(*) FROM journey.pipelines;
DROP SCHEMA shop, analytics CASCADE;
RESET SESSION AUTHORIZATION;
DROP ROLE regress_writer, regress_analyst, regress_owner;
