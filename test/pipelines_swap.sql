-- pipelines: changing a rule. A second pipeline takes the name and the views of the first, with all that hangs on these.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(44);
SET timezone = 'UTC';
CREATE SCHEMA shop;
CREATE TABLE shop.events (id text, device text, user_id text, ts timestamptz, page text);
CREATE TABLE shop.orders (id text, customer text, paid_at timestamptz, amount numeric);
SELECT journey.create_pipeline('web', 'shop', targets => '{all_sessions,useful_sessions,attribution}') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'id', anonymous_id => 'device', user_id => 'user_id', page_url => 'page') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.orders', ts => 'paid_at', event_id => 'id', user_id => 'customer', passive => 'true', conversions => '{"order": {"value": "amount"}}') \g /dev/null
-- Two visits 40 minutes apart: two sessions by the first rule, one by the second.
INSERT INTO shop.events VALUES ('e1', 'phone', NULL, '2025-01-05 10:00', '/'), ('e2', 'phone', 'ann', '2025-01-05 10:40', '/in'), ('e3', 'tablet', NULL, '2025-01-06', '/');
INSERT INTO shop.orders VALUES ('o1', 'ann', '2025-01-05 11:00', 10);
CALL journey.fill('web');
CALL journey.refresh('web');

-- What people have built on it
DROP ROLE IF EXISTS journey_reader;
CREATE ROLE journey_reader;
GRANT USAGE ON SCHEMA shop TO journey_reader;
GRANT SELECT ON shop.web_all_sessions, shop.web_useful_sessions TO journey_reader;
GRANT SELECT ON shop.web_g1_visitors TO journey_reader WITH GRANT OPTION;
COMMENT ON VIEW shop.web_all_sessions IS 'Ask Eve';
COMMENT ON COLUMN shop.web_all_sessions.seconds IS 'How long';
ALTER VIEW shop.web_visitors SET (security_barrier = true);
CREATE VIEW shop.daily AS SELECT started_at::date AS day, count(*) AS sessions FROM shop.web_all_sessions GROUP BY 1;
CREATE MATERIALIZED VIEW shop.weekly AS SELECT count(*) AS sessions FROM shop.daily;
CREATE INDEX ON shop.web_g1_all_sessions (channel, started_at);
CREATE INDEX "by ON name" ON shop.web_g1_visitors (members) WHERE members > 1;
CREATE UNIQUE INDEX ON shop.web_g1_aliases (kind, alias, visitor_id);

-- What is refused
SELECT journey.create_pipeline('web_next', 'shop', rule => journey.session_rule('1 hour'), targets => '{all_sessions,useful_sessions,attribution,rfm}') \g /dev/null
CREATE FUNCTION swap_error(one text, other text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  PERFORM journey.check_swap(journey.pipeline_named(one), journey.pipeline_named(other));
  RETURN '';
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ' ' || concat_ws(': ', SQLERRM, nullif(detail, ''));
END $$;
SELECT is(swap_error('web', 'next'), '42704 pipeline "next" does not exist', 'a name that is none');
SELECT is(swap_error('web', 'web'), '22023 pipeline "web" can''t be swapped for itself', 'itself');
SELECT is(swap_error('web', 'web_next'), '55000 pipeline "web_next" is not filled: It has no sources.', 'without sources');
SELECT count(*) FROM journey.add_source('web_next', 'shop.events', ts => 'ts', event_id => 'id', anonymous_id => 'device', user_id => 'user_id', page_url => 'page') \g /dev/null
SELECT is(swap_error('web', 'web_next'), '55000 pipeline "web_next" is not filled: Its sources were not looked at yet.', 'before its fill');
CALL journey.fill('web_next');
SELECT is(swap_error('web_next', 'web'), '22023 pipeline "web" lacks targets of "web_next": rfm', 'a target that readers would lose');
SELECT journey.pause('web_next') \g /dev/null
SELECT is(swap_error('web', 'web_next'), '55000 pipeline "web_next" is paused', 'paused');
SELECT journey.resume('web_next') \g /dev/null
CREATE SCHEMA elsewhere;
SELECT journey.create_pipeline('elsewhere', 'elsewhere', targets => '{all_sessions,useful_sessions,attribution}') \g /dev/null
SELECT is(swap_error('web', 'elsewhere'), '22023 pipelines "web" and "elsewhere" must be in one schema and belong to one role: web: schema shop, role analyst; elsewhere: schema elsewhere, role analyst.', 'another schema');
SELECT count(*) FROM journey.drop_pipeline('elsewhere', keep_tables => false) \g /dev/null
SET ROLE journey_reader;
SELECT matches(swap_error('web', 'web_next'), '42501 must be member of role ".*" to change pipeline "web"', 'one of others');
SELECT throws_ok(format(statement, one.id, other.id), '42501', NULL, statement || ' is for the owner')
FROM journey.pipelines AS one, journey.pipelines AS other, unnest('{"SELECT journey.swap_names(%s, %s)","SELECT journey.share_erased(%s, %s)"}'::text[]) AS statement WHERE one.name = 'web' AND other.name = 'web_next';
RESET ROLE;
SELECT throws_ok($$CALL journey.swap('web', 'web_next')$$, '25001', 'journey.swap can''t run inside a transaction block', 'inside a transaction');
SELECT results_eq('SELECT sessions FROM shop.daily ORDER BY day', 'VALUES (2::bigint), (1)', 'so far the first rule');

-- In the middle of it: what can't be replaced, or is still used, and then nothing is
BEGIN;
CREATE OR REPLACE VIEW shop.web_aliases AS SELECT *, true AS mine FROM shop.web_g1_aliases;
SELECT throws_ok($$SELECT journey.swap_now('web', 'web_next')$$, '42P16', 'cannot drop columns from view', 'a view that somebody gave another column');
ROLLBACK;
BEGIN;
CREATE VIEW shop.best AS SELECT * FROM shop.web_next_rfm;
SELECT throws_ok($$SELECT journey.swap_now('web', 'web_next')$$, '2BP01', NULL, 'a view over what only the successor has, under its old name');
ROLLBACK;
SELECT bag_eq('SELECT name, tables FROM journey.pipelines', $$VALUES ('web', 'web_g1'), ('web_next', 'web_next_g1')$$, 'nothing is half-done');

-- Swapped; that it lacks a source is a warning
CREATE FUNCTION indexes_of(tables text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX .* ON (ONLY )?shop\.' || tables || '_', '\1') FROM pg_indexes WHERE tablename LIKE tables || '\_%' AND tablename !~ 'sessions_(rest|\d)' AND indexname !~ 'pkey' $$;
SET client_min_messages = error;
CALL journey.swap('web', 'web_next');
SET client_min_messages = warning;
SELECT results_eq('SELECT sessions FROM shop.daily ORDER BY day', 'VALUES (1::bigint), (1)', 'a view over the view has the second rule');
REFRESH MATERIALIZED VIEW shop.weekly;
SELECT is((SELECT count(*) FROM shop.weekly), 1::bigint, 'a materialized view follows when it is refreshed');
SELECT results_eq('SELECT session_number FROM shop.web_next_all_sessions WHERE visitor_id = ''ann'' ORDER BY 1', 'VALUES (1::bigint), (2)', 'the first rule is under the other name');
SELECT bag_eq('SELECT name, tables FROM journey.pipelines', $$VALUES ('web_next', 'web_g1'), ('web', 'web_next_g1')$$, 'names are exchanged, tables keep theirs');
SELECT ok(has_table_privilege('journey_reader', 'shop.web_all_sessions', 'SELECT') AND has_table_privilege('journey_reader', 'shop.web_useful_sessions', 'SELECT'), 'who could read the views can');
SELECT ok(NOT has_table_privilege('journey_reader', 'shop.web_attribution', 'SELECT') AND NOT has_table_privilege('journey_reader', 'shop.web_next_all_sessions', 'SELECT'), 'and no others');
SELECT ok(has_table_privilege('journey_reader', 'shop.web_next_g1_visitors', 'SELECT WITH GRANT OPTION') AND NOT has_table_privilege('journey_reader', 'shop.web_next_g1_trails', 'SELECT'), 'privileges on a table are on the new one');
SET ROLE journey_reader;
SELECT is((SELECT count(*) FROM shop.web_useful_sessions), 2::bigint, 'it reads through them');
RESET ROLE;
SELECT is(obj_description('shop.web_all_sessions'::regclass), 'Ask Eve', 'a comment stays');
SELECT is(col_description('shop.web_all_sessions'::regclass, (SELECT attnum FROM pg_attribute WHERE attrelid = 'shop.web_all_sessions'::regclass AND attname = 'seconds')), 'How long', 'that of a column, too');
SELECT is((SELECT reloptions FROM pg_class WHERE oid = 'shop.web_visitors'::regclass), '{security_barrier=true}', 'and an option');
SELECT bag_has('SELECT indexes_of(''web_next_g1'')', 'SELECT indexes_of(''web_g1'')', 'each index of the old tables is on the new ones');
SELECT bag_has('SELECT indexes_of(''web_next_g1'')', $$VALUES ('all_sessions USING btree (channel, started_at)'), ('visitors USING btree (members) WHERE (members > 1)'), ('UNIQUE aliases USING btree (kind, alias, visitor_id)')$$, 'those that people made included');
SELECT is_empty($$SELECT journey.swap_statements(a, b) FROM journey.pipelines AS a, journey.pipelines AS b WHERE a.name = 'web_next' AND b.name = 'web'$$, 'so nothing is left to be given');
SELECT ok(to_regclass('shop.web_next_rfm') IS NULL, 'a target that only the new one has is no longer under its old name');
SELECT is(obj_description('shop.web_rfm'::regclass), 'One row a visitor with a conversion that has a value: recency, frequency, monetary value, scores among all, segment', 'but under the new, with its comment');

-- Both go on
INSERT INTO shop.events VALUES ('e4', 'phone', NULL, '2025-01-05 11:30', '/');
CALL journey.refresh('web');
CALL journey.refresh('web_next');
SELECT is((SELECT string_agg(session_number || ':' || events, ' ' ORDER BY session_number) FROM shop.web_all_sessions WHERE visitor_id = 'ann'), '1:3', 'a refresh goes on by the new rule');
SELECT is((SELECT string_agg(session_number || ':' || events, ' ' ORDER BY session_number) FROM shop.web_next_all_sessions WHERE visitor_id = 'ann'), '1:1 2:1 3:1', 'and the old one can be kept fresh, in case it is wanted back');
SELECT is(swap_error('web', 'web_next'), '22023 pipeline "web_next" lacks targets of "web": rfm', 'back again means without the new target: refused');

-- Who was erased from one is not in the other
SELECT journey.create_pipeline('third', 'shop', targets => '{all_sessions,useful_sessions,attribution,rfm}') \g /dev/null
SELECT count(*) FROM journey.add_source('third', 'shop.events', ts => 'ts', event_id => 'id', anonymous_id => 'device', user_id => 'user_id', page_url => 'page') \g /dev/null
CALL journey.fill('third');
CALL journey.refresh('third');
SELECT count(*) FROM journey.erase('web', 'ann', dry_run => false) \g /dev/null
CALL journey.refresh('third');
SELECT isnt_empty($$SELECT FROM shop.third_alias_history WHERE alias = 'ann'$$, 'the successor has seen that the rows are gone, and knows yet whose they were');
INSERT INTO shop.events VALUES ('e5', 'phone', 'ann', '2025-01-07', '/'), ('e6', 'tablet', NULL, '2025-01-07', '/');
CALL journey.refresh('third');
SELECT bag_eq('SELECT visitor_id, journey.event_count(trail) FROM shop.third_visitors', $$VALUES ('ann', 1::bigint), ('tablet', 2)$$, 'and lets late rows in');
CALL journey.swap('web', 'third');
SELECT bag_eq('SELECT visitor_id, journey.event_count(trail) FROM shop.web_visitors', $$VALUES ('tablet', 2::bigint)$$, 'once swapped in it does not');
SELECT is_empty($$SELECT FROM shop.web_alias_history UNION ALL SELECT FROM shop.third_alias_history$$, 'there is no trace in either');
SELECT is((SELECT count(*) FROM journey.erased WHERE pipeline = 'third'), (SELECT count(*) FROM journey.erased WHERE pipeline = 'web'), 'under both names they stay erased');

-- Back, and the old one is dropped
CALL journey.swap('web', 'third');
SELECT is((SELECT tables FROM journey.pipelines WHERE name = 'web'), 'web_next_g1', 'called again it undoes itself');
SELECT lives_ok($$SELECT journey.drop_pipeline('third', keep_tables => false)$$, 'nothing hangs on the one that nobody wants');
SELECT results_eq('SELECT sessions FROM shop.daily ORDER BY day', 'VALUES (1::bigint), (1)', 'nor on what it was called: readers go on');
SELECT p AS p FROM journey.pipelines AS p WHERE name = 'web' \gset
SELECT lives_ok(format('SELECT journey.point_view(%L, ''visitors'')', :'p'), 'a view is pointed at where it points');
SELECT lives_ok(format('SELECT journey.obey_erasures(%L, %1$L)', :'p'), 'and erasures of one''s own are obeyed already');

DROP SCHEMA shop CASCADE;
DROP SCHEMA elsewhere;
DELETE FROM journey.pipelines;
DELETE FROM journey.erased;
DROP ROLE journey_reader;
SELECT * FROM finish();
