-- features: as of every time those of the history cut there.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'America/New_York';
CREATE SCHEMA features_test;
SET search_path = features_test, public;
SELECT plan(12);

-- By hand: three sessions, the second with a conversion; an ad between.
CREATE TABLE events AS SELECT ts, journey.touch(ts, page, referrer, '{shop.example}') AS touch, page, converted FROM (VALUES
  (timestamptz '2025-01-01 10:00Z', 'https://shop.example/', 'https://www.google.com/', false), ('2025-01-01 10:20Z', 'https://shop.example/a', 'https://shop.example/', false),
  ('2025-02-01 23:00Z', 'https://shop.example/?gclid=1', NULL, false), ('2025-02-01 23:10Z', 'https://shop.example/done', 'https://shop.example/', true), ('2025-02-02 09:00Z', 'https://shop.example/', NULL, false)) AS v (ts, page, referrer, converted);
SELECT results_eq($$SELECT f.* FROM (SELECT journey.trail(ts, '30 minutes', touch, page, converted) AS trail FROM events) AS t, journey.features(trail, '{2024-12-31 00:00Z,2025-01-01 10:00Z,2025-02-01 23:05Z,NULL,2025-02-01 23:40Z,2025-02-02 09:31Z}') AS f$$, $$VALUES
  (timestamptz '2024-12-31 00:00Z', 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, NULL::float8, 0::bigint, NULL, NULL, NULL, false),
  ('2025-01-01 10:00Z', 1, 1, 1, 1, 1, 0, 0, 'Organic Search', 'Organic Search', NULL, true),
  ('2025-02-01 23:05Z', 2, 1, 1, 2, 1, 5 / 60.0::float8, 0, 'Organic Search', 'Paid Search', 'Paid Search', true),
  ('2025-02-01 23:40Z', 2, 1, 1, 2, 1, 40 / 60.0::float8, 1, 'Organic Search', 'Paid Search', 'Paid Search', true),
  ('2025-02-02 09:31Z', 3, 2, 2, 3, 2, 31 / 60.0::float8, 1, 'Organic Search', 'Direct', 'Paid Search', false)$$, 'as of some times');
SELECT results_eq($$SELECT sessions, sessions_7d, first_channel, in_session FROM journey.features(NULL, '{2025-01-01}')$$, $$VALUES (0::bigint, 0::bigint, NULL::text, false)$$, 'no trail, no sessions');
SELECT is_empty($$SELECT FROM journey.features(NULL, NULL)$$, 'no times, no rows');
SELECT results_eq($$SELECT f.sessions, f.sessions_7d, f.hours_since_last_start, f.in_session FROM (SELECT journey.trail(ts, '30 minutes') AS trail FROM events) AS t, journey.features(trail, '{infinity,-infinity}') AS f$$,
  $$VALUES (3::bigint, 0::bigint, NULL::float8, false), (0, 0, NULL, false)$$, 'in the end, and before all');

-- Any history, cut anywhere
SELECT setseed(0.6);
CREATE TABLE history AS SELECT floor(random() * 12)::int AS visitor, e.ts, journey.touch(e.ts, page, referrer, '{shop.example}') AS touch, page, random() < 0.1 AS converted
FROM (SELECT timestamptz '2025-01-01 00:00Z' + floor(random() ^ 2 * 800) * interval '15 minutes' AS ts,
    (ARRAY['https://shop.example/','https://shop.example/?utm_source=news&utm_medium=email','https://shop.example/?gclid=1',NULL])[1 + floor(random() * 4)::int] AS page,
    (ARRAY['https://www.google.com/','https://shop.example/',NULL])[1 + floor(random() * 3)::int] AS referrer FROM generate_series(1, 300)) AS e;
CREATE FUNCTION leaks(rule journey.session_rule) RETURNS bigint LANGUAGE sql AS $$
  WITH whole AS MATERIALIZED (SELECT visitor, journey.trail(ts, rule, touch, page, converted) AS trail FROM history GROUP BY visitor),
  times AS (SELECT DISTINCT visitor, t FROM (SELECT visitor, ts + d * interval '1 minute' AS t FROM history, unnest('{-1,0,15,30,31,720}'::int[]) AS d WHERE ts < '2025-01-04') AS x),
  cut AS (SELECT v.visitor, v.t, journey.trail(h.ts, rule, h.touch, h.page, h.converted) AS trail FROM times AS v LEFT JOIN history AS h ON h.visitor = v.visitor AND h.ts <= v.t GROUP BY v.visitor, v.t)
  SELECT count(*) FROM cut AS c JOIN whole AS w USING (visitor)
  WHERE (SELECT f::text FROM journey.features(c.trail, ARRAY[c.t]) AS f) IS DISTINCT FROM (SELECT f::text FROM journey.features(w.trail, ARRAY[c.t]) AS f) $$;
SELECT is(leaks(rule::journey.session_rule), 0::bigint, 'nothing leaks from the future: ' || rule) FROM unnest('{"30 minutes","30 minutes inclusive","2 hours, day_boundary Europe/Berlin"}'::text[]) AS rule;
SELECT cmp_ok((SELECT count(DISTINCT f) FROM (SELECT visitor, journey.trail(ts, '30 minutes', touch, page, converted) AS trail FROM history GROUP BY visitor) AS w, history AS h, journey.features(w.trail, ARRAY[h.ts]) AS f WHERE h.visitor = w.visitor), '>', 100::bigint, 'there was something to leak');
SELECT results_eq($$SELECT as_of FROM (SELECT journey.trail(ts, '30 minutes') AS trail FROM events) AS t, journey.features(trail, '{2025-02-01,2025-01-01,2025-02-01}')$$, $$VALUES (timestamptz '2025-02-01'), ('2025-01-01'), ('2025-02-01')$$, 'in the order of the times');

-- As plain SQL reads the sessions and asks for the touches
CREATE FUNCTION plain_features(journey.trail, timestamptz[]) RETURNS SETOF journey.feature_row LANGUAGE sql AS $$
  SELECT t.at, s.sessions, s.sessions_7d, s.sessions_30d, s.sessions_90d, s.days_started_30d,
    CASE WHEN isfinite(t.at) THEN extract(epoch FROM t.at - s.last_started_at)::float8 / 3600 END, s.sessions_with_conversion,
    (journey.first_touch($1, before => t.at)).channel, (journey.last_touch($1, before => t.at)).channel, (journey.last_touch($1, before => t.at, kind => 'paid')).channel,
    coalesce(s.in_session, false)
  FROM unnest($2) WITH ORDINALITY AS t (at, number)
  CROSS JOIN LATERAL (
    SELECT count(*) AS sessions,
      count(*) FILTER (WHERE x.started_at > t.at - interval '168 hours') AS sessions_7d,
      count(*) FILTER (WHERE x.started_at > t.at - interval '720 hours') AS sessions_30d,
      count(*) FILTER (WHERE x.started_at > t.at - interval '2160 hours') AS sessions_90d,
      count(DISTINCT date_trunc('day', x.started_at, 'UTC')) FILTER (WHERE x.started_at > t.at - interval '720 hours') AS days_started_30d,
      max(x.started_at) AS last_started_at,
      count(*) FILTER (WHERE x.converted_at <= t.at) AS sessions_with_conversion,
      bool_or(t.at <= x.ended_at + journey.timeout(journey.rule($1))) AS in_session
    FROM journey.sessions($1) AS x WHERE x.started_at <= t.at) AS s
  WHERE t.at IS NOT NULL
  ORDER BY t.number $$;
SELECT is(differing, 0::bigint, 'as plain SQL says it: ' || rule) FROM unnest('{"30 minutes","30 minutes inclusive","2 hours, day_boundary Europe/Berlin"}'::text[]) AS rule, LATERAL (
  SELECT count(*) AS differing FROM (SELECT journey.trail(ts, rule::journey.session_rule, touch, page, converted) AS trail FROM history GROUP BY visitor) AS w,
    (SELECT array_agg(ts + d * interval '1 minute') || '{infinity,-infinity,NULL}' AS times FROM history, unnest('{-1,0,15,30,31,720,10080,43200,129600}'::int[]) AS d) AS t
  WHERE ARRAY(SELECT f::text FROM journey.features(trail, times) AS f) IS DISTINCT FROM ARRAY(SELECT f::text FROM plain_features(trail, times) AS f)) AS r;
SELECT * FROM finish();
DROP SCHEMA features_test CASCADE;
