-- Room: sessions. The value at either end of time.

-- Support functions

CREATE FUNCTION journey.first_transition(internal, anyelement, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_transition';
COMMENT ON FUNCTION journey.first_transition(internal, anyelement, timestamptz) IS 'Transition of first()';

CREATE FUNCTION journey.first_transition(internal, anyelement, timestamp) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_transition';
COMMENT ON FUNCTION journey.first_transition(internal, anyelement, timestamp) IS 'Transition of first()';

CREATE FUNCTION journey.first_transition(internal, anyelement, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_tie_transition';
COMMENT ON FUNCTION journey.first_transition(internal, anyelement, timestamptz, bigint) IS 'Transition of first()';

CREATE FUNCTION journey.first_transition(internal, anyelement, timestamp, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_tie_transition';
COMMENT ON FUNCTION journey.first_transition(internal, anyelement, timestamp, bigint) IS 'Transition of first()';

CREATE FUNCTION journey.first_non_null_transition(internal, anyelement, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_non_null_transition';
COMMENT ON FUNCTION journey.first_non_null_transition(internal, anyelement, timestamptz) IS 'Transition of first_non_null()';

CREATE FUNCTION journey.first_non_null_transition(internal, anyelement, timestamp) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_non_null_transition';
COMMENT ON FUNCTION journey.first_non_null_transition(internal, anyelement, timestamp) IS 'Transition of first_non_null()';

CREATE FUNCTION journey.first_non_null_transition(internal, anyelement, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_non_null_tie_transition';
COMMENT ON FUNCTION journey.first_non_null_transition(internal, anyelement, timestamptz, bigint) IS 'Transition of first_non_null()';

CREATE FUNCTION journey.first_non_null_transition(internal, anyelement, timestamp, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_non_null_tie_transition';
COMMENT ON FUNCTION journey.first_non_null_transition(internal, anyelement, timestamp, bigint) IS 'Transition of first_non_null()';

CREATE FUNCTION journey.first_text_transition(internal, text, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_text_transition';
COMMENT ON FUNCTION journey.first_text_transition(internal, text, timestamptz) IS 'Transition of first_text()';

CREATE FUNCTION journey.first_text_transition(internal, text, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_text_tie_transition';
COMMENT ON FUNCTION journey.first_text_transition(internal, text, timestamptz, bigint) IS 'Transition of first_text()';

CREATE FUNCTION journey.first_number_transition(internal, float8, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_number_transition';
COMMENT ON FUNCTION journey.first_number_transition(internal, float8, timestamptz) IS 'Transition of first_number()';

CREATE FUNCTION journey.first_number_transition(internal, float8, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_number_tie_transition';
COMMENT ON FUNCTION journey.first_number_transition(internal, float8, timestamptz, bigint) IS 'Transition of first_number()';

CREATE FUNCTION journey.first_time_transition(internal, timestamptz, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_time_transition';
COMMENT ON FUNCTION journey.first_time_transition(internal, timestamptz, timestamptz) IS 'Transition of first_time()';

CREATE FUNCTION journey.first_time_transition(internal, timestamptz, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_time_tie_transition';
COMMENT ON FUNCTION journey.first_time_transition(internal, timestamptz, timestamptz, bigint) IS 'Transition of first_time()';

CREATE FUNCTION journey.first_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_first_combine';
COMMENT ON FUNCTION journey.first_combine(internal, internal) IS 'Combination of two states of first() or its kin';

CREATE FUNCTION journey.last_transition(internal, anyelement, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_transition';
COMMENT ON FUNCTION journey.last_transition(internal, anyelement, timestamptz) IS 'Transition of last()';

CREATE FUNCTION journey.last_transition(internal, anyelement, timestamp) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_transition';
COMMENT ON FUNCTION journey.last_transition(internal, anyelement, timestamp) IS 'Transition of last()';

CREATE FUNCTION journey.last_transition(internal, anyelement, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_tie_transition';
COMMENT ON FUNCTION journey.last_transition(internal, anyelement, timestamptz, bigint) IS 'Transition of last()';

CREATE FUNCTION journey.last_transition(internal, anyelement, timestamp, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_tie_transition';
COMMENT ON FUNCTION journey.last_transition(internal, anyelement, timestamp, bigint) IS 'Transition of last()';

CREATE FUNCTION journey.last_non_null_transition(internal, anyelement, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_non_null_transition';
COMMENT ON FUNCTION journey.last_non_null_transition(internal, anyelement, timestamptz) IS 'Transition of last_non_null()';

CREATE FUNCTION journey.last_non_null_transition(internal, anyelement, timestamp) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_non_null_transition';
COMMENT ON FUNCTION journey.last_non_null_transition(internal, anyelement, timestamp) IS 'Transition of last_non_null()';

CREATE FUNCTION journey.last_non_null_transition(internal, anyelement, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_non_null_tie_transition';
COMMENT ON FUNCTION journey.last_non_null_transition(internal, anyelement, timestamptz, bigint) IS 'Transition of last_non_null()';

CREATE FUNCTION journey.last_non_null_transition(internal, anyelement, timestamp, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_non_null_tie_transition';
COMMENT ON FUNCTION journey.last_non_null_transition(internal, anyelement, timestamp, bigint) IS 'Transition of last_non_null()';

CREATE FUNCTION journey.last_text_transition(internal, text, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_text_transition';
COMMENT ON FUNCTION journey.last_text_transition(internal, text, timestamptz) IS 'Transition of last_text()';

CREATE FUNCTION journey.last_text_transition(internal, text, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_text_tie_transition';
COMMENT ON FUNCTION journey.last_text_transition(internal, text, timestamptz, bigint) IS 'Transition of last_text()';

CREATE FUNCTION journey.last_number_transition(internal, float8, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_number_transition';
COMMENT ON FUNCTION journey.last_number_transition(internal, float8, timestamptz) IS 'Transition of last_number()';

CREATE FUNCTION journey.last_number_transition(internal, float8, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_number_tie_transition';
COMMENT ON FUNCTION journey.last_number_transition(internal, float8, timestamptz, bigint) IS 'Transition of last_number()';

CREATE FUNCTION journey.last_time_transition(internal, timestamptz, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_time_transition';
COMMENT ON FUNCTION journey.last_time_transition(internal, timestamptz, timestamptz) IS 'Transition of last_time()';

CREATE FUNCTION journey.last_time_transition(internal, timestamptz, timestamptz, bigint) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_time_tie_transition';
COMMENT ON FUNCTION journey.last_time_transition(internal, timestamptz, timestamptz, bigint) IS 'Transition of last_time()';

CREATE FUNCTION journey.last_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_last_combine';
COMMENT ON FUNCTION journey.last_combine(internal, internal) IS 'Combination of two states of last() or its kin';

CREATE FUNCTION journey.bookend_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_serialize';
COMMENT ON FUNCTION journey.bookend_serialize(internal) IS 'State of first(), last() and their kin on its way between processes';

CREATE FUNCTION journey.bookend_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_deserialize';
COMMENT ON FUNCTION journey.bookend_deserialize(bytea, internal) IS 'State of first(), last() and their kin on its way between processes';

CREATE FUNCTION journey.bookend_text_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_text_deserialize';
COMMENT ON FUNCTION journey.bookend_text_deserialize(bytea, internal) IS 'State of first_text() or last_text() on its way between processes';

CREATE FUNCTION journey.bookend_number_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_number_deserialize';
COMMENT ON FUNCTION journey.bookend_number_deserialize(bytea, internal) IS 'State of first_number() or last_number() on its way between processes';

CREATE FUNCTION journey.bookend_time_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_time_deserialize';
COMMENT ON FUNCTION journey.bookend_time_deserialize(bytea, internal) IS 'State of first_time() or last_time() on its way between processes';

CREATE FUNCTION journey.bookend_final(internal, anyelement, timestamptz) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_final';
COMMENT ON FUNCTION journey.bookend_final(internal, anyelement, timestamptz) IS 'Result of first(), last() and their kin';

CREATE FUNCTION journey.bookend_final(internal, anyelement, timestamp) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_final';
COMMENT ON FUNCTION journey.bookend_final(internal, anyelement, timestamp) IS 'Result of first(), last() and their kin';

CREATE FUNCTION journey.bookend_final(internal, anyelement, timestamptz, bigint) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_final';
COMMENT ON FUNCTION journey.bookend_final(internal, anyelement, timestamptz, bigint) IS 'Result of first(), last() and their kin';

CREATE FUNCTION journey.bookend_final(internal, anyelement, timestamp, bigint) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_final';
COMMENT ON FUNCTION journey.bookend_final(internal, anyelement, timestamp, bigint) IS 'Result of first(), last() and their kin';

CREATE FUNCTION journey.bookend_text_final(internal) RETURNS text
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_typed_final';
COMMENT ON FUNCTION journey.bookend_text_final(internal) IS 'Result of first_text() and last_text()';

CREATE FUNCTION journey.bookend_number_final(internal) RETURNS float8
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_typed_final';
COMMENT ON FUNCTION journey.bookend_number_final(internal) IS 'Result of first_number() and last_number()';

CREATE FUNCTION journey.bookend_time_final(internal) RETURNS timestamptz
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_bookend_typed_final';
COMMENT ON FUNCTION journey.bookend_time_final(internal) IS 'Result of first_time() and last_time()';

-- The aggregates

CREATE AGGREGATE journey.first(value anyelement, ts timestamptz) (
  SFUNC = journey.first_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamptz) IS
  'The value at the earliest ts, be it NULL. '
  'At the same ts, a value comes before NULL and the smallest value wins, by the default order of its type and then by its text. '
  'Rows with a NULL ts don''t count; NULL where none is left. '
  'Errors: a row of no named type (42804); an engine that combines states without an expression tree (0A000: use first_text, first_number or first_time)';

CREATE AGGREGATE journey.first(value anyelement, ts timestamp) (
  SFUNC = journey.first_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamp) IS
  'As first by timestamptz';

CREATE AGGREGATE journey.first(value anyelement, ts timestamptz, tie bigint) (
  SFUNC = journey.first_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamptz, bigint) IS
  'As first, and of rows at the same ts that with the least tie wins; one without a tie comes after all others. '
  'Where the tie is the same, too, the values decide as they do without';

CREATE AGGREGATE journey.first(value anyelement, ts timestamp, tie bigint) (
  SFUNC = journey.first_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamp, bigint) IS
  'As first by timestamptz and tie';

CREATE AGGREGATE journey.first_non_null(value anyelement, ts timestamptz) (
  SFUNC = journey.first_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_non_null(anyelement, timestamptz) IS
  'As first, among the rows whose value is not NULL';

CREATE AGGREGATE journey.first_non_null(value anyelement, ts timestamp) (
  SFUNC = journey.first_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_non_null(anyelement, timestamp) IS
  'As first_non_null by timestamptz';

CREATE AGGREGATE journey.first_non_null(value anyelement, ts timestamptz, tie bigint) (
  SFUNC = journey.first_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_non_null(anyelement, timestamptz, bigint) IS
  'As first with a tie, among the rows whose value is not NULL';

CREATE AGGREGATE journey.first_non_null(value anyelement, ts timestamp, tie bigint) (
  SFUNC = journey.first_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_non_null(anyelement, timestamp, bigint) IS
  'As first_non_null by timestamptz and tie';

CREATE AGGREGATE journey.first_text(value text, ts timestamptz) (
  SFUNC = journey.first_text_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_text_final,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_text_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_text(text, timestamptz) IS
  'As first, for values of type text, which a plan can be split for by engines that refuse polymorphic aggregates';

CREATE AGGREGATE journey.first_text(value text, ts timestamptz, tie bigint) (
  SFUNC = journey.first_text_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_text_final,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_text_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_text(text, timestamptz, bigint) IS
  'As first_text, and of rows at the same ts that with the least tie wins';

CREATE AGGREGATE journey.first_number(value float8, ts timestamptz) (
  SFUNC = journey.first_number_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_number_final,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_number_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_number(float8, timestamptz) IS
  'As first, for values of type double precision, which a plan can be split for by engines that refuse polymorphic aggregates';

CREATE AGGREGATE journey.first_number(value float8, ts timestamptz, tie bigint) (
  SFUNC = journey.first_number_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_number_final,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_number_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_number(float8, timestamptz, bigint) IS
  'As first_number, and of rows at the same ts that with the least tie wins';

CREATE AGGREGATE journey.first_time(value timestamptz, ts timestamptz) (
  SFUNC = journey.first_time_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_time_final,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_time_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_time(timestamptz, timestamptz) IS
  'As first, for values of type timestamptz, which a plan can be split for by engines that refuse polymorphic aggregates';

CREATE AGGREGATE journey.first_time(value timestamptz, ts timestamptz, tie bigint) (
  SFUNC = journey.first_time_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_time_final,
  COMBINEFUNC = journey.first_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_time_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first_time(timestamptz, timestamptz, bigint) IS
  'As first_time, and of rows at the same ts that with the least tie wins';

CREATE AGGREGATE journey.last(value anyelement, ts timestamptz) (
  SFUNC = journey.last_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamptz) IS
  'The value at the latest ts, be it NULL. '
  'At the same ts, a value comes before NULL and the greatest value wins, by the default order of its type and then by its text. '
  'Rows with a NULL ts don''t count; NULL where none is left. '
  'Errors: a row of no named type (42804); an engine that combines states without an expression tree (0A000: use last_text, last_number or last_time)';

CREATE AGGREGATE journey.last(value anyelement, ts timestamp) (
  SFUNC = journey.last_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamp) IS
  'As last by timestamptz';

CREATE AGGREGATE journey.last(value anyelement, ts timestamptz, tie bigint) (
  SFUNC = journey.last_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamptz, bigint) IS
  'As last, and of rows at the same ts that with the greatest tie wins; one without a tie comes after all others. '
  'Where the tie is the same, too, the values decide as they do without';

CREATE AGGREGATE journey.last(value anyelement, ts timestamp, tie bigint) (
  SFUNC = journey.last_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamp, bigint) IS
  'As last by timestamptz and tie';

CREATE AGGREGATE journey.last_non_null(value anyelement, ts timestamptz) (
  SFUNC = journey.last_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_non_null(anyelement, timestamptz) IS
  'As last, among the rows whose value is not NULL';

CREATE AGGREGATE journey.last_non_null(value anyelement, ts timestamp) (
  SFUNC = journey.last_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_non_null(anyelement, timestamp) IS
  'As last_non_null by timestamptz';

CREATE AGGREGATE journey.last_non_null(value anyelement, ts timestamptz, tie bigint) (
  SFUNC = journey.last_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_non_null(anyelement, timestamptz, bigint) IS
  'As last with a tie, among the rows whose value is not NULL';

CREATE AGGREGATE journey.last_non_null(value anyelement, ts timestamp, tie bigint) (
  SFUNC = journey.last_non_null_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_non_null(anyelement, timestamp, bigint) IS
  'As last_non_null by timestamptz and tie';

CREATE AGGREGATE journey.last_text(value text, ts timestamptz) (
  SFUNC = journey.last_text_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_text_final,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_text_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_text(text, timestamptz) IS
  'As last, for values of type text, which a plan can be split for by engines that refuse polymorphic aggregates';

CREATE AGGREGATE journey.last_text(value text, ts timestamptz, tie bigint) (
  SFUNC = journey.last_text_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_text_final,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_text_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_text(text, timestamptz, bigint) IS
  'As last_text, and of rows at the same ts that with the greatest tie wins';

CREATE AGGREGATE journey.last_number(value float8, ts timestamptz) (
  SFUNC = journey.last_number_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_number_final,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_number_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_number(float8, timestamptz) IS
  'As last, for values of type double precision, which a plan can be split for by engines that refuse polymorphic aggregates';

CREATE AGGREGATE journey.last_number(value float8, ts timestamptz, tie bigint) (
  SFUNC = journey.last_number_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_number_final,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_number_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_number(float8, timestamptz, bigint) IS
  'As last_number, and of rows at the same ts that with the greatest tie wins';

CREATE AGGREGATE journey.last_time(value timestamptz, ts timestamptz) (
  SFUNC = journey.last_time_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_time_final,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_time_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_time(timestamptz, timestamptz) IS
  'As last, for values of type timestamptz, which a plan can be split for by engines that refuse polymorphic aggregates';

CREATE AGGREGATE journey.last_time(value timestamptz, ts timestamptz, tie bigint) (
  SFUNC = journey.last_time_transition, STYPE = internal, SSPACE = 96, FINALFUNC = journey.bookend_time_final,
  COMBINEFUNC = journey.last_combine, SERIALFUNC = journey.bookend_serialize, DESERIALFUNC = journey.bookend_time_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last_time(timestamptz, timestamptz, bigint) IS
  'As last_time, and of rows at the same ts that with the greatest tie wins';
