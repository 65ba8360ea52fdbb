-- pipelines: what is seen of them from outside, and what they do when something fails.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(46);
SET timezone = 'UTC';
CREATE EXTENSION dblink;
SELECT format('host=%s port=%s dbname=%s user=%s', split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database(), current_user) AS here \gset
SELECT dblink_connect('listener', :'here'), dblink_connect('other', :'here'), dblink_exec('listener', 'LISTEN journey_refresh; LISTEN journey_fill; LISTEN journey_failed') \g /dev/null

CREATE SCHEMA shop;
-- Every row that is read may fail, as long as is said here, or wait for a lock.
CREATE TABLE shop.trouble (sqlstate text, until timestamptz);
CREATE FUNCTION shop.looked_at(event_id text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  t shop.trouble;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(4711);
  SELECT * INTO t FROM shop.trouble;
  IF t.until > clock_timestamp() THEN RAISE USING ERRCODE = t.sqlstate, MESSAGE = 'trouble with ' || event_id, HINT = 'Wait.'; END IF;
  RETURN true;
END $$;
CREATE TABLE shop.events (event_id text, device text, ts timestamptz);
SELECT journey.create_pipeline('web', 'shop') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', condition => 'shop.looked_at(event_id)') \g /dev/null
INSERT INTO shop.events VALUES ('e1', 'd1', '2025-01-05'), ('e2', 'd1', '2025-02-05'), ('e3', 'd2', '2025-02-06'), ('e4', 'd3', '2025-03-05');
-- Before a session that listens answers it has sent what was notified.
CREATE FUNCTION told() RETURNS SETOF jsonb LANGUAGE sql AS $$
  SELECT count(*) FROM dblink('listener', 'SELECT 1') AS answered (n int);
  SELECT jsonb_build_object('channel', notify_name) || extra::jsonb FROM dblink_get_notify('listener') $$;
CREATE FUNCTION events_there() RETURNS numeric LANGUAGE sql AS $$ SELECT coalesce(sum(journey.event_count(trail)), 0) FROM shop.web_visitors $$;
-- Until the other session is at something, or has ended it.
CREATE FUNCTION stage_of_other(wanted text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  stage text;
BEGIN
  FOR try IN 1 .. 6000 LOOP
    PERFORM pg_stat_clear_snapshot();
    SELECT p.stage INTO stage FROM journey.progress AS p WHERE pipeline = 'web';
    EXIT WHEN stage LIKE wanted;
    PERFORM pg_sleep(0.01);
  END LOOP;
  RETURN stage;
END $$;

-- How far a fill is, seen from another session.
CALL journey.fill('web', slices => 1);
SELECT results_eq('SELECT state, slices, filled, events_filled, events_per_second > 0, eta > now(), stage, last_run_at <= now(), sqlstate FROM journey.progress',
  $$VALUES ('active', 3::bigint, 1::bigint, 1::numeric, true, true, NULL, true, NULL)$$, 'a fill that is to go on: how much, how fast and when it may be done');
SELECT results_eq('SELECT t ->> ''channel'', t ->> ''pipeline'', (t ->> ''events'')::int FROM told() AS t', $$VALUES ('journey_fill', 'web', 1)$$, 'each slice is notified');
SELECT pg_advisory_lock(4711) \g /dev/null
SELECT dblink_send_query('other', $$CALL journey.fill('web')$$) \g /dev/null
SELECT is(stage_of_other('filling%'), 'filling slice 2025-02-01 of shop.events', 'which slice a session is filling');
SELECT pg_advisory_unlock(4711) \g /dev/null
SELECT count(*) FROM dblink_get_result('other') AS r (x text), dblink_get_result('other') AS s (x text) \g /dev/null
SELECT results_eq('SELECT filled, events_filled, eta, stage FROM journey.progress', 'VALUES (3::bigint, 4::numeric, NULL::timestamptz, NULL)', 'and then it is done');
SELECT count(*) FROM told() \g /dev/null

-- Before the first refresh somebody sets it up: errors are raised, and nothing waits.
\set ON_ERROR_STOP off
SELECT pg_advisory_lock(4711) \g /dev/null
INSERT INTO shop.events VALUES ('e5', 'd3', '2025-03-06');
INSERT INTO shop.trouble VALUES ('22012', 'infinity');
SELECT pg_advisory_unlock(4711) \g /dev/null
CALL journey.refresh('web');
SELECT is(:'LAST_ERROR_MESSAGE'::text, 'trouble with e5', 'an error of the first refresh');
SELECT results_eq('SELECT state, failures, failing_since <= now(), next_try_at, sqlstate, message, hint FROM journey.progress', $$VALUES ('active', 1, true, NULL::timestamptz, '22012', 'trouble with e5', 'Wait.')$$, 'is seen in progress');
SELECT results_eq('SELECT t ->> ''channel'', t ->> ''pipeline'', t ->> ''kind'', t ->> ''state'', t ->> ''sqlstate'', t ->> ''message'', t ->> ''hint'' FROM told() AS t',
  $$VALUES ('journey_failed', 'web', 'refresh', 'active', '22012', 'trouble with e5', 'Wait.')$$, 'and notified');
UPDATE shop.trouble SET until = '-infinity';
CALL journey.refresh('web');
SELECT results_eq('SELECT state, failures, failing_since, sqlstate, message FROM journey.progress', $$VALUES ('active', 0, NULL::timestamptz, NULL, NULL)$$, 'once mended, the next refresh goes through, and the error is past');
SELECT is(events_there(), 5::numeric, 'with all that was missing');
SELECT results_eq('SELECT t ->> ''channel'', (t ->> ''visitors'') IS NOT NULL FROM told() AS t', $$VALUES ('journey_refresh', true)$$, 'a refresh with news is notified');
CALL journey.refresh('web');
SELECT is_empty('SELECT told()', 'one without is not');

-- What a session that refreshes is at; the statement is shown again after.
SELECT pg_advisory_lock(4711) \g /dev/null
INSERT INTO shop.events VALUES ('e6', 'd3', '2025-03-07');
SELECT dblink_send_query('other', $$CALL journey.refresh('web')$$) \g /dev/null
SELECT is(stage_of_other('reading%'), 'reading what changed in shop.events', 'what a session that refreshes is at');
SELECT pg_advisory_unlock(4711) \g /dev/null
SELECT count(*) FROM dblink_get_result('other') AS r (x text), dblink_get_result('other') AS s (x text) \g /dev/null
SELECT pg_stat_clear_snapshot() \g /dev/null
SELECT is((SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'journey: %'), 0::bigint, 'and its statement again, when it has ended');
SELECT count(*) FROM told() \g /dev/null

-- An error that may pass: tried again after a while, longer each time.
UPDATE shop.trouble SET sqlstate = '53100', until = 'infinity';
INSERT INTO shop.events VALUES ('e7', 'd4', '2025-03-07');
CALL journey.refresh('web');
SELECT is(:'LAST_ERROR_SQLSTATE'::text, '53100', 'a full disk');
SELECT results_eq($$SELECT state, failures, round(extract(epoch FROM next_try_at - failing_since)), sqlstate FROM journey.progress$$, $$VALUES ('active', 1, 1::numeric, '53100')$$, 'is tried again after a second');
SELECT results_eq('SELECT t ->> ''state'', (t ->> ''next_try_at'') IS NOT NULL FROM told() AS t', $$VALUES ('active', true)$$, 'and notified with the next try');
UPDATE journey.pipelines SET next_try_at = 'infinity';
CALL journey.refresh('web');
SELECT is((SELECT failures FROM journey.progress), 1, 'a call before does nothing');
CALL journey.run('web', every => '10 ms', lasting => '50 ms');
SELECT is((SELECT failures FROM journey.progress), 1, 'nor does run');
CALL journey.refresh('web', wait => true);
SELECT results_eq($$SELECT failures, next_try_at - last_run_at BETWEEN '1 second' AND '2 seconds' FROM journey.progress$$, 'VALUES (2, true)', 'with wait it is tried at once; the next time after two seconds');
UPDATE journey.pipelines SET failures = 30;
CALL journey.refresh('web', wait => true);
SELECT results_eq($$SELECT failures, next_try_at - last_run_at BETWEEN '4 minutes' AND '5 minutes' FROM journey.progress$$, 'VALUES (31, true)', 'and at last each five minutes');
SELECT journey.resume('web') \g /dev/null
SELECT results_eq('SELECT failures, failing_since, next_try_at FROM journey.progress', 'VALUES (0, NULL::timestamptz, NULL::timestamptz)', 'resume forgets what was');
-- The trouble passes while run waits.
UPDATE shop.trouble SET until = clock_timestamp() + interval '1 second';
CALL journey.run('web', every => '10 ms', lasting => '6 seconds');
SELECT results_eq('SELECT failures, sqlstate, events_there() FROM journey.progress', 'VALUES (0, NULL::text, 7::numeric)', 'run waits for the next try, and goes on');
SELECT ok(count(*) BETWEEN 4 AND 6, 'each failure is written down, none more often than it was tried') FROM journey.runs WHERE sqlstate = '53100';
-- It does not pass within run.
UPDATE shop.trouble SET until = 'infinity';
INSERT INTO shop.events VALUES ('e8', 'd4', '2025-03-08');
CALL journey.run('web', every => '10 ms', lasting => '50 ms');
SELECT is(:'LAST_ERROR_SQLSTATE'::text, '53100', 'what does not pass within run is raised');
SELECT is((SELECT state FROM journey.progress), 'active', 'and tried again by the next');
-- Nor within give_up_after.
UPDATE journey.pipelines SET failing_since = failing_since - interval '2 hours', next_try_at = now();
SELECT count(*) FROM told() \g /dev/null
CALL journey.refresh('web');
SELECT results_eq('SELECT state, next_try_at FROM journey.progress', $$VALUES ('failed', NULL::timestamptz)$$, 'after two hours the pipeline is failed');
SELECT results_eq('SELECT t ->> ''channel'', t ->> ''state'' FROM told() AS t', $$VALUES ('journey_failed', 'failed')$$, 'and notified as that');
UPDATE shop.trouble SET until = '-infinity';
CALL journey.refresh('web');
SELECT is(:'LAST_ERROR_SQLSTATE'::text || ' ' || :'LAST_ERROR_MESSAGE', '55000 pipeline "web" has failed: trouble with e8', 'a call says why');
CALL journey.run('web');
SELECT is(:'LAST_ERROR_SQLSTATE'::text, '55000', 'so does run');
SELECT journey.resume('web') \g /dev/null
CALL journey.refresh('web');
SELECT is(events_there(), 8::numeric, 'after resume nothing is lost');

-- An error that will not pass.
UPDATE shop.trouble SET sqlstate = '22012', until = 'infinity';
INSERT INTO shop.events VALUES ('e9', 'd4', '2025-03-09');
CALL journey.run('web', every => '10 ms', lasting => '2 seconds');
SELECT is(:'LAST_ERROR_SQLSTATE'::text, '22012', 'ends run at once');
SELECT results_eq('SELECT state, failures, sqlstate FROM journey.progress', $$VALUES ('failed', 1, '22012')$$, 'the pipeline is failed');
UPDATE shop.trouble SET until = '-infinity';
SELECT journey.resume('web') \g /dev/null
SELECT is((SELECT array_agg(c || '' ORDER BY c) FROM unnest('{08006,40001,53200,55P03,57014,58030,22012,23505,42804,XX000,P0001,25006}'::text[]) AS c WHERE journey.is_passing(c)), '{08006,40001,53200,55P03,57014,58030}', 'what may pass');

-- A statement that takes too long.
SELECT pg_advisory_lock(4711) \g /dev/null
SELECT dblink_exec('other', 'SET statement_timeout = ''3 s''') \g /dev/null
SELECT dblink_exec('other', $$CALL journey.refresh('web')$$, false) \g /dev/null
SELECT dblink_exec('other', 'RESET statement_timeout') \g /dev/null
SELECT pg_advisory_unlock(4711) \g /dev/null
SELECT results_eq('SELECT state, failures, sqlstate FROM journey.progress', $$VALUES ('active', 1, '57014')$$, 'a timeout is noted, and tried again');
SELECT journey.resume('web') \g /dev/null

-- A fill that fails stops no refresh.
UPDATE shop.trouble SET until = 'infinity';
SELECT count(*) FROM journey.drop_source('web', 'shop.events') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', condition => 'shop.looked_at(event_id)') \g /dev/null
CALL journey.fill('web');
SELECT is((SELECT kind || ' ' || sqlstate FROM journey.runs ORDER BY run DESC LIMIT 1), 'fill 22012', 'a fill that fails is written down');
CALL journey.refresh('web');
SELECT results_eq('SELECT state, failures, sqlstate FROM journey.progress', $$VALUES ('active', 0, '22012')$$, 'is seen, and stops no refresh');
UPDATE shop.trouble SET until = '-infinity';
-- A pipeline that is paused does neither.
SELECT journey.pause('web') \g /dev/null
CALL journey.fill('web');
CALL journey.run('web', every => '10 ms', lasting => '20 ms');
SELECT results_eq('SELECT state, filled FROM journey.progress', $$VALUES ('paused', 0::bigint)$$, 'a pipeline that is paused is not filled');
SELECT journey.resume('web') \g /dev/null
CALL journey.fill('web');
CALL journey.refresh('web');
SELECT results_eq('SELECT sqlstate, events_there() FROM journey.progress', 'VALUES (NULL::text, 9::numeric)', 'until resume');

-- A scheduler that has stopped is seen without any log of it.
SELECT ok(lag < '1 minute', 'a pipeline that was just refreshed has no lag') FROM journey.progress;
UPDATE journey.pipelines SET seen_at = seen_at - interval '1 day';
SELECT ok(lag > '1 day', 'one that nothing refreshes has one') FROM journey.progress;
CALL journey.refresh('web');
SELECT ok(lag < '1 minute', 'which goes away without news, too') FROM journey.progress;
-- A transaction that stays open.
SELECT dblink_exec('other', 'BEGIN'), dblink_exec('other', $$INSERT INTO shop.events VALUES ('e10', 'd4', '2025-03-10')$$) \g /dev/null
SELECT ok(oldest_writer > '0' AND journey.oldest_writer() > '0', 'rows that no refresh can see yet') FROM journey.progress;
SELECT dblink_exec('other', 'COMMIT') \g /dev/null
SELECT pg_stat_clear_snapshot() \g /dev/null
SELECT is((SELECT oldest_writer FROM journey.progress), NULL, 'until they are committed');

-- Runs are kept for 30 days.
UPDATE journey.runs SET finished_at = now() - interval '30 days 1 hour' WHERE run = (SELECT min(run) FROM journey.runs);
UPDATE journey.runs SET finished_at = now() - interval '29 days 23 hours' WHERE run = (SELECT min(run) + 1 FROM journey.runs);
SELECT min(run) AS first FROM journey.runs \gset
CALL journey.refresh('web');
SELECT is((SELECT min(run) FROM journey.runs), (:first + 1)::bigint, 'a refresh forgets older ones');
SELECT is((SELECT array_agg(kind ORDER BY kind) FROM journey.last_runs((SELECT id FROM journey.pipelines))), '{fill,refresh}', 'the last runs') WHERE journey.last_error(0) IS NULL AND journey.running_stage('web') IS NULL;
SELECT throws_ok($$SELECT journey.create_pipeline('other', 'shop', give_up_after => '0')$$, '22023', 'give_up_after must be a time greater than zero: 00:00:00', 'give_up_after is a time');

SELECT dblink_disconnect('listener'), dblink_disconnect('other') \g /dev/null
SELECT count(*) FROM journey.drop_pipeline('web', keep_tables => false) \g /dev/null
DROP FUNCTION told, events_there, stage_of_other;
DROP SCHEMA shop CASCADE;
SELECT * FROM finish();
