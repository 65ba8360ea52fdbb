-- Trails: equal to plain SQL over all events, whatever the split, the order and the plan.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET search_path = public, journey;
SELECT plan(95);

\ir support/plans.sql

-- Random events with ties, duplicates, gaps of exactly the timeout, times before Christ and after 290,000
SELECT setseed(0.4);
CREATE TABLE events AS
SELECT *, (ARRAY['/', '/a', '/b', '/ä', NULL])[1 + floor(random() * 5)::int] AS page, random() < 0.15 AS converted,
  CASE WHEN random() < 0.4 THEN ROW('2000-01-01', (ARRAY['google', 'bing', '(direct)', NULL])[1 + floor(random() * 4)::int],
    (ARRAY['cpc', 'organic', '(none)'])[1 + floor(random() * 3)::int], (ARRAY['spring', 'ünï', NULL])[1 + floor(random() * 3)::int],
    NULL, NULL, NULL, NULL, (ARRAY['/', '/a'])[1 + floor(random() * 2)::int], NULL)::touch END AS touch
FROM (
  SELECT v, CASE v % 4
      WHEN 0 THEN '2024-03-31'::timestamptz + floor(random() * 400) * interval '10 minutes'
      WHEN 1 THEN '4000-01-01 BC'::timestamptz + floor(random() * 40000) * interval '1 second 1 millisecond'
      WHEN 2 THEN '290000-01-01'::timestamptz + floor(random() * 40000) * interval '1.000001 second'
      ELSE '2024-10-26 12:00'::timestamptz + floor(random() ^ 3 * 6000) * interval '1 minute' END AS ts
  FROM generate_series(1, 120) v, generate_series(1, 40) n
  UNION ALL SELECT v, NULL FROM generate_series(1, 121) v) times;
INSERT INTO events SELECT * FROM events WHERE random() < 0.1;
INSERT INTO events SELECT v, '0001-01-01' FROM generate_series(4, 120, 4) v;

-- The same in plain SQL
CREATE VIEW numbered AS
SELECT *, sum(opens::int) OVER (PARTITION BY v ORDER BY ts) AS session_number
FROM (SELECT *, lag(ts) OVER earlier IS NULL OR ts > lag(ts) OVER earlier + interval '30 minutes' AS opens
      FROM events WHERE ts IS NOT NULL WINDOW earlier AS (PARTITION BY v ORDER BY ts)) marked;
CREATE VIEW classed AS   -- 0: a touch that is not direct, 1: one that is, 2: none
SELECT *, CASE WHEN (touch).touched_at IS NULL THEN 2 WHEN (touch).source = '(direct)' THEN 1 ELSE 0 END AS class,
  row_number() OVER (PARTITION BY v, session_number ORDER BY ts, (touch).source COLLATE "C" NULLS FIRST, (touch).medium COLLATE "C" NULLS FIRST,
    (touch).campaign COLLATE "C" NULLS FIRST, (touch).landing_page COLLATE "C" NULLS FIRST) AS place
FROM numbered;
CREATE TABLE touched AS   -- as of its event
SELECT v, session_number, ts, class, place, ROW(ts, (touch).source, (touch).medium, (touch).campaign, (touch).term, (touch).content, (touch).channel,
  (touch).referrer, (touch).landing_page, (touch).click_id)::touch AS touch
FROM classed WHERE class < 2;
CREATE INDEX ON touched (v, session_number);
CREATE FUNCTION touches_until(visitor int, moment timestamptz) RETURNS TABLE (session_number bigint, touch touch) LANGUAGE sql STABLE AS $$
  SELECT DISTINCT ON (session_number) session_number, touch FROM touched WHERE v = visitor AND ts <= moment ORDER BY session_number, class, place $$;
CREATE VIEW expected AS
SELECT v, session_number, min(ts) AS started_at, max(ts) AS ended_at, count(*) AS events, count(page) AS pages, count(*) FILTER (WHERE converted) AS conversions,
  min(ts) FILTER (WHERE converted) AS converted_at,
  (array_agg(page ORDER BY ts, class, page COLLATE "C") FILTER (WHERE page IS NOT NULL))[1] AS landing_page,
  (array_agg(page ORDER BY ts DESC, class DESC, page COLLATE "C" DESC) FILTER (WHERE page IS NOT NULL))[1] AS exit_page,
  (SELECT t.touch FROM touched t WHERE t.v = c.v AND t.session_number = c.session_number ORDER BY class, place LIMIT 1) AS touch
FROM classed c
GROUP BY v, session_number;
CREATE TABLE expected_sessions AS SELECT * FROM expected;
CREATE INDEX ON expected_sessions (v);

CREATE TABLE trails AS SELECT v, trail(ts, '30 minutes', touch, page, converted) AS t FROM events GROUP BY v;
PREPARE expected_rows AS SELECT * FROM expected_sessions ORDER BY v, session_number;
SELECT results_eq('SELECT v, s.* FROM trails, sessions(t) s ORDER BY v, s.session_number', 'expected_rows',
  'the sessions of all events are those of nested windows, with touch, pages and conversions');
SELECT results_eq('SELECT v, (s).started_at, (s).ended_at, (s).events FROM (SELECT v, sessions(trail(ts)) AS s FROM events GROUP BY v) x ORDER BY 1, 2',
  'SELECT v, started_at, ended_at, events FROM expected_sessions ORDER BY 1, 2', 'without touches, too');
SELECT results_eq($$SELECT v, ts, sessionize(ts, '30 minutes') OVER (PARTITION BY v ORDER BY ts) FROM events WHERE ts IS NOT NULL ORDER BY 1, 2$$,
  'SELECT v, ts, session_number FROM numbered ORDER BY 1, 2', 'and those of sessionize');
SELECT is((SELECT count(*) FROM expected_sessions), (SELECT count(*) FROM expected_sessions WHERE events > 0) , 'there are sessions') ;
SELECT cmp_ok((SELECT count(*) FROM expected_sessions), '>', 1000::bigint, 'many of them');
SELECT is((SELECT t FROM trails WHERE v = 121), NULL, 'no event with a time: no trail');

-- Any split, any order
CREATE FUNCTION pieces(seed float8, most int) RETURNS TABLE (v int, t trail) LANGUAGE sql AS $$
  SELECT setseed(seed);
  SELECT v, trail(ts, '30 minutes', touch, page, converted ORDER BY shuffle)
  FROM (SELECT *, random() AS shuffle, floor(random() * most) AS piece FROM events OFFSET 0) shuffled GROUP BY v, piece ORDER BY random() $$;
SELECT is_empty(format('SELECT v, t FROM trails EXCEPT SELECT v, rollup(t) FROM pieces(%s, %s) GROUP BY v', seed, most),
    format('rollup of a random split into up to %s pieces, seed %s', most, seed))
FROM generate_series(0.1, 0.4, 0.1) seed, (VALUES (1), (2), (3), (10), (200)) sizes(most);
CREATE AGGREGATE merged(trail) (SFUNC = trail_merge, STYPE = trail);
SELECT is_empty(format('SELECT v, t FROM trails EXCEPT SELECT v, merged(t) FROM pieces(%s, 7) GROUP BY v', seed), '|| of a random split')
FROM generate_series(0.5, 0.7, 0.1) seed;
SELECT is_empty('SELECT v, t FROM trails EXCEPT SELECT v, rollup(r) FROM (SELECT v, rollup(t) AS r FROM pieces(0.8, 30) GROUP BY v, random() < 0.5) x GROUP BY v', 'rollup of rollups');
SELECT is_empty(format('SELECT v, t FROM trails EXCEPT SELECT v, trail(ts, ''30 minutes'', touch, page, converted ORDER BY ts %s) FROM events GROUP BY v', direction),
  'events ' || direction) FROM unnest(ARRAY['ASC', 'DESC']) direction;

-- Plans
SET enable_sort = off;
SELECT matches(explained('SELECT v, trail(ts) FROM events GROUP BY v'), 'HashAggregate', 'hashed');
SELECT is_empty($$SELECT v, t FROM trails EXCEPT SELECT v, trail(ts, '30 minutes', touch, page, converted) FROM events GROUP BY v$$, 'gives the same');
RESET enable_sort;
SET enable_hashagg = off;
SELECT matches(explained('SELECT v, trail(ts) FROM events GROUP BY v'), 'GroupAggregate', 'sorted');
SELECT is_empty($$SELECT v, t FROM trails EXCEPT ALL SELECT v, trail(ts, '30 minutes', touch, page, converted) FROM events GROUP BY v$$, 'gives the same');
RESET enable_hashagg;
ANALYZE events;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
CREATE VIEW by_plan AS SELECT v, trail(ts, '30 minutes', touch, page, converted) AS t, trail(ts) AS plain FROM events GROUP BY v;
SELECT matches(explained('SELECT * FROM by_plan'), 'Partial HashAggregate', 'parallel');
SELECT is_empty('SELECT v, t FROM trails EXCEPT SELECT v, t FROM by_plan', 'gives the same');
SELECT results_eq('SELECT v, plain FROM by_plan ORDER BY v', $$SELECT v, trail(ts) FROM (SELECT * FROM events ORDER BY ts) x GROUP BY v ORDER BY v$$, 'without touches, too');
SELECT is((SELECT rollup(t) FROM trails), (SELECT trail(ts, '30 minutes', touch, page, converted) FROM events), 'one trail of all, through parallel rollup');
CREATE TABLE parts (LIKE events) PARTITION BY HASH (v);
CREATE TABLE part_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT * FROM events;
ANALYZE parts;
SET enable_partitionwise_aggregate = on;
SELECT matches(explained('SELECT v, trail(ts) FROM parts GROUP BY v'), 'Append.*Aggregate', 'partition-wise');
SELECT is_empty($$SELECT v, t FROM trails EXCEPT SELECT v, trail(ts, '30 minutes', touch, page, converted) FROM parts GROUP BY v$$, 'gives the same');
SELECT is((SELECT trail(ts, '30 minutes', touch, page, converted) FROM parts), (SELECT rollup(t) FROM trails), 'also in partial aggregates over partitions');
RESET enable_partitionwise_aggregate;
SET max_parallel_workers_per_gather = 0;
SELECT results_eq('SELECT v % 3, v, trail(ts) FROM events GROUP BY GROUPING SETS ((v % 3), (v), ()) ORDER BY 1 NULLS LAST, 2',
  'SELECT v % 3, NULL::int, trail(ts) FROM events GROUP BY v % 3 UNION ALL SELECT NULL, v, trail(ts) FROM events GROUP BY v UNION ALL SELECT NULL, NULL, trail(ts) FROM events ORDER BY 1 NULLS LAST, 2',
  'grouping sets');
SELECT results_eq($$SELECT ts, trail(ts, '30 minutes', touch, page, converted) OVER (ORDER BY ts) FROM events WHERE v = 3 AND ts IS NOT NULL ORDER BY ts$$,
  $$SELECT ts, (SELECT trail(e.ts, '30 minutes', touch, page, converted) FROM events e WHERE v = 3 AND e.ts <= events.ts) FROM events WHERE v = 3 AND ts IS NOT NULL ORDER BY ts$$,
  'as a window aggregate: every prefix');

-- Memory: spilled to disk, with the same result
CREATE TABLE many AS SELECT i % 30000 AS v, '2026-01-01'::timestamptz + i * interval '7 seconds' + i % 7 * interval '1 day' AS ts FROM generate_series(1, 300000) i;
ANALYZE many;
SET work_mem = '1MB';
SET hash_mem_multiplier = 1;
SET enable_sort = off;
SET journey.partition_sort = off;
SELECT matches(explained('SELECT v, trail(ts) FROM many GROUP BY v'), 'HashAggregate.*Disk Usage: \d+kB', 'a small work_mem makes HashAggregate spill');
SELECT cmp_ok((regexp_match(explained('SELECT v, trail(ts) FROM many GROUP BY v'), 'Memory Usage: (\d+)kB'))[1]::int, '<', 2300, 'it stays within about twice work_mem');
CREATE TEMP TABLE spilled AS SELECT v, trail(ts) AS t FROM many GROUP BY v;
RESET work_mem;
RESET hash_mem_multiplier;
RESET enable_sort;
RESET journey.partition_sort;
SELECT is_empty('SELECT v, t FROM spilled EXCEPT SELECT v, trail(ts ORDER BY ts) FROM many GROUP BY v', 'and gives the same');
SELECT is((SELECT sum(event_count(t)) FROM spilled), 300000::numeric, 'of every event');

-- Late events: one by one into a stored trail
CREATE FUNCTION one_by_one(visitor int) RETURNS trail LANGUAGE plpgsql AS $$
DECLARE t trail; e events; late trail;
BEGIN
  FOR e IN SELECT * FROM events WHERE v = visitor AND ts IS NOT NULL ORDER BY random() LOOP
    SELECT trail(e.ts, '30 minutes', e.touch, e.page, e.converted) INTO late;
    t := coalesce(t || late, late);
  END LOOP;
  RETURN t;
END $$;
SELECT is(one_by_one(v), t, 'event by event: visitor ' || v) FROM trails WHERE v BETWEEN 4 AND 7;

-- clip: from the start of a session, the old trail and the newly aggregated rest make the whole
SELECT is_empty($$SELECT v, t FROM trails WHERE t IS NOT NULL EXCEPT
  SELECT v, rollup(part) FROM (
    SELECT t.v, unnest(ARRAY[clip(t, until => boundary), (SELECT trail(ts, '30 minutes', touch, page, converted) FROM events e WHERE e.v = t.v AND e.ts >= boundary)]) AS part
    FROM trails t JOIN (SELECT v, max(started_at) AS boundary FROM expected_sessions WHERE session_number <= 1 + v % 7 GROUP BY v) b USING (v)) parts
  GROUP BY v$$, 'refresh from the start of a session, the first among them');
SELECT is_empty($$SELECT v, moment FROM trails, generate_series('2024-03-30', '2024-11-01', interval '59 hours') moment
  WHERE t <> clip(t, until => moment) || clip(t, moment) OR session_count(clip(t, moment, moment + interval '59 hours')) <>
    (SELECT count(*) FROM expected_sessions e WHERE e.v = trails.v AND started_at >= moment AND started_at < moment + interval '59 hours')$$,
  'two clips at any time make the whole, and a window has the sessions that start in it');

-- What is in a trail, against plain SQL
SELECT results_eq('SELECT v, session_count(t), event_count(t), started_at(t), ended_at(t) FROM trails WHERE t IS NOT NULL ORDER BY v',
  'SELECT v, count(*), sum(events)::bigint, min(started_at), max(ended_at) FROM expected_sessions GROUP BY v ORDER BY v', 'counts and ends');
CREATE TABLE moments AS SELECT v, ts AS moment, n FROM (SELECT *, row_number() OVER (PARTITION BY v ORDER BY random()) n FROM events WHERE ts IS NOT NULL) x WHERE n <= 10;
SELECT results_eq('SELECT v, n, session_count(t, moment) FROM moments JOIN trails USING (v) ORDER BY 1, 2',
  'SELECT v, n, count(*) FROM moments JOIN expected_sessions USING (v) WHERE started_at <= moment GROUP BY v, n ORDER BY 1, 2', 'sessions until a moment');
CREATE TABLE until_moments AS SELECT v, n, moment, t.* FROM moments, touches_until(v, moment) t;
SELECT results_eq(format($$SELECT v, n, %s_touch(t, moment, %L) FROM moments JOIN trails USING (v) ORDER BY 1, 2$$, which, kind),
  format($$SELECT v, n, (SELECT touch FROM until_moments u WHERE u.v = m.v AND u.n = m.n AND %s ORDER BY session_number %s LIMIT 1) FROM moments m ORDER BY 1, 2$$,
    CASE kind WHEN 'any' THEN 'true' WHEN 'paid' THEN '(touch).medium = ''cpc''' ELSE '(touch).source IS DISTINCT FROM ''(direct)''' END,
    CASE which WHEN 'first' THEN 'ASC' ELSE 'DESC' END),
  format('%s %s touch until a moment', which, kind))
FROM unnest(ARRAY['first', 'last']) which, unnest(enum_range(NULL::touch_kind)) kind;
SELECT results_eq($$SELECT v, n, x.* FROM moments JOIN trails USING (v), touches(t, moment, '5 hours') x ORDER BY 1, 2, 3$$,
  $$SELECT v, n, (touch).* FROM until_moments WHERE (touch).touched_at >= moment - interval '5 hours' ORDER BY 1, 2, 3$$, 'touches in a lookback');
-- Conversions between a direct touch and one that is not: credit goes to the touches as of the conversion.
SELECT cmp_ok((SELECT count(*) FROM (SELECT v, session_number FROM until_moments GROUP BY 1, 2 HAVING count(DISTINCT touch::text) > 1) x), '>', 20::bigint,
  'sessions asked for before and after their second touch');
SELECT is_empty(format($$SELECT v, n FROM moments JOIN trails USING (v),
    LATERAL (SELECT array_agg(a.touch::text ORDER BY a.position) AS got FROM attribute(t, moment, 'linear', lookback => %1$L) a WHERE a.position IS NOT NULL) g,
    LATERAL (SELECT array_agg(touch::text ORDER BY session_number) AS wanted FROM until_moments u
      WHERE u.v = moments.v AND u.n = moments.n AND (%1$L::interval IS NULL OR (touch).touched_at >= moment - %1$L::interval)) w WHERE got IS DISTINCT FROM wanted$$, lookback),
  'attribute credits the touches as of the conversion, lookback ' || coalesce(lookback, 'NULL')) FROM (VALUES ('5 hours'), (NULL)) l (lookback);
SELECT is_empty($$SELECT v, n FROM (SELECT v, array_agg(moment ORDER BY n) AS moments FROM moments GROUP BY v) m JOIN trails USING (v), generate_series(1, 10) n,
    LATERAL (SELECT array_agg((a.position, a.touch, a.credit)::text ORDER BY a.position) AS got FROM attribute(t, moments, true, 'linear') a WHERE a.conversion = n) g,
    LATERAL (SELECT array_agg((a.position, a.touch, a.credit)::text ORDER BY a.position) AS wanted FROM attribute(t, moments[n], 'linear') a) w
  WHERE n <= cardinality(moments) AND got IS DISTINCT FROM wanted$$, 'each of several conversions, too');
SELECT results_eq('SELECT v, x FROM trails, touches(t) x ORDER BY 1, (x).touched_at', 'SELECT v, touch FROM expected_sessions WHERE touch IS DISTINCT FROM NULL ORDER BY 1, (touch).touched_at', 'all touches');

-- As many rules as visitors: each trail has its own
SELECT is_empty($$SELECT n FROM (SELECT n, trail('2026-01-01'::timestamptz, n * interval '1 second') AS t FROM generate_series(1, 80000) n GROUP BY n) x
  WHERE rule(t)::text <> (n * interval '1 second')::text$$, '80,000 timeouts');
SELECT is_empty($$SELECT n FROM (SELECT n, trail('2026-01-01'::timestamptz, session_rule(n * interval '1 second', n % 2 = 0, day_boundary => (ARRAY['UTC', 'Europe/Berlin'])[1 + n % 2])) AS t
    FROM generate_series(1, 80000) n GROUP BY n) x WHERE rule(t)::text NOT LIKE (n * interval '1 second')::text || CASE WHEN n % 2 = 0 THEN ' inclusive%UTC' ELSE ',%Berlin' END$$, 'and 80,000 rules');

-- A text is no time
SELECT throws_like($$SELECT trail('2024-01-01'::text)$$, 'invalid trail: it is no JSON object: "2024-01-01"', 'trail of a text');

-- The planner's estimates
ANALYZE trails;
SELECT matches(explained($$SELECT * FROM sessions('{"rule": "00:30:00", "sessions": [{"started_at": "2026-03-01Z", "ended_at": "2026-03-01Z", "events": 1}, {"started_at": "2026-03-02Z", "ended_at": "2026-03-02Z", "events": 1}]}'::trail)$$),
  'rows=2 .*rows=2(\.00)? ', 'the sessions of a constant trail are counted');
SELECT cmp_ok((regexp_match(explained('SELECT sessions(t) FROM trails'), 'ProjectSet[^=]*=[^=]*=(\d+)'))[1]::numeric / (SELECT sum(session_count(t)) FROM trails), '<', 4::numeric,
  'those of a column are estimated by its width');
SELECT cmp_ok((SELECT sum(session_count(t)) FROM trails) / (regexp_match(explained('SELECT sessions(t) FROM trails'), 'ProjectSet[^=]*=[^=]*=(\d+)'))[1]::numeric, '<', 4::numeric,
  'neither far too high, nor far too low');

-- Day boundaries: exact over the days on which clocks change, and where midnight comes twice
CREATE FUNCTION cut_by(zone text, timeout interval) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s: %s', v, string_agg(format('%s %s %s', min, max, n), ', ' ORDER BY min))
  FROM (SELECT v, number, min(ts), max(ts), count(*) AS n
        FROM (SELECT v, ts, sum(opens::int) OVER (PARTITION BY v ORDER BY ts) AS number
              FROM (SELECT v, ts, lag(ts) OVER w IS NULL OR ts > lag(ts) OVER w + timeout OR (ts AT TIME ZONE zone)::date <> (lag(ts) OVER w AT TIME ZONE zone)::date AS opens
                    FROM events WHERE ts > '2000-01-01' AND ts < '2100-01-01' WINDOW w AS (PARTITION BY v ORDER BY ts)) a) b
        GROUP BY v, number) c
  GROUP BY v $$;
CREATE FUNCTION merged_by(zone text, timeout interval) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s: %s', v, (SELECT string_agg(format('%s %s %s', started_at, ended_at, s.events), ', ' ORDER BY started_at) FROM sessions(t) s))
  FROM (SELECT v, rollup(t) AS t FROM (SELECT v, trail(ts, session_rule(timeout, day_boundary => zone)) AS t FROM events
                                       WHERE ts > '2000-01-01' AND ts < '2100-01-01' GROUP BY v, floor(random() * 6)) parts GROUP BY v) x $$;
SELECT set_eq(format('SELECT merged_by(%L, %L)', zone, timeout), format('SELECT cut_by(%L, %L)', zone, timeout), format('midnight in %s, timeout %s', zone, timeout))
FROM unnest(ARRAY['Europe/Berlin', 'America/New_York', 'UTC', 'Asia/Kathmandu']) zone, unnest(ARRAY['30 minutes', '3 hours']::interval[]) timeout;
CREATE TABLE twice_midnight AS SELECT '2006-10-29 02:00'::timestamptz + n * interval '97 seconds' AS ts, n FROM generate_series(0, 60) n;
SELECT results_eq($$SELECT s.session_number, s.started_at, s.events FROM (SELECT rollup(t) AS t FROM (SELECT trail(ts, session_rule('2 minutes', day_boundary => 'America/St_Johns')) AS t
    FROM twice_midnight GROUP BY n * 7 % 5) parts) x, sessions(t) s$$,
  $$SELECT number, min(ts), count(*) FROM (SELECT ts, sessionize(ts, session_rule('2 minutes', day_boundary => 'America/St_Johns')) OVER (ORDER BY ts) AS number FROM twice_midnight) x
    GROUP BY number ORDER BY number$$, 'as sessionize, where midnight comes twice');

-- Text and bytes, out and in
SELECT is_empty('SELECT v FROM trails WHERE t::text::trail <> t', 'the text form comes back the same');
CREATE TABLE copied (v int, t trail);
\set file `mktemp -u`
\setenv FILE :file
COPY trails TO :'file' (FORMAT binary);
COPY copied FROM :'file' (FORMAT binary);
SELECT is_empty('SELECT v, t FROM trails EXCEPT SELECT v, t FROM copied', 'the binary form, too');
SELECT is_empty('SELECT v FROM copied WHERE session_count(t) <> (SELECT count(*) FROM expected_sessions e WHERE e.v = copied.v)', 'and reads the same');

CREATE DATABASE restored;
\setenv SOURCE :DBNAME
\! psql -X -q -d restored -c 'CREATE EXTENSION journey' && pg_dump -d "$SOURCE" -t public.trails | psql -X -q -d restored >/dev/null
CREATE EXTENSION IF NOT EXISTS dblink SCHEMA public;
SELECT is_empty(format($$SELECT v, t FROM trails EXCEPT SELECT v, t::trail FROM dblink('host=%s dbname=restored user=%s', 'SELECT v, t::text FROM trails') AS d(v int, t text)$$,
  current_setting('unix_socket_directories'), current_user), 'dump and restore');
DROP DATABASE restored;

-- Every byte changed in turn: an error, or a value that is whole
CREATE TEMP TABLE hostile (t trail);
CREATE FUNCTION received(bytes bytea, file text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  copied oid := lo_from_bytea(0, '\x5047434f50590aff0d0a0000000000000000000001'::bytea || int4send(length(bytes)) || bytes || '\xffff'::bytea);
  t trail;
BEGIN
  PERFORM lo_export(copied, file), lo_unlink(copied);
  DELETE FROM hostile;
  EXECUTE format('COPY hostile FROM %L (FORMAT binary)', file);
  SELECT h.t INTO t FROM hostile h;
  IF trail_send(t) <> bytes OR t::text::trail <> t OR event_count(t) < session_count(t) THEN RETURN 'wrong'; END IF;
  RETURN 'whole';
EXCEPTION WHEN invalid_binary_representation OR character_not_in_repertoire OR invalid_parameter_value OR numeric_value_out_of_range THEN
  RETURN 'refused';
END $$;
CREATE FUNCTION read_text(given bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE t trail;
BEGIN
  t := convert_from(given, 'UTF8')::trail;
  IF t::text::trail <> t OR event_count(t) < session_count(t) THEN RETURN 'wrong'; END IF;
  RETURN 'whole';
EXCEPTION WHEN invalid_text_representation OR character_not_in_repertoire OR untranslatable_character OR invalid_datetime_format OR datetime_field_overflow
  OR invalid_parameter_value OR interval_field_overflow OR numeric_value_out_of_range OR invalid_time_zone_displacement_value THEN
  RETURN 'refused';
END $$;
CREATE TABLE victim AS SELECT trail(ts, session_rule('30 minutes', day_boundary => 'Europe/Berlin'), touch, page, converted) AS t FROM (SELECT * FROM events WHERE v = 8 ORDER BY ts, touch, page LIMIT 12) x;
SELECT is(received(trail_send(t), :'file'), 'whole', 'recv takes the whole value') FROM victim;
SELECT is(read_text(convert_to(t::text, 'UTF8')), 'whole', 'and in the whole text') FROM victim;
CREATE TABLE verdicts AS
SELECT received(set_byte(b, i, get_byte(b, i) # change), :'file') AS verdict FROM victim, trail_send(t) b, generate_series(0, length(b) - 1) i, unnest(ARRAY[1, 16, 128, 255]) change;
SELECT is((SELECT count(*) FROM verdicts WHERE verdict = 'wrong'), 0::bigint, 'recv: any byte changed gives an error or a whole value');
SELECT cmp_ok((SELECT count(*) FROM verdicts WHERE verdict = 'refused'), '>', 100::bigint, 'most of them errors');
SELECT is_empty(format('SELECT i FROM victim, trail_send(t) b, generate_series(0, length(b) - 1) i WHERE received(substr(b, 1, i), %L) <> ''refused''', :'file'), 'recv: any truncation is refused');
SELECT is_empty($$SELECT i, change FROM victim, convert_to(t::text, 'UTF8') b, generate_series(0, length(b) - 1) i, unnest(ARRAY[1, 16, 128, 255]) change
  WHERE read_text(set_byte(b, i, get_byte(b, i) # change)) = 'wrong'$$, 'in: any byte changed gives an error or a whole value');
SELECT is_empty($$SELECT i FROM victim, convert_to(t::text, 'UTF8') b, generate_series(0, length(b) - 1) i WHERE read_text(substr(b, 1, i)) <> 'refused'$$, 'in: any truncation is refused');
\! rm -f "$FILE"

SELECT * FROM finish();
