-- The SQL contract of the room attribution.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET search_path = public, journey;
SET intervalstyle = 'postgres';

-- A visitor with four touches, an hour or more apart
CREATE TABLE visits (ts timestamptz, source text, medium text, channel text);
INSERT INTO visits VALUES
  ('2024-01-01 10:00', 'google', 'cpc', 'Paid Search'),
  ('2024-01-03 10:00', '(direct)', '(none)', 'Direct'),
  ('2024-01-05 10:00', 'news', 'email', 'Email'),
  ('2024-01-08 10:00', '(direct)', '(none)', 'Direct');
CREATE TABLE visitor AS
  SELECT trail(ts, interval '30 minutes', ROW(ts, source, medium, NULL, NULL, NULL, channel, NULL, NULL, NULL)::touch) AS trail FROM visits;

-- Every model
SELECT model, a.position, touches, channel, round(credit::numeric, 6) AS credit
FROM visitor, unnest(enum_range(NULL::attribution_model)) model, attribute(trail, timestamptz '2024-01-08 10:00', model) a;

-- The touch comes along; lookback bounds are included
SELECT (touch).touched_at, (touch).source, (touch).medium FROM visitor, attribute(trail, timestamptz '2024-01-04', lookback => '14 hours');
SELECT channel, touches FROM visitor, attribute(trail, timestamptz '2024-01-04', lookback => '13:59:59.999999');
SELECT channel FROM visitor, attribute(trail, timestamptz '2024-06-01', lookback => NULL);
SELECT channel FROM visitor, attribute(trail, timestamptz '2024-06-01');
SELECT channel FROM visitor, attribute(trail, timestamptz 'infinity', lookback => NULL);
SELECT channel FROM visitor, attribute(trail, timestamptz '2024-01-01 09:59:59');

-- A session that is direct until an ad, which wins from then on, also where its channel is left out; then a session apart
CREATE TABLE shopper AS SELECT trail(ts, interval '30 minutes', touch(ts, url, referrer, '{shop.example}')) AS trail FROM (VALUES
  (timestamptz '2024-01-01 10:00', 'https://shop.example/', NULL),
  ('2024-01-01 10:10', 'https://shop.example/?utm_source=google&utm_medium=cpc&gclid=x', NULL),
  ('2024-01-01 10:20', 'https://shop.example/order', 'https://shop.example/'),
  ('2024-01-01 12:00', 'https://shop.example/', NULL)) v (ts, url, referrer);
SELECT model, converted_at, (touch).touched_at, channel FROM shopper, unnest('{first,last,last_non_direct,last_paid}'::attribution_model[]) model,
  unnest('{2024-01-01 10:05,2024-01-01 10:20,2024-01-01 12:00}'::timestamptz[]) converted_at, attribute(trail, converted_at, model) ORDER BY model, converted_at;
SELECT reuse_touches, a.conversion, touches, channel, credit FROM shopper, unnest('{true,false}'::boolean[]) reuse_touches,
  attribute(trail, '{2024-01-01 10:20,2024-01-01 12:00,2024-01-01 10:05}', reuse_touches, 'linear') a;
SELECT channel FROM shopper, attribute(trail, timestamptz '2024-01-01 10:20', excluded_channels => '{Paid Search}');

-- Half-life and position weights
SELECT channel, round(credit::numeric, 6) AS credit FROM visitor, attribute(trail, timestamptz '2024-01-05 10:00', 'time_decay'::attribution_model, half_life => '2 days');
SELECT channel, round(credit::numeric, 6) AS credit FROM visitor, attribute(trail, timestamptz '2024-01-05 10:00', 'position_based'::attribution_model, first_weight => 0.5, last_weight => 0.3);
SELECT channel, round(credit::numeric, 6) AS credit FROM visitor, attribute(trail, timestamptz '2024-01-04', 'position_based'::attribution_model, first_weight => 0.5, last_weight => 0.3);

-- Classes of touches
SELECT channel, credit FROM visitor, attribute(trail, timestamptz '2024-01-09', 'linear'::attribution_model, optional_channels => '{Direct}');
SELECT channel, credit FROM visitor, attribute(trail, timestamptz '2024-01-09', 'linear'::attribution_model, optional_channels => '{Direct}', excluded_channels => '{Paid Search,Email}');
SELECT channel, credit FROM visitor, attribute(trail, timestamptz '2024-01-09', 'linear'::attribution_model, excluded_channels => '{Paid Search,Email,Direct}');
SELECT channel, credit FROM visitor, attribute(trail, timestamptz '2024-01-04', optional_channels => NULL, excluded_channels => NULL);

-- Collapsed touches: Paid Search, Direct, Email, Direct, of which Paid Search comes twice at the start
CREATE TABLE returning_visitor AS SELECT trail(ts, interval '30 minutes', ROW(ts, NULL, NULL, NULL, NULL, NULL, channel, NULL, NULL, NULL)::touch) AS trail
  FROM (SELECT ts, channel FROM visits UNION ALL VALUES (timestamptz '2024-01-02 10:00', 'Paid Search')) v;
SELECT collapse, a.position, touches, (touch).touched_at::date, a.channel, round(credit::numeric, 6) AS credit
FROM returning_visitor, unnest(enum_range(NULL::collapse_kind)) collapse, attribute(trail, '2024-01-09', 'linear', collapse => collapse) a;

-- Weights of one's own: W-shaped, one for each touch, more than touches, fewer, none for some
SELECT weights, array_agg(round(credit::numeric, 6) ORDER BY a.position) AS credits
FROM returning_visitor, (VALUES ('{0.3,0.3,0.3}'::float8[]), ('{0.2,0.2,0.2,0.2,0.2}'), ('{0.1,0.2,0.1,0.2,0.1,0.2}'), ('{0.2,0.6}'), ('{0.5}'), ('{0,1}'), (NULL)) w(weights),
  attribute(trail, '2024-01-09', 'position_based', weights => weights) a GROUP BY weights ORDER BY weights;
SELECT channel, round(credit::numeric, 6) AS credit FROM visitor, attribute(trail, '2024-01-03 10:00', weights => '{0.3,0.3,0.3}');
SELECT touch_weights('position_based', '{2024-01-01,2024-01-02,2024-01-03,2024-01-04}', '2024-01-05', weights => '{0.5,0.25}');
SELECT touch_weights('linear', '{2024-01-01,2024-01-02,2024-01-03}', '2024-01-05', channels => '{A,A,B}', collapse => 'repeats');

-- Untyped literals: a time is one conversion, an array several
SELECT channel FROM visitor, attribute(trail, '2024-01-05', 'first');
SELECT conversion, a.channel FROM visitor, attribute(trail, '{2024-01-02,2024-01-06}', true, 'last') a;
SELECT conversion, a.channel FROM visitor, attribute(trail, ARRAY[timestamptz '2024-01-02'], true) a;

-- No trail, no conversion
SELECT * FROM attribute(NULL, timestamptz '2024-01-01');
SELECT * FROM visitor, attribute(trail, NULL::timestamptz);

-- Several conversions: NULLs are left out, those at the same time share a cycle
SELECT a.conversion, a.position, touches, channel, credit
FROM visitor, attribute(trail, '{2024-01-06,2024-01-04,NULL,2024-01-04,2024-01-07}'::timestamptz[], false, 'linear') a;
SELECT a.conversion, a.position, touches, channel, round(credit::numeric, 6) AS credit
FROM visitor, attribute(trail, '{2024-01-06,2024-01-04,NULL,2024-01-04,2024-01-07}'::timestamptz[], true, 'linear') a;
SELECT count(*) FROM visitor, attribute(trail, '{}'::timestamptz[], true);
SELECT count(*) FROM visitor, attribute(trail, NULL::timestamptz[], true);

-- Wrong options
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', NULL);
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', lookback => '3 months');
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', lookback => '-1 day');
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', half_life => '0');
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', half_life => NULL);
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', first_weight => 0.7);
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', first_weight => -0.1);
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', last_weight => 'NaN');
SELECT * FROM visitor, attribute(trail, timestamptz '2024-01-04', excluded_channels => '{{a},{b}}');
SELECT * FROM visitor, attribute(trail, '{2024-01-04}'::timestamptz[], NULL);

SELECT * FROM visitor, attribute(trail, '2024-01-04', collapse => NULL);
SELECT * FROM visitor, attribute(trail, '2024-01-04', weights => '{}');
SELECT * FROM visitor, attribute(trail, '2024-01-04', weights => '{0.5,NULL}');
SELECT * FROM visitor, attribute(trail, '2024-01-04', weights => '{0.5,-0.1}');
SELECT * FROM visitor, attribute(trail, '2024-01-04', weights => '{0.5,0.3,0.3}');
SELECT * FROM visitor, attribute(trail, '2024-01-04', weights => '{{0.5},{0.3}}');
SELECT * FROM visitor, attribute(trail, '2024-01-04', 'linear', weights => '{0.5,0.3}');
SELECT * FROM visitor, attribute(trail, '2024-01-04', weights => array_fill(0.0::float8, ARRAY[1001]));
SELECT touch_weights('linear', '{2024-01-01}', '2024-01-03', collapse => 'first');

-- touch_weights: any order of time, NULL times, ties by channel
SELECT touch_weights('last', '{2024-01-03,2024-01-01,NULL,2024-01-02}', '2024-01-02');
SELECT touch_weights('first', '{2024-01-01,2024-01-01}', '2024-01-02', channels => '{b,a}');
SELECT touch_weights('last_non_direct', '{2024-01-01,2024-01-02}', '2024-01-03', channels => '{Email,Direct}');
SELECT touch_weights('linear', '{2024-01-03}', '2024-01-02'), touch_weights('linear', '{}', '2024-01-02'), touch_weights('linear', NULL, '2024-01-02'), touch_weights('linear', '{}', NULL);
SELECT touch_weights('linear', '{2024-01-01,2024-01-02}', '2024-01-03', channels => '{Email}');
SELECT touch_weights('first_paid', '{2024-01-01}', '2024-01-03');
SELECT touch_weights('linear', '{2024-01-01}', '2024-01-03', excluded_channels => '{Direct}');

-- Markov: by hand, A converts half of the time, and leads to B the other half; B converts half of the time
SELECT * FROM unnest((SELECT markov(path, conversions, value, nulls) FROM (VALUES
  ('{A}'::text[], 2, 20, 0), ('{A,B}', 1, 10, 1)) p(path, conversions, value, nulls)));
SELECT * FROM unnest((SELECT transitions(path, conversions, nulls) FROM (VALUES
  ('{A}'::text[], 2, 0), ('{A,B}', 1, 1)) p(path, conversions, nulls)));
-- Value goes to those whose journeys earned it; what was lost is shared out apart; what never converts earns nobody anything
SELECT channel, conversions, value FROM unnest((SELECT markov(path, 1, value, 0) FROM (VALUES
  ('{SEM}'::text[], 1000), ('{Email}', 10)) p(path, value)));
SELECT channel, value FROM unnest((SELECT markov(path, conversions, value, nulls, 3) FROM (VALUES
  ('{SEM}'::text[], 1, 1000, 0), ('{Email}', 1, -1000, 5), ('{TV}', 0, 7, 2)) p(path, conversions, value, nulls)));
-- of order 2, where A before B and A alone are different things
SELECT channel, removal_effect FROM unnest((SELECT markov(path, conversions, conversions, nulls, 2) FROM (VALUES
  ('{A,B}'::text[], 1, 0), ('{B,A}', 0, 1), ('{B}', 1, 0)) p(path, conversions, nulls)));
SELECT channel, removal_effect FROM unnest((SELECT markov(path, conversions, conversions, nulls, 1) FROM (VALUES
  ('{A,B}'::text[], 1, 0), ('{B,A}', 0, 1), ('{B}', 1, 0)) p(path, conversions, nulls)));
-- no touch, no conversion, NULLs as for sum()
SELECT * FROM unnest((SELECT markov(path, conversions, value, nulls) FROM (VALUES
  ('{A}'::text[], 1, 10, NULL), ('{}', 2, NULL, 0), (NULL, NULL, 5, 3)) p(path, conversions, value, nulls)));
SELECT * FROM unnest((SELECT markov(path, 0, value, 1) FROM (VALUES ('{A}'::text[], 10)) p(path, value)));
SELECT markov('{A}', 1, 1, 1) FROM visits WHERE false;

-- Shapley and leave-one-out
SELECT * FROM unnest((SELECT shapley(path, conversions, value) FROM (VALUES
  ('{A}'::text[], 2, 20), ('{A,B,A}', 1, 10), ('{}', 1, 7)) p(path, conversions, value)));
SELECT * FROM unnest((SELECT leave_one_out(path, conversions, value, nulls) FROM (VALUES
  ('{A}'::text[], 1, 10, 3), ('{B}', 1, 10, 1), ('{A,B}', 3, 30, 1), (NULL, 1, 7, 0)) p(path, conversions, value, nulls)));

SELECT channel, conversions FROM unnest((SELECT leave_one_out(array_fill('b'::text, ARRAY[40000]), 1, 1, 1)));

-- Types that somebody altered
BEGIN;
ALTER TYPE channel_credit ADD ATTRIBUTE more int;
SELECT shapley('{A}', 1, 1);
ROLLBACK;
BEGIN;
ALTER TYPE credit ALTER ATTRIBUTE credit TYPE text;
SELECT * FROM visitor, attribute(trail, '2024-01-04');
ROLLBACK;

-- Wrong paths
SELECT markov('{A,NULL}', 1, 1, 1);
SELECT markov('{{A},{B}}', 1, 1, 1);
SELECT markov('{A}', -1, 1, 1);
SELECT markov('{A}', 1, 'Infinity', 1);
SELECT markov('{A}', 1, 1, -1);
SELECT markov('{A}', 1, 1, 1, 0);
SELECT markov('{A}', 1, 1, 1, 9);
SELECT markov('{A}', 1, 1, 1, NULL);
SELECT markov('{A}', 1, 1, 1, k) FROM generate_series(1, 2) k;
SELECT markov(ARRAY[n::text], 1, 1, 1) FROM generate_series(1, 5001) n;
SELECT shapley('{A}', 1e308, 1) FROM generate_series(1, 2);

-- Paths
SELECT path_collapse('{A,A,B,NULL,NULL,A}'), path_collapse('{}'), path_collapse(NULL);
SELECT path_unique('{A,B,A,NULL,B,NULL}'), path_unique('{}');
SELECT path_frequency('{D,A,B,B,C,D,C,C}'), path_frequency('{NULL,A,NULL}');
SELECT path_last('{A,B,C}', 2), path_last('{A,B,C}', 5), path_last('{A,B,C}', 0);
SELECT path_strip('{D,A,D,B,D}', '{D}'), path_strip('{D,A,D,B,D}', '{D}', true), path_strip('{D,D}', '{D}'), path_strip('{D,D}', '{D}', true), path_strip('{}', '{D}', true);
SELECT path_last(path_collapse('{A,B,B}'), 2), path_collapse(path_last('{A,B,B}', 2));
SELECT path_last('{A}', -1);
SELECT path_unique('{{A},{B}}');
