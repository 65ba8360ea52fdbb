-- Room: attribution. Needs: channels sessions

CREATE TYPE journey.attribution_model AS ENUM (
  'first', 'last', 'first_non_direct', 'last_non_direct', 'first_paid', 'last_paid',
  'linear', 'linear_unique', 'position_based', 'time_decay'
);
COMMENT ON TYPE journey.attribution_model IS
  'How the credit of a conversion is shared among its touches. '
  'first, last: all to one touch. '
  'first_non_direct, last_non_direct: to the first or last touch that is not direct, or that is first or last where all are. '
  'first_paid, last_paid: to the first or last paid touch; unattributed where none is. '
  'linear: equally. '
  'linear_unique: equally among channels, by their first touches. '
  'position_based: first_weight, last_weight, and the rest to the touches between. '
  'time_decay: in proportion to 2^(-age / half_life).';

CREATE TYPE journey.collapse_kind AS ENUM ('none', 'repeats', 'first', 'unique');
COMMENT ON TYPE journey.collapse_kind IS
  'Which of several touches of one channel count, before a model shares credit out. '
  'none: all of them. '
  'repeats: of touches in a row the first (Snowplow''s exposure_path). '
  'first: of all touches the first (Snowplow''s first_path). '
  'unique: all of them, as none, since Snowplow and google/fractribution give that name to the path as it is.';

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
  channels text[] DEFAULT NULL,
  collapse journey.collapse_kind DEFAULT 'none',
  weights float8[] DEFAULT NULL
) RETURNS float8[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_touch_weights';
COMMENT ON FUNCTION journey.touch_weights(journey.attribution_model, timestamptz[], timestamptz, interval, interval, float8, float8, text[], text[], text[], journey.collapse_kind, float8[]) IS
  'The share of one conversion that each touch earned, element by element of touched_at, in any order of time. '
  'The shares add up to 1, or are all 0 where no touch qualifies. '
  'Options as in attribute. '
  'channels: the channel of each touch, for what asks for it, which is an error without (22004); Direct is direct, Paid ..., Display and Cross-network are paid. '
  'A NULL time is no touch; NULL where touched_at or converted_at is.';

CREATE TYPE journey.credit AS (
  position int,
  touches int,
  touch journey.touch,
  channel text,
  credit float8
);
COMMENT ON TYPE journey.credit IS
  'The share of a conversion that a touch earned: the touch''s position among the touches that count, from 1, how many these are, the touch and its channel, and the share. '
  'Where no touch is credited: channel (unattributed), position and touch NULL, credit 1.';

CREATE FUNCTION journey.attribute(
  trail journey.trail,
  converted_at timestamptz,
  model journey.attribution_model DEFAULT 'last',
  lookback interval DEFAULT '90 days',
  half_life interval DEFAULT '7 days',
  first_weight float8 DEFAULT 0.4,
  last_weight float8 DEFAULT 0.4,
  optional_channels text[] DEFAULT '{}',
  excluded_channels text[] DEFAULT '{}',
  collapse journey.collapse_kind DEFAULT 'none',
  weights float8[] DEFAULT NULL
) RETURNS SETOF journey.credit
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 3
  AS 'MODULE_PATHNAME', 'journey_attribute';
COMMENT ON FUNCTION journey.attribute(journey.trail, timestamptz, journey.attribution_model, interval, interval, float8, float8, text[], text[], journey.collapse_kind, float8[]) IS
  'Shares one conversion among the touches of a trail up to and including converted_at, at most lookback (NULL: no limit; a day counts 24 hours) before it: a row for each touch that earns credit, in order of time. '
  'Of each session one touch counts: as of converted_at its earliest that is not direct, else its earliest. '
  'The credits add up to 1; one row (unattributed) says that no touch qualifies, as for a NULL trail. '
  'No rows where converted_at is NULL. '
  'half_life is for time_decay; first_weight and last_weight for position_based, where two touches share what these leave over and one takes everything. '
  'Touches of optional_channels count only where there are no others, those of excluded_channels never; then collapse says which of several touches of one channel count. '
  'weights, in place of a model: the first is for the first touch, the last for the last, those between for touches evenly spaced between (as many are picked as there are touches); '
  'what they leave over of 1 goes in equal parts to the other touches, or to all where there are no others. '
  'Errors: a NULL model, half_life, first_weight, last_weight or collapse, or a NULL among weights (22004); '
  'an interval with months, a half_life that is not positive, weights below 0 or above 1 together, weights beside a model that is neither position_based nor the default (22023); '
  'more than 1,000 weights (54000).';

CREATE DOMAIN journey.any_trail AS journey.trail;
COMMENT ON DOMAIN journey.any_trail IS
  'A trail, where attribute takes several conversions: of two functions that fit, PostgreSQL prefers the one that takes a trail itself, so that attribute(trail, ''2026-01-05'', ''linear'') needs no cast.';

CREATE FUNCTION journey.attribute(
  trail journey.any_trail,
  converted_at timestamptz[],
  reuse_touches boolean,
  model journey.attribution_model DEFAULT 'last',
  lookback interval DEFAULT '90 days',
  half_life interval DEFAULT '7 days',
  first_weight float8 DEFAULT 0.4,
  last_weight float8 DEFAULT 0.4,
  optional_channels text[] DEFAULT '{}',
  excluded_channels text[] DEFAULT '{}',
  collapse journey.collapse_kind DEFAULT 'none',
  weights float8[] DEFAULT NULL
) RETURNS TABLE (conversion int, "position" int, touches int, touch journey.touch, channel text, credit float8)
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10
  AS 'MODULE_PATHNAME', 'journey_attribute_all';
COMMENT ON FUNCTION journey.attribute(journey.any_trail, timestamptz[], boolean, journey.attribution_model, interval, interval, float8, float8, text[], text[], journey.collapse_kind, float8[]) IS
  'Shares several conversions of one visitor; conversion is the place in converted_at, from 1, NULLs being left out. '
  'With reuse_touches each looks back by itself, as in attribute with one conversion; without, each touch counts for one conversion time only, the next one: conversion cycles. '
  'Conversions at the same time share a cycle. '
  'Options and errors as with one conversion; a NULL reuse_touches is an error, too (22004).';
