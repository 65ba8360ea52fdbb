-- Room: paths. Sequences: patterns over the events of one visitor.

CREATE FUNCTION journey.sequence_add(internal, text, timestamptz, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_sequence_add';
COMMENT ON FUNCTION journey.sequence_add(internal, text, timestamptz, boolean[]) IS 'Transition function of sequence_match, sequence_count and sequence_times';
CREATE FUNCTION journey.sequence_overlapping_add(internal, text, boolean, timestamptz, boolean[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_sequence_overlapping_add';
COMMENT ON FUNCTION journey.sequence_overlapping_add(internal, text, boolean, timestamptz, boolean[]) IS 'Transition function of sequence_count';
CREATE FUNCTION journey.sequence_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_sequence_combine';
CREATE FUNCTION journey.sequence_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_sequence_serialize';
CREATE FUNCTION journey.sequence_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_sequence_deserialize';
COMMENT ON FUNCTION journey.sequence_combine(internal, internal) IS 'Combine function of sequence_match, sequence_count and sequence_times';
COMMENT ON FUNCTION journey.sequence_serialize(internal) IS 'Serialization function of sequence_match, sequence_count and sequence_times';
COMMENT ON FUNCTION journey.sequence_deserialize(bytea, internal) IS 'Deserialization function of sequence_match, sequence_count and sequence_times';
CREATE FUNCTION journey.sequence_match_final(internal) RETURNS boolean
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_sequence_match_final';
COMMENT ON FUNCTION journey.sequence_match_final(internal) IS 'Final function of sequence_match';
CREATE FUNCTION journey.sequence_count_final(internal) RETURNS bigint
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_sequence_count_final';
COMMENT ON FUNCTION journey.sequence_count_final(internal) IS 'Final function of sequence_count';
CREATE FUNCTION journey.sequence_times_final(internal) RETURNS timestamptz[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_sequence_times_final';
COMMENT ON FUNCTION journey.sequence_times_final(internal) IS 'Final function of sequence_times';

CREATE AGGREGATE journey.sequence_match(pattern text, ts timestamptz, VARIADIC conditions boolean[]) (
  SFUNC = journey.sequence_add, STYPE = internal, SSPACE = 512, FINALFUNC = journey.sequence_match_final,
  COMBINEFUNC = journey.sequence_combine, SERIALFUNC = journey.sequence_serialize,
  DESERIALFUNC = journey.sequence_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sequence_match(text, timestamptz, VARIADIC boolean[]) IS
  'Whether the events of a group match a pattern anywhere. '
  'Events are the rows that meet one of the conditions (1 to 64), in order of time; at one time, the row that meets the earlier condition comes first. '
  '(?N): an event that meets condition N. . any event. .* any number of events. '
  '(?t<=D), also <, >=, >, ==: any number of events, as long as the next event of the pattern is so far from the last one; D is an interval, or seconds, and several of them hold together. '
  'A pattern has at most 64 events. '
  'Takes time and memory proportional to the events, whatever the pattern. '
  'A NULL condition is false, a row with a NULL ts is left out; false over no rows. '
  'Errors: a pattern that is wrong, with the character where (22023); a NULL pattern (22004); another pattern or number of conditions in a group (22023)';

CREATE AGGREGATE journey.sequence_count(pattern text, ts timestamptz, VARIADIC conditions boolean[]) (
  SFUNC = journey.sequence_add, STYPE = internal, SSPACE = 512, FINALFUNC = journey.sequence_count_final,
  COMBINEFUNC = journey.sequence_combine, SERIALFUNC = journey.sequence_serialize,
  DESERIALFUNC = journey.sequence_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sequence_count(text, timestamptz, VARIADIC boolean[]) IS
  'How many matches of the pattern follow one another: each as early as it can be, begun after the one before it ended. '
  'Pattern, NULLs and errors as for sequence_match; 0 over no rows';

CREATE AGGREGATE journey.sequence_count(pattern text, overlapping boolean, ts timestamptz, VARIADIC conditions boolean[]) (
  SFUNC = journey.sequence_overlapping_add, STYPE = internal, SSPACE = 512, FINALFUNC = journey.sequence_count_final,
  COMBINEFUNC = journey.sequence_combine, SERIALFUNC = journey.sequence_serialize,
  DESERIALFUNC = journey.sequence_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sequence_count(text, boolean, timestamptz, VARIADIC boolean[]) IS
  'As sequence_count; with overlapping, the number of events with which a match begins, whether or not it lies in another match';

CREATE AGGREGATE journey.sequence_times(pattern text, ts timestamptz, VARIADIC conditions boolean[]) (
  SFUNC = journey.sequence_add, STYPE = internal, SSPACE = 512, FINALFUNC = journey.sequence_times_final,
  COMBINEFUNC = journey.sequence_combine, SERIALFUNC = journey.sequence_serialize,
  DESERIALFUNC = journey.sequence_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sequence_times(text, timestamptz, VARIADIC boolean[]) IS
  'The times of the events named by (?N) in the first match of the pattern, in its order: the match that starts first, with each event as early as it can be. {} where none matches. '
  'Pattern, NULLs and errors as for sequence_match';
