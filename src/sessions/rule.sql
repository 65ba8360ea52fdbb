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
  'When a new session starts: timeout, whether a gap of exactly the timeout splits (inclusive), the longest a session may last (max_duration), and the time zone whose midnight splits (day_boundary). '
  'Made by session_rule(); its text form reads ''00:30:00 inclusive, max_duration 24:00:00, day_boundary Europe/Berlin''';
COMMENT ON FUNCTION journey.session_rule_in(cstring) IS
  'Input of session_rule: an interval, then what differs from the defaults, as session_rule prints it';
COMMENT ON FUNCTION journey.session_rule_out(journey.session_rule) IS
  'Output of session_rule: the same text under any setting';
COMMENT ON FUNCTION journey.session_rule_recv(internal) IS
  'Binary input of session_rule; what it reads is checked like the arguments of session_rule()';
COMMENT ON FUNCTION journey.session_rule_send(journey.session_rule) IS
  'Binary output of session_rule';

-- Equality: equal rules, and only they, have equal bytes, so the functions of bytea serve

CREATE FUNCTION journey.session_rule_eq(journey.session_rule, journey.session_rule) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteaeq';
CREATE FUNCTION journey.session_rule_ne(journey.session_rule, journey.session_rule) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteane';
CREATE FUNCTION journey.session_rule_hash(journey.session_rule) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
CREATE FUNCTION journey.session_rule_hash(journey.session_rule, bigint) RETURNS bigint
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlenaextended';
CREATE OPERATOR journey.= (
  LEFTARG = journey.session_rule, RIGHTARG = journey.session_rule, FUNCTION = journey.session_rule_eq,
  COMMUTATOR = OPERATOR(journey.=), NEGATOR = OPERATOR(journey.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
CREATE OPERATOR journey.<> (
  LEFTARG = journey.session_rule, RIGHTARG = journey.session_rule, FUNCTION = journey.session_rule_ne,
  COMMUTATOR = OPERATOR(journey.<>), NEGATOR = OPERATOR(journey.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR CLASS journey.session_rule_hash_ops DEFAULT FOR TYPE journey.session_rule USING hash AS
  OPERATOR 1 journey.=, FUNCTION 1 journey.session_rule_hash(journey.session_rule), FUNCTION 2 journey.session_rule_hash(journey.session_rule, bigint);
COMMENT ON FUNCTION journey.session_rule_eq(journey.session_rule, journey.session_rule) IS 'Function of the operator = of session rules';
COMMENT ON FUNCTION journey.session_rule_ne(journey.session_rule, journey.session_rule) IS 'Function of the operator <> of session rules';
COMMENT ON FUNCTION journey.session_rule_hash(journey.session_rule) IS 'Hash of a session rule, for DISTINCT, GROUP BY and hash joins';
COMMENT ON FUNCTION journey.session_rule_hash(journey.session_rule, bigint) IS 'Hash of a session rule with a seed, for hash partitions';
COMMENT ON OPERATOR journey.= (journey.session_rule, journey.session_rule) IS 'Whether the rules are the same in all their parts';
COMMENT ON OPERATOR journey.<> (journey.session_rule, journey.session_rule) IS 'Whether the rules differ';
COMMENT ON OPERATOR CLASS journey.session_rule_hash_ops USING hash IS 'Session rules by equality';
COMMENT ON OPERATOR FAMILY journey.session_rule_hash_ops USING hash IS 'Session rules by equality';

CREATE FUNCTION journey.session_rule(
  timeout interval DEFAULT '30 minutes', inclusive boolean DEFAULT false,
  max_duration interval DEFAULT NULL, day_boundary text DEFAULT NULL) RETURNS journey.session_rule
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_rule';
COMMENT ON FUNCTION journey.session_rule(interval, boolean, interval, text) IS
  'The rule for a new session: ts - last extending event > timeout (inclusive: >=); or ts - start of the session > max_duration; or the local date in the time zone day_boundary changes. '
  'A day counts 24 hours. '
  'Errors: a duration that is zero, negative, or holds months (22023); a NULL timeout or inclusive (22004); an unknown time zone (22023). '
  'The zone is looked up by name at each use, so a rule follows the server''s time zone data';

CREATE FUNCTION journey.timeout(rule journey.session_rule) RETURNS interval
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_rule_timeout';
COMMENT ON FUNCTION journey.timeout(journey.session_rule) IS 'The timeout of a rule, in hours and parts of them; NULL for NULL';
