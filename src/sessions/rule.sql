-- Room: sessions. What separates the sessions of one visitor.

CREATE TYPE journey.session_rule;
CREATE FUNCTION journey.session_rule_in(cstring) RETURNS journey.session_rule
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_rule_in';
CREATE FUNCTION journey.session_rule_out(journey.session_rule) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_rule_out';
CREATE FUNCTION journey.session_rule_recv(internal) RETURNS journey.session_rule
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_rule_recv';
CREATE FUNCTION journey.session_rule_send(journey.session_rule) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_rule_send';
-- Of the intervals' category, so that a literal such as '30 minutes' is still taken for an interval wherever
-- a function has one form with a timeout and one with a rule.
CREATE TYPE journey.session_rule (
  INPUT = journey.session_rule_in, OUTPUT = journey.session_rule_out,
  RECEIVE = journey.session_rule_recv, SEND = journey.session_rule_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = main, CATEGORY = 'T');
COMMENT ON TYPE journey.session_rule IS
  'When a new session starts: timeout, whether a gap of exactly the timeout splits (inclusive), the longest a session may last (max_duration), and the time zone whose midnight splits (day_boundary). Made by session_rule(); its text form reads ''00:30:00 inclusive, max_duration 24:00:00, day_boundary Europe/Berlin''';
COMMENT ON FUNCTION journey.session_rule_in(cstring) IS
  'Input of session_rule: an interval, then what differs from the defaults, as session_rule prints it';
COMMENT ON FUNCTION journey.session_rule_out(journey.session_rule) IS
  'Output of session_rule: the same text under any setting';
COMMENT ON FUNCTION journey.session_rule_recv(internal) IS
  'Binary input of session_rule; what it reads is checked like the arguments of session_rule()';
COMMENT ON FUNCTION journey.session_rule_send(journey.session_rule) IS
  'Binary output of session_rule';

CREATE FUNCTION journey.session_rule(
  timeout interval DEFAULT '30 minutes', inclusive boolean DEFAULT false,
  max_duration interval DEFAULT NULL, day_boundary text DEFAULT NULL) RETURNS journey.session_rule
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_rule';
COMMENT ON FUNCTION journey.session_rule(interval, boolean, interval, text) IS
  'The rule for a new session: ts - last extending event > timeout (inclusive: >=); or ts - start of the session > max_duration; or the local date in the time zone day_boundary changes. A day counts 24 hours. Errors: a duration that is zero, negative, or holds months (22023); a NULL timeout or inclusive (22004); an unknown time zone (22023). The zone is looked up by name at each use, so a rule follows the server''s time zone data';
