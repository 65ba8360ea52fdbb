-- Room: paths. Where visitors went: events beside a chain of others.

CREATE FUNCTION journey.funnel_event_add(internal, anyelement, timestamptz, interval, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_event_add';
COMMENT ON FUNCTION journey.funnel_event_add(internal, anyelement, timestamptz, interval, boolean[]) IS 'Transition function of funnel_event';
CREATE FUNCTION journey.funnel_event_rule_add(internal, anyelement, timestamptz, journey.funnel_rule, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_event_rule_add';
COMMENT ON FUNCTION journey.funnel_event_rule_add(internal, anyelement, timestamptz, journey.funnel_rule, boolean[]) IS 'Transition function of funnel_event';
CREATE FUNCTION journey.funnel_event_excluded_add(internal, anyelement, timestamptz, interval, boolean[], boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_event_excluded_add';
COMMENT ON FUNCTION journey.funnel_event_excluded_add(internal, anyelement, timestamptz, interval, boolean[], boolean[]) IS 'Transition function of funnel_event';
CREATE FUNCTION journey.funnel_event_rule_excluded_add(internal, anyelement, timestamptz, journey.funnel_rule, boolean[], boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_event_rule_excluded_add';
COMMENT ON FUNCTION journey.funnel_event_rule_excluded_add(internal, anyelement, timestamptz, journey.funnel_rule, boolean[], boolean[]) IS 'Transition function of funnel_event';
CREATE FUNCTION journey.funnel_event_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_event_combine';
CREATE FUNCTION journey.funnel_event_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_event_serialize';
CREATE FUNCTION journey.funnel_event_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_event_deserialize';
COMMENT ON FUNCTION journey.funnel_event_combine(internal, internal) IS 'Combine function of funnel_event';
COMMENT ON FUNCTION journey.funnel_event_serialize(internal) IS 'Serialization function of funnel_event';
COMMENT ON FUNCTION journey.funnel_event_deserialize(bytea, internal) IS 'Deserialization function of funnel_event';
CREATE FUNCTION journey.funnel_event_final(internal, anyelement, timestamptz, interval, boolean[]) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_event_final';
COMMENT ON FUNCTION journey.funnel_event_final(internal, anyelement, timestamptz, interval, boolean[]) IS 'Final function of funnel_event';
CREATE FUNCTION journey.funnel_event_final(internal, anyelement, timestamptz, journey.funnel_rule, boolean[]) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_event_final';
COMMENT ON FUNCTION journey.funnel_event_final(internal, anyelement, timestamptz, journey.funnel_rule, boolean[]) IS 'Final function of funnel_event';
CREATE FUNCTION journey.funnel_event_final(internal, anyelement, timestamptz, interval, boolean[], boolean[]) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_event_final';
COMMENT ON FUNCTION journey.funnel_event_final(internal, anyelement, timestamptz, interval, boolean[], boolean[]) IS 'Final function of funnel_event';
CREATE FUNCTION journey.funnel_event_final(internal, anyelement, timestamptz, journey.funnel_rule, boolean[], boolean[]) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_event_final';
COMMENT ON FUNCTION journey.funnel_event_final(internal, anyelement, timestamptz, journey.funnel_rule, boolean[], boolean[]) IS 'Final function of funnel_event';

CREATE AGGREGATE journey.funnel_event(value anyelement, ts timestamptz, within interval, VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_event_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.funnel_event_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.funnel_event_combine, SERIALFUNC = journey.funnel_event_serialize,
  DESERIALFUNC = journey.funnel_event_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_event(anyelement, timestamptz, interval, VARIADIC boolean[]) IS
  'The value of the first row later than the last step that funnel_times tells of: where visitors went once they had got through, or instead of the next step. '
  'All rows with a value count for that, steps or not; at one time, the row that meets the earlier condition comes first, then the least value. '
  'NULL where no step is reached or nothing comes later. '
  'Steps, NULLs and errors as for funnel_level. '
  'Memory: some 8 bytes a row, and each distinct value once; 24 more a row while the result of its group is computed. '
  'An engine that combines states without an expression tree gets an error (0A000), since only that tells the type';

CREATE AGGREGATE journey.funnel_event(value anyelement, ts timestamptz, rule journey.funnel_rule, VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_event_rule_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.funnel_event_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.funnel_event_combine, SERIALFUNC = journey.funnel_event_serialize,
  DESERIALFUNC = journey.funnel_event_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_event(anyelement, timestamptz, journey.funnel_rule, VARIADIC boolean[]) IS
  'As funnel_event with a duration, under a rule made by funnel_rule()';

CREATE AGGREGATE journey.funnel_event(value anyelement, ts timestamptz, within interval, excluded boolean[], VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_event_excluded_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.funnel_event_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.funnel_event_combine, SERIALFUNC = journey.funnel_event_serialize,
  DESERIALFUNC = journey.funnel_event_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_event(anyelement, timestamptz, interval, boolean[], VARIADIC boolean[]) IS
  'As funnel_event without excluded; excluded: as for funnel_level';

CREATE AGGREGATE journey.funnel_event(value anyelement, ts timestamptz, rule journey.funnel_rule, excluded boolean[], VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_event_rule_excluded_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.funnel_event_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.funnel_event_combine, SERIALFUNC = journey.funnel_event_serialize,
  DESERIALFUNC = journey.funnel_event_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_event(anyelement, timestamptz, journey.funnel_rule, boolean[], VARIADIC boolean[]) IS
  'As funnel_event with a duration and excluded, under a rule made by funnel_rule()';

CREATE TYPE journey.base_event AS ENUM ('first_match', 'last_match', 'head', 'tail');
COMMENT ON TYPE journey.base_event IS
  'Which row next_event and previous_event begin with: the first or the last that meets base and the first step, or the first (head) or last (tail) row of all, if it meets base';

CREATE FUNCTION journey.next_event_add(internal, anyelement, timestamptz, boolean, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_next_event_add';
COMMENT ON FUNCTION journey.next_event_add(internal, anyelement, timestamptz, boolean, boolean[]) IS 'Transition function of next_event';
CREATE FUNCTION journey.previous_event_add(internal, anyelement, timestamptz, boolean, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_previous_event_add';
COMMENT ON FUNCTION journey.previous_event_add(internal, anyelement, timestamptz, boolean, boolean[]) IS 'Transition function of previous_event';
CREATE FUNCTION journey.neighbor_base_add(internal, anyelement, timestamptz, boolean, journey.base_event, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_neighbor_base_add';
COMMENT ON FUNCTION journey.neighbor_base_add(internal, anyelement, timestamptz, boolean, journey.base_event, boolean[]) IS 'Transition function of next_event and previous_event';
CREATE FUNCTION journey.neighbor_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_neighbor_combine';
CREATE FUNCTION journey.neighbor_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_neighbor_serialize';
CREATE FUNCTION journey.neighbor_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_neighbor_deserialize';
COMMENT ON FUNCTION journey.neighbor_combine(internal, internal) IS 'Combine function of next_event and previous_event';
COMMENT ON FUNCTION journey.neighbor_serialize(internal) IS 'Serialization function of next_event and previous_event';
COMMENT ON FUNCTION journey.neighbor_deserialize(bytea, internal) IS 'Deserialization function of next_event and previous_event';
CREATE FUNCTION journey.next_event_final(internal, anyelement, timestamptz, boolean, boolean[]) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_next_event_final';
COMMENT ON FUNCTION journey.next_event_final(internal, anyelement, timestamptz, boolean, boolean[]) IS 'Final function of next_event';
CREATE FUNCTION journey.next_event_final(internal, anyelement, timestamptz, boolean, journey.base_event, boolean[]) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_next_event_final';
COMMENT ON FUNCTION journey.next_event_final(internal, anyelement, timestamptz, boolean, journey.base_event, boolean[]) IS 'Final function of next_event';
CREATE FUNCTION journey.previous_event_final(internal, anyelement, timestamptz, boolean, boolean[]) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_previous_event_final';
COMMENT ON FUNCTION journey.previous_event_final(internal, anyelement, timestamptz, boolean, boolean[]) IS 'Final function of previous_event';
CREATE FUNCTION journey.previous_event_final(internal, anyelement, timestamptz, boolean, journey.base_event, boolean[]) RETURNS anyelement
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_previous_event_final';
COMMENT ON FUNCTION journey.previous_event_final(internal, anyelement, timestamptz, boolean, journey.base_event, boolean[]) IS 'Final function of previous_event';

CREATE AGGREGATE journey.next_event(value anyelement, ts timestamptz, base boolean, VARIADIC steps boolean[]) (
  SFUNC = journey.next_event_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.next_event_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.neighbor_combine, SERIALFUNC = journey.neighbor_serialize,
  DESERIALFUNC = journey.neighbor_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.next_event(anyelement, timestamptz, boolean, VARIADIC boolean[]) IS
  'The value of the row directly after a chain of rows that meet step 1, step 2 and so on (1 to 63), one directly after the other, no row between them. '
  'The chain begins with the first row that meets both base and step 1. '
  'All rows count, in order of time; at one time, the row that meets the earlier condition comes first, then the least value. '
  'NULL where the rows there meet other steps, or no row comes after (ClickHouse''s sequenceNextNode, forward from first_match). '
  'A NULL condition is false, a row with a NULL value or ts is left out. '
  'Memory: some 8 bytes a row, and each distinct value once; 24 more a row while the result of its group is computed. '
  'Errors: no step, or NULL for all; another number of steps in a group (22023); more than 63 (54000). '
  'An engine that combines states without an expression tree gets an error (0A000), since only that tells the type';

CREATE AGGREGATE journey.previous_event(value anyelement, ts timestamptz, base boolean, VARIADIC steps boolean[]) (
  SFUNC = journey.previous_event_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.previous_event_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.neighbor_combine, SERIALFUNC = journey.neighbor_serialize,
  DESERIALFUNC = journey.neighbor_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.previous_event(anyelement, timestamptz, boolean, VARIADIC boolean[]) IS
  'As next_event, back in time: the value of the row directly before a chain that begins with the last row that meets base and step 1, step 2 directly before it, and so on (ClickHouse''s sequenceNextNode, backward from last_match)';

CREATE AGGREGATE journey.next_event(value anyelement, ts timestamptz, base boolean, base_event journey.base_event, VARIADIC steps boolean[]) (
  SFUNC = journey.neighbor_base_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.next_event_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.neighbor_combine, SERIALFUNC = journey.neighbor_serialize,
  DESERIALFUNC = journey.neighbor_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.next_event(anyelement, timestamptz, boolean, journey.base_event, VARIADIC boolean[]) IS
  'As next_event without base_event, from the row that base_event says';

CREATE AGGREGATE journey.previous_event(value anyelement, ts timestamptz, base boolean, base_event journey.base_event, VARIADIC steps boolean[]) (
  SFUNC = journey.neighbor_base_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.previous_event_final, FINALFUNC_EXTRA,
  COMBINEFUNC = journey.neighbor_combine, SERIALFUNC = journey.neighbor_serialize,
  DESERIALFUNC = journey.neighbor_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.previous_event(anyelement, timestamptz, boolean, journey.base_event, VARIADIC boolean[]) IS
  'As previous_event without base_event, from the row that base_event says';
