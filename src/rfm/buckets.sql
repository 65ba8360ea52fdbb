-- Scores: buckets by rank and by cuts.

CREATE FUNCTION journey.rfm_bucket_support(internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_bucket_support';
COMMENT ON FUNCTION journey.rfm_bucket_support(internal) IS 'Internal: planner support of rfm_bucket';

CREATE FUNCTION journey.rfm_bucket(buckets integer DEFAULT 5) RETURNS integer
  LANGUAGE c IMMUTABLE PARALLEL SAFE WINDOW SUPPORT journey.rfm_bucket_support
  AS 'MODULE_PATHNAME', 'journey_rfm_bucket';
COMMENT ON FUNCTION journey.rfm_bucket(integer) IS
  'Window function: the percent rank of the row in the order of its window, in equal steps: buckets 1 to n, equal values in the same bucket, a row alone in bucket 1. '
  'The measure is the first expression of ORDER BY: where it is NULL the bucket is NULL, and such rows do not count for the others. '
  'The frame does not matter. '
  'buckets below 1, above 10,000 or NULL are an error.';

CREATE FUNCTION journey.rfm_bucket_at(measure anycompatible, cuts anycompatiblearray) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_bucket_at';
COMMENT ON FUNCTION journey.rfm_bucket_at(anycompatible, anycompatiblearray) IS
  'The bucket of a measure between fixed cuts: 1 below the first, and one more for each cut that it reaches. '
  'NULL where an argument is NULL. '
  'Cuts that do not ascend, or a NULL among them, are an error; equal cuts leave a bucket empty.';

CREATE FUNCTION journey.rfm_quantiles_add(internal, double precision, integer) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_quantiles_add';
COMMENT ON FUNCTION journey.rfm_quantiles_add(internal, double precision, integer) IS 'Internal: transition of rfm_quantiles';

CREATE FUNCTION journey.rfm_quantiles_add(internal, double precision, integer, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_quantiles_shift_add';
COMMENT ON FUNCTION journey.rfm_quantiles_add(internal, double precision, integer, double precision) IS 'Internal: transition of rfm_quantiles with a shift';

CREATE FUNCTION journey.rfm_quantiles_final(internal) RETURNS double precision[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_quantiles_final';
COMMENT ON FUNCTION journey.rfm_quantiles_final(internal) IS 'Internal: result of rfm_quantiles';

CREATE FUNCTION journey.rfm_quantiles_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_quantiles_combine';
COMMENT ON FUNCTION journey.rfm_quantiles_combine(internal, internal) IS 'Internal: merges two states of rfm_quantiles';

CREATE FUNCTION journey.rfm_quantiles_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_quantiles_serialize';
COMMENT ON FUNCTION journey.rfm_quantiles_serialize(internal) IS 'Internal: a state of rfm_quantiles as bytes';

CREATE FUNCTION journey.rfm_quantiles_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_quantiles_deserialize';
COMMENT ON FUNCTION journey.rfm_quantiles_deserialize(bytea, internal) IS 'Internal: a state of rfm_quantiles from bytes';

CREATE AGGREGATE journey.rfm_quantiles(measure double precision, buckets integer) (
  SFUNC = journey.rfm_quantiles_add,
  STYPE = internal,
  SSPACE = 4096,
  FINALFUNC = journey.rfm_quantiles_final,
  COMBINEFUNC = journey.rfm_quantiles_combine,
  SERIALFUNC = journey.rfm_quantiles_serialize,
  DESERIALFUNC = journey.rfm_quantiles_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_quantiles(double precision, integer) IS
  'Cuts for rfm_bucket_at that split the measures into buckets of like size: the quantiles 1/n to (n-1)/n, of type 7 (on the line between neighbours, as percentile_cont). '
  'NULL measures are left out. '
  'NULL over no measure. '
  'An infinite measure is an error, and so are buckets below 1 or above 10,000.';

CREATE AGGREGATE journey.rfm_quantiles(measure double precision, buckets integer, shift double precision) (
  SFUNC = journey.rfm_quantiles_add,
  STYPE = internal,
  SSPACE = 4096,
  FINALFUNC = journey.rfm_quantiles_final,
  COMBINEFUNC = journey.rfm_quantiles_combine,
  SERIALFUNC = journey.rfm_quantiles_serialize,
  DESERIALFUNC = journey.rfm_quantiles_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_quantiles(double precision, integer, double precision) IS
  'As rfm_quantiles without shift, which is added to each cut: the R package rfm (rfm_table_order, version 0.3.0) cuts at the quantiles + 1.';
