-- RudderStack's five journey models: their logic in plain SQL, their rows from the session room.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA rudderstack;
SET search_path = rudderstack, public;
SELECT plan(26);

-- Tracks of 20 people on 60 devices, some shared, with gaps at and around 30 and 31 minutes
SELECT setseed(0.7);
CREATE TABLE gaps AS SELECT n, gap FROM unnest(ARRAY['0', '1 second', '5 minutes', '29:59.999999', '30:00', '30:00.000001', '30:59.999999', '31:00', '31:00.000001', '3 hours']::text[]) WITH ORDINALITY g (text, n),
  LATERAL (SELECT CASE WHEN text ~ '^3[01]:|^29:' THEN ('00:' || text)::interval ELSE text::interval END) i (gap);
CREATE TABLE tracks AS
  SELECT r.n AS event_id, CASE WHEN random() < 0.95 THEN 'device-' || device END AS anonymous_id,
         CASE WHEN random() < 0.2 THEN 'user-' || CASE WHEN random() < 0.95 THEN device % 20 ELSE (random() * 20)::int END END AS user_id,
         timestamp '2026-03-01' + sum(gap) OVER (PARTITION BY device % 20 ORDER BY r.n) AS "timestamp",
         CASE WHEN random() < 0.9 THEN 'event ' || (random() * 9)::int END AS event
  FROM (SELECT n, (random() * 59)::int AS device, 1 + (random() * random() * 9)::int AS g FROM generate_series(1, 2500) n) r JOIN gaps ON gaps.n = g;
SELECT cmp_ok(count(*), '>', 100::bigint, 'events at the same time') FROM (SELECT FROM tracks GROUP BY "timestamp" HAVING count(*) > 1) ties;
SELECT cmp_ok(count(*), '>', 20::bigint, 'events without any id') FROM tracks WHERE user_id IS NULL AND anonymous_id IS NULL;

-- Theirs: four sorts and a range join. A tie-break on event_id makes their results repeatable.
CREATE PROCEDURE build_theirs(model text, splits text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE SCHEMA %I; SET LOCAL search_path = %1$I, rudderstack, public', model);
  CREATE TABLE aliases_mapping AS
    SELECT DISTINCT alias, coalesce(
      (array_agg(user_id) FILTER (WHERE user_id IS NOT NULL) OVER latest)[1], user_id, alias) AS visitor_id
    FROM (SELECT anonymous_id, user_id, "timestamp" FROM tracks UNION SELECT user_id, NULL, "timestamp" FROM tracks) seen (alias, user_id, "timestamp")
    WINDOW latest AS (PARTITION BY alias ORDER BY "timestamp" DESC, user_id DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
  CREATE TABLE mapped_tracks AS
    SELECT event_id, anonymous_id, visitor_id, "timestamp", event,
           "timestamp" - lag("timestamp") OVER (PARTITION BY visitor_id ORDER BY "timestamp", event_id) AS idle_time
    FROM tracks JOIN aliases_mapping ON alias = coalesce(user_id, anonymous_id);
  EXECUTE format($q$
    CREATE TABLE session_tracks AS
      SELECT n || ' - ' || visitor_id AS session_id, visitor_id, "timestamp" AS session_start_at, n AS session_sequence_number,
             lead("timestamp") OVER (PARTITION BY visitor_id ORDER BY n) AS next_session_start_at
      FROM (SELECT visitor_id, "timestamp", row_number() OVER (PARTITION BY visitor_id ORDER BY "timestamp", event_id) AS n
            FROM mapped_tracks WHERE %s OR idle_time IS NULL) starts $q$, splits);
  CREATE TABLE track_facts AS
    SELECT anonymous_id, "timestamp", event_id, event, session_id, t.visitor_id,
           row_number() OVER (PARTITION BY session_id ORDER BY "timestamp", event_id) AS track_sequence_number
    FROM mapped_tracks t JOIN session_tracks s ON s.visitor_id = t.visitor_id AND "timestamp" >= session_start_at
      AND ("timestamp" < next_session_start_at OR next_session_start_at IS NULL);
  -- As computed: what has happened in the session up to this row. k-th of the events that are not NULL.
  CREATE TABLE tracks_flow AS
    SELECT event_id, session_id, track_sequence_number, so_far[1] AS event, visitor_id, "timestamp",
           so_far[2] AS event_2, so_far[3] AS event_3, so_far[4] AS event_4, so_far[5] AS event_5
    FROM track_facts f, LATERAL (SELECT array_agg(event ORDER BY p.track_sequence_number) AS so_far FROM track_facts p
      WHERE p.session_id = f.session_id AND p.track_sequence_number <= f.track_sequence_number AND p.event IS NOT NULL) prefix;
  -- As promised: this event and the four after it.
  CREATE TABLE tracks_next AS
    SELECT f.event_id, f.session_id, f.track_sequence_number, f.event, f.visitor_id, f."timestamp",
           max(later.event) FILTER (WHERE later.track_sequence_number = f.track_sequence_number + 1) AS event_2,
           max(later.event) FILTER (WHERE later.track_sequence_number = f.track_sequence_number + 2) AS event_3,
           max(later.event) FILTER (WHERE later.track_sequence_number = f.track_sequence_number + 3) AS event_4,
           max(later.event) FILTER (WHERE later.track_sequence_number = f.track_sequence_number + 4) AS event_5
    FROM track_facts f LEFT JOIN track_facts later USING (session_id) GROUP BY 1, 2, 3, 4, 5, 6;
END $$;
CALL build_theirs('more_than_30', $$idle_time > '30 minutes'$$);
CALL build_theirs('at_least_30', $$idle_time >= '30 minutes'$$);
CALL build_theirs('as_on_bigquery', $$trunc(extract(epoch FROM idle_time) / 60) > 30$$);

-- Ours: one window over one sort
CREATE PROCEDURE build_ours(model text, rule text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE SCHEMA %I; SET LOCAL search_path = %1$I, rudderstack, public', model);
  CREATE TABLE aliases_mapping AS
    SELECT alias, coalesce(journey.last_non_null(user_id, "timestamp"), alias) AS visitor_id
    FROM (SELECT anonymous_id, user_id, "timestamp" FROM tracks UNION ALL SELECT user_id, NULL, "timestamp" FROM tracks) seen (alias, user_id, "timestamp")
    GROUP BY alias;
  EXECUTE format($q$
    CREATE TABLE sessionized AS
      SELECT event_id, anonymous_id, visitor_id, "timestamp", event, "timestamp" - lag("timestamp") OVER w AS idle_time,
             journey.sessionize("timestamp", %1$s) OVER w AS session_number, journey.session_started_at("timestamp", %1$s) OVER w AS session_start_at,
             journey.session_event("timestamp", %1$s) OVER w AS track_sequence_number
      FROM tracks JOIN aliases_mapping ON alias = coalesce(user_id, anonymous_id)
      WINDOW w AS (PARTITION BY visitor_id ORDER BY "timestamp", event_id) $q$, rule);
  CREATE VIEW mapped_tracks AS SELECT event_id, anonymous_id, visitor_id, "timestamp", event, idle_time FROM sessionized;
  CREATE VIEW session_tracks AS
    SELECT session_number || ' - ' || visitor_id AS session_id, visitor_id, session_start_at, session_number AS session_sequence_number,
           lead(session_start_at) OVER (PARTITION BY visitor_id ORDER BY session_number) AS next_session_start_at
    FROM sessionized WHERE track_sequence_number = 1;
  CREATE VIEW track_facts AS
    SELECT anonymous_id, "timestamp", event_id, event, session_number || ' - ' || visitor_id AS session_id, visitor_id, track_sequence_number FROM sessionized;
  CREATE VIEW tracks_flow AS
    SELECT event_id, session_id, track_sequence_number, so_far[1] AS event, visitor_id, "timestamp",
           so_far[2] AS event_2, so_far[3] AS event_3, so_far[4] AS event_4, so_far[5] AS event_5
    FROM (SELECT *, array_agg(event) FILTER (WHERE event IS NOT NULL) OVER (PARTITION BY session_id ORDER BY track_sequence_number) AS so_far FROM track_facts) prefix;
  CREATE VIEW tracks_next AS
    SELECT event_id, session_id, track_sequence_number, event, visitor_id, "timestamp",
           lead(event, 1) OVER w AS event_2, lead(event, 2) OVER w AS event_3, lead(event, 3) OVER w AS event_4, lead(event, 4) OVER w AS event_5
    FROM track_facts WINDOW w AS (PARTITION BY session_id ORDER BY track_sequence_number);
END $$;
CALL build_ours('ours_more_than_30', $$'30 minutes'$$);
CALL build_ours('ours_at_least_30', $$journey.session_rule('30 minutes', inclusive => true)$$);
CALL build_ours('ours_as_on_bigquery', $$journey.session_rule('31 minutes', inclusive => true)$$);

SELECT bag_eq(format('SELECT * FROM ours_%I.%I', rule, model), format('SELECT * FROM %I.%I', rule, model), model || ', ' || rule)
FROM unnest(ARRAY['more_than_30', 'at_least_30', 'as_on_bigquery']) rule,
     unnest(ARRAY['aliases_mapping', 'mapped_tracks', 'session_tracks', 'track_facts', 'tracks_flow', 'tracks_next']) model;

-- The three rules are three rules
CREATE VIEW sessions AS SELECT (SELECT count(*) FROM at_least_30.session_tracks) AS at_least_30, (SELECT count(*) FROM more_than_30.session_tracks) AS more_than_30,
  (SELECT count(*) FROM as_on_bigquery.session_tracks) AS as_on_bigquery;
SELECT cmp_ok(at_least_30, '>', more_than_30, '"30 minutes or more" makes more sessions than "more than 30"') FROM sessions;
SELECT cmp_ok(more_than_30, '>', as_on_bigquery, 'and that more than what the models do') FROM sessions;
SELECT isnt_empty('SELECT FROM more_than_30.tracks_flow f JOIN more_than_30.tracks_next n USING (event_id) WHERE f.event_2 IS DISTINCT FROM n.event_2', 'the flow as computed is not the flow as promised');

-- Where we part from them on purpose: an event without a time makes no session
CREATE TABLE timeless AS SELECT * FROM (VALUES (1, timestamp '2026-03-01 10:00'), (2, NULL), (3, '2026-03-01 10:10')) v (id, ts);
SELECT results_eq($$SELECT id FROM (SELECT id, ts - lag(ts) OVER (ORDER BY ts) AS idle FROM timeless) i WHERE idle > '30 minutes' OR idle IS NULL ORDER BY id$$,
  ARRAY[1, 2], 'their rule starts a ghost session at it');
SELECT results_eq('SELECT id, journey.sessionize(ts) OVER (ORDER BY ts) FROM timeless ORDER BY id', 'VALUES (1, 1::bigint), (2, NULL), (3, 1)', 'ours does not');
SELECT is(count(*), 0::bigint, 'nothing else is dropped') FROM tracks LEFT JOIN ours_more_than_30.track_facts USING (event_id)
WHERE track_facts.event_id IS NULL AND coalesce(tracks.user_id, tracks.anonymous_id) IS NOT NULL;

SELECT * FROM finish();
