-- pipelines: what makes a refresh wrong elsewhere, a test a case; what is refused; and the parts by themselves.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(64);
SET timezone = 'UTC';
CREATE SCHEMA shop;
CREATE TABLE shop.events (event_id text, device text, user_id text, event text, ts timestamptz, page text) PARTITION BY RANGE (ts);
CREATE TABLE shop.january PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE shop.february PARTITION OF shop.events FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
CREATE TABLE shop.march PARTITION OF shop.events FOR VALUES FROM ('2025-03-01') TO ('2025-04-01');
INSERT INTO shop.events VALUES ('e1', 'd1', NULL, 'page', '2025-01-05 10:00', 'https://shop.example/?utm_source=news&utm_medium=email'), ('e2', 'd1', 'ann', 'Signed Up', '2025-01-05 10:10', '/welcome');
SELECT journey.create_pipeline('web', 'shop', targets => enum_range(NULL::journey.pipeline_target)) \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'user_id', event => 'event', page_url => 'page',
  conversions => $${"sign_up": {"when": "event = 'Signed Up'"}}$$) \g /dev/null
\ir support/attempt.sql

-- Indexes that are not there yet: told when the first refresh needs them.
CALL journey.fill('web');
SELECT is((SELECT count(*) FROM shop.web_trails), 2::bigint, 'a fill needs no index: a trail for each id that rows count for');
\set ON_ERROR_STOP off
\o /dev/null
CALL journey.refresh('web');
\o
SELECT is((SELECT sqlstate || ' ' || message FROM journey.runs ORDER BY run DESC LIMIT 1), '55000 indexes of shop.events are missing or not valid', 'a refresh without its indexes fails, and the error is written down');
SELECT is((SELECT sqlstate FROM journey.progress), '55000', 'where progress shows it');
SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \gexec
CALL journey.refresh('web');

-- From the two events to every target.
SELECT results_eq('SELECT visitor_id, members, signed_up_at, journey.event_count(trail) FROM shop.web_visitors', $$VALUES ('ann', 2, timestamptz '2025-01-05 10:10', 2::bigint)$$, 'one visitor of two ids');
SELECT results_eq('SELECT session_id, started_at, events, pages, signed_up, landing_page, exit_page, source, channel FROM shop.web_all_sessions',
  $$VALUES (journey.session_id('ann', '2025-01-05 10:00'), timestamptz '2025-01-05 10:00', 2::bigint, 2::bigint, true, 'https://shop.example/?utm_source=news&utm_medium=email', '/welcome', 'news', 'Email')$$, 'one session with the sign-up in it');
SELECT is((SELECT string_agg(tableoid::regclass::text, ' ') FROM shop.web_g1_all_sessions), 'shop.web_g1_all_sessions_202501', 'in the partition of its month');
SELECT set_eq($$SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'shop.web_g1_all_sessions'::regclass$$,
  $$SELECT 'shop.web_g1_all_sessions_' || x FROM (VALUES ('rest'), ('202501')) AS v (x) UNION SELECT 'shop.web_g1_all_sessions_' || to_char(date_trunc('month', now()) + n * interval '1 month', 'YYYYMM') FROM generate_series(0, 2) AS n$$,
  'there are those of the history and of two months ahead');
SELECT results_eq('SELECT is_first, is_sign_up FROM shop.web_useful_sessions', 'VALUES (true, true)', 'which is the first and that of the sign-up');
SELECT results_eq('SELECT visitor_id, kind, at FROM shop.web_conversions', $$VALUES ('ann', 'sign_up', timestamptz '2025-01-05 10:10')$$, 'a conversion');
SELECT results_eq('SELECT first_touch_source, last_touch_channel, sessions_before_sign_up, first_paid_touch_at FROM shop.web_attribution', $$VALUES ('news', 'Email', 1::bigint, NULL::timestamptz)$$, 'its attribution');
SELECT is((SELECT sum(credit) FROM shop.web_attribution_credits WHERE model = 'linear'), 1::float8, 'credits that add up');
SELECT is((SELECT first_touch_channel FROM shop.web_customer_360 WHERE visitor_id = 'ann'), 'Email', 'and the customer');

-- What the trails say, against the table: an event id counts where the row before it is none or more than seven days ago.
CREATE FUNCTION wrong() RETURNS text LANGUAGE sql AS $$
  WITH counted AS (
    SELECT date_trunc('month', ts)::date AS slice, coalesce(user_id, device) AS alias FROM (
      SELECT *, lag(ts) OVER (PARTITION BY event_id ORDER BY ts, coalesce(user_id, device)) AS before FROM shop.events WHERE isfinite(ts)) AS e
    WHERE event_id IS NULL OR before IS NULL OR ts - before > '7 days'),
  truth AS (SELECT slice, alias, count(*) AS events FROM counted GROUP BY 1, 2),
  stored AS (SELECT slice, alias, journey.event_count(trail) AS events FROM shop.web_trails)
  SELECT coalesce(string_agg(d, ' ' ORDER BY d), '') FROM (
    SELECT 'missing' || t::text FROM (TABLE truth EXCEPT TABLE stored) AS t UNION ALL SELECT 'extra' || t::text FROM (TABLE stored EXCEPT TABLE truth) AS t
    UNION ALL SELECT 'session of ' || visitor_id FROM shop.web_all_sessions AS s WHERE NOT EXISTS (SELECT FROM shop.web_visitors AS v, journey.sessions(v.trail) AS x WHERE v.visitor_id = s.visitor_id AND x.started_at = s.started_at)) AS x (d) $$;
SELECT is(wrong(), '', 'as in the table');

-- Rows that keep or bring the number of another transaction.
INSERT INTO shop.events VALUES ('m1', 'd2', NULL, 'page', '2025-01-31 23:00', NULL);
CALL journey.refresh('web');
UPDATE shop.events SET ts = '2025-02-01 01:00' WHERE event_id = 'm1';
CALL journey.refresh('web');
SELECT is(wrong(), '', 'a row that moves to another partition keeps its number');
INSERT INTO journey.pipeline_slices SELECT pipeline, source, '2025-02-01', 'filled' FROM journey.pipeline_sources;
CALL journey.refresh('web');
SELECT is((SELECT string_agg(tableoid::regclass || ' ' || started_at, ' ') FROM shop.web_g1_all_sessions WHERE visitor_id = 'd2'), 'shop.web_g1_all_sessions_202502 2025-02-01 01:00:00+00', 'a partition that is made takes its sessions out of the rest');
DELETE FROM journey.pipeline_slices WHERE slice = '2025-02-01';
CREATE TABLE shop.staged AS SELECT * FROM shop.events WHERE false;
INSERT INTO shop.staged SELECT 's' || n, 'd3', NULL, 'page', '2025-02-10', NULL, journey.current_xid() FROM generate_series(1, 3) AS n;
CALL journey.refresh('web');
INSERT INTO shop.events SELECT * FROM shop.staged;
CALL journey.refresh('web');
SELECT is(wrong(), '', 'rows of a staging table bring its numbers');
INSERT INTO shop.events (event_id, device, ts, journey_xid) VALUES ('f1', 'd4', '2025-02-11', 4000000000000), ('f2', 'd4', '2025-02-12', NULL), ('f3', 'd4', '2025-02-13', 3), ('f4', 'd4', '2025-02-14', journey.current_xid() + 3);
CALL journey.refresh('web');
SELECT is(wrong(), '', 'numbers of the future, none, and old ones');
INSERT INTO shop.events (event_id, device, ts) SELECT 'g' || n, 'd4', '2025-02-15' FROM generate_series(1, 2) AS n;
CALL journey.refresh('web');
INSERT INTO shop.events (event_id, device, ts) VALUES ('g3', 'd4', '2025-02-16');
CALL journey.refresh('web');
SELECT is(wrong(), '', 'until such a number is reached, and after it');

-- Exchanges that fire no row trigger.
INSERT INTO shop.events (event_id, device, user_id, ts) VALUES ('t1', 'd5', 'bob', '2025-01-20');
CALL journey.refresh('web');
ALTER TABLE shop.events ALTER user_id TYPE text USING replace(user_id, 'bob', 'rob');
CALL journey.refresh('web');
SELECT is(wrong(), '', 'ALTER TYPE USING rewrites values');
BEGIN;
ALTER TABLE shop.events DETACH PARTITION shop.february;
DELETE FROM shop.february WHERE device = 'd3';
ALTER TABLE shop.events ATTACH PARTITION shop.february FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
COMMIT;
CALL journey.refresh('web');
SELECT is(wrong(), '', 'detached, edited and attached again in one transaction');
VACUUM FULL shop.february;
CALL journey.refresh('web');
SELECT is(wrong(), '', 'VACUUM FULL');
BEGIN;
ALTER TABLE shop.january DISABLE TRIGGER journey_change;
UPDATE shop.january SET device = 'd6' WHERE event_id = 'e1';
ALTER TABLE shop.january ENABLE ALWAYS TRIGGER journey_change;
COMMIT;
CALL journey.refresh('web');
SELECT is(wrong(), '', 'the trigger was off for a while');

-- Copies of an event id: in two places and two slices.
INSERT INTO shop.events (event_id, device, ts) VALUES ('c1', 'd7', '2025-01-31 12:00'), ('c1', 'd8', '2025-02-01 12:00'), ('c1', 'd7', '2025-02-03');
CALL journey.refresh('web');
SELECT is(wrong(), '', 'copies that come at once');
INSERT INTO shop.events (event_id, device, ts) VALUES ('c1', 'd9', '2025-01-30 12:00');
CALL journey.refresh('web');
SELECT is(wrong(), '', 'an earlier copy that comes late');
DELETE FROM shop.events WHERE event_id = 'c1' AND device = 'd9';
CALL journey.refresh('web');
SELECT is(wrong(), '', 'the one that counted is deleted');
TRUNCATE shop.january;
CALL journey.refresh('web');
SELECT is(wrong(), '', 'the slice that held the counted one is emptied');
INSERT INTO shop.events (event_id, device, ts) VALUES ('c2', 'd7', '2025-02-05'), ('c2', 'd7', '2025-02-05');
CALL journey.refresh('web');
SELECT is(wrong(), '', 'copies that are equal');
INSERT INTO shop.events (event_id, device, ts) SELECT NULL, 'n' || n, '2025-03-10' FROM generate_series(1, 10001) AS n;
CALL journey.refresh('web');
UPDATE shop.events SET device = device || 'x' WHERE device LIKE 'n%';
CALL journey.refresh('web');
SELECT is(wrong(), '', 'more than 10,000 rows of a slice are marked as the slice');
DELETE FROM shop.events WHERE device LIKE 'n%';
CALL journey.refresh('web');

-- Partitions that come full and go.
CREATE TABLE shop.april (LIKE shop.events INCLUDING ALL);
INSERT INTO shop.april (event_id, device, ts) VALUES ('p1', 'd10', '2025-04-05'), ('p2', 'd10', '2025-04-06');
CALL journey.refresh('web');
ALTER TABLE shop.events ATTACH PARTITION shop.april FOR VALUES FROM ('2025-04-01') TO ('2025-05-01');
CALL journey.refresh('web');
SELECT is(wrong(), '', 'a partition that is attached full');
ALTER TABLE shop.events DETACH PARTITION shop.april;
CALL journey.refresh('web');
SELECT is((SELECT sum(journey.event_count(trail)) FROM shop.web_trails WHERE slice = '2025-04-01'), 2::numeric, 'the history of one that goes is kept');
SELECT is((SELECT kept FROM journey.progress), 1::bigint, 'and progress tells');
DELETE FROM shop.april WHERE event_id = 'p1';
ALTER TABLE shop.events ATTACH PARTITION shop.april FOR VALUES FROM ('2025-04-01') TO ('2025-05-01');
CALL journey.refresh('web');
SELECT is(wrong() || (SELECT kept FROM journey.progress), '0', 'until partitions cover it again');

-- Rows that are none.
INSERT INTO shop.events (event_id, device, ts) VALUES ('x1', 'null', '2025-02-05'), ('x2', NULL, '2025-02-05');
CALL journey.refresh('web');
SELECT is((SELECT left_out FROM journey.runs WHERE kind = 'refresh' ORDER BY run DESC LIMIT 1), 2::bigint, 'rows without a usable id are left out and counted');
DELETE FROM shop.events WHERE event_id IN ('x1', 'x2');
BEGIN;
INSERT INTO shop.events (event_id, device, ts) VALUES ('y1', 'd11', '2025-02-05');
DELETE FROM shop.events WHERE event_id = 'y1';
INSERT INTO shop.events (event_id, device, ts) VALUES ('y2', 'd11', '2025-02-05');
UPDATE shop.events SET device = 'd12' WHERE event_id = 'y2';
SAVEPOINT s;
DELETE FROM shop.events;
ROLLBACK TO s;
COMMIT;
CALL journey.refresh('web');
SELECT is(wrong(), '', 'inserted, changed and deleted in one transaction');

-- A timestamp without a time zone reads the same for every caller; so does a day.
CREATE TABLE shop.orders (order_id int, customer text, paid_at timestamp, amount numeric);
CREATE INDEX ON shop.orders (paid_at); CREATE INDEX ON shop.orders (order_id); CREATE INDEX ON shop.orders (customer, paid_at);
INSERT INTO shop.orders VALUES (1, 'ann', '2025-03-01 00:30', 10);
SELECT count(*) FROM journey.add_source('web', 'shop.orders', ts => 'paid_at', event_id => 'order_id', user_id => 'customer', passive => 'true', conversions => '{"order": {"value": "amount"}}', changes => 'trigger') \g /dev/null
CALL journey.fill('web');
CALL journey.refresh('web');
SET timezone = 'America/New_York';
SET datestyle = 'SQL, DMY';
INSERT INTO shop.orders VALUES (2, 'ann', '2025-02-28 23:30', 20.5);
UPDATE shop.orders SET amount = 11 WHERE order_id = 1;
CALL journey.refresh('web');
RESET datestyle;
SET timezone = 'UTC';
SELECT bag_eq('SELECT slice, at, value FROM shop.web_g1_conversions WHERE conversion = ''order''', $$VALUES (date '2025-03-01', timestamptz '2025-03-01 00:30', 11::numeric), ('2025-02-01', '2025-02-28 23:30', 20.5)$$, 'a source without a time zone, in the mode trigger');
SELECT results_eq('SELECT frequency, monetary FROM shop.web_rfm', 'VALUES (2::bigint, 31.5)', 'added to a pipeline that is live');
SELECT results_eq('SELECT orders, lifetime_value FROM shop.web_customer_360 WHERE visitor_id = ''ann''', 'VALUES (2::bigint, 31.5)', 'for its customer');
TRUNCATE shop.orders;
CALL journey.refresh('web');
SELECT is_empty('SELECT FROM shop.web_rfm', 'and gone with its orders');

-- A row that an expression fails on: an error until it is mended, or gone, and then all is right.
CREATE TABLE shop.tickets (opened text, customer text, hours text);
CREATE INDEX ON shop.tickets (customer);
INSERT INTO shop.tickets VALUES ('2025-02-01', 'ann', '2');
SELECT count(*) FROM journey.add_source('web', 'shop.tickets', ts => 'opened::timestamptz', user_id => 'customer', passive => 'true', conversions => '{"ticket": {"value": "hours::numeric"}}', changes => 'trigger') \g /dev/null
CALL journey.fill('web');
CALL journey.refresh('web');
CREATE FUNCTION tickets() RETURNS TABLE (day text, value numeric) LANGUAGE sql AS $$ SELECT to_char(at, 'DD'), value FROM shop.web_conversions WHERE kind = 'ticket' $$;
SELECT set_eq('SELECT * FROM tickets()', $$VALUES ('01', 2::numeric)$$, 'tickets, whose time is a text');
CREATE FUNCTION last_error() RETURNS text LANGUAGE sql AS $$ SELECT sqlstate || ' ' || message FROM journey.runs ORDER BY run DESC LIMIT 1 $$;
INSERT INTO shop.tickets VALUES ('yesterdays', 'ann', '3');
\o /dev/null
CALL journey.refresh('web');
SELECT journey.resume('web');
\o
SELECT is(last_error(), '22007 invalid input syntax for type timestamp with time zone: "yesterdays"', 'a time that is none');
UPDATE shop.tickets SET opened = '2025-02-02' WHERE hours = '3';
CALL journey.refresh('web');
SELECT set_eq('SELECT * FROM tickets()', $$VALUES ('01', 2::numeric), ('02', 3)$$, 'mended');
UPDATE shop.tickets SET hours = 'four' WHERE hours = '3';
\o /dev/null
CALL journey.refresh('web');
SELECT journey.resume('web');
\o
SELECT is(last_error(), '22P02 invalid input syntax for type numeric: "four"', 'a value that is none');
UPDATE shop.tickets SET opened = 'tomorrow, or so' WHERE hours = 'four';
DELETE FROM shop.tickets WHERE hours = 'four';
CALL journey.refresh('web');
SELECT set_eq('SELECT * FROM tickets()', $$VALUES ('01', 2::numeric)$$, 'deleted, with a time that was none');
SELECT is((SELECT stale FROM journey.progress), 0::bigint, 'no mark of it is left');
INSERT INTO shop.tickets VALUES ('2025-02-05', 'ann', '6'), ('2025-02-06', 'ann', 'seven');
\o /dev/null
CALL journey.refresh('web');
SELECT journey.resume('web');
\o
UPDATE shop.tickets SET hours = '7' WHERE hours = 'seven';
CALL journey.refresh('web');
SELECT set_eq('SELECT * FROM tickets()', $$VALUES ('01', 2::numeric), ('05', 6), ('06', 7)$$, 'and what came with such a row is not lost');
TRUNCATE shop.tickets;
INSERT INTO shop.tickets VALUES ('2025-02-07', 'ann', 'eight');
\o /dev/null
CALL journey.refresh('web');
SELECT journey.resume('web');
CALL journey.rebuild('web', 'infinity', '-infinity');
\o
SELECT matches((SELECT message FROM journey.runs ORDER BY run DESC LIMIT 1), 'eight', 'a row in a slice that is read as a whole');
DELETE FROM shop.tickets;
CALL journey.refresh('web');
SELECT is_empty('SELECT * FROM tickets()', 'and none');
SELECT count(*) FROM journey.drop_source('web', 'shop.tickets') \g /dev/null
CALL journey.refresh('web');

-- A refresh without news writes nothing; one that changes one visitor touches no other.
SELECT xmin::text AS before FROM journey.pipelines \gset
CALL journey.refresh('web');
SELECT is((SELECT xmin::text FROM journey.pipelines), :'before', 'no news, nothing written');
CREATE TABLE rows_before AS SELECT visitor_id, xmin::text AS x FROM shop.web_g1_visitors;
INSERT INTO shop.events (event_id, device, ts) VALUES ('z1', 'd12', '2025-02-06');
CALL journey.refresh('web');
SELECT results_eq('SELECT v.visitor_id FROM shop.web_g1_visitors AS v LEFT JOIN rows_before AS b USING (visitor_id) WHERE b.x IS DISTINCT FROM v.xmin::text', $$VALUES ('d12')$$, 'only rows that differ are written');
CREATE TABLE stored AS SELECT * FROM shop.web_trails;
CALL journey.rebuild('web', '2025-02-01', '2025-03-01');
SELECT set_eq('SELECT slice, kind, alias, trail::text FROM stored', 'SELECT slice, kind, alias, trail::text FROM shop.web_trails', 'reading slices again changes nothing that was right');
UPDATE shop.web_g1_trails SET trail = NULL WHERE false;
DELETE FROM shop.web_g1_trails WHERE slice = '2025-02-01';
CALL journey.rebuild('web');
SELECT is(wrong(), '', 'and mends what was not');

-- What is refused
SELECT is(attempt($$CALL journey.refresh('web')$$), '25001 journey.refresh can''t run inside a transaction block', 'a call within a function, which can''t commit');
BEGIN;
CALL journey.refresh('web');
ROLLBACK;
BEGIN;
CALL journey.fill('web');
ROLLBACK;
SELECT is((SELECT count(*) FROM journey.runs WHERE sqlstate = '25001'), 0::bigint, 'a call in a transaction block');
SELECT is(attempt($$SELECT journey.pipeline_at_work('nobody')$$), '42704 pipeline "nobody" does not exist', 'a pipeline that is not there');
BEGIN READ ONLY;
SELECT is(attempt($$SELECT journey.pipeline_at_work('web')$$), '25006 pipeline "web" can''t be refreshed here: the server or session is read-only', 'a read-only server');
COMMIT;
BEGIN;
UPDATE journey.pipelines SET system_identifier = 1;
SELECT is(attempt($$SELECT journey.pipeline_at_work('web')$$), '55000 pipeline "web" comes from another cluster, whose transactions had other numbers', 'a pipeline that was restored');
ROLLBACK;
BEGIN;
ALTER TABLE shop.events RENAME device TO machine;
SELECT is(attempt($$SELECT journey.check_columns(s) FROM journey.pipeline_sources AS s WHERE source = 1$$), '42804 column device of shop.events, which the pipeline reads, is now called machine', 'a column that was renamed');
ROLLBACK;
BEGIN;
ALTER TABLE shop.events ALTER device TYPE varchar(40);
SELECT is(attempt($$SELECT journey.check_columns(s) FROM journey.pipeline_sources AS s WHERE source = 1$$), '42804 column device of shop.events, which the pipeline reads, is now of type character varying, not text', 'or made another type');
ROLLBACK;
BEGIN;
ALTER TABLE shop.events DROP COLUMN page;
SELECT is(attempt($$SELECT journey.check_columns(s) FROM journey.pipeline_sources AS s WHERE source = 1$$), '42804 column page of shop.events, which the pipeline reads, was dropped', 'or dropped');
ROLLBACK;
BEGIN;
ALTER TABLE shop.march DISABLE TRIGGER journey_change;
SELECT is(attempt($$SELECT journey.lock_leaves(s) FROM journey.pipeline_sources AS s WHERE source = 1$$), '55000 trigger journey_change of shop.march is missing or not enabled always', 'a trigger that is off');
ROLLBACK;
SELECT journey.pause('web') \g /dev/null
INSERT INTO shop.events (event_id, device, ts) VALUES ('z2', 'd12', '2025-02-07');
CALL journey.refresh('web');
SELECT isnt(wrong(), '', 'a pipeline that is paused stands still');
SELECT journey.resume('web') \g /dev/null
CALL journey.run('web', every => '10 ms', lasting => '20 ms');
SELECT is(wrong(), '', 'and loses nothing');
SELECT is((SELECT exact::text || stale FROM journey.progress), 'true0', 'exact, and nothing waits');

SELECT count(*) FROM journey.drop_source('web', 'shop.events') \g /dev/null
CALL journey.refresh('web');
SELECT is_empty('SELECT FROM shop.web_visitors', 'a source that is dropped takes along what was read from it');
SELECT count(*) FROM journey.drop_pipeline('web', keep_tables => false) \g /dev/null
DROP SCHEMA shop CASCADE;
DROP TABLE rows_before, stored;
SELECT * FROM finish();
