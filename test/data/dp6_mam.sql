-- Marketing-Attribution-Models of DP6: its test paths, and what the package makes of them.
-- Not compared: Markov by path, where the package shares each path's value among its own channels only, and Shapley,
-- where a set of channels is worth the conversion rate of journeys with exactly that set (13.5, 7.5 and 6 for A, B and C)
-- and not the conversions of all journeys within it.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(19);

CREATE TEMP TABLE by_path (path text, converted boolean, value float8, hours text, first text, last text, last_non_a text, linear text,
  position_based text, time_decay text, markov text);
\set file :shared /dp6_mam/expected_by_path.csv
SELECT format('COPY by_path FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TEMP TABLE by_channel (channel text, first float8, last float8, last_non_a float8, linear float8, position_based float8,
  time_decay float8, markov float8, shapley float8);
\set file :shared /dp6_mam/expected_by_channel.csv
SELECT format('COPY by_channel FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TEMP TABLE effects (channel text, removal_effect float8);
\set file :shared /dp6_mam/expected_markov_part3.csv
SELECT format('COPY effects FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TEMP TABLE matrix (from_channel text, start float8, a float8, c float8, b float8, null_ float8, conversion float8);
\set file :shared /dp6_mam/expected_markov_part2.csv
SELECT format('COPY matrix FROM %L (FORMAT csv, HEADER)', :'file') \gexec

SELECT is(count(*), 9::bigint, 'nine paths') FROM by_path;
CREATE TEMP VIEW paths AS
  SELECT path, string_to_array(path, ' > ') AS channels, value,
    ARRAY(SELECT timestamptz '2024-01-10' - h::int * interval '1 hour' FROM regexp_split_to_table(hours, ' > ') h) AS times
  FROM by_path;

-- Rule-based models: each touch of each path, then channels; tolerance 1e-9
CREATE TEMP TABLE models (name text, model journey.attribution_model, optional text[]);
INSERT INTO models VALUES ('first', 'first', '{}'), ('last', 'last', '{}'), ('last_non_a', 'last', '{A}'), ('linear', 'linear', '{}'),
  ('position_based', 'position_based', '{}'), ('time_decay', 'time_decay', '{}');
CREATE TEMP TABLE credits AS
  SELECT name, path, place, channel, weight * value AS credit
  FROM models, paths,
    unnest(channels, journey.touch_weights(model, times, timestamptz '2024-01-10', channels => channels,
      optional_channels => optional, half_life => '1 hour')) WITH ORDINALITY AS touch(channel, weight, place);
SELECT is_empty(format(
  $$SELECT * FROM credits JOIN by_path USING (path)
    WHERE name = %L AND NOT abs(credit - (string_to_array(%I, ' > '))[place]::float8) < 1e-9$$, name, name), name || ' by path') FROM models;
SELECT is((SELECT count(*) FROM credits WHERE name = 'first'), 18::bigint, 'of eighteen touches');
SELECT is_empty(format(
  $$SELECT channel, sum(credit), max(%I) FROM credits JOIN by_channel USING (channel) WHERE name = %L
    GROUP BY channel HAVING NOT abs(sum(credit) - max(%I)) < 1e-9$$, name, name, name), name || ' by channel') FROM models;

-- Markov: tolerance 1e-6 as the package publishes it, met at 1e-12
CREATE TEMP TABLE markov AS SELECT m.* FROM (SELECT journey.markov(channels, 1, value, 0) AS credits FROM paths) s, unnest(credits) m;
SELECT is_empty('SELECT * FROM markov FULL JOIN by_channel c USING (channel) WHERE (abs(value - c.markov) < 1e-12) IS NOT TRUE', 'markov: value');
SELECT is_empty('SELECT * FROM markov m FULL JOIN effects e USING (channel) WHERE (abs(m.removal_effect - e.removal_effect) < 1e-12) IS NOT TRUE',
  'markov: removal effects');
SELECT is((SELECT round(sum(conversions)::numeric, 12) FROM markov), 9.000000000000, 'markov: all conversions');
SELECT is_empty($$
  WITH published AS (
    SELECT replace(from_channel, '(inicio)', '(start)') AS from_channel, to_channel, probability
    FROM matrix, LATERAL (VALUES ('A', a), ('B', b), ('C', c), ('(null)', null_), ('(conversion)', conversion)) v(to_channel, probability)
    WHERE probability > 0 AND from_channel NOT IN ('(null)', '(conversion)'))
  SELECT * FROM published p
  FULL JOIN (SELECT t.* FROM (SELECT journey.transitions(channels, 1, 0) AS list FROM paths) s, unnest(list) t) t USING (from_channel, to_channel)
  WHERE (abs(p.probability - t.probability) < 1e-12) IS NOT TRUE$$, 'transition matrix');

-- Shapley: no channel repeats in these paths, so ours is linear.
SELECT is_empty($$
  SELECT * FROM (SELECT s.* FROM (SELECT journey.shapley(channels, 1, value) AS credits FROM paths) p, unnest(credits) s) s
  FULL JOIN by_channel c USING (channel) WHERE (abs(s.value - c.linear) < 1e-12) IS NOT TRUE$$, 'shapley is linear over distinct channels');
SELECT * FROM finish();
