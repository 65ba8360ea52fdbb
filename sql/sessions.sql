SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET search_path = journey, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

-- session_rule: its text, and what it refuses
SELECT session_rule();
SELECT session_rule('45 minutes'), session_rule(inclusive => true), session_rule(max_duration => '1 day 12 hours');
SELECT session_rule(timeout => '1.5 s', inclusive => true, max_duration => '1 day', day_boundary => 'europe/berlin');
SET intervalstyle = iso_8601;
SELECT session_rule(timeout => '1.5 s', inclusive => true, max_duration => '1 day', day_boundary => 'europe/berlin')::text::session_rule;
SET intervalstyle = 'postgres';
SELECT '30 minutes, day_boundary EST5EDT,M3.2.0,M11.1.0'::session_rule;
SELECT timeout(session_rule('90 minutes', inclusive => true, day_boundary => 'UTC')), timeout('1 day 0.25 seconds'), timeout(NULL) IS NULL AS none;
SELECT session_rule(timeout => NULL);
SELECT session_rule(inclusive => NULL);
SELECT session_rule(timeout => '0');
SELECT session_rule(timeout => '-30 minutes');
SELECT session_rule(timeout => '1 month');
SELECT session_rule(max_duration => '0');
SELECT session_rule(max_duration => '1 year');
SELECT session_rule(day_boundary => 'Europe/Atlantis');
SELECT session_rule(day_boundary => 'CEST');
SELECT session_rule(day_boundary => '');
SELECT ''::session_rule;
SELECT 'half an hour'::session_rule;
SELECT '30 minutes, max_duration -1 hour'::session_rule;
SELECT '30 minutes, day_boundary '::session_rule;

-- Equality: of all parts, whatever the spelling
SELECT session_rule('1 hour') = session_rule('60 minutes') AS same, session_rule('1 hour') = '01:00:00 inclusive' AS other, session_rule() <> '30 minutes, day_boundary UTC' AS differs;
SELECT rule, count(*) FROM unnest('{30 minutes,00:30:00,1800 s,30 minutes inclusive,"30 min, day_boundary utc","30 min, day_boundary UTC"}'::session_rule[]) rule GROUP BY rule ORDER BY 2, 1::text;
SELECT count(*) FROM (SELECT DISTINCT rule FROM unnest('{30 minutes,00:30:00,"30 min, max_duration 1 day","30 min, max_duration 24:00"}'::session_rule[]) rule) d;
SELECT a.timeout FROM (VALUES ('a', session_rule('1 hour')), ('b', session_rule())) a (timeout, rule) JOIN (VALUES (session_rule()), (session_rule('1 day'))) b (rule) USING (rule);

-- A gap of exactly the timeout stays in the session; one microsecond more does not. A NULL is never a boundary.
CREATE TABLE visits (visitor text, id int, ts timestamptz);
INSERT INTO visits VALUES
  ('ada', 1, '2026-03-01 10:00:00'), ('ada', 2, '2026-03-01 10:00:00'), ('ada', 3, '2026-03-01 10:30:00'),
  ('ada', 4, '2026-03-01 11:00:00.000001'), ('ada', 5, '2026-03-01 11:00:00.5'), ('ada', 6, NULL),
  ('bob', 7, '-infinity'), ('bob', 8, '2026-03-01 09:00:00'), ('bob', 9, 'infinity'), ('bob', 10, 'infinity'),
  ('cyd', 11, NULL);
SELECT visitor, ts, sessionize(ts) OVER w, sessionize(ts, '1 hour') OVER w AS hour,
       sessionize(ts, session_rule(inclusive => true)) OVER w AS inclusive,
       session_started_at(ts) OVER w, session_event(ts) OVER w, rapid_events(ts, '1 second') OVER w
FROM visits WINDOW w AS (PARTITION BY visitor ORDER BY ts, id) ORDER BY visitor, ts, id;

-- timestamp gives the same, in its own type
SELECT pg_typeof(start), pg_typeof(local_start), bool_and((number, start::timestamp, event, rapid) IS NOT DISTINCT FROM (local_number, local_start, local_event, local_rapid))
FROM (
  SELECT sessionize(ts) OVER w AS number, session_started_at(ts) OVER w AS start, session_event(ts) OVER w AS event,
         rapid_events(ts, '1 s') OVER w AS rapid, sessionize(ts::timestamp) OVER w AS local_number,
         session_started_at(ts::timestamp, session_rule()) OVER w AS local_start,
         session_event(ts::timestamp, session_rule()) OVER w AS local_event,
         rapid_events(ts::timestamp, '1 s', session_rule()) OVER w AS local_rapid
  FROM visits WINDOW w AS (PARTITION BY visitor ORDER BY ts, id)) both_types
GROUP BY 1, 2;

-- NULLs first, or rows without a time amid the others
SELECT ts, sessionize(ts) OVER (ORDER BY ts NULLS FIRST, id) FROM visits WHERE visitor = 'ada' ORDER BY ts NULLS FIRST, id;
SELECT id, sessionize(ts) OVER (ORDER BY id) FROM (VALUES (1, timestamp '2026-03-01 10:00'), (2, NULL), (3, '2026-03-01 10:20')) v (id, ts);

-- starts, extends, split_key
SELECT ts::time, starts, extends, key, sessionize(ts, '10 minutes', starts, extends, key) OVER w AS session,
       session_event(ts, '10 minutes', starts, extends, key) OVER w AS event,
       session_started_at(ts, '10 minutes', starts, extends, key) OVER w::time AS started_at
FROM (VALUES
  (timestamp '2026-03-01 10:00', NULL, false, NULL),   -- passive, none open
  ('2026-03-01 10:01', false, true,  'a'),             -- 1
  ('2026-03-01 10:02', NULL,  NULL,  NULL),            -- no key is no change
  ('2026-03-01 10:03', false, true,  'a'),
  ('2026-03-01 10:04', false, true,  'b'),             -- 2, another key
  ('2026-03-01 10:13', false, false, NULL),            -- joins
  ('2026-03-01 10:14', false, false, 'c'),             -- passive under another key: none
  ('2026-03-01 10:15', false, true,  NULL),            -- 3: 11 minutes after the last that extends
  ('2026-03-01 10:16', true,  true,  NULL),            -- 4, told to
  (NULL,               true,  true,  'z'),             -- no time, no boundary
  ('2026-03-01 10:27', false, false, NULL),            -- passive, too late
  ('2026-03-01 10:28', true,  false, 'c')              -- 5: a start opens a session, whatever extends says
) v (ts, starts, extends, key)
WINDOW w AS (ORDER BY ts);

-- A session that lasts too long, and a new day
SELECT ts::time, sessionize(ts, session_rule(max_duration => '1 hour')) OVER w AS at_most_an_hour
FROM generate_series(timestamp '2026-03-01 10:00', '2026-03-01 12:30', '15 minutes') ts WINDOW w AS (ORDER BY ts);
SELECT ts, sessionize(ts) OVER w AS none, sessionize(ts, session_rule(day_boundary => 'UTC')) OVER w AS utc,
       sessionize(ts, session_rule(day_boundary => 'Europe/Berlin')) OVER w AS berlin
FROM generate_series(timestamptz '2026-03-28 22:50+00', '2026-03-29 00:10+00', '10 minutes') ts
WINDOW w AS (ORDER BY ts);
-- Berlin puts its clocks forward on the 29th: the next midnight is 23 hours later
SELECT ts, sessionize(ts, session_rule(day_boundary => 'Europe/Berlin')) OVER w AS berlin
FROM generate_series(timestamptz '2026-03-29 21:50+00', '2026-03-29 22:20+00', '10 minutes') ts
WINDOW w AS (ORDER BY ts);

-- Errors
SELECT sessionize(ts, NULL::interval) OVER (ORDER BY ts) FROM visits;
SELECT sessionize(ts, NULL::session_rule) OVER (ORDER BY ts) FROM visits;
SELECT sessionize(ts, '0') OVER (ORDER BY ts) FROM visits;
SELECT sessionize(ts, '-1 minute') OVER (ORDER BY ts) FROM visits;
SELECT sessionize(ts, '1 month 30 minutes') OVER (ORDER BY ts) FROM visits;
SELECT sessionize(ts, '30 minutes, day_boundary Nowhere'::session_rule) OVER (ORDER BY ts) FROM visits;
SELECT rapid_events(ts, NULL) OVER (ORDER BY ts) FROM visits;
SELECT rapid_events(ts, '0') OVER (ORDER BY ts) FROM visits;
SELECT sessionize(ts) OVER (PARTITION BY visitor ORDER BY ts DESC) FROM visits WHERE visitor = 'ada' AND ts IS NOT NULL;
SELECT session_event(ts::timestamp) OVER (ORDER BY id DESC) FROM visits WHERE visitor = 'ada' AND ts IS NOT NULL;
SELECT sessionize(ts) FROM visits;

-- session_id depends on its arguments alone; NULL in, NULL out
SELECT session_id('ada', '2026-03-01 10:00+00'), session_id('ada', '2026-03-01 11:00+01') = session_id('ada', '2026-03-01 10:00+00') AS same,
       session_id('ada', NULL), session_id(NULL, now());
SELECT count(DISTINCT session_id(v, t)) FROM unnest(ARRAY['', 'ada', 'adb', 'é']) v, unnest(ARRAY['-infinity', 'infinity', '2026-03-01 10:00+00', '2026-03-01 10:00:00.000001+00']::timestamptz[]) t;

-- first and last
CREATE TABLE facts (id int, ts timestamptz, plan text, amount numeric, tags text[]);
INSERT INTO facts VALUES
  (1, '2026-03-01', NULL, 1.0, '{a}'), (2, '2026-03-02', 'free', 1.00, NULL), (3, '2026-03-02', 'pro', NULL, '{}'),
  (4, '2026-03-03', NULL, 3, '{b,c}'), (5, NULL, 'ghost', 99, '{z}');
SELECT first(plan, ts), last(plan, ts), first_non_null(plan, ts), last_non_null(plan, ts) FROM facts;
SELECT first(amount, ts), last(amount, ts), first(tags, ts), last(tags, ts), last_non_null(tags, ts) FROM facts;
SELECT first(id, ts), last(id, ts), first(id, ts::timestamp), last_non_null(ts, ts) FROM facts;
-- At the same time the smallest is first, the greatest last, and a value comes before none
SELECT first(id, ts), last(id, ts), first(plan, ts), last(plan, ts), first(amount, ts), last(amount, ts), first(tags, ts) FROM facts WHERE id IN (2, 3);
SELECT first(n, ts), last(n, ts) FROM (VALUES (1.00), (1.0), (1.000)) v (n), (SELECT timestamptz '2026-03-01') t (ts);
SELECT first(j, ts), last(j, ts) FROM (VALUES (json '{"b":1}'), ('{"a":1}'), ('{"c":1}')) v (j), (SELECT timestamptz '2026-03-01') t (ts);
SELECT first(v COLLATE "C", ts), last(v COLLATE "C", ts) FROM (VALUES ('b'), ('A'), ('a'), ('B')) v (v), (SELECT timestamptz '2026-03-01') t (ts);
-- A tie says which row of one time comes first; one without a tie comes after all others
SELECT first(page, ts, id), last(page, ts, id), first_non_null(page, ts, id), last_non_null(page, ts, id), first_text(page, ts, id), last_text(page, ts, id)
FROM (VALUES (3, 'b'), (1, NULL), (2, 'c'), (NULL, 'a'), (9, NULL)) v (id, page), (SELECT timestamptz '2026-03-01' ts) t;
SELECT first(page, ts, 7), last(page, ts::timestamp, 7), first(page, ts, NULL) FROM (VALUES ('b'), ('a'), (NULL)) v (page), (SELECT timestamptz '2026-03-01' ts) t;
-- Forms whose type is in their name
SELECT first_text(plan, ts), last_number(amount, ts), last_number(id, ts, -id), first_time(ts, ts), last_time(ts, ts, id) FROM facts;
SELECT first(id, ts), last(plan, ts), first_non_null(tags, ts) FROM facts WHERE ts IS NULL;
SELECT last(f, ts) FROM facts f;
SELECT first(ROW(id, plan), ts) FROM facts;
SELECT id, first(plan, ts) OVER w, last_non_null(plan, ts) OVER w FROM facts WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
