-- Room: profile. What was known of a visitor at a time, for models that must not look ahead.

CREATE TYPE journey.feature_row AS (
  as_of timestamptz,
  sessions bigint,
  sessions_7d bigint,
  sessions_30d bigint,
  sessions_90d bigint,
  days_started_30d bigint,
  hours_since_last_start float8,
  sessions_with_conversion bigint,
  first_channel text,
  last_channel text,
  last_paid_channel text,
  in_session boolean
);
COMMENT ON TYPE journey.feature_row IS
  'What features says of a visitor as of a time. '
  'sessions, sessions_7d, sessions_30d, sessions_90d: that had started, ever and in the days (of 24 hours) before. '
  'days_started_30d: on how many days, in UTC, sessions of the last 30 days started. '
  'hours_since_last_start: NULL before the first. '
  'sessions_with_conversion: whose first conversion had come. '
  'first_channel, last_channel, last_paid_channel: of the touches as of then. '
  'in_session: whether the last session had neither ended nor timed out';

CREATE FUNCTION journey.features(trail journey.trail, as_of timestamptz[]) RETURNS SETOF journey.feature_row
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'journey_features';
COMMENT ON FUNCTION journey.features(journey.trail, timestamptz[]) IS
  'What was known of a visitor at each of some times (see feature_row), a row for each that is not NULL, in their order. '
  'Nothing leaks from the future: the row of a time is the one that the trail of the events up to it gives, for every time. '
  'What a trail does not know at a time, such as the events of a session that is still open, is no column. '
  'A NULL trail had no sessions';
