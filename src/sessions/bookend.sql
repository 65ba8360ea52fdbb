-- Room: sessions. The value at either end of time.

CREATE FUNCTION journey.first_transition(internal, anyelement, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_transition';
COMMENT ON FUNCTION journey.first_transition(internal, anyelement, timestamptz) IS 'Transition of first()';
CREATE FUNCTION journey.first_transition(internal, anyelement, timestamp) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_transition';
COMMENT ON FUNCTION journey.first_transition(internal, anyelement, timestamp) IS 'Transition of first()';
CREATE FUNCTION journey.last_transition(internal, anyelement, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_transition';
COMMENT ON FUNCTION journey.last_transition(internal, anyelement, timestamptz) IS 'Transition of last()';
CREATE FUNCTION journey.last_transition(internal, anyelement, timestamp) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_transition';
COMMENT ON FUNCTION journey.last_transition(internal, anyelement, timestamp) IS 'Transition of last()';
CREATE FUNCTION journey.first_non_null_transition(internal, anyelement, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_non_null_transition';
COMMENT ON FUNCTION journey.first_non_null_transition(internal, anyelement, timestamptz) IS 'Transition of first_non_null()';
CREATE FUNCTION journey.first_non_null_transition(internal, anyelement, timestamp) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_non_null_transition';
COMMENT ON FUNCTION journey.first_non_null_transition(internal, anyelement, timestamp) IS 'Transition of first_non_null()';
CREATE FUNCTION journey.last_non_null_transition(internal, anyelement, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_non_null_transition';
COMMENT ON FUNCTION journey.last_non_null_transition(internal, anyelement, timestamptz) IS 'Transition of last_non_null()';
CREATE FUNCTION journey.last_non_null_transition(internal, anyelement, timestamp) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_non_null_transition';
COMMENT ON FUNCTION journey.last_non_null_transition(internal, anyelement, timestamp) IS 'Transition of last_non_null()';
CREATE FUNCTION journey.first_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_combine';
COMMENT ON FUNCTION journey.first_combine(internal, internal) IS 'Combination of two states of first() or first_non_null()';
CREATE FUNCTION journey.last_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_combine';
COMMENT ON FUNCTION journey.last_combine(internal, internal) IS 'Combination of two states of last() or last_non_null()';
CREATE FUNCTION journey.bookend_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_serialize';
COMMENT ON FUNCTION journey.bookend_serialize(internal) IS 'State of first(), last() and their kin on its way between processes';
CREATE FUNCTION journey.bookend_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_deserialize';
COMMENT ON FUNCTION journey.bookend_deserialize(bytea, internal) IS 'State of first(), last() and their kin on its way between processes';
CREATE FUNCTION journey.bookend_final(internal, anyelement, timestamptz) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_final';
COMMENT ON FUNCTION journey.bookend_final(internal, anyelement, timestamptz) IS 'Result of first(), last() and their kin';
CREATE FUNCTION journey.bookend_final(internal, anyelement, timestamp) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_final';
COMMENT ON FUNCTION journey.bookend_final(internal, anyelement, timestamp) IS 'Result of first(), last() and their kin';

CREATE AGGREGATE journey.first(value anyelement, ts timestamptz) (
  SFUNC = journey.first_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize,
  DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamptz) IS
  'The value at the earliest ts, be it NULL. At the same ts, a value comes before NULL and the smallest value wins, by the default order of its type and then by its text. Rows with a NULL ts don''t count; NULL where none is left. A row of no named type is an error (42804)';

CREATE AGGREGATE journey.first(value anyelement, ts timestamp) (
  SFUNC = journey.first_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize,
  DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamp) IS
  'As first by timestamptz';

CREATE AGGREGATE journey.last(value anyelement, ts timestamptz) (
  SFUNC = journey.last_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize,
  DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamptz) IS
  'The value at the latest ts, be it NULL. At the same ts, a value comes before NULL and the greatest value wins, by the default order of its type and then by its text. Rows with a NULL ts don''t count; NULL where none is left. A row of no named type is an error (42804)';

CREATE AGGREGATE journey.last(value anyelement, ts timestamp) (
  SFUNC = journey.last_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize,
  DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamp) IS
  'As last by timestamptz';

CREATE AGGREGATE journey.first_non_null(value anyelement, ts timestamptz) (
  SFUNC = journey.first_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize,
  DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_non_null(anyelement, timestamptz) IS
  'As first, among the rows whose value is not NULL';

CREATE AGGREGATE journey.first_non_null(value anyelement, ts timestamp) (
  SFUNC = journey.first_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize,
  DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_non_null(anyelement, timestamp) IS
  'As first_non_null by timestamptz';

CREATE AGGREGATE journey.last_non_null(value anyelement, ts timestamptz) (
  SFUNC = journey.last_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize,
  DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_non_null(anyelement, timestamptz) IS
  'As last, among the rows whose value is not NULL';

CREATE AGGREGATE journey.last_non_null(value anyelement, ts timestamp) (
  SFUNC = journey.last_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize,
  DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_non_null(anyelement, timestamp) IS
  'As last_non_null by timestamptz';
