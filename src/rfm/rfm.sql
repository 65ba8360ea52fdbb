-- Room: rfm. Needs: none

CREATE TYPE journey.rfm_value AS (
  first_paid_at timestamptz,
  last_paid_at timestamptz,
  frequency bigint,
  monetary numeric
);
COMMENT ON TYPE journey.rfm_value IS
  'What a customer''s payments add up to: the time of the first and the last, their number, and the sum of their amounts';

CREATE FUNCTION journey.rfm_add(internal, timestamptz, numeric) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_add';
COMMENT ON FUNCTION journey.rfm_add(internal, timestamptz, numeric) IS 'Internal: transition of rfm';

CREATE FUNCTION journey.rfm_add(internal, timestamptz, double precision) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_add';
COMMENT ON FUNCTION journey.rfm_add(internal, timestamptz, double precision) IS 'Internal: transition of rfm';

CREATE FUNCTION journey.rfm_add(internal, timestamptz, bigint) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_add';
COMMENT ON FUNCTION journey.rfm_add(internal, timestamptz, bigint) IS 'Internal: transition of rfm';

CREATE FUNCTION journey.rfm_add(internal, timestamptz, integer) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_add';
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
  'First and last payment, number of payments and exact sum of their amounts. A row with a NULL is left out; NULL if no row is left; an infinite time or amount is an error';

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
  'First and last payment, number of payments and exact sum of their amounts; each amount counts as the decimal number that a cast to numeric makes of it. A row with a NULL is left out; NULL if no row is left; an infinite time or amount is an error';

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
  'First and last payment, number of payments and exact sum of their amounts. A row with a NULL is left out; NULL if no row is left; an infinite time or amount is an error';

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
  'First and last payment, number of payments and exact sum of their amounts. A row with a NULL is left out; NULL if no row is left; an infinite time or amount is an error';

CREATE FUNCTION journey.rfm_distinct_add(internal, timestamptz, numeric, anyelement) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_distinct_add';
COMMENT ON FUNCTION journey.rfm_distinct_add(internal, timestamptz, numeric, anyelement) IS 'Internal: transition of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_add(internal, timestamptz, double precision, anyelement) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_distinct_add';
COMMENT ON FUNCTION journey.rfm_distinct_add(internal, timestamptz, double precision, anyelement) IS 'Internal: transition of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_add(internal, timestamptz, bigint, anyelement) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_distinct_add';
COMMENT ON FUNCTION journey.rfm_distinct_add(internal, timestamptz, bigint, anyelement) IS 'Internal: transition of rfm with payment_id';

CREATE FUNCTION journey.rfm_distinct_add(internal, timestamptz, integer, anyelement) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_distinct_add';
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
  'As rfm without payment_id, but each payment counts once: of the rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount';

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
  'As rfm without payment_id, but each payment counts once: of the rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount';

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
  'As rfm without payment_id, but each payment counts once: of the rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount';

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
  'As rfm without payment_id, but each payment counts once: of the rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount';

CREATE TYPE journey.rfm_snapshot AS (
  snapshot timestamptz,
  first_paid_at timestamptz,
  last_paid_at timestamptz,
  frequency bigint,
  monetary numeric
);
COMMENT ON TYPE journey.rfm_snapshot IS
  'The state of a customer as of a given time: the snapshot, and what the payments up to and at it add up to';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, numeric, timestamptz[]) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_add';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, numeric, timestamptz[]) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, double precision, timestamptz[]) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_add';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, double precision, timestamptz[]) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, bigint, timestamptz[]) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_add';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, bigint, timestamptz[]) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, integer, timestamptz[]) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_add';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, integer, timestamptz[]) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, numeric, timestamptz[], interval) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_add';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, numeric, timestamptz[], interval) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, double precision, timestamptz[], interval) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_add';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, double precision, timestamptz[], interval) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, bigint, timestamptz[], interval) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_add';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, bigint, timestamptz[], interval) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, integer, timestamptz[], interval) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_add';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, integer, timestamptz[], interval) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_final(internal) RETURNS journey.rfm_snapshot[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_final';
COMMENT ON FUNCTION journey.rfm_history_final(internal) IS 'Internal: result of rfm_history';

CREATE FUNCTION journey.rfm_history_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_combine';
COMMENT ON FUNCTION journey.rfm_history_combine(internal, internal) IS 'Internal: merges two states of rfm_history';

CREATE FUNCTION journey.rfm_history_serialize(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_serialize';
COMMENT ON FUNCTION journey.rfm_history_serialize(internal) IS 'Internal: a state of rfm_history as bytes';

CREATE FUNCTION journey.rfm_history_deserialize(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_deserialize';
COMMENT ON FUNCTION journey.rfm_history_deserialize(bytea, internal) IS 'Internal: a state of rfm_history from bytes';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount numeric, snapshots timestamptz[]) (
  SFUNC = journey.rfm_history_add,
  STYPE = internal,
  SSPACE = 400,
  FINALFUNC = journey.rfm_history_final,
  COMBINEFUNC = journey.rfm_history_combine,
  SERIALFUNC = journey.rfm_history_serialize,
  DESERIALFUNC = journey.rfm_history_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, numeric, timestamptz[]) IS
  'rfm of the payments up to and at each snapshot, as an array in order of time, in one pass over the payments. Snapshots may come in any order and more than once; there is none before the first payment. A row with a NULL payment is left out; NULL or infinite snapshots are an error, and so are different ones in one group';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount double precision, snapshots timestamptz[]) (
  SFUNC = journey.rfm_history_add,
  STYPE = internal,
  SSPACE = 400,
  FINALFUNC = journey.rfm_history_final,
  COMBINEFUNC = journey.rfm_history_combine,
  SERIALFUNC = journey.rfm_history_serialize,
  DESERIALFUNC = journey.rfm_history_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, double precision, timestamptz[]) IS
  'rfm of the payments up to and at each snapshot, as an array in order of time, in one pass over the payments. Snapshots may come in any order and more than once; there is none before the first payment. A row with a NULL payment is left out; NULL or infinite snapshots are an error, and so are different ones in one group';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount bigint, snapshots timestamptz[]) (
  SFUNC = journey.rfm_history_add,
  STYPE = internal,
  SSPACE = 400,
  FINALFUNC = journey.rfm_history_final,
  COMBINEFUNC = journey.rfm_history_combine,
  SERIALFUNC = journey.rfm_history_serialize,
  DESERIALFUNC = journey.rfm_history_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, bigint, timestamptz[]) IS
  'rfm of the payments up to and at each snapshot, as an array in order of time, in one pass over the payments. Snapshots may come in any order and more than once; there is none before the first payment. A row with a NULL payment is left out; NULL or infinite snapshots are an error, and so are different ones in one group';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount integer, snapshots timestamptz[]) (
  SFUNC = journey.rfm_history_add,
  STYPE = internal,
  SSPACE = 400,
  FINALFUNC = journey.rfm_history_final,
  COMBINEFUNC = journey.rfm_history_combine,
  SERIALFUNC = journey.rfm_history_serialize,
  DESERIALFUNC = journey.rfm_history_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, integer, timestamptz[]) IS
  'rfm of the payments up to and at each snapshot, as an array in order of time, in one pass over the payments. Snapshots may come in any order and more than once; there is none before the first payment. A row with a NULL payment is left out; NULL or infinite snapshots are an error, and so are different ones in one group';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount numeric, snapshots timestamptz[], "window" interval) (
  SFUNC = journey.rfm_history_add,
  STYPE = internal,
  SSPACE = 400,
  FINALFUNC = journey.rfm_history_final,
  COMBINEFUNC = journey.rfm_history_combine,
  SERIALFUNC = journey.rfm_history_serialize,
  DESERIALFUNC = journey.rfm_history_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, numeric, timestamptz[], interval) IS
  'As rfm_history without window, of the payments after snapshot - window, up to and at the snapshot; a snapshot without such a payment is left out. A day of the window is 24 hours, months are an error, NULL is no window';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount double precision, snapshots timestamptz[], "window" interval) (
  SFUNC = journey.rfm_history_add,
  STYPE = internal,
  SSPACE = 400,
  FINALFUNC = journey.rfm_history_final,
  COMBINEFUNC = journey.rfm_history_combine,
  SERIALFUNC = journey.rfm_history_serialize,
  DESERIALFUNC = journey.rfm_history_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, double precision, timestamptz[], interval) IS
  'As rfm_history without window, of the payments after snapshot - window, up to and at the snapshot; a snapshot without such a payment is left out. A day of the window is 24 hours, months are an error, NULL is no window';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount bigint, snapshots timestamptz[], "window" interval) (
  SFUNC = journey.rfm_history_add,
  STYPE = internal,
  SSPACE = 400,
  FINALFUNC = journey.rfm_history_final,
  COMBINEFUNC = journey.rfm_history_combine,
  SERIALFUNC = journey.rfm_history_serialize,
  DESERIALFUNC = journey.rfm_history_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, bigint, timestamptz[], interval) IS
  'As rfm_history without window, of the payments after snapshot - window, up to and at the snapshot; a snapshot without such a payment is left out. A day of the window is 24 hours, months are an error, NULL is no window';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount integer, snapshots timestamptz[], "window" interval) (
  SFUNC = journey.rfm_history_add,
  STYPE = internal,
  SSPACE = 400,
  FINALFUNC = journey.rfm_history_final,
  COMBINEFUNC = journey.rfm_history_combine,
  SERIALFUNC = journey.rfm_history_serialize,
  DESERIALFUNC = journey.rfm_history_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, integer, timestamptz[], interval) IS
  'As rfm_history without window, of the payments after snapshot - window, up to and at the snapshot; a snapshot without such a payment is left out. A day of the window is 24 hours, months are an error, NULL is no window';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, numeric, timestamptz[], interval, anyelement) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_add';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, numeric, timestamptz[], interval, anyelement) IS 'Internal: transition of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, double precision, timestamptz[], interval, anyelement) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_add';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, double precision, timestamptz[], interval, anyelement) IS 'Internal: transition of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, bigint, timestamptz[], interval, anyelement) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_add';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, bigint, timestamptz[], interval, anyelement) IS 'Internal: transition of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, integer, timestamptz[], interval, anyelement) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_add';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, integer, timestamptz[], interval, anyelement) IS 'Internal: transition of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_final(internal) RETURNS journey.rfm_snapshot[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_final';
COMMENT ON FUNCTION journey.rfm_history_distinct_final(internal) IS 'Internal: result of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_combine';
COMMENT ON FUNCTION journey.rfm_history_distinct_combine(internal, internal) IS 'Internal: merges two states of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_serialize(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_serialize';
COMMENT ON FUNCTION journey.rfm_history_distinct_serialize(internal) IS 'Internal: a state of rfm_history with payment_id as bytes';

CREATE FUNCTION journey.rfm_history_distinct_deserialize(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_deserialize';
COMMENT ON FUNCTION journey.rfm_history_distinct_deserialize(bytea, internal) IS 'Internal: a state of rfm_history with payment_id from bytes';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount numeric, snapshots timestamptz[], "window" interval, payment_id anyelement) (
  SFUNC = journey.rfm_history_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_history_distinct_final,
  COMBINEFUNC = journey.rfm_history_distinct_combine,
  SERIALFUNC = journey.rfm_history_distinct_serialize,
  DESERIALFUNC = journey.rfm_history_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, numeric, timestamptz[], interval, anyelement) IS
  'As rfm_history without payment_id, but each payment counts once: of all rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount double precision, snapshots timestamptz[], "window" interval, payment_id anyelement) (
  SFUNC = journey.rfm_history_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_history_distinct_final,
  COMBINEFUNC = journey.rfm_history_distinct_combine,
  SERIALFUNC = journey.rfm_history_distinct_serialize,
  DESERIALFUNC = journey.rfm_history_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, double precision, timestamptz[], interval, anyelement) IS
  'As rfm_history without payment_id, but each payment counts once: of all rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount bigint, snapshots timestamptz[], "window" interval, payment_id anyelement) (
  SFUNC = journey.rfm_history_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_history_distinct_final,
  COMBINEFUNC = journey.rfm_history_distinct_combine,
  SERIALFUNC = journey.rfm_history_distinct_serialize,
  DESERIALFUNC = journey.rfm_history_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, bigint, timestamptz[], interval, anyelement) IS
  'As rfm_history without payment_id, but each payment counts once: of all rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount integer, snapshots timestamptz[], "window" interval, payment_id anyelement) (
  SFUNC = journey.rfm_history_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_history_distinct_final,
  COMBINEFUNC = journey.rfm_history_distinct_combine,
  SERIALFUNC = journey.rfm_history_distinct_serialize,
  DESERIALFUNC = journey.rfm_history_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, integer, timestamptz[], interval, anyelement) IS
  'As rfm_history without payment_id, but each payment counts once: of all rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount';

CREATE FUNCTION journey.rfm_bucket_support(internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_bucket_support';
COMMENT ON FUNCTION journey.rfm_bucket_support(internal) IS 'Internal: planner support of rfm_bucket';

CREATE FUNCTION journey.rfm_bucket(buckets integer DEFAULT 5) RETURNS integer
LANGUAGE c IMMUTABLE PARALLEL SAFE WINDOW SUPPORT journey.rfm_bucket_support
AS 'MODULE_PATHNAME', 'journey_rfm_bucket';
COMMENT ON FUNCTION journey.rfm_bucket(integer) IS
  'Window function: the percent rank of the row in the order of its window, in equal steps: buckets 1 to n, equal values in the same bucket, a row alone in bucket 1. The frame does not matter; NULLs rank where ORDER BY puts them; buckets below 1 or NULL are an error';

CREATE FUNCTION journey.rfm_bucket_at(measure anycompatible, cuts anycompatiblearray) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_bucket_at';
COMMENT ON FUNCTION journey.rfm_bucket_at(anycompatible, anycompatiblearray) IS
  'The bucket of a measure between fixed cuts: 1 below the first, and one more for each cut that it reaches. NULL where an argument is NULL; cuts that do not ascend, or a NULL among them, are an error; equal cuts leave a bucket empty';

CREATE FUNCTION journey.rfm_quantiles_add(internal, double precision, integer) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_quantiles_add';
COMMENT ON FUNCTION journey.rfm_quantiles_add(internal, double precision, integer) IS 'Internal: transition of rfm_quantiles';

CREATE FUNCTION journey.rfm_quantiles_add(internal, double precision, integer, double precision) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_quantiles_add';
COMMENT ON FUNCTION journey.rfm_quantiles_add(internal, double precision, integer, double precision) IS 'Internal: transition of rfm_quantiles';

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
  'Cuts for rfm_bucket_at that split the measures into buckets of like size: the quantiles 1/n to (n-1)/n, of type 7 (on the line between neighbours, as percentile_cont). NULL measures are left out; NULL over no measure; an infinite measure is an error, and so are buckets below 1';

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
  'As rfm_quantiles without shift, which is added to each cut: the R package rfm (rfm_table_order, version 0.3.0) cuts at the quantiles + 1';

CREATE FUNCTION journey.rfm_segment(recency integer, frequency integer) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_segment';
COMMENT ON FUNCTION journey.rfm_segment(integer, integer) IS
  'The segment of a recency and a frequency score, each from 1 to 5 (5 is best), by the 5 x 5 matrix standard of journey.rfm_matrix, which is that of "Building a historical user segmentation model with dbt" (Jauregui, 2023). NULL where a score is NULL; a score outside 1 to 5 is an error';

CREATE TABLE journey.rfm_matrix (
  matrix text NOT NULL,
  recency integer NOT NULL CHECK (recency >= 1),
  frequency integer NOT NULL CHECK (frequency >= 1),
  segment text NOT NULL,
  PRIMARY KEY (matrix, recency, frequency),
  CONSTRAINT standard_is_fixed CHECK (
    CASE WHEN matrix = 'standard' THEN segment = journey.rfm_segment(recency, frequency) ELSE true END
  )
);
COMMENT ON TABLE journey.rfm_matrix IS
  'Matrices that name the segment of each pair of scores. Add your own under names of their own, a row for each pair of scores; the one named standard comes with the extension, can not be changed, and is not dumped';
COMMENT ON COLUMN journey.rfm_matrix.matrix IS 'Name of the matrix';
COMMENT ON COLUMN journey.rfm_matrix.recency IS 'Recency score, from 1 up without a gap; by convention the highest is the most recent';
COMMENT ON COLUMN journey.rfm_matrix.frequency IS 'Frequency score, from 1 up without a gap';
COMMENT ON COLUMN journey.rfm_matrix.segment IS 'Name of the segment';

INSERT INTO journey.rfm_matrix
SELECT 'standard', recency, frequency, journey.rfm_segment(recency, frequency)
FROM generate_series(1, 5) recency, generate_series(1, 5) frequency;
GRANT SELECT ON journey.rfm_matrix TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('journey.rfm_matrix', $$WHERE matrix <> 'standard'$$);

CREATE FUNCTION journey.rfm_segment(recency integer, frequency integer, matrix text) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_rfm_segment_of';
COMMENT ON FUNCTION journey.rfm_segment(integer, integer, text) IS
  'The segment of a recency and a frequency score by a matrix of journey.rfm_matrix. NULL where an argument is NULL; a matrix that is unknown or lacks rows, and scores outside it, are errors';
