-- Sessions: aggregates to be used as window functions, and session lists as multiranges.

CREATE FUNCTION journey.positive_duration(duration interval, argument text) RETURNS interval
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  IF duration IS NULL THEN
    RAISE EXCEPTION '% must not be NULL', argument USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF extract(year FROM duration) <> 0 OR extract(month FROM duration) <> 0 THEN
    RAISE EXCEPTION '% must not contain months or years: %', argument, duration
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A month has no fixed length; give days instead.';
  END IF;
  IF duration <= interval '0' THEN
    RAISE EXCEPTION '% must be greater than zero: %', argument, duration USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN make_interval(secs => extract(epoch FROM duration)::double precision);
END
$$;
COMMENT ON FUNCTION journey.positive_duration(interval, text) IS
  'Internal: the duration in hours, minutes and seconds, a day being 24 hours; an error unless it is greater than zero and without months';

CREATE TYPE journey.session_state AS (
  number bigint, started_at timestamptz, anchor timestamptz, last timestamptz, event bigint, split_key text, timeout interval, placed boolean);
COMMENT ON TYPE journey.session_state IS
  'Internal: the open session of a visitor: its number and start, its last event that extends it, the last event of all, how many events it has, its split key, the timeout that was found to be one; whether the last event belongs to it';

CREATE FUNCTION journey.session_step(
  state journey.session_state, ts timestamptz, timeout interval, starts boolean, extends boolean, split_key text) RETURNS journey.session_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  joins boolean;
BEGIN
  IF ts IS NULL THEN
    state.placed := false;
    RETURN state;
  END IF;
  IF timeout IS NULL OR timeout IS DISTINCT FROM state.timeout THEN
    PERFORM journey.positive_duration(timeout, 'timeout');
    state.timeout := timeout;
  END IF;
  IF ts < state.last THEN
    RAISE EXCEPTION 'ts goes back in time' USING ERRCODE = 'windowing_error',
      DETAIL = format('A row of %s follows one of %s.', ts, state.last),
      HINT = 'Order the window by time: OVER (PARTITION BY visitor ORDER BY ts).';
  END IF;
  state.last := ts;
  joins := state.number IS NOT NULL AND starts IS NOT TRUE
    AND CASE WHEN ts = state.anchor THEN true
      WHEN ts = 'infinity' OR state.anchor = '-infinity' THEN false
      ELSE ts - state.anchor <= timeout END
    AND (split_key IS NULL OR split_key COLLATE pg_catalog."C" IS NOT DISTINCT FROM state.split_key COLLATE pg_catalog."C");
  IF joins THEN
    IF extends IS NOT FALSE THEN
      state.anchor := ts;
    END IF;
    state.event := state.event + 1;
    state.placed := true;
  ELSIF starts IS TRUE OR extends IS NOT FALSE THEN
    state := (coalesce(state.number, 0) + 1, ts, ts, ts, 1, split_key, timeout, true);
  ELSE
    state.placed := false;
  END IF;
  RETURN state;
END
$$;
COMMENT ON FUNCTION journey.session_step(journey.session_state, timestamptz, interval, boolean, boolean, text) IS
  'Internal: transition of sessionize and its kin';

CREATE FUNCTION journey.session_number(state journey.session_state) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN (state).placed THEN (state).number END;
COMMENT ON FUNCTION journey.session_number(journey.session_state) IS 'Internal: result of sessionize';

CREATE FUNCTION journey.session_start(state journey.session_state) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN (state).placed THEN (state).started_at END;
COMMENT ON FUNCTION journey.session_start(journey.session_state) IS 'Internal: result of session_started_at';

CREATE FUNCTION journey.session_start_utc(state journey.session_state) RETURNS timestamp
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN journey.session_start(state) AT TIME ZONE 'UTC';
COMMENT ON FUNCTION journey.session_start_utc(journey.session_state) IS 'Internal: result of session_started_at';

CREATE FUNCTION journey.session_position(state journey.session_state) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN (state).placed THEN (state).event END;
COMMENT ON FUNCTION journey.session_position(journey.session_state) IS 'Internal: result of session_event';

-- Aggregates have no defaults and no named arguments: a form for each list of arguments.

CREATE FUNCTION journey.session_step(state journey.session_state, ts timestamptz) RETURNS journey.session_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.session_step(state, ts, interval '30 minutes', false, true, NULL); END $$;
COMMENT ON FUNCTION journey.session_step(journey.session_state, timestamptz) IS 'Internal: transition of sessionize and its kin';
CREATE FUNCTION journey.session_step(state journey.session_state, ts timestamptz, timeout interval) RETURNS journey.session_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.session_step(state, ts, timeout, false, true, NULL); END $$;
COMMENT ON FUNCTION journey.session_step(journey.session_state, timestamptz, interval) IS 'Internal: transition of sessionize and its kin';
CREATE FUNCTION journey.session_step(state journey.session_state, ts timestamp) RETURNS journey.session_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.session_step(state, ts AT TIME ZONE 'UTC', interval '30 minutes', false, true, NULL); END $$;
COMMENT ON FUNCTION journey.session_step(journey.session_state, timestamp) IS 'Internal: transition of sessionize and its kin';
CREATE FUNCTION journey.session_step(state journey.session_state, ts timestamp, timeout interval) RETURNS journey.session_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.session_step(state, ts AT TIME ZONE 'UTC', timeout, false, true, NULL); END $$;
COMMENT ON FUNCTION journey.session_step(journey.session_state, timestamp, interval) IS 'Internal: transition of sessionize and its kin';
CREATE FUNCTION journey.session_step(state journey.session_state, ts timestamp, timeout interval, starts boolean, extends boolean, split_key text) RETURNS journey.session_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.session_step(state, ts AT TIME ZONE 'UTC', timeout, starts, extends, split_key); END $$;
COMMENT ON FUNCTION journey.session_step(journey.session_state, timestamp, interval, boolean, boolean, text) IS 'Internal: transition of sessionize and its kin';

CREATE AGGREGATE journey.sessionize(ts timestamptz) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_number, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sessionize(timestamptz) IS
  'As sessionize with all arguments; timeout is 30 minutes';
CREATE AGGREGATE journey.sessionize(ts timestamptz, timeout interval) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_number, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sessionize(timestamptz, interval) IS
  'As sessionize with all arguments; the others have their defaults';
CREATE AGGREGATE journey.sessionize(ts timestamptz, timeout interval, starts boolean, extends boolean, split_key text) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_number, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sessionize(timestamptz, interval, boolean, boolean, text) IS
  'As a window function, OVER (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING): the number of the row''s session, from 1. A new session starts when ts - last extending row > timeout, at a row where starts is true, or where split_key is not null and differs from the session''s. A row with extends false joins the open session without extending it, or else belongs to none: NULL, as for a NULL ts. NULL starts and extends count as false and true. Without ROWS, rows at one time count as one. Errors: rows out of time order (42P20), a timeout that is NULL (22004), zero, negative, or holds months (22023)';
CREATE AGGREGATE journey.sessionize(ts timestamp) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_number, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sessionize(timestamp) IS
  'As sessionize with all arguments; timeout is 30 minutes; ts is read as UTC';
CREATE AGGREGATE journey.sessionize(ts timestamp, timeout interval) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_number, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sessionize(timestamp, interval) IS
  'As sessionize with all arguments; the others have their defaults; ts is read as UTC';
CREATE AGGREGATE journey.sessionize(ts timestamp, timeout interval, starts boolean, extends boolean, split_key text) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_number, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.sessionize(timestamp, interval, boolean, boolean, text) IS
  'As sessionize with all arguments; ts is read as UTC';

CREATE AGGREGATE journey.session_started_at(ts timestamptz) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_start, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_started_at(timestamptz) IS
  'As session_started_at with all arguments; timeout is 30 minutes';
CREATE AGGREGATE journey.session_started_at(ts timestamptz, timeout interval) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_start, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_started_at(timestamptz, interval) IS
  'As session_started_at with all arguments; the others have their defaults';
CREATE AGGREGATE journey.session_started_at(ts timestamptz, timeout interval, starts boolean, extends boolean, split_key text) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_start, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_started_at(timestamptz, interval, boolean, boolean, text) IS
  'As a window function, OVER (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING): the time of the first row of the row''s session. A new session starts when ts - last extending row > timeout, at a row where starts is true, or where split_key is not null and differs from the session''s. A row with extends false joins the open session without extending it, or else belongs to none: NULL, as for a NULL ts. NULL starts and extends count as false and true. Without ROWS, rows at one time count as one. Errors: rows out of time order (42P20), a timeout that is NULL (22004), zero, negative, or holds months (22023)';
CREATE AGGREGATE journey.session_started_at(ts timestamp) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_start_utc, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_started_at(timestamp) IS
  'As session_started_at with all arguments; timeout is 30 minutes; ts is read as UTC';
CREATE AGGREGATE journey.session_started_at(ts timestamp, timeout interval) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_start_utc, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_started_at(timestamp, interval) IS
  'As session_started_at with all arguments; the others have their defaults; ts is read as UTC';
CREATE AGGREGATE journey.session_started_at(ts timestamp, timeout interval, starts boolean, extends boolean, split_key text) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_start_utc, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_started_at(timestamp, interval, boolean, boolean, text) IS
  'As session_started_at with all arguments; ts is read as UTC';

CREATE AGGREGATE journey.session_event(ts timestamptz) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_position, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_event(timestamptz) IS
  'As session_event with all arguments; timeout is 30 minutes';
CREATE AGGREGATE journey.session_event(ts timestamptz, timeout interval) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_position, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_event(timestamptz, interval) IS
  'As session_event with all arguments; the others have their defaults';
CREATE AGGREGATE journey.session_event(ts timestamptz, timeout interval, starts boolean, extends boolean, split_key text) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_position, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_event(timestamptz, interval, boolean, boolean, text) IS
  'As a window function, OVER (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING): the position of the row in its session, from 1. A new session starts when ts - last extending row > timeout, at a row where starts is true, or where split_key is not null and differs from the session''s. A row with extends false joins the open session without extending it, or else belongs to none: NULL, as for a NULL ts. NULL starts and extends count as false and true. Without ROWS, rows at one time count as one. Errors: rows out of time order (42P20), a timeout that is NULL (22004), zero, negative, or holds months (22023)';
CREATE AGGREGATE journey.session_event(ts timestamp) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_position, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_event(timestamp) IS
  'As session_event with all arguments; timeout is 30 minutes; ts is read as UTC';
CREATE AGGREGATE journey.session_event(ts timestamp, timeout interval) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_position, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_event(timestamp, interval) IS
  'As session_event with all arguments; the others have their defaults; ts is read as UTC';
CREATE AGGREGATE journey.session_event(ts timestamp, timeout interval, starts boolean, extends boolean, split_key text) (SFUNC = journey.session_step, STYPE = journey.session_state, FINALFUNC = journey.session_position, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.session_event(timestamp, interval, boolean, boolean, text) IS
  'As session_event with all arguments; ts is read as UTC';
CREATE FUNCTION journey.session_id(visitor_id text, started_at timestamptz) RETURNS uuid
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT encode(set_byte(set_byte(d, 6, get_byte(d, 6) & 15 | 128), 8, get_byte(d, 8) & 63 | 128), 'hex')::uuid
  FROM (SELECT substr(sha256('\x6a6f75726e65790073657373696f6e73'::bytea || convert_to(visitor_id, 'UTF8') || timestamptz_send(started_at)), 1, 16)) AS digest (d);
END;

-- Session lists. A multirange of the times from each event to its timeout is the sessions: ranges that meet or overlap are
-- one, and range_agg merges what is merged already.

CREATE FUNCTION journey.refuse_infinite(ts timestamptz) RETURNS timestamptz
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  RAISE EXCEPTION 'ts must be finite: %', ts USING ERRCODE = 'invalid_parameter_value',
    HINT = 'Leave such events out with a FILTER clause, or make their time NULL.';
END
$$;
COMMENT ON FUNCTION journey.refuse_infinite(timestamptz) IS 'Internal: an error for a time that is not finite';

CREATE FUNCTION journey.span(ts timestamptz, timeout interval DEFAULT '30 minutes') RETURNS tstzrange
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN isfinite(ts) THEN tstzrange(ts, ts + journey.positive_duration(timeout, 'timeout'), '[]')
    WHEN ts IS NOT NULL THEN tstzrange(journey.refuse_infinite(ts), NULL) END;
COMMENT ON FUNCTION journey.span(timestamptz, interval) IS
  'The time for which an event keeps its session open. range_agg(journey.span(ts, timeout)) are the sessions of a visitor as one multirange, which range_agg and + merge exactly, as trails do: any split, any order, late events, merged visitors. NULL for a NULL ts; an infinite one is an error (22023)';

CREATE FUNCTION journey.sessions(
  spans tstzmultirange, timeout interval DEFAULT '30 minutes',
  OUT session_number bigint, OUT started_at timestamptz, OUT ended_at timestamptz) RETURNS SETOF record
  LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
  SELECT number, lower(span), upper(span) - journey.positive_duration(timeout, 'timeout')
  FROM unnest(spans) WITH ORDINALITY AS list (span, number);
END;
COMMENT ON FUNCTION journey.sessions(tstzmultirange, interval) IS
  'The sessions of a multirange made of spans, in order of time: number from 1, first and last event. timeout must be that of the spans';

CREATE FUNCTION journey.session_count(spans tstzmultirange, before timestamptz DEFAULT 'infinity') RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT count(*) FROM unnest(spans) AS span WHERE lower(span) <= before;
END;
COMMENT ON FUNCTION journey.session_count(tstzmultirange, timestamptz) IS
  'How many sessions of a multirange made of spans start at or before a time';

-- The value at either end of time

CREATE TYPE journey.bookend_state AS (ts timestamptz, tie bigint, value text);
COMMENT ON TYPE journey.bookend_state IS 'Internal: the row that is first or last so far, its value as text';

CREATE FUNCTION journey.bookend_step(state journey.bookend_state, value anyelement, ts timestamptz, tie bigint, at_end boolean) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  kept value%TYPE;
  wins boolean;  -- whether the row is nearer to the end than the one that was kept
BEGIN
  IF ts IS NULL OR ts < state.ts AND at_end OR ts > state.ts AND NOT at_end THEN
    RETURN state;
  END IF;
  IF state.ts IS NULL OR ts <> state.ts THEN
    wins := true;
  ELSIF tie IS DISTINCT FROM state.tie THEN
    wins := state.tie IS NULL OR CASE WHEN at_end THEN tie > state.tie ELSE tie < state.tie END;
  ELSIF state.value IS NULL OR value IS NULL THEN
    wins := state.value IS NULL AND value IS NOT NULL;
  ELSE
    kept := state.value;
    wins := CASE WHEN value = kept THEN
        CASE WHEN at_end THEN value::text COLLATE pg_catalog."C" > state.value COLLATE pg_catalog."C" ELSE value::text COLLATE pg_catalog."C" < state.value COLLATE pg_catalog."C" END
      WHEN at_end THEN value > kept ELSE value < kept END;
  END IF;
  RETURN CASE WHEN wins THEN (ts, tie, value::text)::journey.bookend_state ELSE state END;
END
$$;
COMMENT ON FUNCTION journey.bookend_step(journey.bookend_state, anyelement, timestamptz, bigint, boolean) IS 'Internal: transition of first and last';

CREATE FUNCTION journey.bookend_value(state journey.bookend_state, value anyelement, ts timestamptz) RETURNS anyelement
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ DECLARE kept value%TYPE := state.value; BEGIN RETURN kept; END $$;
COMMENT ON FUNCTION journey.bookend_value(journey.bookend_state, anyelement, timestamptz) IS 'Internal: result of first and last';
CREATE FUNCTION journey.bookend_value(state journey.bookend_state, value anyelement, ts timestamptz, tie bigint) RETURNS anyelement
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ DECLARE kept value%TYPE := state.value; BEGIN RETURN kept; END $$;
COMMENT ON FUNCTION journey.bookend_value(journey.bookend_state, anyelement, timestamptz, bigint) IS 'Internal: result of first and last';
CREATE FUNCTION journey.bookend_value(state journey.bookend_state, value anyelement, ts timestamp) RETURNS anyelement
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ DECLARE kept value%TYPE := state.value; BEGIN RETURN kept; END $$;
COMMENT ON FUNCTION journey.bookend_value(journey.bookend_state, anyelement, timestamp) IS 'Internal: result of first and last';
CREATE FUNCTION journey.bookend_value(state journey.bookend_state, value anyelement, ts timestamp, tie bigint) RETURNS anyelement
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ DECLARE kept value%TYPE := state.value; BEGIN RETURN kept; END $$;
COMMENT ON FUNCTION journey.bookend_value(journey.bookend_state, anyelement, timestamp, bigint) IS 'Internal: result of first and last';

CREATE FUNCTION journey.first_step(state journey.bookend_state, value anyelement, ts timestamptz) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.bookend_step(state, value, ts, NULL, false); END $$;
COMMENT ON FUNCTION journey.first_step(journey.bookend_state, anyelement, timestamptz) IS 'Internal: transition of first';
CREATE AGGREGATE journey.first(value anyelement, ts timestamptz) (SFUNC = journey.first_step, STYPE = journey.bookend_state, FINALFUNC = journey.bookend_value, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamptz) IS
  'The value at the earliest ts, be it NULL. At the same ts, a value comes before NULL and the least value wins, by the default order of its type and then by its text. Rows with a NULL ts are left out';
CREATE FUNCTION journey.first_step(state journey.bookend_state, value anyelement, ts timestamptz, tie bigint) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.bookend_step(state, value, ts, tie, false); END $$;
COMMENT ON FUNCTION journey.first_step(journey.bookend_state, anyelement, timestamptz, bigint) IS 'Internal: transition of first';
CREATE AGGREGATE journey.first(value anyelement, ts timestamptz, tie bigint) (SFUNC = journey.first_step, STYPE = journey.bookend_state, FINALFUNC = journey.bookend_value, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamptz, bigint) IS
  'As first, and of rows at the same ts that with the least tie wins; one without a tie comes after all others. Where the tie is the same, too, the values decide as they do without';
CREATE FUNCTION journey.first_step(state journey.bookend_state, value anyelement, ts timestamp) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.bookend_step(state, value, ts AT TIME ZONE 'UTC', NULL, false); END $$;
COMMENT ON FUNCTION journey.first_step(journey.bookend_state, anyelement, timestamp) IS 'Internal: transition of first';
CREATE AGGREGATE journey.first(value anyelement, ts timestamp) (SFUNC = journey.first_step, STYPE = journey.bookend_state, FINALFUNC = journey.bookend_value, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamp) IS
  'As first by timestamptz';
CREATE FUNCTION journey.first_step(state journey.bookend_state, value anyelement, ts timestamp, tie bigint) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.bookend_step(state, value, ts AT TIME ZONE 'UTC', tie, false); END $$;
COMMENT ON FUNCTION journey.first_step(journey.bookend_state, anyelement, timestamp, bigint) IS 'Internal: transition of first';
CREATE AGGREGATE journey.first(value anyelement, ts timestamp, tie bigint) (SFUNC = journey.first_step, STYPE = journey.bookend_state, FINALFUNC = journey.bookend_value, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.first(anyelement, timestamp, bigint) IS
  'As first by timestamptz and tie';

CREATE FUNCTION journey.last_step(state journey.bookend_state, value anyelement, ts timestamptz) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.bookend_step(state, value, ts, NULL, true); END $$;
COMMENT ON FUNCTION journey.last_step(journey.bookend_state, anyelement, timestamptz) IS 'Internal: transition of last';
CREATE AGGREGATE journey.last(value anyelement, ts timestamptz) (SFUNC = journey.last_step, STYPE = journey.bookend_state, FINALFUNC = journey.bookend_value, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamptz) IS
  'The value at the latest ts, be it NULL. At the same ts, a value comes before NULL and the greatest value wins, by the default order of its type and then by its text. Rows with a NULL ts are left out';
CREATE FUNCTION journey.last_step(state journey.bookend_state, value anyelement, ts timestamptz, tie bigint) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.bookend_step(state, value, ts, tie, true); END $$;
COMMENT ON FUNCTION journey.last_step(journey.bookend_state, anyelement, timestamptz, bigint) IS 'Internal: transition of last';
CREATE AGGREGATE journey.last(value anyelement, ts timestamptz, tie bigint) (SFUNC = journey.last_step, STYPE = journey.bookend_state, FINALFUNC = journey.bookend_value, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamptz, bigint) IS
  'As last, and of rows at the same ts that with the greatest tie wins; one without a tie comes after all others. Where the tie is the same, too, the values decide as they do without';
CREATE FUNCTION journey.last_step(state journey.bookend_state, value anyelement, ts timestamp) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.bookend_step(state, value, ts AT TIME ZONE 'UTC', NULL, true); END $$;
COMMENT ON FUNCTION journey.last_step(journey.bookend_state, anyelement, timestamp) IS 'Internal: transition of last';
CREATE AGGREGATE journey.last(value anyelement, ts timestamp) (SFUNC = journey.last_step, STYPE = journey.bookend_state, FINALFUNC = journey.bookend_value, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamp) IS
  'As last by timestamptz';
CREATE FUNCTION journey.last_step(state journey.bookend_state, value anyelement, ts timestamp, tie bigint) RETURNS journey.bookend_state
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN journey.bookend_step(state, value, ts AT TIME ZONE 'UTC', tie, true); END $$;
COMMENT ON FUNCTION journey.last_step(journey.bookend_state, anyelement, timestamp, bigint) IS 'Internal: transition of last';
CREATE AGGREGATE journey.last(value anyelement, ts timestamp, tie bigint) (SFUNC = journey.last_step, STYPE = journey.bookend_state, FINALFUNC = journey.bookend_value, FINALFUNC_EXTRA, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.last(anyelement, timestamp, bigint) IS
  'As last by timestamptz and tie';
