-- Room: attribution. The models on paths.

CREATE TYPE journey.channel_credit AS (
  channel text,
  removal_effect float8,
  conversions float8,
  value float8
);
COMMENT ON TYPE journey.channel_credit IS
  'What a model on paths credits to a channel: conversions and their value. '
  'removal_effect is the share of all conversions that would be lost without the channel; only markov sets it. '
  'Channel (unattributed) stands for conversions without a touch.';

CREATE TYPE journey.transition AS (
  from_channel text,
  to_channel text,
  count float8,
  probability float8
);
COMMENT ON TYPE journey.transition IS
  'How many journeys go from one channel to the next, and their share of all that leave from there. '
  '(start) comes before the first channel, (conversion) or (null) after the last.';

-- markov and transitions

CREATE FUNCTION journey.markov_add(internal, text[], float8, float8, float8) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_markov_add';
COMMENT ON FUNCTION journey.markov_add(internal, text[], float8, float8, float8) IS 'Internal: transition of markov';

CREATE FUNCTION journey.markov_add(internal, text[], float8, float8, float8, int) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_markov_add_k';
COMMENT ON FUNCTION journey.markov_add(internal, text[], float8, float8, float8, int) IS 'Internal: transition of markov with k';

CREATE FUNCTION journey.transitions_add(internal, text[], float8, float8) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_transitions_add';
COMMENT ON FUNCTION journey.transitions_add(internal, text[], float8, float8) IS 'Internal: transition of transitions';

CREATE FUNCTION journey.markov_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_markov_combine';
COMMENT ON FUNCTION journey.markov_combine(internal, internal) IS 'Internal: merges two states of markov and transitions';

CREATE FUNCTION journey.markov_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_markov_serialize';
COMMENT ON FUNCTION journey.markov_serialize(internal) IS 'Internal: bytes of a state of markov and transitions';

CREATE FUNCTION journey.markov_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_markov_deserialize';
COMMENT ON FUNCTION journey.markov_deserialize(bytea, internal) IS 'Internal: a state from bytes of markov and transitions';

CREATE FUNCTION journey.markov_credits(internal) RETURNS journey.channel_credit[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_markov_credits';
COMMENT ON FUNCTION journey.markov_credits(internal) IS 'Internal: result of markov';

CREATE FUNCTION journey.transitions_list(internal) RETURNS journey.transition[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_transitions_list';
COMMENT ON FUNCTION journey.transitions_list(internal) IS 'Internal: result of transitions';

CREATE AGGREGATE journey.markov(path text[], conversions float8, value float8, nulls float8) (
  SFUNC = journey.markov_add,
  STYPE = internal,
  SSPACE = 8192,
  FINALFUNC = journey.markov_credits,
  COMBINEFUNC = journey.markov_combine,
  SERIALFUNC = journey.markov_serialize,
  DESERIALFUNC = journey.markov_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.markov(text[], float8, float8, float8) IS
  'Credits by channel from a Markov chain of order 1 over paths, exact and not simulated. '
  'A channel''s share of all conversions is that of its removal effect (Anderl et al. '
  '2016), and its share of all value is that of its removal effect on the value that a journey earns on average; value below 0 is shared out apart. '
  'conversions, value and nulls say how many journeys along the path converted, what they were worth together, and how many did not convert; NULLs count as 0. '
  'An empty or NULL path is unattributed, and so is value where no journey with the same end converts. '
  'Errors: NULL in a path (22004), a negative or infinite count (22023), more than 5,000 states (54000). '
  'NULL over no rows.';

CREATE AGGREGATE journey.markov(path text[], conversions float8, value float8, nulls float8, k int) (
  SFUNC = journey.markov_add,
  STYPE = internal,
  SSPACE = 8192,
  FINALFUNC = journey.markov_credits,
  COMBINEFUNC = journey.markov_combine,
  SERIALFUNC = journey.markov_serialize,
  DESERIALFUNC = journey.markov_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.markov(text[], float8, float8, float8, int) IS
  'As markov without k, over a chain of order k (1 to 8, the same for all rows), whose states are the last k channels, or all channels so far at the start of a path. '
  'The removal effect of a channel is that of all states it is part of.';

CREATE AGGREGATE journey.transitions(path text[], conversions float8, nulls float8) (
  SFUNC = journey.transitions_add,
  STYPE = internal,
  SSPACE = 8192,
  FINALFUNC = journey.transitions_list,
  COMBINEFUNC = journey.markov_combine,
  SERIALFUNC = journey.markov_serialize,
  DESERIALFUNC = journey.markov_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.transitions(text[], float8, float8) IS
  'The transitions of the Markov chain of order 1 that markov uses, repeats of a channel included, in order of the names. '
  'Arguments, NULLs and errors as for markov.';

-- shapley

CREATE FUNCTION journey.shapley_add(internal, text[], float8, float8) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_shapley_add';
COMMENT ON FUNCTION journey.shapley_add(internal, text[], float8, float8) IS 'Internal: transition of shapley';

CREATE FUNCTION journey.shapley_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_shapley_combine';
COMMENT ON FUNCTION journey.shapley_combine(internal, internal) IS 'Internal: merges two states of shapley';

CREATE FUNCTION journey.shapley_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_shapley_serialize';
COMMENT ON FUNCTION journey.shapley_serialize(internal) IS 'Internal: bytes of a state of shapley';

CREATE FUNCTION journey.shapley_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_shapley_deserialize';
COMMENT ON FUNCTION journey.shapley_deserialize(bytea, internal) IS 'Internal: a state from bytes of shapley';

CREATE FUNCTION journey.shapley_credits(internal) RETURNS journey.channel_credit[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_shapley_credits';
COMMENT ON FUNCTION journey.shapley_credits(internal) IS 'Internal: result of shapley';

CREATE AGGREGATE journey.shapley(path text[], conversions float8, value float8) (
  SFUNC = journey.shapley_add,
  STYPE = internal,
  SSPACE = 8192,
  FINALFUNC = journey.shapley_credits,
  COMBINEFUNC = journey.shapley_combine,
  SERIALFUNC = journey.shapley_serialize,
  DESERIALFUNC = journey.shapley_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.shapley(text[], float8, float8) IS
  'Credits by channel as Shapley values of the game in which a set of channels earns the conversions of all paths within it (Zhao, Mahboobi and Bagheri 2018, simplified method): each path''s conversions and value in equal parts to its distinct channels. '
  'Arguments, NULLs and errors as for markov.';

-- leave_one_out

CREATE FUNCTION journey.leave_one_out_add(internal, text[], float8, float8, float8) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_leave_one_out_add';
COMMENT ON FUNCTION journey.leave_one_out_add(internal, text[], float8, float8, float8) IS 'Internal: transition of leave_one_out';

CREATE FUNCTION journey.leave_one_out_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_leave_one_out_combine';
COMMENT ON FUNCTION journey.leave_one_out_combine(internal, internal) IS 'Internal: merges two states of leave_one_out';

CREATE FUNCTION journey.leave_one_out_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_leave_one_out_serialize';
COMMENT ON FUNCTION journey.leave_one_out_serialize(internal) IS 'Internal: bytes of a state of leave_one_out';

CREATE FUNCTION journey.leave_one_out_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_leave_one_out_deserialize';
COMMENT ON FUNCTION journey.leave_one_out_deserialize(bytea, internal) IS 'Internal: a state from bytes of leave_one_out';

CREATE FUNCTION journey.leave_one_out_credits(internal) RETURNS journey.channel_credit[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_leave_one_out_credits';
COMMENT ON FUNCTION journey.leave_one_out_credits(internal) IS 'Internal: result of leave_one_out';

CREATE AGGREGATE journey.leave_one_out(path text[], conversions float8, value float8, nulls float8) (
  SFUNC = journey.leave_one_out_add,
  STYPE = internal,
  SSPACE = 8192,
  FINALFUNC = journey.leave_one_out_credits,
  COMBINEFUNC = journey.leave_one_out_combine,
  SERIALFUNC = journey.leave_one_out_serialize,
  DESERIALFUNC = journey.leave_one_out_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.leave_one_out(text[], float8, float8, float8) IS
  'Credits by channel from conversion rates with and without each touch (google/fractribution, which calls it shapley). '
  'A touch contributes the path''s rate less that of the path without it (0 if unseen), and no less than 0; '
  'the path''s conversions and value are shared in proportion, or go to the last touch where none contributes. '
  'Arguments, NULLs and errors as for markov. '
  'Keeps every distinct path in memory.';
