-- What a customer's payments had come to at each of many moments.

CREATE TYPE journey.rfm_snapshot AS (
  snapshot timestamptz,
  first_paid_at timestamptz,
  last_paid_at timestamptz,
  frequency bigint,
  monetary numeric
);
COMMENT ON TYPE journey.rfm_snapshot IS
  'The state of a customer as of a given time: the snapshot, and what the payments and refunds up to and at it add up to. '
  'Without a payment the times are NULL and the number is 0.';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, numeric, timestamptz[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_add_numeric';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, numeric, timestamptz[]) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, double precision, timestamptz[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_add_float8';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, double precision, timestamptz[]) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, bigint, timestamptz[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_add_int8';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, bigint, timestamptz[]) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, integer, timestamptz[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_add_int4';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, integer, timestamptz[]) IS 'Internal: transition of rfm_history';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, numeric, timestamptz[], interval) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_window_add_numeric';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, numeric, timestamptz[], interval) IS 'Internal: transition of rfm_history with a window';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, double precision, timestamptz[], interval) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_window_add_float8';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, double precision, timestamptz[], interval) IS 'Internal: transition of rfm_history with a window';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, bigint, timestamptz[], interval) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_window_add_int8';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, bigint, timestamptz[], interval) IS 'Internal: transition of rfm_history with a window';

CREATE FUNCTION journey.rfm_history_add(internal, timestamptz, integer, timestamptz[], interval) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_window_add_int4';
COMMENT ON FUNCTION journey.rfm_history_add(internal, timestamptz, integer, timestamptz[], interval) IS 'Internal: transition of rfm_history with a window';

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
  'rfm of the payments up to and at each snapshot, as an array in order of time, in one pass over the payments. '
  'Snapshots may come in any order and more than once; there is none before the first row. '
  'A row with a NULL payment is left out. '
  'NULL or infinite snapshots are an error, and so are different ones in one group.';

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
  'rfm of the payments up to and at each snapshot, as an array in order of time, in one pass over the payments. '
  'Snapshots may come in any order and more than once; there is none before the first row. '
  'A row with a NULL payment is left out. '
  'NULL or infinite snapshots are an error, and so are different ones in one group.';

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
  'rfm of the payments up to and at each snapshot, as an array in order of time, in one pass over the payments. '
  'Snapshots may come in any order and more than once; there is none before the first row. '
  'A row with a NULL payment is left out. '
  'NULL or infinite snapshots are an error, and so are different ones in one group.';

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
  'rfm of the payments up to and at each snapshot, as an array in order of time, in one pass over the payments. '
  'Snapshots may come in any order and more than once; there is none before the first row. '
  'A row with a NULL payment is left out. '
  'NULL or infinite snapshots are an error, and so are different ones in one group.';

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
  'As rfm_history without window, of the payments and refunds after snapshot - window, up to and at the snapshot; a snapshot without any is left out. '
  'Days and months of the window are those of the calendar in UTC: 1 month before 31 March is the last of February. '
  'NULL is no window; a window that is not greater than zero is an error.';

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
  'As rfm_history without window, of the payments and refunds after snapshot - window, up to and at the snapshot; a snapshot without any is left out. '
  'Days and months of the window are those of the calendar in UTC: 1 month before 31 March is the last of February. '
  'NULL is no window; a window that is not greater than zero is an error.';

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
  'As rfm_history without window, of the payments and refunds after snapshot - window, up to and at the snapshot; a snapshot without any is left out. '
  'Days and months of the window are those of the calendar in UTC: 1 month before 31 March is the last of February. '
  'NULL is no window; a window that is not greater than zero is an error.';

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
  'As rfm_history without window, of the payments and refunds after snapshot - window, up to and at the snapshot; a snapshot without any is left out. '
  'Days and months of the window are those of the calendar in UTC: 1 month before 31 March is the last of February. '
  'NULL is no window; a window that is not greater than zero is an error.';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, numeric, timestamptz[], interval, anyelement) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_add_numeric';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, numeric, timestamptz[], interval, anyelement) IS 'Internal: transition of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, double precision, timestamptz[], interval, anyelement) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_add_float8';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, double precision, timestamptz[], interval, anyelement) IS 'Internal: transition of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, bigint, timestamptz[], interval, anyelement) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_add_int8';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, bigint, timestamptz[], interval, anyelement) IS 'Internal: transition of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, integer, timestamptz[], interval, anyelement) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_distinct_add_int4';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, integer, timestamptz[], interval, anyelement) IS 'Internal: transition of rfm_history with payment_id';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, numeric, timestamptz[], interval, anyelement, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_zone_add_numeric';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, numeric, timestamptz[], interval, anyelement, text) IS 'Internal: transition of rfm_history with payment_id and time_zone';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, double precision, timestamptz[], interval, anyelement, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_zone_add_float8';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, double precision, timestamptz[], interval, anyelement, text) IS 'Internal: transition of rfm_history with payment_id and time_zone';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, bigint, timestamptz[], interval, anyelement, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_zone_add_int8';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, bigint, timestamptz[], interval, anyelement, text) IS 'Internal: transition of rfm_history with payment_id and time_zone';

CREATE FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, integer, timestamptz[], interval, anyelement, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_history_zone_add_int4';
COMMENT ON FUNCTION journey.rfm_history_distinct_add(internal, timestamptz, integer, timestamptz[], interval, anyelement, text) IS 'Internal: transition of rfm_history with payment_id and time_zone';

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
  'As rfm_history without payment_id, but each payment counts once: of all rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount. '
  'A refund under the id of its payment counts beside it, once as well.';

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
  'As rfm_history without payment_id, but each payment counts once: of all rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount. '
  'A refund under the id of its payment counts beside it, once as well.';

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
  'As rfm_history without payment_id, but each payment counts once: of all rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount. '
  'A refund under the id of its payment counts beside it, once as well.';

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
  'As rfm_history without payment_id, but each payment counts once: of all rows with one payment_id (compared as text) the earliest stands, then the one with the smallest amount. '
  'A refund under the id of its payment counts beside it, once as well.';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount numeric, snapshots timestamptz[], "window" interval, payment_id anyelement, time_zone text) (
  SFUNC = journey.rfm_history_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_history_distinct_final,
  COMBINEFUNC = journey.rfm_history_distinct_combine,
  SERIALFUNC = journey.rfm_history_distinct_serialize,
  DESERIALFUNC = journey.rfm_history_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, numeric, timestamptz[], interval, anyelement, text) IS
  'As rfm_history with payment_id; days and months of the window are those of the calendar in time_zone. '
  'A NULL, empty or unknown time_zone is an error.';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount double precision, snapshots timestamptz[], "window" interval, payment_id anyelement, time_zone text) (
  SFUNC = journey.rfm_history_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_history_distinct_final,
  COMBINEFUNC = journey.rfm_history_distinct_combine,
  SERIALFUNC = journey.rfm_history_distinct_serialize,
  DESERIALFUNC = journey.rfm_history_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, double precision, timestamptz[], interval, anyelement, text) IS
  'As rfm_history with payment_id; days and months of the window are those of the calendar in time_zone. '
  'A NULL, empty or unknown time_zone is an error.';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount bigint, snapshots timestamptz[], "window" interval, payment_id anyelement, time_zone text) (
  SFUNC = journey.rfm_history_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_history_distinct_final,
  COMBINEFUNC = journey.rfm_history_distinct_combine,
  SERIALFUNC = journey.rfm_history_distinct_serialize,
  DESERIALFUNC = journey.rfm_history_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, bigint, timestamptz[], interval, anyelement, text) IS
  'As rfm_history with payment_id; days and months of the window are those of the calendar in time_zone. '
  'A NULL, empty or unknown time_zone is an error.';

CREATE AGGREGATE journey.rfm_history(paid_at timestamptz, amount integer, snapshots timestamptz[], "window" interval, payment_id anyelement, time_zone text) (
  SFUNC = journey.rfm_history_distinct_add,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = journey.rfm_history_distinct_final,
  COMBINEFUNC = journey.rfm_history_distinct_combine,
  SERIALFUNC = journey.rfm_history_distinct_serialize,
  DESERIALFUNC = journey.rfm_history_distinct_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rfm_history(timestamptz, integer, timestamptz[], interval, anyelement, text) IS
  'As rfm_history with payment_id; days and months of the window are those of the calendar in time_zone. '
  'A NULL, empty or unknown time_zone is an error.';
