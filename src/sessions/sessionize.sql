-- Room: sessions. Window functions that sessionize events, OVER (PARTITION BY visitor ORDER BY ts [, tie-break key]).

CREATE FUNCTION journey.session_frame_support(internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_frame_support';
COMMENT ON FUNCTION journey.session_frame_support(internal) IS 'Planner support: the session window functions do not look at the frame';
CREATE FUNCTION journey.session_rising_support(internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_rising_support';
COMMENT ON FUNCTION journey.session_rising_support(internal) IS 'Planner support: as session_frame_support, and numbers and starts of sessions never fall within a partition ordered by ts, which lets a condition such as session_number <= 3 stop early';


CREATE FUNCTION journey.sessionize(
  ts timestamptz, timeout interval DEFAULT '30 minutes',
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_rising_support AS 'MODULE_PATHNAME', 'journey_sessionize';
CREATE FUNCTION journey.sessionize(
  ts timestamp, timeout interval DEFAULT '30 minutes',
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_rising_support AS 'MODULE_PATHNAME', 'journey_sessionize_timestamp';
CREATE FUNCTION journey.sessionize(
  ts timestamptz, rule journey.session_rule,
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_rising_support AS 'MODULE_PATHNAME', 'journey_sessionize_rule';
CREATE FUNCTION journey.sessionize(
  ts timestamp, rule journey.session_rule,
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_rising_support AS 'MODULE_PATHNAME', 'journey_sessionize_rule_timestamp';
COMMENT ON FUNCTION journey.sessionize(timestamptz, interval, boolean, boolean, text) IS
  'The number of the row''s session, from 1. '
  'A new session starts when ts - last extending event > timeout, at a row where starts is true, or where split_key is not null and differs from the session''s. '
  'A row with extends => false joins the open session without extending it, or else belongs to none: NULL, as for a NULL ts. '
  'NULL starts and extends count as their defaults. '
  'Errors: rows out of time order (42P20), a timeout that is NULL (22004), zero, negative, or holds months (22023)';
COMMENT ON FUNCTION journey.sessionize(timestamp, interval, boolean, boolean, text) IS
  'As sessionize of timestamptz';
COMMENT ON FUNCTION journey.sessionize(timestamptz, journey.session_rule, boolean, boolean, text) IS
  'As sessionize with a timeout, under a rule made by session_rule()';
COMMENT ON FUNCTION journey.sessionize(timestamp, journey.session_rule, boolean, boolean, text) IS
  'As sessionize with a timeout, under a rule made by session_rule(); for a day_boundary, ts is read as UTC';

CREATE FUNCTION journey.session_started_at(
  ts timestamptz, timeout interval DEFAULT '30 minutes',
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS timestamptz
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_rising_support AS 'MODULE_PATHNAME', 'journey_session_started_at';
CREATE FUNCTION journey.session_started_at(
  ts timestamp, timeout interval DEFAULT '30 minutes',
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS timestamp
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_rising_support AS 'MODULE_PATHNAME', 'journey_session_started_at_timestamp';
CREATE FUNCTION journey.session_started_at(
  ts timestamptz, rule journey.session_rule,
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS timestamptz
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_rising_support AS 'MODULE_PATHNAME', 'journey_session_started_at_rule';
CREATE FUNCTION journey.session_started_at(
  ts timestamp, rule journey.session_rule,
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS timestamp
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_rising_support AS 'MODULE_PATHNAME', 'journey_session_started_at_rule_timestamp';
COMMENT ON FUNCTION journey.session_started_at(timestamptz, interval, boolean, boolean, text) IS
  'The time of the first row of the row''s session, as sessionize numbers them; NULL where that is NULL';
COMMENT ON FUNCTION journey.session_started_at(timestamp, interval, boolean, boolean, text) IS
  'As session_started_at of timestamptz';
COMMENT ON FUNCTION journey.session_started_at(timestamptz, journey.session_rule, boolean, boolean, text) IS
  'As session_started_at with a timeout, under a rule made by session_rule()';
COMMENT ON FUNCTION journey.session_started_at(timestamp, journey.session_rule, boolean, boolean, text) IS
  'As session_started_at with a timeout, under a rule made by session_rule(); for a day_boundary, ts is read as UTC';

CREATE FUNCTION journey.session_event(
  ts timestamptz, timeout interval DEFAULT '30 minutes',
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_frame_support AS 'MODULE_PATHNAME', 'journey_session_event';
CREATE FUNCTION journey.session_event(
  ts timestamp, timeout interval DEFAULT '30 minutes',
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_frame_support AS 'MODULE_PATHNAME', 'journey_session_event_timestamp';
CREATE FUNCTION journey.session_event(
  ts timestamptz, rule journey.session_rule,
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_frame_support AS 'MODULE_PATHNAME', 'journey_session_event_rule';
CREATE FUNCTION journey.session_event(
  ts timestamp, rule journey.session_rule,
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_frame_support AS 'MODULE_PATHNAME', 'journey_session_event_rule_timestamp';
COMMENT ON FUNCTION journey.session_event(timestamptz, interval, boolean, boolean, text) IS
  'The position of the row in its session, from 1, as sessionize numbers them; NULL where that is NULL';
COMMENT ON FUNCTION journey.session_event(timestamp, interval, boolean, boolean, text) IS
  'As session_event of timestamptz';
COMMENT ON FUNCTION journey.session_event(timestamptz, journey.session_rule, boolean, boolean, text) IS
  'As session_event with a timeout, under a rule made by session_rule()';
COMMENT ON FUNCTION journey.session_event(timestamp, journey.session_rule, boolean, boolean, text) IS
  'As session_event with a timeout, under a rule made by session_rule(); for a day_boundary, ts is read as UTC';

CREATE FUNCTION journey.rapid_events(
  ts timestamptz, lag interval, timeout interval DEFAULT '30 minutes',
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_frame_support AS 'MODULE_PATHNAME', 'journey_rapid_events';
CREATE FUNCTION journey.rapid_events(
  ts timestamp, lag interval, timeout interval DEFAULT '30 minutes',
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_frame_support AS 'MODULE_PATHNAME', 'journey_rapid_events_timestamp';
CREATE FUNCTION journey.rapid_events(
  ts timestamptz, lag interval, rule journey.session_rule,
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_frame_support AS 'MODULE_PATHNAME', 'journey_rapid_events_rule';
CREATE FUNCTION journey.rapid_events(
  ts timestamp, lag interval, rule journey.session_rule,
  starts boolean DEFAULT false, extends boolean DEFAULT true, split_key text DEFAULT NULL) RETURNS bigint
  LANGUAGE c WINDOW IMMUTABLE PARALLEL SAFE SUPPORT journey.session_frame_support AS 'MODULE_PATHNAME', 'journey_rapid_events_rule_timestamp';
COMMENT ON FUNCTION journey.rapid_events(timestamptz, interval, interval, boolean, boolean, text) IS
  'How many rows of the row''s session, up to and with this row, came less than lag after the session''s row before them: bots click faster than people. '
  'The maximum over a session is the session''s count. '
  'Nothing is dropped. '
  'Sessions and errors as in sessionize; the first row of a session has no gap';
COMMENT ON FUNCTION journey.rapid_events(timestamp, interval, interval, boolean, boolean, text) IS
  'As rapid_events of timestamptz';
COMMENT ON FUNCTION journey.rapid_events(timestamptz, interval, journey.session_rule, boolean, boolean, text) IS
  'As rapid_events with a timeout, under a rule made by session_rule()';
COMMENT ON FUNCTION journey.rapid_events(timestamp, interval, journey.session_rule, boolean, boolean, text) IS
  'As rapid_events with a timeout, under a rule made by session_rule(); for a day_boundary, ts is read as UTC';
