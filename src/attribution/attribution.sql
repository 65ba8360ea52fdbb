-- Room: attribution. Needs: channels sessions

CREATE TYPE journey.attribution_model AS ENUM (
  'first', 'last', 'first_non_direct', 'last_non_direct', 'first_paid', 'last_paid',
  'linear', 'linear_unique', 'position_based', 'time_decay'
);
COMMENT ON TYPE journey.attribution_model IS
  'How the credit of a conversion is shared among its touches. first, last: all to one touch. first_non_direct, last_non_direct: to the first or last touch that is not direct, or that is first or last where all are. first_paid, last_paid: to the first or last paid touch; unattributed where none is. linear: equally. linear_unique: equally among channels, by their first touches. position_based: first_weight, last_weight, and the rest to the touches between. time_decay: in proportion to 2^(-age / half_life)';

CREATE FUNCTION journey.touch_weights(
  model journey.attribution_model,
  touched_at timestamptz[],
  converted_at timestamptz,
  lookback interval DEFAULT '90 days',
  half_life interval DEFAULT '7 days',
  first_weight float8 DEFAULT 0.4,
  last_weight float8 DEFAULT 0.4,
  optional_channels text[] DEFAULT '{}',
  excluded_channels text[] DEFAULT '{}',
  channels text[] DEFAULT NULL
) RETURNS float8[] LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'journey_touch_weights';
COMMENT ON FUNCTION journey.touch_weights(journey.attribution_model, timestamptz[], timestamptz, interval, interval, float8, float8, text[], text[], text[]) IS
  'The share of one conversion that each touch earned, element by element of touched_at, in any order of time. The shares add up to 1, or are all 0 where no touch qualifies. Options as in attribute. channels: the channel of each touch, for the models and lists that ask for it, which are an error without (22004); Direct is direct, Paid ..., Display and Cross-network are paid. A NULL time is no touch; NULL where touched_at or converted_at is';

CREATE TYPE journey.credit AS (
  position int,
  touches int,
  touch journey.touch,
  channel text,
  credit float8
);
COMMENT ON TYPE journey.credit IS
  'The share of a conversion that a touch earned: the touch''s position among the touches that count, from 1, how many these are, the touch and its channel, and the share. Where no touch is credited: channel (unattributed), position and touch NULL, credit 1';

CREATE FUNCTION journey.attribute(
  trail journey.trail,
  converted_at timestamptz,
  model journey.attribution_model DEFAULT 'last',
  lookback interval DEFAULT '90 days',
  half_life interval DEFAULT '7 days',
  first_weight float8 DEFAULT 0.4,
  last_weight float8 DEFAULT 0.4,
  optional_channels text[] DEFAULT '{}',
  excluded_channels text[] DEFAULT '{}'
) RETURNS SETOF journey.credit LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 3
AS 'MODULE_PATHNAME', 'journey_attribute';
COMMENT ON FUNCTION journey.attribute(journey.trail, timestamptz, journey.attribution_model, interval, interval, float8, float8, text[], text[]) IS
  'Shares one conversion among the touches of a trail up to and including converted_at, at most lookback (NULL: no limit; a day counts 24 hours) before it: a row for each touch that earns credit, in order of time. The credits add up to 1; one row (unattributed) says that no touch qualifies, as for a NULL trail. No rows where converted_at is NULL. half_life is for time_decay; first_weight and last_weight for position_based, where two touches share what these leave over and one takes everything. Touches of optional_channels count only where there are no others, those of excluded_channels never. Errors: a NULL model, half_life, first_weight or last_weight; an interval with months, a half_life that is not positive, weights below 0 or above 1 together';

CREATE FUNCTION journey.attribute(
  trail journey.trail,
  converted_at timestamptz[],
  reuse_touches boolean,
  model journey.attribution_model DEFAULT 'last',
  lookback interval DEFAULT '90 days',
  half_life interval DEFAULT '7 days',
  first_weight float8 DEFAULT 0.4,
  last_weight float8 DEFAULT 0.4,
  optional_channels text[] DEFAULT '{}',
  excluded_channels text[] DEFAULT '{}'
) RETURNS TABLE (conversion int, "position" int, touches int, touch journey.touch, channel text, credit float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10
AS 'MODULE_PATHNAME', 'journey_attribute_all';
COMMENT ON FUNCTION journey.attribute(journey.trail, timestamptz[], boolean, journey.attribution_model, interval, interval, float8, float8, text[], text[]) IS
  'Shares several conversions of one visitor; conversion is the place in converted_at, from 1, NULLs being left out. With reuse_touches each looks back by itself, as in attribute with one conversion; without, each touch counts for one conversion time only, the next one: conversion cycles. Conversions at the same time share a cycle';

CREATE TYPE journey.channel_credit AS (
  channel text,
  removal_effect float8,
  conversions float8,
  value float8
);
COMMENT ON TYPE journey.channel_credit IS
  'What a model on paths credits to a channel: conversions and their value. removal_effect is the share of all conversions that would be lost without the channel; only markov sets it. Channel (unattributed) stands for conversions without a touch';

CREATE FUNCTION journey.markov_add(internal, text[], float8, float8, float8) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_markov_add';
CREATE FUNCTION journey.markov_add(internal, text[], float8, float8, float8, int) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_markov_add';
CREATE FUNCTION journey.markov_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_markov_combine';
CREATE FUNCTION journey.markov_serialize(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_markov_serialize';
CREATE FUNCTION journey.markov_deserialize(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_markov_deserialize';
CREATE FUNCTION journey.markov_credits(internal) RETURNS journey.channel_credit[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_markov_credits';
COMMENT ON FUNCTION journey.markov_add(internal, text[], float8, float8, float8) IS 'Transition function of markov';
COMMENT ON FUNCTION journey.markov_add(internal, text[], float8, float8, float8, int) IS 'Transition function of markov';
COMMENT ON FUNCTION journey.markov_combine(internal, internal) IS 'Combine function of markov and transitions';
COMMENT ON FUNCTION journey.markov_serialize(internal) IS 'Serialization function of markov and transitions';
COMMENT ON FUNCTION journey.markov_deserialize(bytea, internal) IS 'Deserialization function of markov and transitions';
COMMENT ON FUNCTION journey.markov_credits(internal) IS 'Final function of markov';

CREATE AGGREGATE journey.markov(path text[], conversions float8, value float8, nulls float8) (
  SFUNC = journey.markov_add, STYPE = internal, SSPACE = 8192, FINALFUNC = journey.markov_credits,
  COMBINEFUNC = journey.markov_combine, SERIALFUNC = journey.markov_serialize,
  DESERIALFUNC = journey.markov_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.markov(text[], float8, float8, float8) IS
  'Credits by channel from a Markov chain of order 1 over paths: each channel''s share of all conversions and value is that of its removal effect (Anderl et al. 2016), which is exact, not simulated. conversions, value and nulls say how many journeys along the path converted, what they were worth, and how many did not convert; NULLs count as 0. An empty or NULL path is unattributed. Errors: NULL in a path, a negative or infinite count, more than 5,000 states. NULL over no rows';

CREATE AGGREGATE journey.markov(path text[], conversions float8, value float8, nulls float8, k int) (
  SFUNC = journey.markov_add, STYPE = internal, SSPACE = 8192, FINALFUNC = journey.markov_credits,
  COMBINEFUNC = journey.markov_combine, SERIALFUNC = journey.markov_serialize,
  DESERIALFUNC = journey.markov_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.markov(text[], float8, float8, float8, int) IS
  'As markov without k, over a chain of order k (1 to 8, the same for all rows), whose states are the last k channels, or all channels so far at the start of a path. The removal effect of a channel is that of all states it is part of';

CREATE TYPE journey.transition AS (
  from_channel text,
  to_channel text,
  count float8,
  probability float8
);
COMMENT ON TYPE journey.transition IS
  'How many journeys go from one channel to the next, and their share of all that leave from there. (start) comes before the first channel, (conversion) or (null) after the last';

CREATE FUNCTION journey.transitions_add(internal, text[], float8, float8) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_transitions_add';
CREATE FUNCTION journey.transitions_list(internal) RETURNS journey.transition[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_transitions_list';
COMMENT ON FUNCTION journey.transitions_add(internal, text[], float8, float8) IS 'Transition function of transitions';
COMMENT ON FUNCTION journey.transitions_list(internal) IS 'Final function of transitions';

CREATE AGGREGATE journey.transitions(path text[], conversions float8, nulls float8) (
  SFUNC = journey.transitions_add, STYPE = internal, SSPACE = 8192, FINALFUNC = journey.transitions_list,
  COMBINEFUNC = journey.markov_combine, SERIALFUNC = journey.markov_serialize,
  DESERIALFUNC = journey.markov_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.transitions(text[], float8, float8) IS
  'The transitions of the Markov chain of order 1 that markov uses, repeats of a channel included, in order of the names. Arguments, NULLs and errors as for markov';

CREATE FUNCTION journey.shapley_add(internal, text[], float8, float8) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_shapley_add';
CREATE FUNCTION journey.shapley_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_shapley_combine';
CREATE FUNCTION journey.shapley_serialize(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_shapley_serialize';
CREATE FUNCTION journey.shapley_deserialize(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_shapley_deserialize';
CREATE FUNCTION journey.shapley_credits(internal) RETURNS journey.channel_credit[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_shapley_credits';
COMMENT ON FUNCTION journey.shapley_add(internal, text[], float8, float8) IS 'Transition function of shapley';
COMMENT ON FUNCTION journey.shapley_combine(internal, internal) IS 'Combine function of shapley';
COMMENT ON FUNCTION journey.shapley_serialize(internal) IS 'Serialization function of shapley';
COMMENT ON FUNCTION journey.shapley_deserialize(bytea, internal) IS 'Deserialization function of shapley';
COMMENT ON FUNCTION journey.shapley_credits(internal) IS 'Final function of shapley';

CREATE AGGREGATE journey.shapley(path text[], conversions float8, value float8) (
  SFUNC = journey.shapley_add, STYPE = internal, SSPACE = 8192, FINALFUNC = journey.shapley_credits,
  COMBINEFUNC = journey.shapley_combine, SERIALFUNC = journey.shapley_serialize,
  DESERIALFUNC = journey.shapley_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.shapley(text[], float8, float8) IS
  'Credits by channel as Shapley values of the game in which a set of channels earns the conversions of all paths within it (Zhao, Mahboobi and Bagheri 2018, simplified method): each path''s conversions and value in equal parts to its distinct channels. Arguments, NULLs and errors as for markov';

CREATE FUNCTION journey.leave_one_out_add(internal, text[], float8, float8, float8) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_leave_one_out_add';
CREATE FUNCTION journey.leave_one_out_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_leave_one_out_combine';
CREATE FUNCTION journey.leave_one_out_serialize(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_leave_one_out_serialize';
CREATE FUNCTION journey.leave_one_out_deserialize(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_leave_one_out_deserialize';
CREATE FUNCTION journey.leave_one_out_credits(internal) RETURNS journey.channel_credit[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_leave_one_out_credits';
COMMENT ON FUNCTION journey.leave_one_out_add(internal, text[], float8, float8, float8) IS 'Transition function of leave_one_out';
COMMENT ON FUNCTION journey.leave_one_out_combine(internal, internal) IS 'Combine function of leave_one_out';
COMMENT ON FUNCTION journey.leave_one_out_serialize(internal) IS 'Serialization function of leave_one_out';
COMMENT ON FUNCTION journey.leave_one_out_deserialize(bytea, internal) IS 'Deserialization function of leave_one_out';
COMMENT ON FUNCTION journey.leave_one_out_credits(internal) IS 'Final function of leave_one_out';

CREATE AGGREGATE journey.leave_one_out(path text[], conversions float8, value float8, nulls float8) (
  SFUNC = journey.leave_one_out_add, STYPE = internal, SSPACE = 8192, FINALFUNC = journey.leave_one_out_credits,
  COMBINEFUNC = journey.leave_one_out_combine, SERIALFUNC = journey.leave_one_out_serialize,
  DESERIALFUNC = journey.leave_one_out_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.leave_one_out(text[], float8, float8, float8) IS
  'Credits by channel from conversion rates with and without each touch (google/fractribution, which calls it shapley): a touch contributes the path''s rate less that of the path without it (0 if unseen), and no less than 0; credit in proportion, or to the last touch where none contributes. Arguments, NULLs and errors as for markov. Keeps every distinct path in memory';

CREATE FUNCTION journey.path_collapse(path text[]) RETURNS text[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_collapse';
COMMENT ON FUNCTION journey.path_collapse(text[]) IS
  'The path with repeats of a channel in a row made one: {A,A,B,A} becomes {A,B,A}. NULL elements equal each other';

CREATE FUNCTION journey.path_unique(path text[]) RETURNS text[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_unique';
COMMENT ON FUNCTION journey.path_unique(text[]) IS
  'The path with only the first of each channel: {A,B,A} becomes {A,B}. NULL elements equal each other';

CREATE FUNCTION journey.path_frequency(path text[]) RETURNS text[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_frequency';
COMMENT ON FUNCTION journey.path_frequency(text[]) IS
  'The path with only the first of each channel, and how often it comes: {A,B,A} becomes {A(2),B(1)}. NULL elements stay NULL';

CREATE FUNCTION journey.path_last(path text[], n int) RETURNS text[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_last';
COMMENT ON FUNCTION journey.path_last(text[], int) IS
  'The last n elements of the path, or all where it is shorter. A negative n is an error';

CREATE FUNCTION journey.path_strip(path text[], channels text[], only_at_end boolean DEFAULT false) RETURNS text[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_strip';
COMMENT ON FUNCTION journey.path_strip(text[], text[], boolean) IS
  'The path without the given channels, or, only_at_end, without those after its last other channel. A path of nothing else stays as it is';
