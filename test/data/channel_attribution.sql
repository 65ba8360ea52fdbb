-- ChannelAttribution (Altomare and Loris), version 2.2.5 of PyPI, which simulates what markov solves.
-- Figures of markov_model(..., order, nsim_start = 300000, max_step = 1000, nfold = 3, seed = 7), met within 1 %.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(4);

CREATE TEMP TABLE paths (example text, path text[], conversions float8, value float8, nulls float8);
INSERT INTO paths VALUES
  ('two', '{SEM}', 1, 1000, 0), ('two', '{Email}', 1, 10, 0),
  ('mix', '{A,B}', 3, 300, 2), ('mix', '{B}', 4, 40, 6), ('mix', '{C,A}', 2, 500, 1), ('mix', '{A,C,B}', 1, 5, 4), ('mix', '{C}', 1, 90, 3), ('mix', '{B,A,B}', 2, 20, 2),
  ('search', '{Search}', 2, 200, 10), ('search', '{Search,Email}', 3, 450, 3), ('search', '{Social,Search,Email}', 1, 90, 4), ('search', '{Social}', 0, 0, 20);
CREATE TEMP TABLE published (example text, k int, channel text, conversions float8, value float8, effect float8);
INSERT INTO published VALUES
  ('two', 1, 'SEM', 1.00514, 1000.101272, 0.50257), ('two', 1, 'Email', 0.99486, 9.898728, 0.49743),
  ('mix', 1, 'A', 3.950796, 440.151148, 0.490949), ('mix', 1, 'B', 6.582999, 321.729549, 0.818041), ('mix', 1, 'C', 2.466205, 193.119303, 0.306465),
  ('search', 1, 'Search', 3.197404, 381.626901, 1), ('search', 1, 'Email', 2.128207, 278.025629, 0.665605), ('search', 1, 'Social', 0.674389, 80.347470, 0.210918);
CREATE TEMP TABLE ours AS
  SELECT example, 1 AS k, c.* FROM (SELECT example, journey.markov(path, conversions, value, nulls) AS credits FROM paths GROUP BY example) m, unnest(credits) c;
SELECT is(count(*), 8::bigint, 'every channel of every example') FROM ours JOIN published USING (example, k, channel);
SELECT is_empty($$SELECT * FROM ours o JOIN published p USING (example, k, channel)
  WHERE NOT abs(o.conversions - p.conversions) < 0.01 * (SELECT sum(conversions) FROM paths WHERE paths.example = o.example)$$, 'conversions');
SELECT is_empty($$SELECT * FROM ours o JOIN published p USING (example, k, channel)
  WHERE NOT abs(o.value - p.value) < 0.01 * (SELECT sum(value) FROM paths WHERE paths.example = o.example)$$, 'value');
SELECT is_empty('SELECT * FROM ours o JOIN published p USING (example, k, channel) WHERE NOT abs(removal_effect - effect) < 0.01', 'removal effects');
SELECT * FROM finish();
