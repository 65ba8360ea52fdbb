SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET search_path = journey, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

CREATE TEMP TABLE clicks (visitor text, ts timestamptz, touch touch, page text, converted boolean);
INSERT INTO clicks VALUES
  ('ada', '2026-03-01 10:00', ROW('2020-01-01', 'google', 'cpc', 'spring', NULL, NULL, 'Paid Search', NULL, '/shoes', 'gclid=1')::touch, '/shoes', false),
  ('ada', '2026-03-01 10:00', NULL, '/a', NULL),
  ('ada', '2026-03-01 10:30', ROW('2020-01-01', 'bing', 'organic', NULL, NULL, NULL, 'Organic Search', NULL, NULL, NULL)::touch, '/b', false),
  ('ada', '2026-03-01 11:00:00.000001', NULL, NULL, true),
  ('ada', '2026-03-01 11:10', ROW('2020-01-01', '(direct)', '(none)', NULL, NULL, NULL, 'Direct', NULL, NULL, NULL)::touch, '/signup', true),
  ('ada', '2026-03-03 09:00', ROW('2020-01-01', '(direct)', '(none)', NULL, NULL, NULL, 'Direct', NULL, NULL, NULL)::touch, '/', false),
  ('ada', NULL, NULL, '/nowhere', true),
  ('bob', '2026-03-02 00:00', NULL, NULL, NULL),
  ('cyd', NULL, NULL, NULL, true);
CREATE TEMP TABLE trails AS SELECT visitor, trail(ts, '30 minutes', touch, page, converted) AS t FROM clicks GROUP BY visitor;

-- A gap of the timeout stays; one microsecond more splits. A touch counts as of its event's time. Of two pages at the
-- first instant that with the ad comes first. A NULL ts is left out, and no event at all is NULL.
\x on
SELECT visitor, s.* FROM trails LEFT JOIN LATERAL sessions(t) s ON true ORDER BY visitor, session_number;
\x off
SELECT visitor, session_count(t), event_count(t), started_at(t), ended_at(t), rule(t) FROM trails ORDER BY visitor;

-- Its five forms; the text form, and back
SELECT trail(ts) FROM clicks WHERE visitor = 'ada';
SELECT trail(ts, '1 hour') FROM clicks WHERE visitor = 'ada';
SELECT trail(ts, '1 hour', touch) FROM clicks WHERE visitor = 'ada';
SELECT trail(ts, '1 hour', touch, page) FROM clicks WHERE visitor = 'ada';
SELECT trail(ts, '1 hour', touch, page, converted) FROM clicks WHERE visitor = 'ada';
SELECT trail(ts::timestamp) = trail(ts) AS timestamps_in_the_session_s_time_zone FROM clicks;
SELECT (first_touch(trail(ts, '30 minutes', ROW(NULL, 'x', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::touch))).touched_at AS of_the_event FROM clicks;
SELECT t::text::trail = t, trail_send(t) FROM trails WHERE visitor = 'bob';
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German';
SELECT t::text, t::text::trail = t AS same FROM trails WHERE visitor = 'bob';
RESET timezone;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT t::text::json -> 'sessions' -> 1 ->> 'landing_page' AS landing_page, t::text::trail = t AS same FROM trails WHERE visitor = 'ada';

-- Rules
SELECT trail(ts, session_rule(inclusive => true)) FROM clicks WHERE visitor = 'ada';
SELECT trail(ts, session_rule('3 days', day_boundary => 'europe/berlin')) FROM clicks;
SELECT rule(trail(ts, session_rule('3 days', true, NULL, 'Europe/Berlin'), touch, page, converted)) FROM clicks;
SELECT session_count(trail(ts, session_rule('3 days'), touch)), session_count(trail(ts, session_rule('3 days'), touch, page)) FROM clicks;
SELECT trail(ts, session_rule(max_duration => '1 day')) FROM clicks;
SELECT trail(ts, NULL::interval) FROM clicks;
SELECT trail(ts, NULL::session_rule) FROM clicks;
SELECT trail(ts, '0') FROM clicks;
SELECT trail(ts, '-30 minutes') FROM clicks;
SELECT trail(ts, '1 month') FROM clicks;
SELECT trail(ts, CASE WHEN page = '/b' THEN interval '1 hour' ELSE '30 minutes' END) FROM clicks;
SELECT trail(ts, '30 minutes') FROM (VALUES ('2026-03-01'::timestamptz), ('infinity')) v (ts);
SELECT trail(ts, '30 minutes', NULL) FROM (VALUES ('-infinity'::timestamptz)) v (ts);
SELECT trail(ts) IS NULL AS no_events FROM clicks WHERE false;

-- The first and the last instant there are
SELECT s.* FROM (SELECT trail(ts, '200000 days') AS t FROM (VALUES ('4713-01-01 BC'::timestamptz), ('294276-12-31 23:59:59.999999'), ('2026-01-01')) v (ts)) x, sessions(t) s;

-- Merging: a late event bridges two sessions as if it had been there from the start
SELECT session_count(early) AS early, session_count(late) AS late, session_count(early || late) AS both,
  early || late = whole AS same, late || early = whole AS same
FROM (SELECT trail(ts, '30 minutes', NULL, page, page = '/b') FILTER (WHERE page <> '/b') AS early,
             trail(ts, '30 minutes', NULL, page, page = '/b') FILTER (WHERE page = '/b') AS late,
             trail(ts, '30 minutes', NULL, page, page = '/b') AS whole
      FROM (VALUES ('2026-03-01 10:00'::timestamptz, '/a'), ('2026-03-01 10:30', '/b'), ('2026-03-01 11:00', '/c')) v (ts, page)) x;
SELECT rollup(t) = (SELECT trail(ts, '30 minutes', touch, page, converted) FROM clicks) AS same FROM trails;
SELECT event_count(t || t) AS twice, session_count(t || t) AS sessions FROM trails WHERE visitor = 'ada';
SELECT t || NULL AS nothing FROM trails WHERE visitor = 'bob';
SELECT rollup(t) IS NULL AS nothing FROM trails WHERE visitor = 'cyd';
SELECT trail(ts, '30 minutes') || trail(ts, '1 hour') FROM clicks;
SELECT rollup(t) FROM (SELECT trail(ts, '30 minutes') AS t FROM clicks UNION ALL SELECT trail(ts, session_rule(inclusive => true)) FROM clicks) x;

-- "before" takes in the moment itself: the session of a sign-up counts, and so does its touch
SELECT before, session_count(t, before), (first_touch(t, before)).source AS first, (last_touch(t, before)).source AS last,
  (first_touch(t, before, 'non_direct')).source AS non_direct, (last_touch(t, before, 'paid')).source AS paid,
  (SELECT count(*) FROM touches(t, before)) AS touches
FROM trails, unnest(ARRAY['-infinity', '2026-03-01 09:59:59', '2026-03-01 10:00', '2026-03-01 11:09:59', '2026-03-01 11:10',
                          '2026-03-03 09:00', 'infinity', NULL]::timestamptz[]) before
WHERE visitor = 'ada' ORDER BY before;
SELECT session_count(t), (first_touch(t)).*, last_touch(t, kind => 'paid') IS NULL AS none FROM trails WHERE visitor = 'ada';
SELECT first_touch(t) IS NULL AS none, last_touch(t) IS NULL AS none FROM trails WHERE visitor = 'bob';
SELECT lookback, touched_at, source, medium, click_id FROM trails,
  unnest(ARRAY['46:50:00', '46:49:59', '47 hours', '90 days', NULL]::interval[]) lookback, touches(t, '2026-03-03 10:00', lookback)
WHERE visitor = 'ada' ORDER BY lookback, touched_at;
SELECT count(*) AS none FROM touches(NULL);
SELECT count(*) AS none FROM trails, touches(t, NULL);
SELECT touches(t, lookback => '1 day') FROM trails;
SELECT touches(t, '2026-03-03', '1 month') FROM trails;
SELECT touches(t, '2026-03-03', '-1 day') FROM trails;
SELECT count(*) AS at_that_instant FROM trails, touches(t, '2026-03-03 09:00', '0');

-- A session keeps its earliest touch and, where that is direct, its earliest that is not: that counts once it is there
CREATE TEMP TABLE shopping (ts timestamptz, touch touch, page text, converted boolean);
INSERT INTO shopping VALUES
  ('2026-03-01 10:00', ROW(NULL, '(direct)', '(none)', NULL, NULL, NULL, 'Direct', NULL, NULL, NULL)::touch, '/', false),
  ('2026-03-01 10:05', NULL, NULL, true),
  ('2026-03-01 10:10', ROW(NULL, 'google', 'cpc', NULL, NULL, NULL, 'Paid Search', NULL, NULL, 'gclid=x')::touch, '/ad', false),
  ('2026-03-01 10:15', ROW(NULL, 'bing', 'organic', NULL, NULL, NULL, 'Organic Search', NULL, NULL, NULL)::touch, '/again', false),
  ('2026-03-01 10:20', NULL, '/order', true);
CREATE TEMP TABLE shopper AS SELECT trail(ts, '30 minutes', touch, page, converted) AS t FROM shopping;
SELECT events, pages, conversions, converted_at, landing_page, exit_page, (touch).touched_at, (touch).source FROM shopper, sessions(t);
SELECT before, (first_touch(t, before)).source AS first, (last_touch(t, before)).source AS last, (last_touch(t, before, 'non_direct')).source AS non_direct,
  (last_touch(t, before, 'paid')).source AS paid, (SELECT array_agg(source) FROM touches(t, before)) AS touches
FROM shopper, unnest(ARRAY['2026-03-01 09:59', '2026-03-01 10:00', '2026-03-01 10:05', '2026-03-01 10:09:59', '2026-03-01 10:10', '2026-03-01 10:20']::timestamptz[]) before ORDER BY before;
SELECT lookback, source FROM shopper, unnest('{5 minutes,10 minutes,15 minutes}'::interval[]) lookback, touches(t, '2026-03-01 10:20', lookback) ORDER BY 1;
SELECT t FROM shopper;
SELECT rollup(part) = t AS same, rollup(part::text::trail) = t AS same FROM shopper,
  (SELECT trail(ts, '30 minutes', touch, page, converted) AS part FROM shopping GROUP BY ts) parts GROUP BY t;

-- Ties at one instant: an event whose touch is not direct comes first, then one with a direct touch, then one without; then
-- the smaller page, or touch, in byte order. The exit page is the last in the same order.
SELECT landing_page, exit_page, (touch).source FROM (
  SELECT trail(ts, '30 minutes', CASE kind WHEN 'none' THEN NULL ELSE ROW(NULL, kind, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::touch END, page) AS t, n
  FROM (VALUES (1, '2026-03-01 10:00'::timestamptz, 'google', '/z'), (1, '2026-03-01 10:00', '(direct)', '/b'), (1, '2026-03-01 10:00', 'none', '/a'),
    (2, '2026-03-01 10:00', 'google', '/b'), (2, '2026-03-01 10:00', 'bing', '/a'), (2, '2026-03-01 10:00', 'yahoo', NULL),
    (3, '2026-03-01 10:00', '(direct)', '/b'), (3, '2026-03-01 10:00', 'none', '/a'), (3, '2026-03-01 10:00', '(direct)', '/a'),
    (4, '2026-03-01 10:00', 'none', '/B'), (4, '2026-03-01 10:00', 'none', '/a'), (4, '2026-03-01 10:00', 'none', NULL)) v (n, ts, kind, page)
  GROUP BY n) x, sessions(t) ORDER BY n;

-- clip: whole sessions, by their start; the parts merge to the whole
SELECT session_count(clip(t, since => '2026-03-01 11:00:00.000001')), session_count(clip(t, until => '2026-03-01 11:00:00.000001')),
  clip(t) = t AS all_of_it, clip(t, since => '2026-03-02') || clip(t, until => '2026-03-02') = t AS same,
  clip(t, '2027-01-01', '2028-01-01') AS nothing, started_at(clip(t, 'infinity')) AS none, ended_at(clip(t, 'infinity')) AS none
FROM trails WHERE visitor = 'ada';

-- Equality
SELECT count(*), count(DISTINCT visitor), (SELECT count(*) FROM (SELECT DISTINCT t FROM (SELECT * FROM trails UNION ALL SELECT * FROM trails) twice) d) AS distinct_trails
FROM trails;
SELECT a.visitor FROM trails a JOIN trails b ON a.t = b.t ORDER BY 1;
SELECT visitor FROM trails WHERE t <> (SELECT t FROM trails WHERE visitor = 'bob');

-- Malformed text
SELECT 'a trail'::trail;
SELECT '[]'::trail;
SELECT '{"rule": "00:30:00"}'::trail;
SELECT '{"sessions": []}'::trail;
SELECT '{"rule": 30, "sessions": []}'::trail;
SELECT '{"rule": "half an hour", "sessions": []}'::trail;
SELECT '{"rule": "00:30:00, max_duration 24:00:00", "sessions": []}'::trail;
SELECT '{"rule": "00:30:00", "sessions": {}}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [], "visitor": "ada"}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [1]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "soon", "events": 1}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "infinity", "ended_at": "infinity", "events": 1}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-02Z", "ended_at": "2026-03-01Z", "events": 1}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": "1"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1.5}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 0}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 9223372036854775808}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "event": 1}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "conversions": 1}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "conversions": 2, "converted_at": "2026-03-01Z"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "converted_at": "2026-03-01Z"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "non_direct_touch": {"source": "google"}}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "direct_touch": {"touched_at": "2026-03-02Z"}}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "direct_touch": {"touched_at": "2026-03-01Z", "source": "google"}}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 2, "direct_touch": {"touched_at": "2026-03-01Z"}, "non_direct_touch": {"touched_at": "2026-03-01Z", "source": "google"}}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "pages": 1}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "pages": 1, "landing_page": "/a", "exit_page": "/b"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "pages": 2, "landing_page": "/", "exit_page": "/"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "pages": 1, "landing_page": "/", "exit_page": "/", "exit_page_at": "2026-03-02Z"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "landing_page_at": "2026-03-01Z"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "pages": 1, "landing_page": "/", "landing_page_touch": "paid", "exit_page": "/"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1, "pages": 1, "landing_page": "/", "landing_page_touch": "direct", "exit_page": "/", "exit_page_touch": "direct"}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1}, {"started_at": "2026-03-01T00:30Z", "ended_at": "2026-03-01T00:30Z", "events": 1}]}'::trail;
SELECT '{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 9223372036854775807}]}'::trail AS most \gset
SELECT event_count(:'most'::trail);
SELECT :'most'::trail || :'most'::trail;
