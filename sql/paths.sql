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
-- its paths for allow_reentry, as ClickHouse 26.9.2.1 answers: to three steps and to four, under strict_order, with reentry, with strict_deduplication, too
SELECT path, expected, ARRAY[
    funnel_level(ts, '1 day, strict_order'::funnel_rule, event = 'a', event = 'b', event = 'c'),
    funnel_level(ts, '1 day, strict_order, reentry'::funnel_rule, event = 'a', event = 'b', event = 'c'),
    funnel_level(ts, '1 day, strict_order, reentry, strict_deduplication'::funnel_rule, event = 'a', event = 'b', event = 'c'),
    funnel_level(ts, '1 day, strict_order'::funnel_rule, event = 'a', event = 'b', event = 'c', event = 'd'),
    funnel_level(ts, '1 day, strict_order, reentry'::funnel_rule, event = 'a', event = 'b', event = 'c', event = 'd'),
    funnel_level(ts, '1 day, strict_order, reentry, strict_deduplication'::funnel_rule, event = 'a', event = 'b', event = 'c', event = 'd')] = expected::int[] AS same
FROM (VALUES ('abac', '{3,3,3,3,3,3}'), ('ababc', '{3,3,2,3,3,2}'), ('abcbd', '{3,3,3,4,4,3}'), ('acb', '{1,2,2,1,2,2}'), ('abcabcd', '{3,3,3,4,4,3}')) c(path, expected), letters(path)
GROUP BY path, expected ORDER BY path;
-- its shop: begin, view, begin again, pay. Of four steps ClickHouse counts 1 under strict_order, since the first row also meets the third step
SELECT path, funnel_level(ts, '1 day, strict_order'::funnel_rule, event = 'b', event = 'v', event = 'p') AS is_3,
       funnel_level(ts, '1 day, strict_order'::funnel_rule, event = 'b', event = 'v', event = 'b', event = 'p') AS is_4_or_2,
       funnel_level(ts, '1 day, strict_order, reentry'::funnel_rule, event = 'b', event = 'v', event = 'b', event = 'p') AS is_also_4_or_2
FROM unnest('{bvbp,bvvbp,bvp}'::text[]) path, letters(path) GROUP BY path ORDER BY path;
-- its NULLs: a condition that is NULL is false
SELECT id, expected, ARRAY[
    funnel_level(to_timestamp(at), '1 day', a = 'a1', a = 'a2'), funnel_level(to_timestamp(at), '1 day', a = 'a1', b = 'b2'),
    funnel_level(to_timestamp(at), '1 day', a IS NULL AND b IS NULL), funnel_level(to_timestamp(at), '1 day', a IS NULL, b = 'b3'),
    funnel_level(to_timestamp(at), '1 day, strict_order'::funnel_rule, a IS NULL, b = 'b3')] = expected::int[] AS same
FROM (VALUES (1, 1, 'a1', 'b1'), (1, 2, 'a2', 'b2'), (2, 1, 'a1', NULL), (2, 2, 'a2', NULL), (3, 1, NULL, NULL), (4, 1, NULL, 'b1'), (4, 2, 'a2', NULL), (4, 3, NULL, 'b3')) v(id, at, a, b)
JOIN (VALUES (1, '{2,2,0,0,0}'), (2, '{2,1,0,0,0}'), (3, '{0,0,1,1,1}'), (4, '{0,0,0,2,1}')) e(id, expected) USING (id) GROUP BY id, expected ORDER BY id;
-- its rows of one step each: two failures and a success within 200 seconds, the same under every rule
SELECT id, expected, array_agg(DISTINCT level) = ARRAY[expected] AS same
FROM (SELECT id, expected, funnel_level(to_timestamp(at), rule::funnel_rule, result = 'failure', result = 'failure', result = 'success') AS level
  FROM (VALUES (234, 100, 'failure'), (345, 200, 'success'), (345, 210, 'failure'), (345, 230, 'success'), (234, 250, 'failure'), (123, 180, 'failure'), (123, 220, 'failure'), (123, 250, 'success')) v(id, at, result)
  JOIN (VALUES (123, 3), (234, 2), (345, 1)) e(id, expected) USING (id), unnest('{"200 s","200 s, strict_increase","200 s, strict_deduplication"}'::text[]) rule GROUP BY id, expected, rule) levels
GROUP BY id, expected ORDER BY id;
-- its step that comes twice, and its steps of one second
SELECT funnel_level(to_timestamp(at), '1 day', event = 1000, event = 1001, event = 1002, event = 1003, event = 1004, event = 1005, event = 1006) AS is_7,
       funnel_level(to_timestamp(at), '1 day, strict_deduplication'::funnel_rule, event = 1000, event = 1001, event = 1002, event = 1003, event = 1004, event = 1005, event = 1006) AS is_6
FROM unnest('{1000,1001,1002,1003,1004,1005,1005,1006,1007,1008}'::int[], '{0,10,20,30,40,50,51,60,70,80}'::int[]) v(event, at);
SELECT funnel_level(to_timestamp(at), '1 day', event = 1000, event = 1001, event = 1002, event = 1003, event = 1004) AS is_5,
       funnel_level(to_timestamp(at), '1 day, strict_increase'::funnel_rule, event = 1000, event = 1001, event = 1002, event = 1003, event = 1004) AS is_2
FROM unnest('{1000,1001,1002,1003,1004}'::int[], '{0,1,1,1,2}'::int[]) v(event, at);
-- DuckDB behavioral's window_funnel: the third cart comes hours later
SELECT visitor, funnel_level(ts, '1 hour', event = 'view', event = 'cart', event = 'purchase') AS level, funnel_level(ts, '30 minutes', event = 'view', event = 'cart', event = 'purchase') AS half_an_hour,
       funnel_level(ts, '1 hour, strict_increase'::funnel_rule, event = 'view', event = 'cart', event = 'purchase') AS strict_increase, funnel_level(ts, '1 hour', event = 'nonexistent', event = 'cart') AS is_0
FROM (VALUES (1, timestamptz '2024-01-01 00:00', 'view'), (1, '2024-01-01 00:05', 'cart'), (1, '2024-01-01 00:10', 'purchase'), (2, '2024-01-01 00:00', 'view'), (2, '2024-01-01 00:05', 'cart'),
  (3, '2024-01-01 00:00', 'view'), (3, '2024-01-01 05:00', 'cart')) v(visitor, ts, event) GROUP BY visitor ORDER BY visitor;
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
-- ClickHouse 93789: the first step comes again at the second step's time. ClickHouse counts 1 without strict_once, 2 with it
SELECT funnel_level(to_timestamp(at), '1 day, strict_increase'::funnel_rule, step = 1, step = 2) AS is_2, funnel_level(to_timestamp(at), '1 day, strict_increase, not strict_once'::funnel_rule, step = 1, step = 2) AS is_also_2
FROM (VALUES (8.5, 1), (9.5, 1), (9.5, 2)) v(at, step);
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

-- funnel_level_by: the same product through all steps; ada views one and orders another
CREATE TABLE products (visitor text, at int, product text, event text);
INSERT INTO products VALUES
  ('ada', 0, 'book', 'view'), ('ada', 1, 'lamp', 'cart'), ('ada', 2, 'book', 'order'), ('ada', 3, 'lamp', 'order'),
  ('ben', 0, 'book', 'view'), ('ben', 1, 'lamp', 'view'), ('ben', 2, 'book', 'cart'), ('ben', 3, 'book', 'order'),
  ('cyd', 0, NULL, 'view'), ('cyd', 1, 'book', 'cart'), ('cyd', 2, NULL, 'order');
SELECT visitor, funnel_level(to_timestamp(at), '1 hour', event = 'view', event = 'cart', event = 'order') AS any_product,
       funnel_level_by(product, to_timestamp(at), '1 hour', event = 'view', event = 'cart', event = 'order') AS one_product,
       funnel_level_by(product, to_timestamp(at), '2 s, strict_order'::funnel_rule, event = 'view', event = 'order') AS strict
FROM products GROUP BY visitor ORDER BY visitor;
SELECT funnel_level_by(product, to_timestamp(at), '1 hour', true) FROM products WHERE visitor = 'nobody';
SELECT funnel_level_by(product, NULL, '1 hour', true), funnel_level_by(NULL, to_timestamp(at), '1 hour', true) FROM products;
SELECT funnel_level_by(product, to_timestamp(at), '0'::interval, true) FROM products;
SELECT funnel_level_by(product, to_timestamp(at), '1 hour', VARIADIC '{}') FROM products;
SELECT funnel_level_by(product, to_timestamp(at), NULL::funnel_rule, true) FROM products;
SELECT funnel_level_by(product, to_timestamp(at), CASE visitor WHEN 'ada' THEN '1 hour' ELSE '2 hours' END::interval, true) FROM products;

-- returned: DuckDB behavioral's and ClickHouse's idea, by period. A period has its first instant, not its last
SELECT returned(ts, '2026-01-01', '1 day', 4)
FROM (VALUES (timestamptz '2025-12-31 23:59:59.999999'), ('2026-01-01'), ('2026-01-02 23:59:59.999999'), ('2026-01-04'), (NULL), ('2026-01-05'), ('-infinity'), ('infinity')) v(ts);
SELECT returned(NULL, '2026-01-01', '1 day', 2) AS all_false, returned(now(), NULL, '1 day', 2) AS no_start;
SELECT returned(ts, '2026-01-01', '1 hour', 2) FROM events WHERE visitor = 'nobody';
SELECT visitor, returned(ts, since, '20 minutes', 4) FROM (SELECT *, min(ts) OVER (PARTITION BY visitor) AS since FROM events) e GROUP BY visitor ORDER BY visitor;
-- What ClickHouse's retention answers: the first condition, then each other one together with it
SELECT visitor, r, array_agg(r[1] AND came ORDER BY period) AS retention
FROM (VALUES ('came and stayed', ARRAY[0, 1, 2]), ('came once', ARRAY[0]), ('never began', ARRAY[1, 2])) v(visitor, days),
  LATERAL (SELECT returned('2018-01-01'::timestamptz + day * interval '1 day', '2018-01-01', '1 day', 3) AS r FROM unnest(days) day) a,
  unnest(r) WITH ORDINALITY u(came, period) GROUP BY visitor, r ORDER BY visitor;
SELECT cardinality(returned(ts, '2026-01-01', '1 s', 1000)) FROM events;
SELECT returned(ts, '2026-01-01', '1 s', 1001) FROM events;
SELECT returned(ts, '2026-01-01', '1 s', 0) FROM events;
SELECT returned(ts, '2026-01-01', '1 s', NULL) FROM events;
SELECT returned(ts, '2026-01-01', NULL, 1) FROM events;
SELECT returned(ts, '2026-01-01', '0', 1) FROM events;
SELECT returned(ts, '2026-01-01', '-1 day', 1) FROM events;
SELECT returned(ts, '2026-01-01', '1 month', 1) FROM events;
SELECT returned(ts, 'infinity', '1 day', 1) FROM events;
SELECT returned(ts, ts, '1 day', 1) FROM events;

-- path: in order of time, then of bytes; the first so many
SELECT visitor, path(event, ts), path(event, ts, 2) AS first_two FROM events GROUP BY visitor ORDER BY visitor;
SELECT path(step, to_timestamp(at)), path(step, to_timestamp(at), 3) AS first_three
FROM (VALUES ('b', 1), ('', 1), ('B', 1), ('b', 1), ('z', 0), (NULL, 0), ('q', NULL), ('é', 1)) v(step, at);
SELECT path(event, ts), path(event, ts, 1) FROM events WHERE visitor = 'nobody';
SELECT path(NULL, now()), path('a', NULL, 1);
SELECT path(event, ts, 0) FROM events;
SELECT path(event, ts, -1) FROM events;
SELECT path(event, ts, NULL) FROM events;
SELECT path(event, ts, CASE visitor WHEN 'ada' THEN 1 ELSE 2 END) FROM events;

-- path_edges: what Sankey diagrams are made of
SELECT e.* FROM (SELECT path_edges(path) AS edges FROM (SELECT path(event, ts) FROM events GROUP BY visitor) p) f, unnest(edges) e;
SELECT e.* FROM (SELECT path_edges(path, weight) AS edges
  FROM (VALUES ('{a,b,a}'::text[], 2.5), ('{a,b}', 0.5), ('{a,NULL,b}', 1), ('{}', 7), (NULL, 7), ('{a}', NULL), ('{b}', 0)) v(path, weight)) f, unnest(edges) e;
SELECT path_edges(path), path_edges(path, 1) FROM (SELECT NULL::text[]) p(path) WHERE false;
SELECT path_edges('{a}', -1);
SELECT path_edges('{a}', 'NaN');
SELECT path_edges('{a}', 'infinity');
SELECT path_edges('{{a,b},{c,d}}');

-- next_event and previous_event: cases and answers of ClickHouse's test 01656_sequence_next_node_long. Its answers count as
-- letters, a dot for each visitor without one; where its test gives no step, there is one that is always met
CREATE VIEW nodes AS
SELECT id, to_timestamp(position) AS ts, action FROM (VALUES (1, 'ABCD'), (2, 'BBDC'), (3, 'AB'), (4, 'AAABC'), (5, 'ABAC'), (6, 'ABABC')) v(id, path), unnest(string_to_array(path, NULL)) WITH ORDINALITY l(action, position)
UNION ALL SELECT 10, to_timestamp(at), action FROM (VALUES (1, 'A'), (2, 'B'), (2, NULL), (3, 'C'), (4, 'D')) v(at, action)
UNION ALL SELECT 11, to_timestamp(1), action FROM unnest('{A,B,C,D}'::text[]) action;
CREATE FUNCTION answers(back boolean, base_event base_event, steps text, ids int[] DEFAULT '{1,2,3,4,5,6}') RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(coalesce(node, '.'), '' ORDER BY id) FROM (
    SELECT id, CASE WHEN back THEN previous_event(action, ts, true, base_event, VARIADIC met) ELSE next_event(action, ts, true, base_event, VARIADIC met) END AS node
    FROM (SELECT *, ARRAY(SELECT action = step FROM unnest(string_to_array(steps, NULL)) WITH ORDINALITY l(step, position) ORDER BY position) AS met FROM nodes) n
    WHERE id = ANY (ids) GROUP BY id) n $$;
SELECT back, base_event, steps, expected, answers(back, base_event::base_event, steps) = expected AS same
FROM (VALUES (false, 'head', 'A', 'B.BABB'), (false, 'head', 'B', '.B....'), (false, 'head', 'C', '......'), (false, 'head', 'E', '......'),
  (true, 'tail', 'A', '......'), (true, 'tail', 'B', '..A...'), (true, 'tail', 'C', '.D.BAB'), (true, 'tail', 'D', 'C.....'),
  (false, 'head', 'AB', 'C...AA'), (false, 'head', 'AC', '......'), (false, 'head', 'BA', '......'), (true, 'tail', 'AB', '......'), (true, 'tail', 'BA', '......'),
  (false, 'head', 'AAB', '......'), (true, 'tail', 'BAA', '......')) v(back, base_event, steps, expected);
SELECT back, base_event, steps, expected, answers(back, base_event::base_event, steps, '{1,2,3,4,5,6,10}') = expected AS same
FROM (VALUES (false, 'first_match', 'A', 'B.BABBB'), (false, 'first_match', 'AB', 'C...AAC'), (false, 'first_match', 'ABC', 'D.....D'), (false, 'first_match', 'B', 'CB.CAAC'),
  (false, 'first_match', 'BB', '.D.....'), (false, 'first_match', 'BA', '....CB.'), (true, 'first_match', 'A', '.......'), (true, 'first_match', 'B', 'A.AAAAA'),
  (true, 'first_match', 'BA', '...A...'), (true, 'first_match', 'BB', '.......')) v(back, base_event, steps, expected);
SELECT answers(false, 'head', 'A', '{10}') AS is_b, answers(false, 'head', 'AB', '{10}') AS is_c, answers(false, 'head', 'BC', '{10}') AS is_none, answers(true, 'tail', 'DC', '{10}') AS is_b, answers(true, 'tail', 'DCB', '{10}') AS is_a,
       answers(false, 'head', 'A', '{11}') AS is_b, answers(false, 'head', 'ABC', '{11}') AS is_d;
-- Without base_event: from the first match on, and from the last one back
SELECT id, next_event(action, ts, true, action = 'A'), previous_event(action, ts, true, action = 'A'),
       next_event(action, ts, action = 'B', true, action IN ('C', 'A')) AS of_base, previous_event(ts, ts, true, action = 'C') AS time_before
FROM nodes WHERE id IN (1, 4, 5) GROUP BY id ORDER BY id;
-- Values of any kind: by value, by reference, of fixed length, arrays, composites. At one time the least comes first
SELECT next_event(n, to_timestamp(0), true, n = 0), next_event(n::numeric / 4, to_timestamp(0), true, n = 0), next_event(ARRAY[n, NULL], to_timestamp(0), true, n = 0),
       next_event(ROW(p.n, 'x', 'y', 1)::path_edge, to_timestamp(0), true, n = 0), next_event(('00000000-0000-0000-0000-00000000000' || n)::uuid, to_timestamp(0), true, n = 0), next_event(n::text::name, to_timestamp(0), true, n = 0)
FROM (VALUES (3), (1), (0), (2)) p(n);
SELECT next_event(action, ts, true, true), previous_event(action, ts, true, true) FROM nodes WHERE id = 77;
SELECT next_event(NULL::text, ts, true, true), next_event(action, NULL, true, true), next_event(action, ts, NULL, true) FROM nodes;
SELECT next_event(action, ts, true, VARIADIC '{}') FROM nodes;
SELECT next_event(action, ts, true, VARIADIC NULL::boolean[]) FROM nodes;
SELECT next_event(action, ts, true, VARIADIC array_fill(true, ARRAY[64])) FROM nodes;
SELECT previous_event(action, ts, true, VARIADIC CASE action WHEN 'A' THEN '{t}' ELSE '{t,f}' END::boolean[]) FROM nodes;
SELECT previous_event(action, ts, true, CASE action WHEN 'A' THEN 'head' ELSE 'tail' END::base_event, true) FROM nodes;
SELECT previous_event(action, ts, true, NULL::base_event, true) FROM nodes;
SELECT next_event(ROW(1, action), ts, true, true) FROM nodes;

-- funnel_event: where ada and the others went
SELECT visitor, funnel_event(event, ts, '1 hour', event = 'view', event = 'cart', event = 'order') AS went_to, funnel_event(ts, ts, '1 hour', event = 'view') AS left_at,
       funnel_event(event, ts, '1 hour', ARRAY[event = 'help'], event = 'view', event = 'cart') AS without_help,
       funnel_event(event, ts, '10 minutes, strict_order'::funnel_rule, event = 'view', event = 'cart', event = 'order') AS strict,
       funnel_event(event, ts, '1 hour, strict_increase'::funnel_rule, ARRAY[event = 'help'], event = 'view', event = 'cart') AS increasing
FROM events GROUP BY visitor ORDER BY visitor;
SELECT funnel_event(value, to_timestamp(at), '1 hour', step) FROM (VALUES ('step', 0, true), ('same time', 0, false), (NULL, 1, false), ('b', 2, false), ('a', 2, false)) v(value, at, step);
SELECT funnel_event(value, to_timestamp(at), '1 hour', step) FROM (VALUES (NULL, 0, true), ('b', 2, false), ('a', 2, true)) v(value, at, step);
SELECT funnel_event(event, ts, '1 hour', true) FROM events WHERE visitor = 'nobody';
SELECT funnel_event(event, ts, '0'::interval, true) FROM events;
SELECT funnel_event(event, ts, '1 hour', VARIADIC '{}') FROM events;
