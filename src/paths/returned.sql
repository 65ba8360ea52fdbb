-- Room: paths. Retention.

CREATE FUNCTION journey.returned_add(internal, timestamptz, timestamptz, interval, int) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_returned_add';
COMMENT ON FUNCTION journey.returned_add(internal, timestamptz, timestamptz, interval, int) IS 'Transition function of returned';
CREATE FUNCTION journey.returned_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_returned_combine';
CREATE FUNCTION journey.returned_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_returned_serialize';
CREATE FUNCTION journey.returned_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_returned_deserialize';
COMMENT ON FUNCTION journey.returned_combine(internal, internal) IS 'Combine function of returned';
COMMENT ON FUNCTION journey.returned_serialize(internal) IS 'Serialization function of returned';
COMMENT ON FUNCTION journey.returned_deserialize(bytea, internal) IS 'Deserialization function of returned';
CREATE FUNCTION journey.returned_final(internal) RETURNS boolean[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_returned_final';
COMMENT ON FUNCTION journey.returned_final(internal) IS 'Final function of returned';

CREATE AGGREGATE journey.returned(ts timestamptz, since timestamptz, period interval, periods int) (
  SFUNC = journey.returned_add, STYPE = internal, SSPACE = 128, FINALFUNC = journey.returned_final,
  COMBINEFUNC = journey.returned_combine, SERIALFUNC = journey.returned_serialize,
  DESERIALFUNC = journey.returned_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.returned(timestamptz, timestamptz, interval, int) IS
  'For each of so many periods (1 to 1000) whether a row of the group lies in it: element k is about the time from since + (k - 1) * period up to, not including, since + k * period, to the microsecond; a day counts 24 hours. '
  'Rows at other times, and those with a NULL ts, change nothing. '
  'since must be the same for all rows of a group, such as the first visit or the sign-up; rows where it is NULL are left out. '
  'NULL over no rows, or where since is NULL in all. '
  'Elements stand each for itself: AND with the first to ask as ClickHouse''s retention does. '
  'Errors: period zero, negative, or with months; since infinite; periods out of bounds (above 1000: 54000); other arguments in a group (22023); period or periods NULL (22004)';
