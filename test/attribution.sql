-- Attribution over random journeys: credits always add up, equal plain SQL, and are the same in any order and any plan.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA attribution;
SET search_path = attribution, public;
SELECT no_plan();

-- 300 visitors with up to 12 sessions of one or two events each, an hour or more apart; a third of the events has no touch.
SELECT setseed(0.5) \gset seed_
CREATE TABLE events AS
  SELECT visitor, session, session + minutes * interval '1 minute' AS ts,
    CASE WHEN random() < 0.7 THEN (ARRAY['google', '(direct)', '(direct)', 'news', 'meta', 'partner'])[1 + floor(random() * 6)::int] END AS source
  FROM (SELECT visitor, timestamptz '2024-01-01' + day * interval '1 day' + nr * interval '1 hour' AS session, random() < 0.5 AS goes_on
        FROM generate_series(1, 300) visitor, generate_series(1, 12) nr, LATERAL (SELECT floor(random() * 200)::int + 0 * visitor AS day) d
        WHERE random() < 0.6) sessions, unnest('{0,10}'::int[]) minutes
  WHERE minutes = 0 OR goes_on;
CREATE TABLE channels (source text PRIMARY KEY, medium text, channel text);
INSERT INTO channels VALUES ('google', 'cpc', 'Paid Search'), ('(direct)', '(none)', 'Direct'), ('news', 'email', 'Email'),
  ('meta', 'paid', 'Paid Social'), ('partner', 'referral', 'Referral');
CREATE VIEW touched AS
  SELECT visitor, session, ts, CASE WHEN channel IS NOT NULL THEN ROW(ts, source, medium, NULL, NULL, NULL, channel, NULL, NULL, NULL)::journey.touch END AS touch, channel
  FROM events LEFT JOIN channels USING (source);
CREATE TABLE trails AS
  SELECT visitor, journey.trail(ts, interval '30 minutes', touch) AS trail FROM touched GROUP BY visitor;
-- Every visitor converts up to four times, some before any touch, some exactly at one, some between two of a session; some
-- have no trail at all.
CREATE TABLE conversions AS
  SELECT visitor, converted_at, round((random() * 100)::numeric, 2)::float8 AS value,
    row_number() OVER (PARTITION BY visitor ORDER BY converted_at) AS nr
  FROM (
    SELECT visitor, timestamptz '2023-12-31' + random() * 200 * interval '1 day' AS converted_at FROM generate_series(1, 320) visitor, generate_series(1, 2)
    UNION ALL SELECT visitor, max(ts) FROM events WHERE source IS NOT NULL GROUP BY visitor
    UNION ALL SELECT visitor, max(session) + interval '5 minutes' FROM events WHERE ts > session GROUP BY visitor) c;
SELECT cmp_ok(count(*), '>', 800::bigint, 'conversions') FROM conversions;

-- Credits add up: every model, every lookback
CREATE TABLE models AS SELECT model, lookback
  FROM unnest(enum_range(NULL::journey.attribution_model)) model, unnest(ARRAY[interval '90 days', '7 days', '0', NULL]) lookback;
SELECT is_empty($$
  SELECT model, lookback FROM models, conversions LEFT JOIN trails USING (visitor), journey.attribute(trail, converted_at, model, lookback) a
  GROUP BY model, lookback
  HAVING abs(sum(credit) - (SELECT count(*) FROM conversions)) > 1e-9
    OR abs(sum(credit * value) - (SELECT sum(value) FROM conversions)) > 1e-6$$, 'credits add up to conversions, credited value to value');
SELECT is_empty($$
  SELECT model, visitor, nr FROM models, conversions LEFT JOIN trails USING (visitor), journey.attribute(trail, converted_at, model, lookback) a
  GROUP BY model, lookback, visitor, nr
  HAVING abs(sum(credit) - 1) > 1e-12 OR min(credit) <= 0 OR max(position) > max(touches) OR (count(*) > 1 AND bool_or(channel = '(unattributed)'))$$,
  'for each conversion, by touches that earn some');
SELECT is_empty($$
  SELECT model, reuse FROM models, unnest('{true,false}'::boolean[]) reuse,
    (SELECT visitor, array_agg(converted_at ORDER BY random()) AS times FROM conversions GROUP BY visitor) c LEFT JOIN trails USING (visitor),
    journey.attribute(trail, times, reuse, model, lookback) a
  GROUP BY model, lookback, reuse HAVING abs(sum(credit) - (SELECT count(*) FROM conversions)) > 1e-9$$, 'and where touches are used up');

-- Equal to plain SQL
CREATE VIEW session_touches AS   -- of each session as of each conversion: the earliest that is not direct, else the earliest
  SELECT DISTINCT ON (visitor, nr, session) visitor, nr, converted_at, ts, touch, channel
  FROM conversions JOIN touched USING (visitor)
  WHERE channel IS NOT NULL AND ts <= converted_at ORDER BY visitor, nr, session, channel = 'Direct', ts;
SELECT cmp_ok(count(*), '>', 15::bigint, 'sessions that are direct until a conversion, and not after it')
FROM session_touches JOIN touched t USING (visitor) WHERE session_touches.channel = 'Direct' AND t.channel <> 'Direct'
  AND t.ts > converted_at AND t.ts - session_touches.ts = interval '10 minutes';
CREATE VIEW counted AS
  SELECT visitor, nr, converted_at, ts, channel, (touch).source = '(direct)' AS direct, channel LIKE 'Paid %' AS paid,
    row_number() OVER w AS position, row_number() OVER (PARTITION BY visitor, nr ORDER BY ts DESC) AS from_end,
    row_number() OVER (PARTITION BY visitor, nr, channel ORDER BY ts) AS of_channel,
    count(*) OVER (PARTITION BY visitor, nr) AS n,
    power(0.5::float8, extract(epoch FROM converted_at - ts)::float8 / (86400 * 7)) AS weight
  FROM session_touches WHERE ts >= converted_at - interval '30 days'
  WINDOW w AS (PARTITION BY visitor, nr ORDER BY ts);
CREATE FUNCTION differences(model journey.attribution_model, plain text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format($q$
    WITH ours AS (
      SELECT visitor, nr, position::bigint, touches::bigint AS n, (touch).touched_at AS ts, channel, credit
      FROM conversions JOIN trails USING (visitor), journey.attribute(trail, converted_at, %L, '30 days') WHERE position IS NOT NULL),
    plain AS (SELECT visitor, nr, position, n, ts, channel, credit FROM (SELECT *, %s AS credit FROM counted) c WHERE credit > 0)
    SELECT visitor, nr FROM ours FULL JOIN plain USING (visitor, nr, position, n, ts, channel)
    WHERE (abs(ours.credit - plain.credit) < 1e-12) IS NOT TRUE$q$, model, plain);
END $$;
SELECT is_empty(format('SELECT * FROM differences(%L, %L) AS d(visitor int, nr bigint)', model, plain), model || ' equals plain SQL') FROM (VALUES
  ('first', 'CASE WHEN position = 1 THEN 1 ELSE 0 END'),
  ('last', 'CASE WHEN from_end = 1 THEN 1 ELSE 0 END'),
  ('first_non_direct', 'CASE WHEN row_number() OVER (PARTITION BY visitor, nr ORDER BY direct, ts) = 1 THEN 1 ELSE 0 END'),
  ('last_non_direct', 'CASE WHEN row_number() OVER (PARTITION BY visitor, nr ORDER BY direct, ts DESC) = 1 THEN 1 ELSE 0 END'),
  ('first_paid', 'CASE WHEN paid AND row_number() OVER (PARTITION BY visitor, nr ORDER BY NOT paid, ts) = 1 THEN 1 ELSE 0 END'),
  ('last_paid', 'CASE WHEN paid AND row_number() OVER (PARTITION BY visitor, nr ORDER BY NOT paid, ts DESC) = 1 THEN 1 ELSE 0 END'),
  ('linear', '1.0::float8 / n'),
  ('linear_unique', 'CASE WHEN of_channel = 1 THEN 1.0::float8 / sum((of_channel = 1)::int) OVER (PARTITION BY visitor, nr) ELSE 0 END'),
  ('position_based', 'CASE WHEN n = 1 THEN 1 WHEN n = 2 THEN 0.5 WHEN position IN (1, n) THEN 0.4 ELSE 0.2 / (n - 2) END::float8'),
  ('time_decay', 'weight / sum(weight) OVER (PARTITION BY visitor, nr)')) v(model, plain);

-- Classes of touches
SELECT is_empty($$
  SELECT visitor, nr FROM conversions JOIN trails USING (visitor),
    journey.attribute(trail, converted_at, 'linear', optional_channels => '{Direct,Email}', excluded_channels => '{Referral}') a
  WHERE channel = 'Referral'
  UNION ALL
  SELECT visitor, nr FROM conversions JOIN trails USING (visitor),
    journey.attribute(trail, converted_at, 'linear', optional_channels => '{Direct,Email}', excluded_channels => '{Referral}') a
  GROUP BY visitor, nr HAVING count(DISTINCT channel IN ('Direct', 'Email')) > 1$$, 'excluded never, optional only alone');
SELECT results_eq($$
  SELECT visitor, nr, (touch).touched_at, channel, credit FROM conversions JOIN trails USING (visitor),
    journey.attribute(trail, converted_at, 'last', optional_channels => '{Direct}') a ORDER BY 1, 2, 3$$, $$
  SELECT visitor, nr, (touch).touched_at, channel, credit FROM conversions JOIN trails USING (visitor),
    journey.attribute(trail, converted_at, 'last_non_direct') a ORDER BY 1, 2, 3$$, 'last with optional Direct is last_non_direct');

-- Conversion cycles
CREATE VIEW cycles AS
  SELECT visitor, array_agg(converted_at ORDER BY nr DESC) AS times, count(*) AS all_ FROM conversions GROUP BY visitor;
SELECT results_eq($$
  SELECT visitor, all_ - a.conversion + 1, (touch).touched_at, credit FROM cycles JOIN trails USING (visitor),
    journey.attribute(trail, times, false, 'linear', lookback => NULL) a ORDER BY 1, 2, 3$$, $$
  WITH cycle AS (
    SELECT *, lag(converted_at, 1, '-infinity') OVER (PARTITION BY visitor ORDER BY converted_at) AS previous FROM conversions WHERE visitor <= 300),
  found AS (
    SELECT c.visitor, c.nr, ts, count(*) OVER (PARTITION BY c.visitor, c.nr) AS n
    FROM cycle c JOIN trails USING (visitor) LEFT JOIN session_touches t ON t.visitor = c.visitor AND t.nr = c.nr AND ts > previous)
  SELECT visitor, nr, ts, 1.0::float8 / n FROM found ORDER BY 1, 2, 3$$,
  'each touch counts for the next conversion only');
SELECT results_eq($$
  SELECT visitor, all_ - a.conversion + 1, (touch).touched_at, credit FROM cycles JOIN trails USING (visitor),
    journey.attribute(trail, times, true, 'linear', '30 days') a ORDER BY 1, 2, 3$$, $$
  SELECT visitor, nr, (touch).touched_at, credit FROM conversions JOIN trails USING (visitor),
    journey.attribute(trail, converted_at, 'linear', '30 days') a ORDER BY 1, 2, 3$$, 'reused touches: each conversion by itself');

-- touch_weights says the same as attribute
SELECT is_empty($$
  WITH arrays AS (
    SELECT visitor, nr, array_agg(ts ORDER BY random()) AS times FROM session_touches GROUP BY visitor, nr)
  SELECT visitor, nr FROM conversions JOIN arrays USING (visitor, nr) JOIN trails USING (visitor), models,
    LATERAL (SELECT array_agg(channel ORDER BY ord) AS channels FROM unnest(times) WITH ORDINALITY AS x(ts, ord) JOIN touched t USING (ts) WHERE t.visitor = arrays.visitor) c,
    LATERAL (SELECT coalesce(array_agg((ts, weight)::text ORDER BY ts), '{}') AS got
      FROM unnest(times, journey.touch_weights(model, times, converted_at, lookback, channels => channels)) w(ts, weight) WHERE weight > 0) g,
    LATERAL (SELECT coalesce(array_agg(((touch).touched_at, credit)::text ORDER BY (touch).touched_at) FILTER (WHERE position IS NOT NULL), '{}') AS expected
      FROM journey.attribute(trail, converted_at, model, lookback)) e
  WHERE visitor <= 60 AND got <> expected$$, 'touch_weights and attribute agree on all models');

-- Models on paths: the same bits in any order and any plan
CREATE TABLE paths (id int, path text[], conversions float8, value float8, nulls float8);
INSERT INTO paths
  SELECT id, ARRAY(SELECT 'channel ' || floor(random() * random() * 25)::int FROM generate_series(1, (random() * 6)::int + 0 * id)),
    round((random() * 3)::numeric, 1), random() * 1000 * (random() < 0.5)::int, floor(random() * 3)
  FROM generate_series(1, 20000) id;
ANALYZE paths;
\set models 'journey.markov(path, conversions, value, nulls)::text, journey.markov(path, conversions, value, nulls, 2)::text, journey.transitions(path, conversions, nulls)::text, journey.shapley(path, conversions, value)::text, journey.leave_one_out(path, conversions, value, nulls)::text'
SET extra_float_digits = 1;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT id % 7 AS part, md5(ROW(:models)::text) AS credits FROM paths GROUP BY part;
CREATE TABLE whole AS SELECT md5(ROW(:models)::text) AS credits FROM paths;
\ir support/plans.sql
PREPARE by_part AS SELECT id % 7 AS part, md5(ROW(:models)::text) AS credits FROM paths GROUP BY part ORDER BY part;
PREPARE whole AS SELECT md5(ROW(:models)::text) AS credits FROM paths;

SELECT results_eq('SELECT md5(ROW(' || :'models' || ')::text) FROM (SELECT * FROM paths ORDER BY random()) p', 'SELECT credits FROM whole', 'any input order');
SELECT results_eq('SELECT md5(ROW(' || :'models' || ')::text) FROM (SELECT * FROM paths ORDER BY value DESC, id) p', 'SELECT credits FROM whole', 'another input order');
SET enable_hashagg = off;
SELECT results_eq('by_part', 'SELECT * FROM serial ORDER BY part', 'sorted groups');
RESET enable_hashagg;
SET enable_sort = off;
SELECT results_eq('by_part', 'SELECT * FROM serial ORDER BY part', 'hashed groups');
RESET enable_sort;
SET max_parallel_workers_per_gather = 4;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT matches(plan_of('EXECUTE whole'), 'Partial Aggregate', 'a parallel plan');
SELECT results_eq('whole', 'SELECT credits FROM whole', 'parallel');
SELECT results_eq('by_part', 'SELECT * FROM serial ORDER BY part', 'parallel groups');
CREATE TABLE parted (LIKE paths) PARTITION BY HASH (id);
SELECT format('CREATE TABLE parted_%s PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER %s)', n, n) FROM generate_series(0, 2) n \gexec
INSERT INTO parted SELECT * FROM paths;
ANALYZE parted;
SET enable_partitionwise_aggregate = on;
SELECT matches(plan_of('SELECT ' || :'models' || ' FROM parted'), 'Partial Aggregate.*Partial Aggregate', 'a partition-wise plan');
SELECT results_eq('SELECT md5(ROW(' || :'models' || ')::text) FROM parted', 'SELECT credits FROM whole', 'partition-wise');
RESET max_parallel_workers_per_gather;

-- They add up, and transitions are what plain SQL counts
SELECT is_empty(format($$
  SELECT * FROM (SELECT sum(c.conversions) AS conversions, sum(c.value) AS value FROM unnest((SELECT journey.%s FROM paths)) c) c,
    (SELECT sum(conversions) AS conversions, sum(value) AS value FROM paths) p
  WHERE NOT (abs(c.conversions / p.conversions - 1) < 1e-12 AND abs(c.value / p.value - 1) < 1e-12)$$, call), call || ' adds up')
FROM unnest(ARRAY['markov(path, conversions, value, nulls)', 'markov(journey.path_last(path, 3), conversions, value, nulls, 2)', 'shapley(path, conversions, value)',
  'leave_one_out(path, conversions, value, nulls)']) call;
SELECT is_empty($$
  WITH plain AS (
    SELECT from_channel, to_channel, sum(count) AS count FROM (
      SELECT coalesce(path[place - 1], '(start)') AS from_channel, path[place] AS to_channel, conversions + nulls AS count FROM paths, generate_subscripts(path, 1) place
      UNION ALL SELECT path[cardinality(path)], '(conversion)', conversions FROM paths WHERE path <> '{}'
      UNION ALL SELECT path[cardinality(path)], '(null)', nulls FROM paths WHERE path <> '{}') t
    WHERE count > 0 GROUP BY 1, 2)
  SELECT * FROM unnest((SELECT journey.transitions(path, conversions, nulls) FROM paths)) t
  FULL JOIN (SELECT *, count / sum(count) OVER (PARTITION BY from_channel) AS probability FROM plain) p USING (from_channel, to_channel)
  WHERE (abs(t.count - p.count) < 1e-6 AND abs(t.probability - p.probability) < 1e-9) IS NOT TRUE$$, 'transitions equal plain SQL');
SELECT is_empty($$
  SELECT * FROM unnest((SELECT journey.shapley(path, conversions, value) FROM paths)) s
  FULL JOIN (
    SELECT channel, sum(conversions / n) AS conversions, sum(value / n) AS value
    FROM paths, LATERAL (SELECT DISTINCT channel, cardinality(journey.path_unique(path)) AS n FROM unnest(path) channel) c GROUP BY channel) p USING (channel)
  WHERE channel <> '(unattributed)' AND (abs(s.conversions - p.conversions) < 1e-6 AND abs(s.value - p.value) < 1e-3) IS NOT TRUE$$, 'shapley equals plain SQL');

-- Markov of order 1 does not see repeats in a row.
SELECT is_empty($$
  SELECT * FROM unnest((SELECT journey.markov(path, conversions, value, nulls) FROM paths)) a
  FULL JOIN unnest((SELECT journey.markov(journey.path_collapse(path), conversions, value, nulls) FROM paths)) b USING (channel)
  WHERE (abs(a.conversions - b.conversions) < 1e-9) IS NOT TRUE$$, 'markov of collapsed paths');

-- The solver can be stopped
\ir support/cancel.sql
CREATE TABLE many_channels AS SELECT ARRAY[a::text, (a * 7919 % 4000)::text, (a * 104729 % 4000)::text, ((a * 31 + b) % 4000)::text] AS path
  FROM generate_series(1, 4000) a, generate_series(1, 5) b;
SET statement_timeout = '500ms';
SELECT is(cancelled('SELECT journey.markov(path, 1, 1, 1) FROM many_channels'), '57014', 'a chain of 4,000 channels can be cancelled');
RESET statement_timeout;

-- Cancelled at work, once the last row was read: what follows is the functions' own
CREATE TABLE long_trail AS SELECT journey.trail(ts, '1 minute', journey.touch(ts, 'https://a.com/?utm_source=s&utm_medium=email&utm_campaign=c' || n % 10)) AS trail
  FROM (SELECT n, '2020-01-01'::timestamptz + n * interval '1 hour' AS ts FROM generate_series(1, 100000) n) e;
SELECT is(cancelled(statement), '57014', name || ' can be cancelled') FROM (VALUES
  ('attribute over a long trail', $$SELECT sum(credit)::text FROM (SELECT trail FROM long_trail, cancel_soon()) t,
    (SELECT array_agg('2020-01-01'::timestamptz + n * interval '1 hour') AS times FROM generate_series(1, 100000) n) c,
    journey.attribute(trail, times, true, 'linear', NULL)$$),
  ('touch_weights of many touches', $$SELECT cardinality(journey.touch_weights('linear_unique', times, '2030-01-01', NULL, channels => names))::text FROM (
    SELECT array_agg('2020-01-01'::timestamptz + n * interval '1 second' ORDER BY n DESC) AS times, array_agg(n::text) AS names FROM generate_series(1, 500000) n) t, cancel_soon()$$),
  ('markov of many channels', $$SELECT cardinality(journey.markov(path, 1, 1, 1))::text FROM (
    SELECT path FROM many_channels UNION ALL SELECT '{last}' FROM cancel_soon()) p$$),
  ('transitions of many channels', $$SELECT cardinality(journey.transitions(path, 1, 1))::text FROM (
    SELECT ARRAY[n::text, (n * 7)::text] AS path FROM generate_series(1, 200000) n UNION ALL SELECT '{last}' FROM cancel_soon()) p$$),
  ('shapley of a long path', $$SELECT cardinality(journey.shapley(path, 1, 1))::text FROM (SELECT array_agg(n::text) AS path FROM generate_series(1, 500000) n) p, cancel_soon()$$),
  ('leave_one_out of a long path', $$SELECT cardinality(journey.leave_one_out(path, 1, 1, 1))::text FROM (SELECT array_agg(n::text) AS path FROM generate_series(1, 500000) n) p, cancel_soon()$$),
  ('path transforms of a long path', $$SELECT cardinality(journey.path_frequency(path))::text FROM (SELECT array_agg((n % 100000)::text) AS path FROM generate_series(1, 1000000) n) p, cancel_soon()$$)) v(name, statement);
SELECT * FROM finish();
