-- Room: paths. Needs: none

CREATE TYPE journey.funnel_rule;
CREATE FUNCTION journey.funnel_rule_in(cstring) RETURNS journey.funnel_rule
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_rule_in';
CREATE FUNCTION journey.funnel_rule_out(journey.funnel_rule) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_rule_out';
CREATE FUNCTION journey.funnel_rule_recv(internal) RETURNS journey.funnel_rule
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_rule_recv';
CREATE FUNCTION journey.funnel_rule_send(journey.funnel_rule) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_rule_send';
-- Of the intervals' category, so that a literal such as '7 days' is still taken for an interval wherever a function has
-- one form with a duration and one with a rule.
CREATE TYPE journey.funnel_rule (
  INPUT = journey.funnel_rule_in, OUTPUT = journey.funnel_rule_out,
  RECEIVE = journey.funnel_rule_recv, SEND = journey.funnel_rule_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = main, CATEGORY = 'T');
COMMENT ON TYPE journey.funnel_rule IS
  'Which rows make a funnel: how long it may take from the first step to the last (within), and what is strict about it. '
  'Made by funnel_rule(); its text form reads ''168:00:00, strict_order, reentry''';
COMMENT ON FUNCTION journey.funnel_rule_in(cstring) IS
  'Input of funnel_rule: an interval, then the options, each after a comma; ''not strict_once'' for strict_once => false';
COMMENT ON FUNCTION journey.funnel_rule_out(journey.funnel_rule) IS
  'Output of funnel_rule: the same text under any setting';
COMMENT ON FUNCTION journey.funnel_rule_recv(internal) IS
  'Binary input of funnel_rule; what it reads is checked like the arguments of funnel_rule()';
COMMENT ON FUNCTION journey.funnel_rule_send(journey.funnel_rule) IS
  'Binary output of funnel_rule';

CREATE FUNCTION journey.funnel_rule(
  within interval, strict_order boolean DEFAULT false, strict_once boolean DEFAULT true,
  strict_increase boolean DEFAULT false, strict_deduplication boolean DEFAULT false,
  reentry boolean DEFAULT false) RETURNS journey.funnel_rule
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_funnel_rule';
COMMENT ON FUNCTION journey.funnel_rule(interval, boolean, boolean, boolean, boolean, boolean) IS
  'The rule of a funnel (the modes of ClickHouse''s windowFunnel): the last step at most within after the first (a day counts 24 hours). '
  'strict_order: once there was a first step, a row that meets no step, or only steps beyond the next one, ends the funnel; with reentry, the latter are passed over. '
  'strict_once: a row serves one step; false lets it serve several. '
  'strict_increase: each step later than the one before. '
  'strict_deduplication: a row that only repeats steps already reached, the first aside, ends the funnel. '
  'What ends a funnel does so for all later rows. '
  'Errors: within zero, negative, or with months, reentry without strict_order (22023); a NULL (22004)';
