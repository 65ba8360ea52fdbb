-- pipelines: erasing a person. What goes, what stays, and that nothing comes back.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(61);
SET timezone = 'UTC';

-- RFC 4231: test case 2 (key "Jefe"), with the parts of its text as kind and id; by hand HMAC = H(key ^ opad, H(key ^ ipad, text)).
CREATE FUNCTION by_hand(key bytea, message bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
  inner_key bytea := decode(repeat('36', 64), 'hex');
  outer_key bytea := decode(repeat('5c', 64), 'hex');
BEGIN
  FOR i IN 0 .. length(key) - 1 LOOP
    inner_key := set_byte(inner_key, i, get_byte(key, i) # 54);
    outer_key := set_byte(outer_key, i, get_byte(key, i) # 92);
  END LOOP;
  RETURN sha256(outer_key || sha256(inner_key || message));
END $$;
SELECT is(by_hand('Jefe', 'what do ya want for nothing?'), '\x5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'the formula gives the answer of RFC 4231');
SELECT is(journey.keyed_hash('Jefe', 'user', 'ann'), by_hand('Jefe', 'user' || '\x00'::bytea || 'ann'), 'keyed_hash is that, over kind, a zero byte and id');
SELECT is(journey.keyed_hash('Jefe', NULL, 'ann'), NULL, 'and NULL of a NULL');

CREATE SCHEMA shop;
CREATE TABLE shop.events (id text, device text, user_id text, email text, event text, ts timestamptz, page text) PARTITION BY RANGE (ts);
CREATE TABLE shop.january PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE shop.february PARTITION OF shop.events FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
CREATE TABLE shop.orders (id text, customer uuid, paid_at timestamptz, amount numeric);
CREATE TABLE shop.customers (user_id text, name text);
CREATE TABLE shop.tickets (customer uuid, what text);
CREATE FUNCTION number_of(name text) RETURNS uuid LANGUAGE sql RETURN md5(name)::uuid;
SELECT journey.create_pipeline('web', 'shop', kinds => '{user,email,anonymous}', unique_kinds => '{user}', targets => enum_range(NULL::journey.pipeline_target)) \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'id', anonymous_id => 'device', user_id => 'user_id', ids => '{"email": "email"}', event => 'event', page_url => 'page',
  condition => $$event <> 'robot'$$, conversions => $${"sign_up": {"when": "event = 'Signed Up'"}}$$) \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.orders', ts => 'paid_at', event_id => 'id', user_id => 'customer', passive => 'true', conversions => '{"order": {"value": "amount"}}', changes => 'trigger') \g /dev/null
SELECT throws_ok($$SELECT * FROM journey.erase('web', 'someone')$$, '55000', 'pipeline "web" is not filled and refreshed: it is not known yet which ids are whose', 'before a fill nobody can be erased: ids would be missed');
INSERT INTO shop.events VALUES
  ('e1', 'doomed-phone', NULL, NULL, 'page', '2025-01-05 10:00', 'https://shop.example/?utm_source=news&utm_medium=email'),
  ('e2', 'doomed-phone', number_of('doomed')::text, NULL, 'Signed Up', '2025-01-05 10:10', '/welcome'),
  ('e3', 'doomed-laptop', number_of('doomed')::text, 'doomed@shop.example', 'page', '2025-02-05 10:00', '/'),
  ('e4', 'doomed-tablet', NULL, 'doomed@shop.example', 'page', '2025-02-06 10:00', '/'),
  ('e5', 'phone of bob', number_of('bob')::text, NULL, 'page', '2025-01-07', '/'),
  ('e6', 'phone of bob', NULL, NULL, 'page', '2025-01-08', '/'),
  -- The devices of two persons meet: one user a visitor, so the later link is refused.
  ('e7', 'phone of bob', number_of('doomed')::text, NULL, 'page', '2025-01-09', '/'),
  -- An event that counts for bob, under the address of another, and a copy of an event of that other.
  ('e8', NULL, number_of('bob')::text, 'doomed@shop.example', 'page', '2025-02-09', '/gift'),
  ('e4', 'phone of eve', NULL, NULL, 'page', '2025-02-07 10:00', '/copied'),
  ('e9', 'phone of eve', NULL, NULL, 'page', '2025-02-08 10:00', '/'),
  ('r1', 'doomed-phone', NULL, NULL, 'robot', '2025-01-05 10:00', '/');
INSERT INTO shop.orders VALUES ('o1', number_of('doomed'), '2025-02-10', 100), ('o2', number_of('bob'), '2025-02-11', 50);
INSERT INTO shop.customers VALUES (number_of('doomed')::text, 'D. Oomed'), (number_of('bob')::text, 'Bob');
INSERT INTO shop.tickets VALUES (number_of('doomed'), 'help'), (number_of('doomed'), 'more help'), (number_of('bob'), 'thanks');
CALL journey.fill('web');
CALL journey.refresh('web');
SELECT journey.add_erasable('web', 'shop.customers', 'user_id'), journey.add_erasable('web', 'shop.tickets', 'customer') \g /dev/null
-- An id that was the person's and is nobody's any more.
INSERT INTO shop.events VALUES ('e10', 'doomed-watch', number_of('doomed')::text, NULL, 'page', '2025-02-12', '/');
CALL journey.refresh('web');
DELETE FROM shop.events WHERE id = 'e10';
CALL journey.refresh('web');
SELECT isnt_empty($$SELECT FROM shop.web_alias_history WHERE alias = 'doomed-watch'$$, 'the history knows an id that is gone');

-- Stranger's errors
SELECT throws_ok($$SELECT * FROM journey.erase('wbe', 'doomed-phone')$$, '42704', 'pipeline "wbe" does not exist', 'no such pipeline');
SELECT throws_ok($$SELECT * FROM journey.erase('web', 'doomed')$$, '42704', 'nobody in pipeline "web" has the id "doomed"', 'no such id');
SELECT throws_ok($$SELECT * FROM journey.erase('web', NULL)$$, '22004', 'alias and dry_run must not be NULL', 'NULL');
SELECT throws_ok($$SELECT journey.add_erasable('web', 'shop.customers', 'user')$$, '42703', 'column "user" of shop.customers does not exist', 'no such column');
SELECT throws_ok($$SELECT journey.add_erasable('web', 'shop.web_rfm', 'visitor_id')$$, '42809', 'rows of shop.web_rfm can''t be deleted', 'a view');
SELECT throws_ok($$SELECT journey.drop_erasable('web', 'shop.orders')$$, '42704', 'shop.orders is not among the tables that persons are erased from', 'not named');
DROP ROLE IF EXISTS journey_clerk, journey_owner;
CREATE ROLE journey_clerk;
GRANT USAGE ON SCHEMA shop TO journey_clerk;
SET ROLE journey_clerk;
SELECT throws_like($$SELECT * FROM journey.erase('web', 'doomed-phone')$$, 'must be member of role "%" to change pipeline "web"', 'a pipeline of others');
SELECT throws_like($$SELECT journey.erasure_key(1)$$, 'must be member%', 'nor is the key shown');
SELECT throws_ok($$TABLE journey.erasure_secret$$, '42501', NULL, 'in any way');
RESET ROLE;

-- The parts by themselves
SELECT p AS p FROM journey.pipelines AS p WHERE name = 'web' \gset
SELECT s AS events FROM journey.pipeline_sources AS s WHERE relation = 'shop.events'::regclass \gset
SELECT s AS orders FROM journey.pipeline_sources AS s WHERE relation = 'shop.orders'::regclass \gset
SELECT ok(NOT journey.has_erased(:'p'), 'nobody was erased so far');
SELECT is(journey.erase_late_rows(:'p', :'events', 'no query'), 0::bigint, 'so nothing is looked for');
SELECT is((SELECT (possible, allowed) FROM journey.may_erase_from('shop.events')), (true, true), 'a table can be deleted from');
SELECT is((SELECT possible FROM journey.may_erase_from('shop.web_rfm')), false, 'a view over windows can''t');
SELECT is((SELECT ids FROM journey.ids_in_source(:'orders', '{user,user,email}', ARRAY[number_of('bob')::text, 'bob', 'b@shop.example'])), ARRAY[number_of('bob')::text], 'a source with numbers is not asked for other texts, or other kinds');
SELECT ok(journey.rows_of_ids(:'orders') LIKE '(true) AND ((customer) = ANY%::uuid%', 'rows are found by the column, in its own type');
SELECT ok(journey.marked_rows(:'events', 'marks', 'm.id = 1') LIKE '(SELECT m.number, (m.row)[1]::text AS id%FROM marks AS m WHERE m.id = 1) AS m', 'what a mark holds');
SELECT ok(journey.rows_of_marks(:'p', :'events', 'marks') LIKE '%(m.row)[1]::text AS id%', 'a mark is read as the columns of its row');
SELECT is(ARRAY(SELECT k FROM unnest(journey.kinds_in_sources(:'p')) AS k ORDER BY k COLLATE "C"), '{anonymous,email,user}', 'the kinds of ids that rows have');
SELECT is(journey.person_of(:'p', 'doomed-tablet'), journey.person_of(:'p', number_of('doomed')::text), 'somebody by any id');
SELECT is(cardinality((journey.person_of(:'p', 'doomed-watch')).ids), 1, 'an id that is nobody''s is somebody by itself');
SELECT is((SELECT count(*) FROM journey.erasable_rows(:'p')), 14::bigint, 'twelve tables of the pipeline and two of others');
SELECT lives_ok(format('SELECT journey.check_erasable(%L, false)', :'p'), 'all may be deleted from');
SELECT journey.erased_condition(:'p', '{k.kind}', '{k.id}') AS condition \gset
SELECT is((SELECT count(*) FROM (VALUES ('user', 'u')) AS k (kind, id) WHERE :condition), 0::bigint, 'a condition on ids that were erased');
BEGIN;
SELECT set_config('search_path', 'pg_catalog, journey, public', true) \g /dev/null
SELECT is((SELECT (counts, rows) FROM journey.delete_rows_of_ids(:'orders', '{user}', ARRAY[number_of('doomed')::text])), ('{1}'::bigint[], 1::bigint), 'rows of ids, and how many each has');
SELECT journey.mark_beside(:'p', :'events', journey.person_of(:'p', 'doomed-tablet')) \g /dev/null
SELECT results_eq('SELECT slice, kind, alias FROM shop.web_g1_stale WHERE row IS NULL', $$VALUES (date '2025-02-01', 'user', number_of('bob')::text)$$, 'the place of somebody else that an event of the person counts for');
SELECT journey.erase_made(:'p', journey.person_of(:'p', 'doomed-tablet')) \g /dev/null
SELECT is_empty($$SELECT FROM shop.web_aliases WHERE alias LIKE 'doomed%'$$, 'what was made of somebody');
ROLLBACK;
SET ROLE journey_clerk;
SELECT throws_ok(format(statement, id), '42501', NULL, statement || ' is for the owner') FROM journey.pipelines,
  unnest('{"SELECT journey.save_erased(%s, ''{user}'', ''{u}'')","SELECT journey.save_later_rows(%s, ''{user}'', ''{u}'', ''{1}'')","SELECT journey.forget_erased(%s, ''{user}'', ''u'')","SELECT journey.save_erasable(%s, ''pg_class'', ''relname'', true)"}'::text[]) AS statement;
RESET ROLE;

-- What would go
CREATE FUNCTION there(persons text) RETURNS TABLE (t text, n bigint) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN SELECT c.oid::regclass FROM pg_class AS c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'web_g1_stale' AND c.relname NOT LIKE 'web\_g1\_item\_%' ORDER BY 1 LOOP
    EXECUTE format('SELECT count(*) FROM %s AS x WHERE x::text ~ $1', t) INTO n USING persons;
    RETURN NEXT;
  END LOOP;
END $$;
SELECT ('doomed|' || number_of('doomed')) AS persons \gset
CREATE TABLE before AS SELECT * FROM there(:'persons');
CREATE TABLE all_before AS SELECT * FROM there('');
CREATE TABLE dry AS SELECT relation::text, rows FROM journey.erase('web', 'doomed-tablet');
SELECT results_eq('SELECT * FROM there(' || quote_literal(:'persons') || ')', 'TABLE before', 'a dry run changes nothing');
SELECT bag_eq($$SELECT relation, rows FROM dry WHERE relation NOT IN ('shop.events', 'shop.web_g1_trails')$$,
  $$SELECT t, n FROM before WHERE t NOT IN ('shop.events', 'shop.web_g1_trails')$$, 'and tells all that have the person''s ids, in each table');
SELECT is(rows, 6::bigint, 'rows of the source: six with an id of theirs, but for what the condition leaves out') FROM dry WHERE relation = 'shop.events';

-- In the middle of it: rolled back, nothing has happened
BEGIN;
SELECT count(*) FROM journey.erase('web', 'doomed-tablet', dry_run => false) \g /dev/null
ROLLBACK;
SELECT results_eq('SELECT * FROM there(' || quote_literal(:'persons') || ')', 'TABLE before', 'rolled back, nothing is gone');
CREATE ROLE journey_owner;
GRANT USAGE, CREATE ON SCHEMA shop TO journey_owner;
CREATE FUNCTION give_tables() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
  FOR t IN SELECT c.oid::regclass FROM pg_class AS c WHERE c.relnamespace = 'shop'::regnamespace AND c.relname LIKE 'web\_%' AND c.relkind IN ('r', 'p', 'v') LOOP EXECUTE format('ALTER TABLE %s OWNER TO journey_owner', t); END LOOP;
END $$;
SELECT give_tables() \g /dev/null
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO journey_owner;
GRANT TRIGGER ON shop.events, shop.orders TO journey_owner;
SET ROLE journey_owner;
SELECT throws_ok($$SELECT * FROM journey.erase('web', 'doomed-tablet', false)$$, '42501', 'permission denied to delete from shop.customers: nobody was erased', 'without the right to delete, the table is named');
RESET ROLE;
GRANT DELETE ON shop.events, shop.orders, shop.customers, shop.tickets TO journey_owner;
SET ROLE journey_owner;
CREATE TEMP TABLE gone AS SELECT relation::text, rows FROM journey.erase('web', 'doomed-tablet', false);
RESET ROLE;
SELECT results_eq('TABLE gone', 'TABLE dry', 'what the dry run told is what went');
SELECT is_empty('SELECT * FROM there(' || quote_literal(:'persons') || $$) WHERE n > 0 AND t <> 'shop.events'$$, 'at once, all tables are without a trace');
SELECT bag_eq('SELECT visitor_id, journey.event_count(trail) FROM shop.web_visitors', $$VALUES (number_of('bob')::text, 3::bigint), ('phone of eve', 1)$$, 'others are still there');
SET ROLE journey_owner;
CALL journey.refresh('web');
RESET ROLE;
DELETE FROM shop.events WHERE event = 'robot';
SELECT bag_eq('SELECT visitor_id, journey.event_count(trail) FROM shop.web_visitors', $$VALUES (number_of('bob')::text, 2::bigint), ('phone of eve', 2)$$,
  'and after the next refresh: without the event that had an address of the person, and with the copy that counts now');
CALL journey.refresh('web');
\setenv ERASED_FROM :DBNAME
\set traces `pg_dump "$ERASED_FROM" | grep -cE "doomed|$(printf doomed | md5sum | sed -E 's/(.{8})(.{4})(.{4})(.{4})(.{12}).*/\1-\2-\3-\4-\5/')" || true`
\set kept `pg_dump "$ERASED_FROM" | grep -cE 'phone of (bob|eve)' || true`
SELECT is(:traces, 0, 'a dump of the database has no trace of any of the ids');
SELECT cmp_ok(:kept, '>', 10, 'where it has those of others');
SELECT is((SELECT count(*) FROM journey.erased WHERE pipeline = 'web'), 6::bigint, 'a keyed hash of each of the six ids is left');

-- Nothing comes back
SET ROLE journey_owner;
SELECT throws_ok($$DELETE FROM journey.erased$$, '42501', NULL, 'the owner of a pipeline can''t take erasures back but by readmit');
RESET ROLE;
INSERT INTO shop.events VALUES ('l1', 'doomed-phone', NULL, NULL, 'page', '2025-02-20', '/'), ('l2', 'new phone', number_of('doomed')::text, NULL, 'page', '2025-01-20', '/'), ('l3', 'new phone', NULL, NULL, 'page', '2025-01-21', '/');
INSERT INTO shop.orders VALUES ('l4', number_of('doomed'), '2025-02-20', 1);
UPDATE shop.events SET user_id = number_of('doomed')::text WHERE id = 'e9';
SET ROLE journey_owner;
CALL journey.refresh('web');
RESET ROLE;
SELECT is_empty('SELECT * FROM there(' || quote_literal(:'persons') || ') WHERE n > 0', 'rows that come later, in each mode, and one that became the person''s: gone with the refresh');
SELECT bag_eq('SELECT visitor_id, journey.event_count(trail) FROM shop.web_visitors', $$VALUES (number_of('bob')::text, 2::bigint), ('phone of eve', 1), ('new phone', 1)$$, 'and what they had besides is not the person''s');
SELECT is((SELECT sum(later_rows) FROM journey.erased WHERE pipeline = 'web'), 4::numeric, 'they are counted');
SELECT is_empty('SELECT FROM shop.web_g1_stale', 'and no mark of them is left');
REVOKE DELETE ON shop.events FROM journey_owner;
INSERT INTO shop.events VALUES ('l5', 'doomed-phone', NULL, NULL, 'page', '2025-02-21', '/');
SET ROLE journey_owner;
CALL journey.refresh('web');
CALL journey.rebuild('web');
SELECT is_empty($$SELECT FROM shop.web_aliases WHERE alias LIKE 'doomed%'$$, 'who may not delete them leaves them there: they count for nobody, after a rebuild either');
RESET ROLE;
SELECT is((SELECT left_out FROM journey.runs WHERE left_out > 0 ORDER BY run DESC LIMIT 1), 1::bigint, 'and are counted as left out');

-- A pipeline that is declared again under the name obeys, and so does its fill
SELECT count(*) FROM journey.drop_pipeline('web', keep_tables => false) \g /dev/null
SELECT journey.create_pipeline('web', 'shop') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'id', anonymous_id => 'device', user_id => 'user_id', changes => 'trigger') \g /dev/null
CREATE INDEX ON shop.events (id, ts);
CALL journey.fill('web');
SELECT is_empty($$SELECT FROM shop.events WHERE device LIKE 'doomed%'$$, 'a fill deletes late rows, too');
CALL journey.refresh('web');
SELECT is_empty($$SELECT FROM shop.web_aliases WHERE alias LIKE 'doomed%'$$, 'and makes nobody of them');
SELECT lives_ok($$SELECT * FROM journey.erase('web', 'doomed-phone', false)$$, 'who was erased can be erased again');

-- Who comes back
SELECT is(journey.readmit('web', 'doomed-phone'), 1::bigint, 'an id can be let in again');
SELECT is(journey.readmit('web', 'never seen'), 0::bigint, 'one that was not erased is none');
INSERT INTO shop.events VALUES ('b1', 'doomed-phone', NULL, NULL, 'page', '2025-02-25', '/');
CALL journey.refresh('web');
SELECT results_eq($$SELECT alias FROM shop.web_aliases WHERE alias LIKE 'doomed%'$$, $$VALUES ('doomed-phone')$$, 'its rows count from then on');

-- Kinds that use the same text
INSERT INTO shop.events VALUES ('s1', 'same', 'user one', NULL, 'page', '2025-02-25', '/'), ('s2', NULL, 'same', NULL, 'page', '2025-02-26', '/'), ('s3', 'device two', 'same', NULL, 'page', '2025-02-27', '/');
CALL journey.refresh('web');
SELECT results_eq($$SELECT relation::text, rows FROM journey.erase('web', 'same') WHERE relation::text IN ('shop.events', 'shop.web_g1_aliases')$$, $$VALUES ('shop.events', 2::bigint), ('shop.web_g1_aliases', 2)$$,
  'a visitor id means the visitor');

DROP SCHEMA shop CASCADE;
DELETE FROM journey.pipelines;
DROP TABLE gone;
DROP ROLE journey_owner, journey_clerk;
SELECT * FROM finish();
