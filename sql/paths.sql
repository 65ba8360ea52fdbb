SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET search_path = journey, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

-- funnel_rule: its text, and what it refuses
SELECT funnel_rule('45 minutes'), funnel_rule('7 days', strict_order => true, reentry => true);
SELECT funnel_rule('1.5 s', strict_once => false, strict_increase => true, strict_deduplication => true);
SET intervalstyle = iso_8601;
SELECT funnel_rule('1.5 s', strict_once => false, strict_increase => true)::text::funnel_rule;
SET intervalstyle = 'postgres';
SELECT '2 hours,strict_order ,  reentry'::funnel_rule;
SELECT funnel_rule(within => NULL);
SELECT funnel_rule('1 hour', strict_order => NULL);
SELECT funnel_rule(within => '0');
SELECT funnel_rule(within => '-1 hour');
SELECT funnel_rule(within => '1 month');
SELECT funnel_rule('1 hour', reentry => true);
SELECT ''::funnel_rule;
SELECT 'an hour'::funnel_rule;
SELECT '1 hour, strict'::funnel_rule;
SELECT '1 hour, reentry'::funnel_rule;

-- A funnel: ada gets through, ben in another order, cyd too slowly; dan's order comes first
CREATE TABLE shop (visitor text, at int, event text);
INSERT INTO shop VALUES
  ('ada', 0, 'view'), ('ada', 10, 'cart'), ('ada', 12, 'help'), ('ada', 60, 'order'), ('ada', NULL, 'order'),
  ('ben', 0, 'view'), ('ben', 10, 'help'), ('ben', 20, 'cart'),
  ('cyd', 0, 'view'), ('cyd', 10, 'cart'), ('cyd', 61, 'order'),
  ('dan', 0, 'order'), ('dan', 1, 'cart'), ('eve', 0, 'help');
CREATE VIEW events AS SELECT visitor, '2026-01-01'::timestamptz + at * interval '1 minute' AS ts, event FROM shop;
SELECT visitor, funnel_level(ts, '1 hour', event = 'view', event = 'cart', event = 'order') AS level,
       funnel_times(ts, '1 hour', event = 'view', event = 'cart', event = 'order') AS times,
       funnel_level(ts, funnel_rule('1 hour', strict_order => true), event = 'view', event = 'cart', event = 'order') AS strict_order,
       funnel_level(ts, '1 hour', ARRAY[event = 'help'], event = 'view', event = 'cart', event = 'order') AS no_help,
       funnel_level(ts, '1 hour', ARRAY[event = 'help', false], event = 'view', event = 'cart', event = 'order') AS no_help_before_cart,
       funnel_times(ts, '1 hour, strict_increase'::funnel_rule, ARRAY[event = 'help'], event = 'view', event = 'cart', event = 'order') AS times_without_help
FROM events GROUP BY visitor ORDER BY visitor;

-- A NULL condition is false; no rows, or none with a time, are no step; one step; VARIADIC
SELECT funnel_level(ts, '1 hour', event = 'view', NULL) FROM events WHERE visitor = 'ada';
SELECT funnel_level(ts, '1 hour', event = 'view'), funnel_times(ts, '1 hour', event = 'view') FROM events WHERE visitor = 'nobody';
SELECT funnel_level(NULL, '1 hour', true), funnel_times(NULL, '1 hour', true);
SELECT funnel_level(ts, '1 hour', VARIADIC ARRAY[event = 'view', event = 'cart']) FROM events WHERE visitor = 'ben';
SELECT funnel_level('infinity', '1 hour', true), funnel_times('-infinity', '1 hour', true);

-- ClickHouse's test 00632_aggregation_window_funnel: 1000 at second 0, 1001 at second 1, and so on
CREATE VIEW numbered AS SELECT to_timestamp(n) AS ts, 1000 + n AS event FROM generate_series(0, 8) n;
SELECT funnel_level(ts, '10000 s', event = 1000) AS is_1, funnel_level(ts, '10000 s', event = 1000, event = 1001, event = 1002, event = 1008) AS is_4,
       funnel_level(ts, '2 s', event = 1003, event = 1004, event = 1005, event = 1006, event = 1007) AS is_3,
       funnel_level(ts, '4 s', event = 1003, event = 1004, event = 1005, event = 1006, event = 1007) AS is_5,
       funnel_level(ts, '10000 s', event = 1008, event = 1001) AS is_also_1,
       funnel_level(ts, '4 s', event <= 1007, event >= 1002, event <= 1006, event >= 1004) AS is_also_4
FROM numbered;
-- and its users' paths: what the default, strict_order, and strict_order with strict_deduplication give
CREATE FUNCTION letters(path text) RETURNS TABLE (ts timestamptz, event text) LANGUAGE sql AS $$
  SELECT to_timestamp(position), letter FROM unnest(string_to_array(path, NULL)) WITH ORDINALITY l(letter, position) $$;
SELECT path, funnel_level(ts, '1 day', event = 'a', event = 'b', event = 'c') AS level,
       funnel_level(ts, '1 day, strict_order'::funnel_rule, event = 'a', event = 'b', event = 'c') AS strict_order,
       funnel_level(ts, '1 day, strict_order, strict_deduplication'::funnel_rule, event = 'a', event = 'b', event = 'c') AS both
FROM unnest('{abc,adbc,aabbcc,aaaabbcc,aabbdcc,ccbbaa,acb}'::text[]) path, letters(path) GROUP BY path ORDER BY path;
-- ClickHouse 37177 and 27469: a step that comes again ends the funnel at the level reached, whatever came before it
SELECT funnel_level(ts, '1 day, strict_deduplication'::funnel_rule, event = 'a', event = 'b', event = 'c', event = 'd') AS is_3 FROM letters('abcbd');
SELECT funnel_level(ts, '60 s, strict_deduplication'::funnel_rule, event = 'i', event = 's', event = 'l', event = 'e') AS is_3 FROM letters('islisisle');
-- ClickHouse 40263: steps that are missing are not counted
SELECT funnel_level(ts, '1 day, strict_deduplication'::funnel_rule, event = 'a', event = 'b', event = 'c', event = 'd') AS is_2 FROM letters('abdb');
-- ClickHouse 21835: one row serves one step, unless the rule says otherwise
SELECT funnel_level(ts, '1 day', event = 'a', event = 'a', event = 'a') AS is_1,
       funnel_level(ts, '1 day, not strict_once'::funnel_rule, event = 'a', event = 'a', event = 'a') AS is_3 FROM letters('a');
SELECT funnel_level(ts, '1 day', event = 'a', event = 'a', event = 'b') AS is_3 FROM letters('aab');
-- ClickHouse 52844: strict_increase where steps repeat at equal times. v0 at 1, v1 at 2, v2 at 3, v3 at 4; ClickHouse counts 2
SELECT funnel_level(to_timestamp(at), '1 day, strict_increase'::funnel_rule, step = 0, step = 1, step = 2, step = 3) AS is_4,
       funnel_times(to_timestamp(at), '1 day, strict_increase'::funnel_rule, step = 0, step = 1, step = 2, step = 3)
FROM unnest('{0,1,2,3,1,2,3,1,2,3}'::int[], '{1,2,2,2,3,3,3,4,4,4}'::int[]) e(step, at);
-- The same times in any order lead as far as they can: 3 steps at one time (ClickHouse 18884), none with strict_increase
SELECT funnel_level(to_timestamp(0), '1 day', step = 1, step = 2, step = 3) AS is_3,
       funnel_level(to_timestamp(0), '1 day, strict_increase'::funnel_rule, step = 1, step = 2, step = 3) AS is_1 FROM unnest('{3,1,2}'::int[]) step;
-- DuckDB behavioral's window_funnel_events: two steps in time, and the entry alone
SELECT funnel_times(ts, '1 hour', event = 'view', event = 'cart', event = 'purchase')
FROM (VALUES ('2024-01-01 00:00:00'::timestamptz, 'view'), ('2024-01-01 00:05:00', 'cart'), ('2024-01-01 00:10:00', 'purchase')) v(ts, event);
SELECT funnel_times(ts, '1 hour', event = 'view', event = 'cart', event = 'purchase')
FROM (VALUES ('2024-01-01 00:00:00'::timestamptz, 'view'), ('2024-01-01 05:00:00', 'cart')) v(ts, event);

-- What a funnel refuses
SELECT funnel_level(ts, '1 hour', VARIADIC '{}') FROM events;
SELECT funnel_level(ts, '1 hour', VARIADIC NULL::boolean[]) FROM events;
SELECT funnel_level(ts, '1 hour', VARIADIC array_fill(true, ARRAY[64])) FROM events WHERE visitor = 'ada';
SELECT funnel_level(ts, '1 hour', VARIADIC array_fill(true, ARRAY[65])) FROM events;
SELECT funnel_level(ts, '1 hour', VARIADIC array_fill(true, ARRAY[2, 2])) FROM events;
SELECT funnel_level(ts, '1 hour', VARIADIC CASE visitor WHEN 'ada' THEN '{t}' ELSE '{t,f}' END::boolean[]) FROM events;
SELECT funnel_level(ts, NULL::interval, true) FROM events;
SELECT funnel_level(ts, '0'::interval, true) FROM events;
SELECT funnel_level(ts, '-1 s', true) FROM events;
SELECT funnel_level(ts, '1 month', true) FROM events;
SELECT funnel_level(ts, NULL::funnel_rule, true) FROM events;
SELECT funnel_level(ts, CASE visitor WHEN 'ada' THEN '1 hour' ELSE '2 hours' END::interval, true) FROM events;
SELECT funnel_level(ts, '1 hour', ARRAY[true, true], true, true) FROM events;
SELECT funnel_level(ts, '1 hour', '{}'::boolean[], true, true) FROM events;
SELECT funnel_level(ts, '1 hour', NULL::boolean[], true, true) FROM events;
SELECT funnel_level(ts, '1 hour', ARRAY[true], VARIADIC array_fill(true, ARRAY[64])) FROM events;

-- Sequences: DuckDB behavioral's cases
CREATE TABLE clicks (visitor int, ts timestamptz, view boolean, cart boolean, purchase boolean);
INSERT INTO clicks VALUES
  (1, '2024-01-01 00:00:00', true, false, false), (1, '2024-01-01 00:05:00', false, true, false), (1, '2024-01-01 00:10:00', false, false, true),
  (2, '2024-01-01 00:00:00', true, false, false), (2, '2024-01-01 00:05:00', true, false, false),
  (3, '2024-01-01 00:00:00', true, false, false), (3, '2024-01-01 00:05:00', false, false, true);
SELECT visitor, sequence_match('(?1)(?2)(?3)', ts, view, cart, purchase) AS all_three, sequence_match('(?1).*(?3)', ts, view, cart, purchase) AS bought,
       sequence_count('(?1).*(?3)', ts, view, cart, purchase), sequence_times('(?1)(?2)(?3)', ts, view, cart, purchase)
FROM clicks GROUP BY visitor ORDER BY visitor;
-- ClickHouse 118120: its sequenceMatchEvents gives 0, 100, 101 where no match keeps the time
SELECT sequence_match(p, to_timestamp(at), e = 'A', e = 'B', e = 'C'), sequence_times(p, to_timestamp(at), e = 'A', e = 'B', e = 'C')
FROM (VALUES (0, 'A'), (5, 'B'), (100, 'B'), (101, 'C')) v(at, e), (VALUES ('(?1)(?t<=10)(?2)(?3)'), ('(?1)(?t<=10 seconds)(?2).*(?3)')) p(p) GROUP BY p ORDER BY p;
-- ClickHouse 120729: a pattern that ends in .* after the last event; 26095: a thousand events are not too many
SELECT sequence_match('(?1)(?t<=30)(?2).*', ts, event = 'a', event = 'b') FROM letters('ab');
SELECT sequence_match('(?1)(?t>1)(?2)', to_timestamp(n), n <= 1000, n > 1000) AS of_1000, sequence_count('(?1)(?t>1)(?1)', to_timestamp(n), n <= 1000, n > 1000) FROM generate_series(1, 1000) n;
-- Times between events: to the microsecond, from the event before, several together, past what lies between
SELECT p, sequence_match(p, '2026-01-01'::timestamptz + at, e = 'a', e = 'b', e = 'c')
FROM (VALUES (interval '0', 'a'), ('30 minutes', 'c'), ('1 hour 0.000001 seconds', 'b')) v(at, e),
  unnest('{(?1)(?t<=1 hour)(?2),(?1)(?t<=01:00:00.000001)(?2),(?1)(?t>1 hour)(?t<1 day)(?2),(?1)(?t==3600.000001)(?2),(?1).(?2),(?1)(?2),(?1).*(?t<=1 h)(?2),(?1).*(?t<=2 h)(?2)}'::text[]) p GROUP BY p ORDER BY p;
SELECT sequence_count('(?1)(?1)', ts, event = 'a'), sequence_count('(?1)(?1)', true, ts, event = 'a'), sequence_count('(?1)(?1)', false, ts, event = 'a') FROM letters('aaaaa');
SELECT sequence_match('(?1)', ts, true), sequence_count('(?1)', ts, true), sequence_times('(?1)', ts, true) FROM events WHERE visitor = 'nobody';

-- What a sequence refuses
SELECT sequence_match('', ts, true) FROM events;
SELECT sequence_match(NULL, ts, true) FROM events;
SELECT sequence_match('(?1)(?2)', ts, true) FROM events;
SELECT sequence_match('(?1)(?1', ts, true) FROM events;
SELECT sequence_match('(?1)(?t<=ten)(?1)', ts, true) FROM events;
SELECT sequence_match('(?1)(?t<=1 month)(?1)', ts, true) FROM events;
SELECT sequence_match('(?1)(?t<=10)', ts, true) FROM events;
SELECT sequence_match('(?1)' || visitor, ts, true) FROM events;
SELECT sequence_match(CASE visitor WHEN 'ada' THEN '(?1)' ELSE '.' END, ts, true) FROM events;
SELECT sequence_match('(?1)', ts, VARIADIC '{}') FROM events;
SELECT sequence_match('(?1)', ts, VARIADIC CASE visitor WHEN 'ada' THEN '{t}' ELSE '{t,f}' END::boolean[]) FROM events;
SELECT sequence_count('(?1)', NULL, ts, true) FROM events;
