-- Room: sessions. Needs: channels
-- Trail: the sessions of one visitor as one compact, mergeable value.

CREATE TYPE journey.trail;
CREATE FUNCTION journey.trail_in(cstring) RETURNS journey.trail
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_in';
CREATE FUNCTION journey.trail_out(journey.trail) RETURNS cstring
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_out';
CREATE FUNCTION journey.trail_recv(internal) RETURNS journey.trail
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_recv';
CREATE FUNCTION journey.trail_send(journey.trail) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_send';
CREATE TYPE journey.trail (
  INPUT = journey.trail_in, OUTPUT = journey.trail_out, RECEIVE = journey.trail_recv, SEND = journey.trail_send,
  INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE journey.trail IS
  'The sessions of one visitor: when each began and ended, its events and conversions, its landing and exit page and its touch, and the rule that cut them. '
  'Made by the aggregate trail(), merged exactly by rollup() and ||. About 8 bytes a session beside its distinct texts; its text form is JSON';
COMMENT ON FUNCTION journey.trail_in(cstring) IS
  'Input of trail: JSON as trail prints it. Errors: what is not such JSON, or no events can have made (22P02)';
COMMENT ON FUNCTION journey.trail_out(journey.trail) IS 'Output of trail: JSON, with times in UTC under any setting';
COMMENT ON FUNCTION journey.trail_recv(internal) IS
  'Binary input of trail; bytes that are not exactly those of a trail are an error (22P03)';
COMMENT ON FUNCTION journey.trail_send(journey.trail) IS 'Binary output of trail: its stored form';

CREATE TYPE journey.session AS (
  session_number bigint,
  started_at timestamptz,
  ended_at timestamptz,
  events bigint,
  pages bigint,
  conversions bigint,
  converted_at timestamptz,
  landing_page text,
  exit_page text,
  touch journey.touch
);
COMMENT ON TYPE journey.session IS
  'One session of a trail: its number in order of time, from 1; the times of its first and last event. '
  'How many events it has, how many of them with a page, how many conversions, and the time of the first. '
  'The pages of its earliest and latest event that has one. '
  'Its touch: the earliest that is not direct, else the earliest';

-- Equality: equal trails, and only they, have equal bytes, so the functions of bytea serve

CREATE FUNCTION journey.trail_eq(journey.trail, journey.trail) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteaeq';
CREATE FUNCTION journey.trail_ne(journey.trail, journey.trail) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteane';
CREATE FUNCTION journey.trail_hash(journey.trail) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
CREATE FUNCTION journey.trail_hash(journey.trail, bigint) RETURNS bigint
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlenaextended';
CREATE OPERATOR journey.= (
  LEFTARG = journey.trail, RIGHTARG = journey.trail, FUNCTION = journey.trail_eq,
  COMMUTATOR = OPERATOR(journey.=), NEGATOR = OPERATOR(journey.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR journey.<> (
  LEFTARG = journey.trail, RIGHTARG = journey.trail, FUNCTION = journey.trail_ne,
  COMMUTATOR = OPERATOR(journey.<>), NEGATOR = OPERATOR(journey.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR CLASS journey.trail_hash_ops DEFAULT FOR TYPE journey.trail USING hash AS
  OPERATOR 1 journey.=, FUNCTION 1 journey.trail_hash(journey.trail), FUNCTION 2 journey.trail_hash(journey.trail, bigint);
COMMENT ON FUNCTION journey.trail_eq(journey.trail, journey.trail) IS 'Function of the operator = of trails';
COMMENT ON FUNCTION journey.trail_ne(journey.trail, journey.trail) IS 'Function of the operator <> of trails';
COMMENT ON FUNCTION journey.trail_hash(journey.trail) IS 'Hash of a trail, for DISTINCT, GROUP BY and hash joins';
COMMENT ON FUNCTION journey.trail_hash(journey.trail, bigint) IS 'Hash of a trail with a seed, for hash partitions';
COMMENT ON OPERATOR journey.= (journey.trail, journey.trail) IS 'Whether the sessions and the rule are the same';
COMMENT ON OPERATOR journey.<> (journey.trail, journey.trail) IS 'Whether the sessions or the rule differ';
COMMENT ON OPERATOR CLASS journey.trail_hash_ops USING hash IS 'Trails by equality';
COMMENT ON OPERATOR FAMILY journey.trail_hash_ops USING hash IS 'Trails by equality';

-- Events into trails

CREATE FUNCTION journey.trail_add(internal, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_add';
COMMENT ON FUNCTION journey.trail_add(internal, timestamptz) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_add(internal, timestamptz, interval) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_timeout_add';
COMMENT ON FUNCTION journey.trail_add(internal, timestamptz, interval) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_touch_add(internal, timestamptz, interval, journey.touch) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_timeout_touch_add';
COMMENT ON FUNCTION journey.trail_touch_add(internal, timestamptz, interval, journey.touch) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_touch_add(internal, timestamptz, interval, journey.touch, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_timeout_page_add';
COMMENT ON FUNCTION journey.trail_touch_add(internal, timestamptz, interval, journey.touch, text) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_touch_add(internal, timestamptz, interval, journey.touch, text, boolean) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_timeout_converted_add';
COMMENT ON FUNCTION journey.trail_touch_add(internal, timestamptz, interval, journey.touch, text, boolean) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_add(internal, timestamptz, journey.session_rule) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_rule_add';
COMMENT ON FUNCTION journey.trail_add(internal, timestamptz, journey.session_rule) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_touch_add(internal, timestamptz, journey.session_rule, journey.touch) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_rule_touch_add';
COMMENT ON FUNCTION journey.trail_touch_add(internal, timestamptz, journey.session_rule, journey.touch) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_touch_add(internal, timestamptz, journey.session_rule, journey.touch, text) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_rule_page_add';
COMMENT ON FUNCTION journey.trail_touch_add(internal, timestamptz, journey.session_rule, journey.touch, text) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_touch_add(internal, timestamptz, journey.session_rule, journey.touch, text, boolean) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_trail_rule_converted_add';
COMMENT ON FUNCTION journey.trail_touch_add(internal, timestamptz, journey.session_rule, journey.touch, text, boolean) IS 'Transition function of the aggregate trail';

CREATE FUNCTION journey.trail_rollup_add(internal, journey.trail) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_rollup_add';
COMMENT ON FUNCTION journey.trail_rollup_add(internal, journey.trail) IS 'Transition function of the aggregate rollup';

CREATE FUNCTION journey.trail_plain_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_plain_combine';
COMMENT ON FUNCTION journey.trail_plain_combine(internal, internal) IS 'Combine function of the aggregate trail without touches';

CREATE FUNCTION journey.trail_plain_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_plain_finish';
COMMENT ON FUNCTION journey.trail_plain_serialize(internal) IS 'Serialization function of the aggregate trail without touches';

CREATE FUNCTION journey.trail_plain_finish(internal) RETURNS journey.trail
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_plain_finish';
COMMENT ON FUNCTION journey.trail_plain_finish(internal) IS 'Final function of the aggregate trail without touches';

CREATE FUNCTION journey.trail_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_combine';
COMMENT ON FUNCTION journey.trail_combine(internal, internal) IS 'Combine function of the aggregate trail with touches, and rollup';

CREATE FUNCTION journey.trail_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_finish';
COMMENT ON FUNCTION journey.trail_serialize(internal) IS 'Serialization function of the aggregate trail with touches, and rollup';

CREATE FUNCTION journey.trail_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_deserialize';
COMMENT ON FUNCTION journey.trail_deserialize(bytea, internal) IS 'Deserialization function of the aggregates trail and rollup';

CREATE FUNCTION journey.trail_finish(internal) RETURNS journey.trail
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_finish';
COMMENT ON FUNCTION journey.trail_finish(internal) IS 'Final function of the aggregate trail with touches, and rollup';

CREATE AGGREGATE journey.trail(ts timestamptz) (
  SFUNC = journey.trail_add, STYPE = internal, SSPACE = 512, FINALFUNC = journey.trail_plain_finish,
  COMBINEFUNC = journey.trail_plain_combine, SERIALFUNC = journey.trail_plain_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz) IS
  'The trail of a visitor''s events with a timeout of 30 minutes: trail(ts, ''30 minutes'')';

CREATE AGGREGATE journey.trail(ts timestamptz, timeout interval) (
  SFUNC = journey.trail_add, STYPE = internal, SSPACE = 512, FINALFUNC = journey.trail_plain_finish,
  COMBINEFUNC = journey.trail_plain_combine, SERIALFUNC = journey.trail_plain_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz, interval) IS
  'The trail of a visitor''s events, in any order: a session ends where the next event is more than timeout later. '
  'A NULL ts is left out; no events at all give NULL; an event given twice counts twice. '
  'Errors: a NULL timeout (22004), one that is zero, negative or holds months (22023), different ones in one group (22023); an infinite ts (22023)';

CREATE AGGREGATE journey.trail(ts timestamptz, timeout interval, touch journey.touch) (
  SFUNC = journey.trail_touch_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.trail_finish,
  COMBINEFUNC = journey.trail_combine, SERIALFUNC = journey.trail_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz, interval, journey.touch) IS
  'As trail(ts, timeout), and each session keeps its earliest touch and, where that one is direct, its earliest that is not. '
  'A touch counts as of its event''s ts. '
  'Of touches at the same instant, one that is not direct comes first, then the smaller value';

CREATE AGGREGATE journey.trail(ts timestamptz, timeout interval, touch journey.touch, page text) (
  SFUNC = journey.trail_touch_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.trail_finish,
  COMBINEFUNC = journey.trail_combine, SERIALFUNC = journey.trail_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz, interval, journey.touch, text) IS
  'As trail(ts, timeout, touch), and each session keeps the pages of its earliest and latest event that has one, and counts the events that do. '
  'Of events at the same instant those with a touch that is not direct come first, then those with a direct one, then those without; then the page decides, in byte order';

CREATE AGGREGATE journey.trail(ts timestamptz, timeout interval, touch journey.touch, page text, converted boolean) (
  SFUNC = journey.trail_touch_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.trail_finish,
  COMBINEFUNC = journey.trail_combine, SERIALFUNC = journey.trail_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz, interval, journey.touch, text, boolean) IS
  'As trail(ts, timeout, touch, page), and each session counts the events that are converted, and keeps the time of the first; a NULL converted is false';

CREATE AGGREGATE journey.trail(ts timestamptz, rule journey.session_rule) (
  SFUNC = journey.trail_add, STYPE = internal, SSPACE = 512, FINALFUNC = journey.trail_plain_finish,
  COMBINEFUNC = journey.trail_plain_combine, SERIALFUNC = journey.trail_plain_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz, journey.session_rule) IS
  'The trail of a visitor''s events, in any order: a session ends where the next event is more than the rule allows later. '
  'A NULL ts is left out; no events at all give NULL; an event given twice counts twice. '
  'Errors: a NULL rule (22004), or one with max_duration, whose sessions do not merge (22023); an infinite ts (22023)';

CREATE AGGREGATE journey.trail(ts timestamptz, rule journey.session_rule, touch journey.touch) (
  SFUNC = journey.trail_touch_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.trail_finish,
  COMBINEFUNC = journey.trail_combine, SERIALFUNC = journey.trail_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz, journey.session_rule, journey.touch) IS
  'As trail(ts, rule), and each session keeps its earliest touch and, where that one is direct, its earliest that is not. '
  'A touch counts as of its event''s ts. '
  'Of touches at the same instant, one that is not direct comes first, then the smaller value';

CREATE AGGREGATE journey.trail(ts timestamptz, rule journey.session_rule, touch journey.touch, page text) (
  SFUNC = journey.trail_touch_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.trail_finish,
  COMBINEFUNC = journey.trail_combine, SERIALFUNC = journey.trail_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz, journey.session_rule, journey.touch, text) IS
  'As trail(ts, rule, touch), and each session keeps the pages of its earliest and latest event that has one, and counts the events that do. '
  'Of events at the same instant those with a touch that is not direct come first, then those with a direct one, then those without; then the page decides, in byte order';

CREATE AGGREGATE journey.trail(ts timestamptz, rule journey.session_rule, touch journey.touch, page text, converted boolean) (
  SFUNC = journey.trail_touch_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.trail_finish,
  COMBINEFUNC = journey.trail_combine, SERIALFUNC = journey.trail_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.trail(timestamptz, journey.session_rule, journey.touch, text, boolean) IS
  'As trail(ts, rule, touch, page), and each session counts the events that are converted, and keeps the time of the first; a NULL converted is false';

CREATE AGGREGATE journey.rollup(trail journey.trail) (
  SFUNC = journey.trail_rollup_add, STYPE = internal, SSPACE = 1536, FINALFUNC = journey.trail_finish,
  COMBINEFUNC = journey.trail_combine, SERIALFUNC = journey.trail_serialize, DESERIALFUNC = journey.trail_deserialize,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey.rollup(journey.trail) IS
  'The trail of all the events that the given trails were made of, exactly, in whatever way they were split. '
  'NULLs are left out; no trail at all gives NULL. '
  'Error: trails of different rules (22023)';

CREATE FUNCTION journey.trail_merge(journey.trail, journey.trail) RETURNS journey.trail
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_merge';
COMMENT ON FUNCTION journey.trail_merge(journey.trail, journey.trail) IS
  'Function of the operator || of trails';

CREATE OPERATOR journey.|| (
  LEFTARG = journey.trail, RIGHTARG = journey.trail, FUNCTION = journey.trail_merge, COMMUTATOR = OPERATOR(journey.||)
);
COMMENT ON OPERATOR journey.|| (journey.trail, journey.trail) IS
  'The trail of the events of both, exactly. NULL for a NULL; an error for trails of different rules (22023)';

-- What is in a trail

CREATE FUNCTION journey.trail_support(internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_support';
COMMENT ON FUNCTION journey.trail_support(internal) IS
  'Planner support of sessions and touches: how many rows to expect, from a constant trail or the width of a column';

CREATE FUNCTION journey.sessions(trail journey.trail) RETURNS SETOF journey.session
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 SUPPORT journey.trail_support AS 'MODULE_PATHNAME', 'journey_trail_sessions';
COMMENT ON FUNCTION journey.sessions(journey.trail) IS
  'The sessions of a trail in order of time, numbered from 1';

CREATE FUNCTION journey.touches(trail journey.trail, before timestamptz DEFAULT 'infinity', lookback interval DEFAULT NULL)
  RETURNS SETOF journey.touch
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 SUPPORT journey.trail_support AS 'MODULE_PATHNAME', 'journey_trail_touches';
COMMENT ON FUNCTION journey.touches(journey.trail, timestamptz, interval) IS
  'The touches of a trail''s sessions as of before, at most one a session, in order of time: no later than before, and no earlier than before - lookback. '
  'The touch of a session is its earliest that is not direct, if that lies no later than before, else its earliest. '
  'Days of lookback count 24 hours; a NULL lookback is no limit; a NULL trail or before gives no rows. '
  'Errors: a lookback that is negative or holds months, or one without a finite before (22023)';

CREATE FUNCTION journey.session_count(trail journey.trail, before timestamptz DEFAULT 'infinity') RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_session_count';
COMMENT ON FUNCTION journey.session_count(journey.trail, timestamptz) IS
  'How many sessions start no later than before: all of them by default. '
  'With the time of a sign-up, the session of the sign-up counts';

CREATE FUNCTION journey.event_count(trail journey.trail) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_event_count';
COMMENT ON FUNCTION journey.event_count(journey.trail) IS
  'How many events the trail was made of';

CREATE FUNCTION journey.started_at(trail journey.trail) RETURNS timestamptz
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_started_at';
COMMENT ON FUNCTION journey.started_at(journey.trail) IS
  'The time of the first event; NULL for a trail without sessions';

CREATE FUNCTION journey.ended_at(trail journey.trail) RETURNS timestamptz
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_ended_at';
COMMENT ON FUNCTION journey.ended_at(journey.trail) IS
  'The time of the last event; NULL for a trail without sessions';

CREATE FUNCTION journey.rule(trail journey.trail) RETURNS journey.session_rule
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_rule';
COMMENT ON FUNCTION journey.rule(journey.trail) IS
  'The rule that cut the sessions';

CREATE FUNCTION journey.clip(trail journey.trail, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity') RETURNS journey.trail
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_clip';
COMMENT ON FUNCTION journey.clip(journey.trail, timestamptz, timestamptz) IS
  'The whole sessions that start at since or later, and before until. '
  'What clip(until => t) and clip(since => t) give merges to the whole again. '
  'A trail without sessions where none start then';

CREATE FUNCTION journey.first_touch(trail journey.trail, before timestamptz DEFAULT 'infinity', kind journey.touch_kind DEFAULT 'any') RETURNS journey.touch
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_first_touch';
COMMENT ON FUNCTION journey.first_touch(journey.trail, timestamptz, journey.touch_kind) IS
  'The earliest touch of the given kind among those of the sessions as of before, one a session (see touches); NULL where there is none';

CREATE FUNCTION journey.last_touch(trail journey.trail, before timestamptz DEFAULT 'infinity', kind journey.touch_kind DEFAULT 'any') RETURNS journey.touch
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_trail_last_touch';
COMMENT ON FUNCTION journey.last_touch(journey.trail, timestamptz, journey.touch_kind) IS
  'The latest touch of the given kind among those of the sessions as of before, one a session (see touches); NULL where there is none';
