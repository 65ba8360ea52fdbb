-- Session windows, first and last: each rule against plain SQL on random data, in every plan.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA sessions_test;
SET search_path = sessions_test, public;
SELECT no_plan();

-- Random events: bursts and gaps, ties, exact multiples of a minute, missing times, passive rows, keys.
SELECT setseed(0.3);
CREATE TABLE events AS
  SELECT n AS id, 'v' || (random() * random() * 300)::int AS visitor,
         CASE WHEN random() < 0.02 THEN NULL
              ELSE timestamptz '2026-03-25' + (random() ^ 2 * 12 * 24 * 60)::int * interval '1 minute'
                   + CASE WHEN random() < 0.3 THEN random() * interval '1 minute' ELSE '0' END END AS ts,
         CASE WHEN random() < 0.05 THEN true WHEN random() < 0.5 THEN false END AS starts,
         CASE WHEN random() < 0.3 THEN false WHEN random() < 0.9 THEN true END AS extends,
         CASE WHEN random() < 0.3 THEN chr(97 + (random() * 2)::int) END AS key
  FROM generate_series(1, 20000) n;
CREATE INDEX ON events (visitor, ts, id);
ANALYZE events;

-- The gap rules, as everybody writes them: lag, then a running sum
CREATE FUNCTION by_hand(timeout interval, inclusive boolean, day_boundary text)
RETURNS TABLE (id int, number bigint, started_at timestamptz, event bigint) LANGUAGE sql AS $$
  WITH marked AS (
    SELECT e.id, visitor, ts, CASE WHEN ts IS NULL THEN NULL
             WHEN lag(ts) OVER w IS NULL THEN 1
             WHEN ts - lag(ts) OVER w > timeout OR (inclusive AND ts - lag(ts) OVER w = timeout) THEN 1
             WHEN (ts AT TIME ZONE day_boundary)::date <> (lag(ts) OVER w AT TIME ZONE day_boundary)::date THEN 1 ELSE 0 END AS starts
    FROM events e WINDOW w AS (PARTITION BY visitor ORDER BY ts, e.id)),
  numbered AS (
    SELECT *, CASE WHEN ts IS NOT NULL THEN sum(starts) OVER (PARTITION BY visitor ORDER BY ts, id) END AS number FROM marked)
  SELECT id, number, CASE WHEN ts IS NOT NULL THEN min(ts) OVER (PARTITION BY visitor, number) END,
         CASE WHEN ts IS NOT NULL THEN row_number() OVER (PARTITION BY visitor, number ORDER BY ts, id) END
  FROM numbered $$;
SELECT cmp_ok(max(number), '>', 20::bigint, 'the events make many sessions') FROM by_hand('30 minutes', false, NULL);
SELECT set_eq(
  format($$SELECT id, journey.sessionize(ts, %1$L::interval) OVER w, journey.session_started_at(ts, %1$L::interval) OVER w, journey.session_event(ts, %1$L::interval) OVER w
           FROM events WINDOW w AS (PARTITION BY visitor ORDER BY ts, id)$$, timeout),
  format('SELECT * FROM by_hand(%L, false, NULL)', timeout), 'a gap longer than ' || timeout)
FROM unnest(ARRAY['1 microsecond', '1 minute', '30 minutes', '2 days']) timeout;
SELECT set_eq(
  format($$SELECT id, journey.sessionize(ts, %1$s) OVER w, journey.session_started_at(ts, %1$s) OVER w, journey.session_event(ts, %1$s) OVER w
           FROM events WINDOW w AS (PARTITION BY visitor ORDER BY ts, id)$$, rule),
  format('SELECT * FROM by_hand(%s)', arguments), rule)
FROM (VALUES
  ($$journey.session_rule('1 minute', inclusive => true)$$, $$'1 minute', true, NULL$$),
  ($$journey.session_rule('30 minutes', inclusive => true)$$, $$'30 minutes', true, NULL$$),
  ($$journey.session_rule('3 hours', day_boundary => 'UTC')$$, $$'3 hours', false, 'UTC'$$),
  ($$journey.session_rule('30 days', day_boundary => 'Europe/Berlin')$$, $$'30 days', false, 'Europe/Berlin'$$),
  ($$journey.session_rule('30 days', true, day_boundary => 'Asia/Kolkata')$$, $$'30 days', true, 'Asia/Kolkata'$$),
  ($$journey.session_rule('30 days', day_boundary => 'America/New_York')$$, $$'30 days', false, 'America/New_York'$$)) rules (rule, arguments);

-- All rules at once, row by row: what the documentation says, as a recursive query
CREATE FUNCTION by_recursion(timeout interval, max_duration interval, day_boundary text, OUT id int, OUT number bigint, OUT started_at timestamptz, OUT event bigint)
RETURNS SETOF record LANGUAGE sql AS $$
  WITH RECURSIVE rows AS (
    SELECT e.id, visitor, ts, coalesce(starts, false) AS starts, coalesce(extends, true) AS extends, key,
           (ts AT TIME ZONE day_boundary)::date AS day, row_number() OVER (PARTITION BY visitor ORDER BY ts, e.id) AS n
    FROM events e WHERE ts IS NOT NULL),
  walk AS (
    SELECT visitor, 0::bigint AS n, NULL::int AS id, false AS member, 0::bigint AS number, NULL::timestamptz AS started_at,
           NULL::timestamptz AS anchor, NULL::text AS key, NULL::date AS day, 0::bigint AS event
    FROM (SELECT DISTINCT visitor FROM rows) visitors
    UNION ALL
    SELECT r.visitor, r.n, r.id, opens OR joins, w.number + opens::int, CASE WHEN opens THEN r.ts ELSE w.started_at END,
           CASE WHEN opens OR (joins AND r.extends) THEN r.ts ELSE w.anchor END,
           CASE WHEN opens THEN r.key ELSE w.key END, CASE WHEN opens THEN r.day ELSE w.day END,
           CASE WHEN opens THEN 1 ELSE w.event + joins::int END
    FROM walk w JOIN rows r ON r.visitor = w.visitor AND r.n = w.n + 1,
      LATERAL (SELECT w.number > 0 AND NOT r.starts AND r.ts - w.anchor <= timeout AND coalesce(r.ts - w.started_at <= max_duration, true)
                 AND r.day IS NOT DISTINCT FROM w.day AND (r.key IS NULL OR r.key IS NOT DISTINCT FROM w.key) AS joins) j,
      LATERAL (SELECT NOT joins AND (r.starts OR r.extends) AS opens) o)
  SELECT id, CASE WHEN member THEN number END, CASE WHEN member THEN started_at END, CASE WHEN member THEN event END FROM walk WHERE n > 0
  UNION ALL SELECT e.id, NULL, NULL, NULL FROM events e WHERE ts IS NULL $$;
SELECT set_eq(
  format($$SELECT id, journey.sessionize(ts, %1$s, starts, extends, key) OVER w, journey.session_started_at(ts, %1$s, starts, extends, key) OVER w,
                  journey.session_event(ts, %1$s, starts, extends, key) OVER w
           FROM events WINDOW w AS (PARTITION BY visitor ORDER BY ts, id)$$, rule),
  format('SELECT * FROM by_recursion(%s)', arguments), 'starts, extends and split_key with ' || rule)
FROM (VALUES
  ($$interval '2 hours'$$, $$'2 hours', NULL, NULL$$),
  ($$journey.session_rule('6 hours', max_duration => '8 hours')$$, $$'6 hours', '8 hours', NULL$$),
  ($$journey.session_rule('6 hours', max_duration => '10 hours', day_boundary => 'Australia/Lord_Howe')$$, $$'6 hours', '10 hours', 'Australia/Lord_Howe'$$)) rules (rule, arguments);

-- Midnight where clocks change at it, by half an hour, over a whole day, or back again past it: a day that has
-- begun has begun. By plain SQL it is the latest date so far.
CREATE FUNCTION days(zone text, since timestamptz, until timestamptz, OUT ts timestamptz, OUT day bigint) RETURNS SETOF record LANGUAGE sql AS $$
  SELECT ts, dense_rank() OVER (ORDER BY day) FROM (
    SELECT ts, max((ts AT TIME ZONE zone)::date) OVER (ORDER BY ts) AS day FROM generate_series(since, until, '10 seconds') ts) d $$;
SELECT results_eq(
  format('SELECT ts, journey.sessionize(ts, journey.session_rule(day_boundary => %L)) OVER (ORDER BY ts) FROM days(%1$L, %2$L, %3$L)', zone, since, since::timestamptz + interval '4 days'),
  format('SELECT * FROM days(%L, %L, %L)', zone, since, since::timestamptz + interval '4 days'), 'midnight in ' || zone || ' from ' || since)
FROM (VALUES ('America/Sao_Paulo', '2018-02-16 00:00+00'), ('America/Sao_Paulo', '2018-11-02 00:00+00'), ('Australia/Lord_Howe', '2026-04-03 00:00+00'),
             ('Pacific/Apia', '2011-12-28 00:00+00'), ('America/St_Johns', '2006-10-27 12:00+00'), ('America/Juneau', '1867-10-16 12:00+00'),
             ('Europe/Berlin', '2400-03-24 00:00+00'), ('America/New_York', '294276-12-25 00:00+00')) zones (zone, since);
SELECT is(count(*), 1::bigint, 'which matters: in St. John''s the date went back at a minute past midnight')
FROM (SELECT (ts AT TIME ZONE 'America/St_Johns')::date < lag((ts AT TIME ZONE 'America/St_Johns')::date) OVER (ORDER BY ts) AS back
      FROM days('America/St_Johns', '2006-10-27 12:00+00', '2006-10-31 12:00+00')) d WHERE back;

-- Rapid events, and what comes of a whole session
SELECT set_eq(
  $$SELECT visitor, number, max(rapid) FROM (
      SELECT visitor, journey.sessionize(ts) OVER w AS number, journey.rapid_events(ts, '20 seconds') OVER w AS rapid
      FROM events WHERE ts IS NOT NULL WINDOW w AS (PARTITION BY visitor ORDER BY ts, id)) numbered GROUP BY visitor, number$$,
  $$SELECT visitor, number, count(*) FILTER (WHERE gap < '20 seconds') FROM (
      SELECT visitor, number, ts - lag(ts) OVER (PARTITION BY visitor, number ORDER BY ts, id) AS gap FROM by_hand('30 minutes', false, NULL) JOIN events USING (id)
      WHERE ts IS NOT NULL) gaps GROUP BY visitor, number$$,
  'rapid_events counts the gaps under the lag');

-- No frame changes anything
SELECT results_eq(
  format($$SELECT id, journey.sessionize(ts) OVER w, journey.session_started_at(ts) OVER w, journey.session_event(ts) OVER w FROM events WINDOW w AS (PARTITION BY visitor ORDER BY ts, id %s) ORDER BY id$$, frame),
  $$SELECT id, journey.sessionize(ts) OVER w, journey.session_started_at(ts) OVER w, journey.session_event(ts) OVER w FROM events WINDOW w AS (PARTITION BY visitor ORDER BY ts, id) ORDER BY id$$, frame)
FROM unnest(ARRAY['ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING', 'GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING EXCLUDE TIES', 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING']) frame;

-- Rules that come with the row or the call
CREATE TABLE sites (site text, timeout interval, rule journey.session_rule);
INSERT INTO sites VALUES ('a', '30 minutes', journey.session_rule('1 hour', day_boundary => 'UTC')), ('b', '1 minute', journey.session_rule('1 minute', inclusive => true));
SELECT results_eq(
  $$SELECT site, id, journey.sessionize(ts, timeout) OVER w, journey.sessionize(ts, rule) OVER w FROM events, sites WINDOW w AS (PARTITION BY site, visitor ORDER BY ts, id) ORDER BY site, id$$,
  $$SELECT 'a', id, journey.sessionize(ts, '30 minutes') OVER w, journey.sessionize(ts, journey.session_rule('1 hour', day_boundary => 'UTC')) OVER w FROM events WINDOW w AS (PARTITION BY visitor ORDER BY ts, id)
    UNION ALL SELECT 'b', id, journey.sessionize(ts, '1 minute') OVER w, journey.sessionize(ts, journey.session_rule('1 minute', true)) OVER w FROM events WINDOW w AS (PARTITION BY visitor ORDER BY ts, id) ORDER BY 1, 2$$,
  'a timeout and a rule in a column');
SELECT results_eq(
  $$SELECT n, journey.sessionize(ts, CASE n WHEN 2 THEN interval '1 hour' ELSE '10 minutes' END) OVER (ORDER BY n) FROM (VALUES (1, timestamp '2026-01-01 10:00'), (2, '2026-01-01 10:59'), (3, '2026-01-01 11:10')) v (n, ts)$$,
  $$VALUES (1, 1::bigint), (2, 1), (3, 2)$$, 'each row brings the timeout of the gap before it');
SELECT results_eq(
  $$SELECT n, journey.sessionize(ts, rule::journey.session_rule) OVER (ORDER BY n) FROM (VALUES
      (1, timestamp '2026-01-01 22:30', '1 hour, day_boundary UTC'), (2, '2026-01-01 22:40', '1 hour'), (3, '2026-01-01 23:10', '1 hour, day_boundary Europe/Berlin'),
      (4, '2026-01-01 23:50', '1 hour, day_boundary UTC'), (5, '2026-01-02 00:10', '1 hour, day_boundary Europe/Berlin'), (6, '2026-01-02 00:20', '1 hour, day_boundary UTC')) v (n, ts, rule)$$,
  $$VALUES (1, 1::bigint), (2, 1), (3, 2), (4, 2), (5, 2), (6, 2)$$, 'and its own midnight');
SET plan_cache_mode = force_generic_plan;
PREPARE numbered(interval) AS SELECT max(n) FROM (SELECT journey.sessionize(ts, $1) OVER (PARTITION BY visitor ORDER BY ts) AS n FROM events) s;
SELECT results_eq('EXECUTE numbered(''30 minutes'')', $$SELECT max(number) FROM by_hand('30 minutes', false, NULL)$$, 'a parameter');
SELECT results_eq('EXECUTE numbered(''1 minute'')', $$SELECT max(number) FROM by_hand('1 minute', false, NULL)$$, 'and another one');
RESET plan_cache_mode;
SELECT results_eq(
  $$SELECT journey.sessionize(ts, split_key => repeat(letter, 200000) || n) OVER (ORDER BY ts) FROM (VALUES (1, 'x', timestamp '2026-01-01 10:00'), (1, 'x', '2026-01-01 10:01'), (2, 'x', '2026-01-01 10:02'), (2, 'y', '2026-01-01 10:03')) v (n, letter, ts)$$,
  ARRAY[1, 1, 2, 3]::bigint[], 'split keys of 200 kB are compared to the end');

-- Plans
\ir support/plans.sql
CREATE VIEW stopped AS SELECT * FROM (VALUES
  ('journey.sessionize(ts)', 'PARTITION BY visitor ORDER BY ts, id', 'number <= 3', true),
  ('journey.sessionize(ts, ''10 minutes'')', 'PARTITION BY visitor ORDER BY ts', 'number < 3', true),
  ('journey.sessionize(ts, journey.session_rule())', 'PARTITION BY visitor ORDER BY ts', 'number = 1', true),
  ('journey.sessionize(ts, starts => starts, split_key => key)', 'PARTITION BY visitor ORDER BY ts, id', 'number = 1', true),
  ('journey.sessionize(ts, extends => true)', 'ORDER BY ts, id', 'number <= 3', true),
  ('journey.session_started_at(ts)', 'PARTITION BY visitor ORDER BY ts', 'number < ''2026-03-27''', true),
  ('journey.sessionize(ts, extends => extends)', 'PARTITION BY visitor ORDER BY ts, id', 'number <= 3', false),
  ('journey.sessionize(ts, ''10 minutes'', false, false)', 'PARTITION BY visitor ORDER BY ts, id', 'number <= 3', false),
  ('journey.sessionize(ts)', 'PARTITION BY visitor ORDER BY ts NULLS FIRST', 'number <= 3', false),
  ('journey.sessionize(ts)', 'PARTITION BY id ORDER BY visitor', 'number <= 3', false),
  ('journey.sessionize(ts)', 'PARTITION BY id', 'number <= 3', false),
  ('journey.sessionize(ts)', 'PARTITION BY visitor ORDER BY ts', 'number >= 3', false),
  ('journey.session_event(ts)', 'PARTITION BY visitor ORDER BY ts, id', 'number <= 3', false),
  ('journey.rapid_events(ts, ''1 s'')', 'PARTITION BY visitor ORDER BY ts, id', 'number <= 3', false)) v (call, over, condition, stops);
SELECT is(plan_of(format('SELECT * FROM (SELECT *, %s OVER (%s) AS number FROM events) s WHERE %s', call, over, condition)) ~ 'Run Condition', stops,
  format('%s over (%s), %s: %s', call, over, condition, CASE WHEN stops THEN 'stops early' ELSE 'reads to the end' END)) FROM stopped;
SELECT set_eq(
  format('SELECT * FROM (SELECT id, ts, %s OVER (%s) AS number FROM events) s WHERE %s', call, over, condition),
  format('SELECT * FROM (SELECT id, ts, %s OVER (%s) AS number FROM events OFFSET 0) s WHERE %s', call, over, condition),
  'with the same rows: ' || call || ', ' || condition) FROM stopped WHERE over LIKE '%id' OR over LIKE '%FIRST';
SELECT matches(plan_of('SELECT journey.sessionize(ts) OVER w, journey.session_started_at(ts) OVER w, journey.session_event(ts) OVER w FROM events WINDOW w AS (PARTITION BY visitor ORDER BY ts, id)'),
  '^WindowAgg\n(  Window: [^\n]*\n)?  ->  [^\n]*(Sort|Index)[^W]*$', 'three functions, one window, one sort');

-- A rule is stored, and read back from its binary form; bytes that no rule wrote are refused
CREATE TABLE rules AS SELECT rule FROM unnest(ARRAY[journey.session_rule(), journey.session_rule('1 us', true, '100 days', 'Europe/Berlin')]) rule;
SELECT current_setting('data_directory') || '/journey_rules.bin' AS file \gset
COPY rules TO :'file' (FORMAT binary);
CREATE TABLE rules_read (LIKE rules);
COPY rules_read FROM :'file' (FORMAT binary);
SELECT results_eq('SELECT rule::text FROM rules_read', 'SELECT rule::text FROM rules', 'a rule in binary and back');
CREATE FUNCTION flipped(file text, spot int, byte int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  EXECUTE format('COPY (SELECT %L) TO PROGRAM %L', replace(encode(set_byte(pg_read_binary_file(file), spot, byte), 'base64'), E'\n', ''),
    format('base64 -d > %s', file || '.flipped'));
  TRUNCATE rules_read;
  EXECUTE format('COPY rules_read FROM %L (FORMAT binary)', file || '.flipped');
  SELECT string_agg(rule::text::journey.session_rule::text, '; ') INTO result FROM rules_read;
  RETURN result;
EXCEPTION WHEN invalid_binary_representation OR invalid_parameter_value OR bad_copy_file_format OR character_not_in_repertoire OR protocol_violation THEN RETURN SQLSTATE;
END $$;
TRUNCATE rules;
INSERT INTO rules VALUES (journey.session_rule('1 us', true, '100 days', 'Europe/Berlin'));
COPY rules TO :'file' (FORMAT binary);
-- The value begins at byte 25 of the file, after its header, the number of columns and the length.
SELECT is(count(*), 3 * 31::bigint, 'every byte of a rule flipped in turn: a rule or an error, never a crash')
FROM (SELECT flipped(:'file', 25 + n, bit # get_byte(pg_read_binary_file(:'file'), 25 + n)) FROM generate_series(0, 30) n, unnest(ARRAY[1, 128, 255]) bit) f;
SELECT is(flipped(:'file', 25, 2), '22P03', 'another version');
SELECT is(flipped(:'file', 54, 244), '22021', 'a zone that is no text in the database''s encoding');
SELECT is(flipped(:'file', 43, ascii('E')), '00:00:00.000001 inclusive, max_duration 2400:00:00, day_boundary Europe/Berlin', 'the case of a zone is mended');

-- first and last: against plain SQL, in any plan
CREATE TYPE plan AS ENUM ('pro', 'free', 'team');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE item AS (sku text, price numeric, tags text[]);
CREATE TABLE facts (part int, g int, ts timestamptz, t text, n numeric, i int, b boolean, a text[], e plan, d email, c item, j json, big text) PARTITION BY LIST (part);
CREATE TABLE facts_0 PARTITION OF facts FOR VALUES IN (0);
CREATE TABLE facts_1 PARTITION OF facts FOR VALUES IN (1);
SELECT setseed(0.5);
INSERT INTO facts
  SELECT g % 2, g, CASE WHEN random() < 0.95 THEN timestamptz '2026-01-01' + (random() * 30)::int * interval '1 hour' END,
         CASE WHEN x > 0.2 THEN chr(97 + (x * 25)::int) || U&'\20AC' END, CASE WHEN x > 0.2 THEN round((x * 5)::numeric, 1)::text::numeric * 1.0 ^ (x * 3)::int END, CASE WHEN x > 0.3 THEN (x * 10)::int END,
         CASE WHEN x > 0.1 THEN random() > 0.5 END, CASE WHEN x > 0.2 THEN ARRAY[chr(97 + (x * 3)::int), NULL] END,
         CASE WHEN x > 0.2 THEN (ARRAY['free', 'pro', 'team'])[1 + (x * 2)::int]::plan END, CASE WHEN x > 0.2 THEN chr(97 + (x * 3)::int) || '@x' END::email,
         CASE WHEN x > 0.2 THEN ROW(chr(97 + (x * 3)::int), x::numeric(2, 1), ARRAY['x'])::item END, CASE WHEN x > 0.2 THEN to_json((x * 5)::int) END,
         CASE WHEN x > 0.2 THEN repeat(md5((x * 4)::int::text), 500) END
  FROM (SELECT (random() * 400)::int AS g, random() AS x FROM generate_series(1, 20000)) r;
ANALYZE facts;
CREATE FUNCTION bookends(col text) RETURNS text LANGUAGE sql AS $$
  SELECT format('SELECT g, journey.first(%1$I, ts)::text AS f, journey.last(%1$I, ts)::text AS l, journey.first_non_null(%1$I, ts)::text AS fn, journey.last_non_null(%1$I, ts)::text AS ln FROM facts GROUP BY g', col) $$;
CREATE FUNCTION bookends_by_hand(col text) RETURNS text LANGUAGE sql AS $$
  SELECT format($q$
    SELECT g, (array_agg(v::text ORDER BY ts, o, v::text COLLATE "C"))[1] AS f, (array_agg(v::text ORDER BY ts DESC, o DESC NULLS LAST, v::text COLLATE "C" DESC NULLS LAST))[1] AS l,
           (array_agg(v::text ORDER BY ts, o, v::text COLLATE "C") FILTER (WHERE v IS NOT NULL))[1] AS fn,
           (array_agg(v::text ORDER BY ts DESC, o DESC, v::text COLLATE "C" DESC) FILTER (WHERE v IS NOT NULL))[1] AS ln
    FROM (SELECT g, ts, %1$I AS v, %2$s AS o FROM facts WHERE ts IS NOT NULL) f GROUP BY g$q$, col, CASE col WHEN 'j' THEN '0' ELSE quote_ident(col) END) $$;
CREATE VIEW columns AS SELECT unnest(ARRAY['t', 'n', 'i', 'b', 'a', 'e', 'd', 'c', 'j', 'big']) AS col;
CREATE FUNCTION plan_is(query text, pattern text) RETURNS text LANGUAGE sql AS $$ SELECT matches(plan_of(query), pattern, pattern) $$;

-- The type of the result is that of the values, whatever other forms there are
SELECT is(result, type, 'first of ' || type) FROM (SELECT
  unnest(ARRAY[pg_typeof(journey.first(1::smallint, now())), pg_typeof(journey.first(1, now())), pg_typeof(journey.first(1::bigint, now())),
    pg_typeof(journey.first(1::numeric, now())), pg_typeof(journey.first(1::real, now())), pg_typeof(journey.first(1::float8, now())),
    pg_typeof(journey.first(true, now())), pg_typeof(journey.first('a'::text, now())), pg_typeof(journey.first('a'::varchar, now())),
    pg_typeof(journey.first('a'::name, now())), pg_typeof(journey.first('a'::bytea, now())), pg_typeof(journey.first(now(), now())),
    pg_typeof(journey.first(now()::timestamp, now())), pg_typeof(journey.first(now()::date, now())), pg_typeof(journey.first(now()::time, now())),
    pg_typeof(journey.first(interval '1 day', now())), pg_typeof(journey.first(gen_random_uuid(), now())), pg_typeof(journey.first('{}'::jsonb, now())),
    pg_typeof(journey.first(ARRAY['a'], now())), pg_typeof(journey.first('pro'::plan, now())), pg_typeof(journey.first(ROW('a', 1, NULL)::item, now()))])::text AS result,
  unnest(ARRAY['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'boolean', 'text', 'character varying', 'name', 'bytea', 'timestamp with time zone', 'timestamp without time zone', 'date', 'time without time zone', 'interval', 'uuid', 'jsonb', 'text[]', 'plan', 'item']) AS type) types;

-- With a tie, and in the typed forms: in order of time, then of the tie
CREATE VIEW tied AS SELECT g % 40 AS g, ts, nullif(i, 3)::bigint AS tie, t, i::float8 AS n, ts + n * interval '1 day' AS at FROM facts;
CREATE FUNCTION tied_by_hand(col text) RETURNS text LANGUAGE sql AS $$
  SELECT format('SELECT g, (array_agg(%1$I ORDER BY ts, tie NULLS LAST, %1$I))[1] AS f, (array_agg(%1$I ORDER BY ts DESC, tie DESC NULLS LAST, %1$I DESC NULLS LAST))[1] AS l
    FROM tied WHERE ts IS NOT NULL GROUP BY g', col) $$;

SET max_parallel_workers_per_gather = 0;
SET enable_hashagg = off;
SELECT plan_is(bookends('t'), 'GroupAggregate');
SELECT set_eq(format('SELECT g, journey.first%s(%I, ts, tie) AS f, journey.last%1$s(%2$I, ts, tie) AS l FROM tied GROUP BY g', kind, col), tied_by_hand(col), format('first%s and last%1$s of %s with a tie', kind, col))
FROM (VALUES ('', 't'), ('_text', 't'), ('', 'n'), ('_number', 'n'), ('', 'at'), ('_time', 'at')) forms (kind, col);
SELECT set_eq(bookends(col), bookends_by_hand(col), 'sorted: ' || col) FROM columns;
RESET enable_hashagg;
SET enable_sort = off;
SELECT plan_is(bookends('t'), 'HashAggregate');
SELECT set_eq(bookends(col), bookends_by_hand(col), 'hashed: ' || col) FROM columns;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT set_eq(bookends(col), bookends_by_hand(col), 'hashed and spilled: ' || col) FROM columns WHERE col IN ('t', 'big');
RESET work_mem;
RESET hash_mem_multiplier;
SET enable_partitionwise_aggregate = on;
SELECT plan_is(bookends('t'), 'Append.*Partial HashAggregate');
SELECT set_eq(bookends(col), bookends_by_hand(col), 'partition-wise: ' || col) FROM columns;
RESET enable_partitionwise_aggregate;
RESET enable_sort;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT plan_is(bookends('t'), 'Gather.*Partial');
SELECT set_eq(format('SELECT g, journey.first%s(%I, ts, tie) AS f, journey.last%1$s(%2$I, ts, tie) AS l FROM tied GROUP BY g', kind, col), tied_by_hand(col), format('parallel: first%s and last%1$s of %s with a tie', kind, col))
FROM (VALUES ('', 't'), ('_text', 't'), ('', 'n'), ('_number', 'n'), ('', 'at'), ('_time', 'at')) forms (kind, col);
SELECT set_eq(bookends(col), bookends_by_hand(col), 'parallel: ' || col) FROM columns;
SET client_encoding = 'latin1';
SELECT set_eq(format('SELECT g, encode(convert_to(f, %1$L), %2$L) AS f, encode(convert_to(l, %1$L), %2$L) AS l FROM (%3$s) b', 'UTF8', 'hex', bookends('t')),
              format('SELECT g, encode(convert_to(f, %1$L), %2$L) AS f, encode(convert_to(l, %1$L), %2$L) AS l FROM (%3$s) b', 'UTF8', 'hex', bookends_by_hand('t')),
              'parallel, with a client that has no euro sign');
RESET client_encoding;
SELECT results_eq('SELECT journey.first(t, ts), journey.last(t, ts) FROM facts WHERE ts IS NULL', $$VALUES (NULL::text, NULL::text)$$, 'parallel, over nothing');
SELECT results_eq(
  'SELECT part, journey.last(i, ts), journey.first_non_null(i, ts) FROM facts GROUP BY GROUPING SETS ((part), ()) ORDER BY part',
  'SELECT part, (array_agg(i ORDER BY ts DESC, i DESC NULLS LAST))[1], (array_agg(i ORDER BY ts, i) FILTER (WHERE i IS NOT NULL))[1] FROM facts WHERE ts IS NOT NULL GROUP BY GROUPING SETS ((part), ()) ORDER BY part',
  'grouping sets');
SELECT results_eq(
  'SELECT journey.last(i, ts) OVER (PARTITION BY g ORDER BY ts) FROM facts WHERE ts IS NOT NULL AND g < 4 ORDER BY g, ts, i',
  $$SELECT (SELECT max(i) FROM facts p WHERE p.g = f.g AND p.ts = f.ts) FROM facts f WHERE ts IS NOT NULL AND g < 4 ORDER BY g, ts, i$$,
  'as a window aggregate: the last so far, among peers the greatest');

-- Types that somebody has altered give an error
CREATE FUNCTION altered(change text, query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE change;
  EXECUTE query;
  RETURN 'no error';
EXCEPTION WHEN datatype_mismatch THEN RETURN SQLERRM;
END $$;
SELECT is(altered('ALTER TYPE journey.' || change, query), format('type journey.%s is not the one of this version of journey', split_part(change, ' ', 1)), change)
FROM (VALUES
  ('touch ALTER ATTRIBUTE source TYPE int CASCADE', $$SELECT journey.trail(now(), '30 min', ROW(now(), 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::journey.touch)$$),
  ('touch DROP ATTRIBUTE click_id CASCADE', $$SELECT journey.trail(now(), '30 min', ROW(now(), 'a', NULL, NULL, NULL, NULL, NULL, NULL, NULL)::journey.touch)$$),
  ('touch ADD ATTRIBUTE cost numeric CASCADE', $$SELECT journey.trail(now(), '30 min', ROW(now(), 'a', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1)::journey.touch)$$),
  ('session ALTER ATTRIBUTE landing_page TYPE bigint', $$SELECT journey.sessions(journey.trail(now()))$$),
  ('session ALTER ATTRIBUTE touch TYPE int', $$SELECT s.* FROM (SELECT journey.trail(now()) AS t) x, journey.sessions(t) s$$)) changes (change, query);

-- A value that is replaced is given back: a million replacements of 1 kB would else be a gigabyte
CREATE FUNCTION resident() RETURNS bigint LANGUAGE sql AS $$
  SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmRSS:\s+(\d+) kB'))[1]::bigint * 1024 $$;
CREATE FUNCTION growth(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE before bigint; peak bigint;
BEGIN
  before := resident();
  EXECUTE query INTO peak;
  RETURN peak - before;
END $$;
SET max_parallel_workers_per_gather = 0;
SELECT cmp_ok(growth($$SELECT resident() FROM (SELECT journey.last(repeat('x', 1000) || n, 'epoch'::timestamptz + n * interval '1 s') AS l FROM generate_series(1, 200000) n) s WHERE l IS NOT NULL$$),
  '<', 50 * 1024 * 1024::bigint, '200,000 replacements of 1 kB grow the backend by less than 50 MB');

-- Options that are constants of the query are read once.
SELECT is_empty(
  $$
  WITH events AS (
    SELECT o.*, e.*
    FROM
      (VALUES (1, false, true, NULL), (2, true, true, NULL), (3, false, false, NULL), (4, false, true, 'a'), (5, NULL, NULL, NULL)) o(n, starts, extends, split_key),
      (SELECT i % 3 AS v, timestamptz '2026-01-01' + i * i * interval '1 minute' AS ts FROM generate_series(1, 60) i) e
  ),
  answers AS (
    SELECT
      n, v, ts, journey.sessionize(ts, '30 minutes', starts, extends, split_key) OVER w AS by_column,
      CASE n
        WHEN 1 THEN journey.sessionize(ts) OVER w
        WHEN 2 THEN journey.sessionize(ts, starts => true) OVER w
        WHEN 3 THEN journey.sessionize(ts, extends => false) OVER w
        WHEN 4 THEN journey.sessionize(ts, split_key => 'a') OVER w
        WHEN 5 THEN journey.sessionize(ts, '30 minutes', NULL, NULL, NULL) OVER w
      END AS by_constant
    FROM events
    WINDOW w AS (PARTITION BY n, v ORDER BY ts)
  )
  SELECT * FROM answers WHERE by_column IS DISTINCT FROM by_constant
  $$, 'options that are constants count as those that are columns');

SELECT * FROM finish();
