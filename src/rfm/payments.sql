-- Room: rfm. Needs: none
-- What a customer's payments add up to.

CREATE TYPE journey.rfm_value AS (
  first_paid_at timestamptz,
  last_paid_at timestamptz,
  frequency bigint,
  monetary numeric
);
COMMENT ON TYPE journey.rfm_value IS
  'What a customer''s payments and refunds add up to: the time of the first and the last payment, the number of payments, and the sum of all amounts. '
  'Without a payment the times are NULL and the number is 0.';

CREATE FUNCTION journey.rfm_add(internal, timestamptz, numeric) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_add_numeric';
COMMENT ON FUNCTION journey.rfm_add(internal, timestamptz, numeric) IS 'Internal: transition of rfm';

CREATE FUNCTION journey.rfm_add(internal, timestamptz, double precision) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_add_float8';
COMMENT ON FUNCTION journey.rfm_add(internal, timestamptz, double precision) IS 'Internal: transition of rfm';

CREATE FUNCTION journey.rfm_add(internal, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_add_int8';
COMMENT ON FUNCTION journey.rfm_add(internal, timestamptz, bigint) IS 'Internal: transition of rfm';

CREATE FUNCTION journey.rfm_add(internal, timestamptz, integer) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_add_int4';
COMMENT ON FUNCTION journey.rfm_add(internal, timestamptz, integer) IS 'Internal: transition of rfm';

CREATE FUNCTION journey.rfm_final(internal) RETURNS journey.rfm_value
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_final';
COMMENT ON FUNCTION journey.rfm_final(internal) IS 'Internal: result of rfm';

CREATE FUNCTION journey.rfm_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_combine';
COMMENT ON FUNCTION journey.rfm_combine(internal, internal) IS 'Internal: merges two states of rfm';

CREATE FUNCTION journey.rfm_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_serialize';
COMMENT ON FUNCTION journey.rfm_serialize(internal) IS 'Internal: a state of rfm as bytes';

CREATE FUNCTION journey.rfm_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_deserialize';
COMMENT ON FUNCTION journey.rfm_deserialize(bytea, internal) IS 'Internal: a state of rfm from bytes';

CREATE AGGREGATE journey.rfm(paid_at timestamptz, amount numeric) (
  SFUNC = journey.rfm_add,
  STYPE = internal,
  SSPACE = 144,
  FINALFUNC = journey.rfm_final,
  COMBINEFUNC = journey.rfm_combine,
  SERIALFUNC = journey.rfm_serialize,
  DESERIALFUNC = journey.rfm_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm(timestamptz, numeric) IS
  'First and last payment, number of payments, and exact sum of their amounts. '
  'A negative amount is a refund: it lowers the sum, is no payment and moves no time. '
  'A row with a NULL is left out. '
  'NULL if no row is left. '
  'An infinite time or amount is an error.';

CREATE AGGREGATE journey.rfm(paid_at timestamptz, amount double precision) (
  SFUNC = journey.rfm_add,
  STYPE = internal,
  SSPACE = 144,
  FINALFUNC = journey.rfm_final,
  COMBINEFUNC = journey.rfm_combine,
  SERIALFUNC = journey.rfm_serialize,
  DESERIALFUNC = journey.rfm_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm(timestamptz, double precision) IS
  'First and last payment, number of payments, and exact sum of their amounts. '
  'A negative amount is a refund: it lowers the sum, is no payment and moves no time. '
  'Each amount counts as the decimal number that a cast to numeric makes of it. '
  'A row with a NULL is left out. '
  'NULL if no row is left. '
  'An infinite time or amount is an error.';

CREATE AGGREGATE journey.rfm(paid_at timestamptz, amount bigint) (
  SFUNC = journey.rfm_add,
  STYPE = internal,
  SSPACE = 144,
  FINALFUNC = journey.rfm_final,
  COMBINEFUNC = journey.rfm_combine,
  SERIALFUNC = journey.rfm_serialize,
  DESERIALFUNC = journey.rfm_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm(timestamptz, bigint) IS
  'First and last payment, number of payments, and exact sum of their amounts. '
  'A negative amount is a refund: it lowers the sum, is no payment and moves no time. '
  'A row with a NULL is left out. '
  'NULL if no row is left. '
  'An infinite time or amount is an error.';

CREATE AGGREGATE journey.rfm(paid_at timestamptz, amount integer) (
  SFUNC = journey.rfm_add,
  STYPE = internal,
  SSPACE = 144,
  FINALFUNC = journey.rfm_final,
  COMBINEFUNC = journey.rfm_combine,
  SERIALFUNC = journey.rfm_serialize,
  DESERIALFUNC = journey.rfm_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm(timestamptz, integer) IS
  'First and last payment, number of payments, and exact sum of their amounts. '
  'A negative amount is a refund: it lowers the sum, is no payment and moves no time. '
  'A row with a NULL is left out. '
  'NULL if no row is left. '
  'An infinite time or amount is an error.';

CREATE FUNCTION journey.rfm_distinct_add(internal, timestamptz, numeric, anyelement) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_distinct_add_numeric';
COMMENT ON FUNCTION journey.rfm_distinct_add(internal, timestamptz, numeric, anyelement) IS 'Internal: transition of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_add(internal, timestamptz, double precision, anyelement) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_distinct_add_float8';
COMMENT ON FUNCTION journey.rfm_distinct_add(internal, timestamptz, double precision, anyelement) IS 'Internal: transition of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_add(internal, timestamptz, bigint, anyelement) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_distinct_add_int8';
COMMENT ON FUNCTION journey.rfm_distinct_add(internal, timestamptz, bigint, anyelement) IS 'Internal: transition of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_add(internal, timestamptz, integer, anyelement) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_distinct_add_int4';
COMMENT ON FUNCTION journey.rfm_distinct_add(internal, timestamptz, integer, anyelement) IS 'Internal: transition of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_final(internal) RETURNS journey.rfm_value
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_distinct_final';
COMMENT ON FUNCTION journey.rfm_distinct_final(internal) IS 'Internal: result of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_distinct_combine';
COMMENT ON FUNCTION journey.rfm_distinct_combine(internal, internal) IS 'Internal: merges two states of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_distinct_serialize';
COMMENT ON FUNCTION journey.rfm_distinct_serialize(internal) IS 'Internal: a state of rfm with payment_id as bytes';

CREATE FUNCTION journey.rfm_distinct_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_distinct_deserialize';
COMMENT ON FUNCTION journey.rfm_distinct_deserialize(bytea, internal) IS 'Internal: a state of rfm with payment_id from bytes';

CREATE AGGREGATE journey.rfm(paid_at timestamptz, amount numeric, payment_id anyelement) (
  SFUNC = journey.rfm_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_distinct_final,
  COMBINEFUNC = journey.rfm_distinct_combine,
  SERIALFUNC = journey.rfm_distinct_serialize,
  DESERIALFUNC = journey.rfm_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm(timestamptz, numeric, anyelement) IS
  'As rfm without payment_id, but each payment counts once: of the rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount. '
  'A refund under the id of its payment counts beside it, once as well.';

CREATE AGGREGATE journey.rfm(paid_at timestamptz, amount double precision, payment_id anyelement) (
  SFUNC = journey.rfm_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_distinct_final,
  COMBINEFUNC = journey.rfm_distinct_combine,
  SERIALFUNC = journey.rfm_distinct_serialize,
  DESERIALFUNC = journey.rfm_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm(timestamptz, double precision, anyelement) IS
  'As rfm without payment_id, but each payment counts once: of the rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount. '
  'A refund under the id of its payment counts beside it, once as well.';

CREATE AGGREGATE journey.rfm(paid_at timestamptz, amount bigint, payment_id anyelement) (
  SFUNC = journey.rfm_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_distinct_final,
  COMBINEFUNC = journey.rfm_distinct_combine,
  SERIALFUNC = journey.rfm_distinct_serialize,
  DESERIALFUNC = journey.rfm_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm(timestamptz, bigint, anyelement) IS
  'As rfm without payment_id, but each payment counts once: of the rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount. '
  'A refund under the id of its payment counts beside it, once as well.';

CREATE AGGREGATE journey.rfm(paid_at timestamptz, amount integer, payment_id anyelement) (
  SFUNC = journey.rfm_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_distinct_final,
  COMBINEFUNC = journey.rfm_distinct_combine,
  SERIALFUNC = journey.rfm_distinct_serialize,
  DESERIALFUNC = journey.rfm_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm(timestamptz, integer, anyelement) IS
  'As rfm without payment_id, but each payment counts once: of the rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount. '
  'A refund under the id of its payment counts beside it, once as well.';
