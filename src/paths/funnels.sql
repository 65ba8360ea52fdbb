-- Room: paths. Funnels.

CREATE FUNCTION journey.funnel_add(internal, timestamptz, interval, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_add';
COMMENT ON FUNCTION journey.funnel_add(internal, timestamptz, interval, boolean[]) IS 'Transition function of funnel_level and funnel_times';
CREATE FUNCTION journey.funnel_rule_add(internal, timestamptz, journey.funnel_rule, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_rule_add';
COMMENT ON FUNCTION journey.funnel_rule_add(internal, timestamptz, journey.funnel_rule, boolean[]) IS 'Transition function of funnel_level and funnel_times';
CREATE FUNCTION journey.funnel_excluded_add(internal, timestamptz, interval, boolean[], boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_excluded_add';
COMMENT ON FUNCTION journey.funnel_excluded_add(internal, timestamptz, interval, boolean[], boolean[]) IS 'Transition function of funnel_level and funnel_times';
CREATE FUNCTION journey.funnel_rule_excluded_add(internal, timestamptz, journey.funnel_rule, boolean[], boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_rule_excluded_add';
COMMENT ON FUNCTION journey.funnel_rule_excluded_add(internal, timestamptz, journey.funnel_rule, boolean[], boolean[]) IS 'Transition function of funnel_level and funnel_times';
CREATE FUNCTION journey.funnel_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_combine';
CREATE FUNCTION journey.funnel_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_serialize';
CREATE FUNCTION journey.funnel_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_deserialize';
COMMENT ON FUNCTION journey.funnel_combine(internal, internal) IS 'Combine function of funnel_level and funnel_times';
COMMENT ON FUNCTION journey.funnel_serialize(internal) IS 'Serialization function of funnel_level and funnel_times';
COMMENT ON FUNCTION journey.funnel_deserialize(bytea, internal) IS 'Deserialization function of funnel_level and funnel_times';
CREATE FUNCTION journey.funnel_level_final(internal) RETURNS int
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_level_final';
COMMENT ON FUNCTION journey.funnel_level_final(internal) IS 'Final function of funnel_level';
CREATE FUNCTION journey.funnel_times_final(internal) RETURNS timestamptz[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_times_final';
COMMENT ON FUNCTION journey.funnel_times_final(internal) IS 'Final function of funnel_times';

CREATE AGGREGATE journey.funnel_level(ts timestamptz, within interval, VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_level_final,
  COMBINEFUNC = journey.funnel_combine, SERIALFUNC = journey.funnel_serialize,
  DESERIALFUNC = journey.funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_level(timestamptz, interval, VARIADIC boolean[]) IS
  'How many of the steps (1 to 64 conditions) the rows of a group get through, one after the other, the last at most within after the first (inclusive, to the microsecond; a day counts 24 hours): the length of the longest chain of rows that meet step 1, step 2, and so on, in order of time. '
  'Each row serves one step. '
  'Rows at one time have no order: a chain takes whichever lead it furthest (ClickHouse''s windowFunnel lets one row serve two steps, and may count less where times are equal). '
  'A NULL condition is false, a row with a NULL ts is left out; 0 over no rows. '
  'Memory: some 8 bytes a row that meets a step, and 16 more while the result of its group is computed. '
  'Errors: no step, or NULL for all; within that is zero, negative, or holds months; another within or number of steps in a group; more than 64 conditions (54000)';

CREATE AGGREGATE journey.funnel_level(ts timestamptz, rule journey.funnel_rule, VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_rule_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_level_final,
  COMBINEFUNC = journey.funnel_combine, SERIALFUNC = journey.funnel_serialize,
  DESERIALFUNC = journey.funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_level(timestamptz, journey.funnel_rule, VARIADIC boolean[]) IS
  'As funnel_level with a duration, under a rule made by funnel_rule()';

CREATE AGGREGATE journey.funnel_level(ts timestamptz, within interval, excluded boolean[], VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_excluded_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_level_final,
  COMBINEFUNC = journey.funnel_combine, SERIALFUNC = journey.funnel_serialize,
  DESERIALFUNC = journey.funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_level(timestamptz, interval, boolean[], VARIADIC boolean[]) IS
  'As funnel_level without excluded; excluded: a row that meets it between two steps of a chain, later than the one and earlier than the other, breaks the chain. '
  'One condition for all gaps, or an array of one for each gap between two steps; with the steps at most 64';

CREATE AGGREGATE journey.funnel_level(ts timestamptz, rule journey.funnel_rule, excluded boolean[], VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_rule_excluded_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_level_final,
  COMBINEFUNC = journey.funnel_combine, SERIALFUNC = journey.funnel_serialize,
  DESERIALFUNC = journey.funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_level(timestamptz, journey.funnel_rule, boolean[], VARIADIC boolean[]) IS
  'As funnel_level with a duration and excluded, under a rule made by funnel_rule()';

CREATE AGGREGATE journey.funnel_times(ts timestamptz, within interval, VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_times_final,
  COMBINEFUNC = journey.funnel_combine, SERIALFUNC = journey.funnel_serialize,
  DESERIALFUNC = journey.funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_times(timestamptz, interval, VARIADIC boolean[]) IS
  'The times of the steps that funnel_level counts, as many as its result. '
  'Of several chains of that length, the one that starts first; of these, the one that ends first, with each step as early as it can be. {} where no step is reached. '
  'Arguments, NULLs and errors as for funnel_level';

CREATE AGGREGATE journey.funnel_times(ts timestamptz, rule journey.funnel_rule, VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_rule_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_times_final,
  COMBINEFUNC = journey.funnel_combine, SERIALFUNC = journey.funnel_serialize,
  DESERIALFUNC = journey.funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_times(timestamptz, journey.funnel_rule, VARIADIC boolean[]) IS
  'As funnel_times with a duration, under a rule made by funnel_rule()';

CREATE AGGREGATE journey.funnel_times(ts timestamptz, within interval, excluded boolean[], VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_excluded_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_times_final,
  COMBINEFUNC = journey.funnel_combine, SERIALFUNC = journey.funnel_serialize,
  DESERIALFUNC = journey.funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_times(timestamptz, interval, boolean[], VARIADIC boolean[]) IS
  'As funnel_times without excluded; excluded: a row that meets it between two steps of a chain, later than the one and earlier than the other, breaks the chain. '
  'One condition for all gaps, or an array of one for each gap between two steps; with the steps at most 64';

CREATE AGGREGATE journey.funnel_times(ts timestamptz, rule journey.funnel_rule, excluded boolean[], VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_rule_excluded_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_times_final,
  COMBINEFUNC = journey.funnel_combine, SERIALFUNC = journey.funnel_serialize,
  DESERIALFUNC = journey.funnel_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_times(timestamptz, journey.funnel_rule, boolean[], VARIADIC boolean[]) IS
  'As funnel_times with a duration and excluded, under a rule made by funnel_rule()';

CREATE FUNCTION journey.funnel_by_add(internal, text, timestamptz, interval, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_by_add';
COMMENT ON FUNCTION journey.funnel_by_add(internal, text, timestamptz, interval, boolean[]) IS 'Transition function of funnel_level_by';
CREATE FUNCTION journey.funnel_by_rule_add(internal, text, timestamptz, journey.funnel_rule, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_funnel_by_rule_add';
COMMENT ON FUNCTION journey.funnel_by_rule_add(internal, text, timestamptz, journey.funnel_rule, boolean[]) IS 'Transition function of funnel_level_by';
CREATE FUNCTION journey.funnel_by_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_by_combine';
CREATE FUNCTION journey.funnel_by_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_by_serialize';
CREATE FUNCTION journey.funnel_by_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_by_deserialize';
COMMENT ON FUNCTION journey.funnel_by_combine(internal, internal) IS 'Combine function of funnel_level_by';
COMMENT ON FUNCTION journey.funnel_by_serialize(internal) IS 'Serialization function of funnel_level_by';
COMMENT ON FUNCTION journey.funnel_by_deserialize(bytea, internal) IS 'Deserialization function of funnel_level_by';
CREATE FUNCTION journey.funnel_level_by_final(internal) RETURNS int
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_level_by_final';
COMMENT ON FUNCTION journey.funnel_level_by_final(internal) IS 'Final function of funnel_level_by';

CREATE AGGREGATE journey.funnel_level_by(key text, ts timestamptz, within interval, VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_by_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_level_by_final,
  COMBINEFUNC = journey.funnel_by_combine, SERIALFUNC = journey.funnel_by_serialize,
  DESERIALFUNC = journey.funnel_by_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_level_by(text, timestamptz, interval, VARIADIC boolean[]) IS
  'As funnel_level, with all steps about one key, such as the same product: the highest level that the rows of any one key reach, other rows unseen. '
  'A row with a NULL key is left out. '
  'Memory: some 8 bytes a row that meets a step, and each key once; 24 more a row while the result of its group is computed';

CREATE AGGREGATE journey.funnel_level_by(key text, ts timestamptz, rule journey.funnel_rule, VARIADIC steps boolean[]) (
  SFUNC = journey.funnel_by_rule_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.funnel_level_by_final,
  COMBINEFUNC = journey.funnel_by_combine, SERIALFUNC = journey.funnel_by_serialize,
  DESERIALFUNC = journey.funnel_by_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.funnel_level_by(text, timestamptz, journey.funnel_rule, VARIADIC boolean[]) IS
  'As funnel_level_by with a duration, under a rule made by funnel_rule()';
