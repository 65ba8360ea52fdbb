-- How often each channel follows each other over all paths: what a Markov model is made of.
--
-- One path for each event: one to twelve touches, of a hundred channels, a few of which take most; one path in ten converted.
CREATE UNLOGGED TABLE paths AS
SELECT path, (uniform(n, :seed + 31) < 0.1)::int AS conversions, (uniform(n, :seed + 31) >= 0.1)::int AS nulls
FROM generate_series(1, :events::bigint) n,
  LATERAL (
    SELECT array_agg('channel-' || floor(100 * power(uniform(n * 16 + step, :seed + 32), 3)) ORDER BY step) AS path
    FROM generate_series(1, least(1 + floor(-3 * ln(1 - uniform(n, :seed + 33)))::int, 12)) step
  ) p;
