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
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
  SELECT t.at, s.sessions, s.sessions_7d, s.sessions_30d, s.sessions_90d, s.days_started_30d,
    CASE WHEN isfinite(t.at) THEN extract(epoch FROM t.at - s.last_started_at)::float8 / 3600 END, s.sessions_with_conversion,
    (journey.first_touch(trail, before => t.at)).channel, (journey.last_touch(trail, before => t.at)).channel, (journey.last_touch(trail, before => t.at, kind => 'paid')).channel,
    coalesce(s.in_session, false)
  FROM unnest(as_of) WITH ORDINALITY AS t (at, number)
  CROSS JOIN LATERAL (
    SELECT count(*) AS sessions,
      count(*) FILTER (WHERE x.started_at > t.at - interval '168 hours') AS sessions_7d,
      count(*) FILTER (WHERE x.started_at > t.at - interval '720 hours') AS sessions_30d,
      count(*) FILTER (WHERE x.started_at > t.at - interval '2160 hours') AS sessions_90d,
      count(DISTINCT date_trunc('day', x.started_at, 'UTC')) FILTER (WHERE x.started_at > t.at - interval '720 hours') AS days_started_30d,
      max(x.started_at) AS last_started_at,
      count(*) FILTER (WHERE x.converted_at <= t.at) AS sessions_with_conversion,
      bool_or(t.at <= x.ended_at + journey.timeout(journey.rule(trail))) AS in_session
    FROM journey.sessions(trail) AS x WHERE x.started_at <= t.at) AS s
  WHERE t.at IS NOT NULL
  ORDER BY t.number;
END;
COMMENT ON FUNCTION journey.features(journey.trail, timestamptz[]) IS
  'What was known of a visitor at each of some times (see feature_row), a row for each that is not NULL, in their order. '
  'Nothing leaks from the future: the row of a time is the one that the trail of the events up to it gives, for every time. '
  'What a trail does not know at a time, such as the events of a session that is still open, is no column. '
  'A NULL trail had no sessions';
