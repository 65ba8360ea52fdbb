-- The test cases of eeghor/mta, and the example in the README of pychattr.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT no_plan();

\set file :shared /mta_eeghor/cases.json
CREATE TEMP TABLE cases AS
  SELECT number, value ->> 'model' AS model, value -> 'expected' AS expected, value -> 'paths' AS paths,
    coalesce((value ->> 'first_weight')::float8 / 100, 0.4) AS first_weight, coalesce((value ->> 'last_weight')::float8 / 100, 0.4) AS last_weight
  FROM jsonb_array_elements(pg_read_file(:'file')::jsonb -> 'cases') WITH ORDINALITY AS c(value, number);
CREATE TEMP TABLE paths AS
  SELECT number, string_to_array(path ->> 0, ' > ') AS channels, (path ->> 1)::float8 AS conversions, (path ->> 2)::float8 AS nulls
  FROM cases, jsonb_array_elements(paths) path;
SELECT is(count(*), 10::bigint, 'ten cases') FROM cases;

-- Rule-based: conversions by channel; tolerance 1e-12
SELECT is_empty(format($$
  WITH credits AS (
    SELECT channel, sum(weight * conversions) AS credit
    FROM cases JOIN paths USING (number),
      unnest(channels, journey.touch_weights(
        (CASE WHEN model LIKE 'first%%' THEN 'first' WHEN model LIKE 'last%%' THEN 'last' WHEN model LIKE 'linear%%' THEN 'linear' ELSE 'position_based' END)::journey.attribution_model,
        ARRAY(SELECT timestamptz '2024-01-01' + place * interval '1 hour' FROM generate_subscripts(channels, 1) place),
        timestamptz '2024-01-09', first_weight => first_weight, last_weight => last_weight)) touch(channel, weight)
    WHERE number = %s GROUP BY channel HAVING sum(weight * conversions) > 0)
  SELECT * FROM credits FULL JOIN (SELECT key AS channel, value::float8 FROM cases, jsonb_each_text(expected) WHERE number = %s) e USING (channel)
  WHERE (abs(credit - value) < 1e-12) IS NOT TRUE$$, number, number), format('case %s: %s', number, model))
FROM cases WHERE model NOT LIKE 'markov%' ORDER BY number;

CREATE TEMP VIEW edges AS
  SELECT number, replace(replace(replace(from_channel || '->' || to_channel, '(start)', 'start'), '(conversion)', 'conv'), '(null)', 'null') AS edge, probability
  FROM (SELECT number, journey.transitions(channels, conversions, nulls) AS list FROM paths GROUP BY number) s, unnest(list) t;
SELECT is_empty(format($$
  SELECT * FROM (SELECT * FROM edges WHERE number = %s) t
  FULL JOIN (SELECT key AS edge, value::float8 FROM cases, jsonb_each_text(expected) WHERE number = %s) e USING (edge)
  WHERE (abs(probability - value) < 1e-12) IS NOT TRUE$$, number, number), format('case %s: %s', number, model))
FROM cases WHERE model = 'markov_transition_matrix';

-- pychattr: published from 10,000 simulated runs, so within 0.01; exactly, the effects of A and B are 1 and 0.5.
\set file :shared /mta_eeghor/pychattr_readme_example.json
CREATE TEMP TABLE example AS SELECT pg_read_file(:'file')::jsonb AS j;
TRUNCATE paths;
INSERT INTO paths SELECT 0, journey.path_collapse(string_to_array(path ->> 0, ' >>> ')), (path ->> 1)::float8, 0
  FROM example, jsonb_array_elements(j -> 'paths') path;
CREATE TEMP TABLE markov AS SELECT m.* FROM (SELECT journey.markov(channels, conversions, conversions, nulls) AS credits FROM paths) s, unnest(credits) m;
SELECT results_eq('SELECT channel, removal_effect, conversions, value FROM markov',
  $$VALUES ('A', 1::float8, 2::float8, 2::float8), ('B', 0.5, 1, 1)$$, 'pychattr: exactly');
SELECT is_empty($$SELECT * FROM markov, example
  WHERE NOT abs(conversions - (j -> 'markov_published' ->> channel)::float8) < 0.01
    OR NOT abs(removal_effect - (j -> 'removal_effects_published' ->> channel)::float8) < 0.01$$, 'pychattr: as published, within the simulation');
SELECT is_empty($$
  SELECT * FROM edges FULL JOIN (SELECT key AS edge, value::float8 FROM example, jsonb_each_text(j -> 'transition_matrix')) e USING (edge)
  WHERE (abs(probability - value) < 1e-12) IS NOT TRUE$$, 'pychattr: transition matrix');
SELECT * FROM finish();
