-- The schema api: each tenant sees the customers of his own pipeline, and has no way to more.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT plan(27);
CREATE SCHEMA shop;
CREATE TABLE shop.events (device text, user_id text, action text, item text, page text, ts timestamptz);
CREATE TABLE shop.others (LIKE shop.events);
SELECT journey.create_pipeline(name, 'shop', targets => targets::journey.pipeline_target[]) FROM (VALUES ('one', '{items}'), ('two', '{}')) AS v (name, targets) \g /dev/null
SELECT journey.add_source('one', 'shop.events', ts => 'ts', anonymous_id => 'device', user_id => 'user_id', page_url => 'page', items => 'item', item_action => 'action', basket => 'user_id') \g /dev/null
SELECT journey.add_source('two', 'shop.others', ts => 'ts', anonymous_id => 'device', user_id => 'user_id', page_url => 'page') \g /dev/null
CALL journey.refresh('one');
CALL journey.refresh('two');
INSERT INTO shop.events VALUES ('phone', 'ann', 'viewed', 'milk', '/a', '2025-01-01 10:00'), ('phone', NULL, 'viewed', 'bread', '/b', '2025-01-02 10:00'), ('tab%', 'ben', 'bought', 'milk', NULL, '2025-01-03'), ('tab%', 'ben', 'bought', 'coffee', NULL, '2025-01-03 00:00:01.5'), ('tablet', NULL, 'removed', 'milk', NULL, '2025-01-04');
INSERT INTO shop.others VALUES ('phone', 'zoe', NULL, NULL, NULL, '2025-01-01');
CALL journey.refresh('one');
CALL journey.refresh('two');
\set QUIET on
\ir ../connect/api/api.sql
CREATE ROLE api_one LOGIN IN ROLE api_reader;
CREATE ROLE api_two LOGIN IN ROLE api_reader;
CREATE ROLE api_stranger LOGIN IN ROLE api_reader;
INSERT INTO api.tenants VALUES ('api_one', 'one'), ('api_two', 'two');
CREATE FUNCTION public.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; RETURN 'done'; EXCEPTION WHEN others THEN RETURN SQLSTATE; END $$;
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'api'::regnamespace AND provolatile <> 's'), 0::bigint, 'all functions are STABLE: served by GET');
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'api'::regnamespace AND prosecdef AND proconfig IS NULL), 0::bigint, 'those with more rights have a search_path of their own');

SET ROLE api_one;
SELECT is(api.tenant(), 'api_one'::name, 'who asks');
SELECT is(api.profile('phone') ->> 'visitor_id', 'ann', 'the customer by any id');
SELECT is(api.profile('zoe'), NULL, 'of his own pipeline');
SELECT results_eq($$SELECT item, score, because FROM api.recommend('phone')$$, $$VALUES ('coffee', 1::float8, '{milk}'::text[])$$, 'what to offer');
SELECT results_eq($$SELECT visitor_id, kind, alias FROM api.search('ta')$$, $$VALUES ('tablet', 'anonymous', 'tablet'), ('ben', 'anonymous', 'tab%')$$, 'ids that begin so, the latest first');
SELECT results_eq($$SELECT alias FROM api.search('tab%')$$, $$VALUES ('tab%')$$, 'there are no wildcards');
SELECT is_empty($$SELECT FROM api.search('')$$, 'nothing finds nobody');
SELECT results_eq($$SELECT session_number, started_at, landing_page FROM api.sessions('ann')$$, $$VALUES (2::bigint, timestamptz '2025-01-02 10:00', '/b'), (1, '2025-01-01 10:00', '/a')$$, 'sessions, the latest first');
SELECT results_eq($$SELECT session_number FROM api.sessions('phone', '2025-01-02', 1)$$, $$VALUES (1::bigint)$$, 'the page of them before a time');
SELECT is_empty($$SELECT FROM api.sessions('ann', top => -1)$$, 'less than none is none');
SELECT results_eq('SELECT state, stale FROM api.health()', $$VALUES ('active', 0::bigint)$$, 'health');
SELECT bag_eq('TABLE api.interactions', $$VALUES ('ann', 'milk', 'viewed', NULL::float8, 1735725600::bigint), ('ann', 'bread', 'viewed', NULL, 1735812000), ('ben', 'milk', 'bought', NULL, 1735862400), ('ben', 'coffee', 'bought', NULL, 1735862401)$$, 'interactions');
SELECT results_eq('TABLE api.tenants', $$VALUES ('api_one'::name, 'one')$$, 'of the tenants he sees himself');
SELECT is((SELECT string_agg(public.attempt(s), ' ') FROM unnest('{"TABLE shop.events","TABLE shop.one_aliases","TABLE shop.one_g1_trails","SELECT journey.profile(''one'', ''ann'')","SELECT api.pipeline()"}'::text[]) AS s),
  '42501 42501 42501 42501 42501', 'no table, and no function that reads one, by itself');
SELECT is((SELECT string_agg(public.attempt(s), ' ') FROM unnest('{"INSERT INTO api.tenants VALUES (''api_one'', ''two'')","UPDATE api.tenants SET pipeline = ''two''","DELETE FROM api.tenants","CREATE TABLE api.t ()","SELECT journey.pause(''one'')"}'::text[]) AS s),
  '42501 42501 42501 42501 42501', 'nothing is written');
RESET ROLE;
SET SESSION AUTHORIZATION api_one;
SELECT is(public.attempt('SET ROLE api_two'), '42501', 'he can''t be another');
SELECT is(public.attempt($$SELECT set_config('role', 'api_two', true)$$), '42501', 'by the setting either');
SELECT is(api.profile('phone') ->> 'visitor_id', 'ann', 'by his own log-in');
RESET SESSION AUTHORIZATION;
SET ROLE api_two;
SELECT is(api.profile('phone') ->> 'visitor_id', 'zoe', 'another tenant has other customers under the same id');
SELECT is_empty('TABLE api.interactions', 'and keeps no items');
SELECT is(public.attempt($$SELECT * FROM api.recommend('phone')$$), '55000', 'so that nothing can be offered');
RESET ROLE;
SET ROLE api_stranger;
SELECT is(public.attempt($$SELECT api.profile('phone')$$), '42501', 'who is no tenant gets no answer');
SELECT is_empty('TABLE api.tenants', 'and sees none');
RESET ROLE;
SELECT is(public.attempt($$SELECT api.profile('phone')$$), '42501', 'nor does the owner, who is none');
CREATE ROLE api_nobody;
SET ROLE api_nobody;
SELECT is(public.attempt($$SELECT api.profile('phone')$$), '42501', 'others have no right at all');
RESET ROLE;
SELECT * FROM finish();
DROP SCHEMA api CASCADE;
DROP ROLE api_one, api_two, api_stranger, api_nobody, api_reader;
DROP SCHEMA shop CASCADE;
