-- journey_sql 0.1.0. Written by generate.py: change src/ there, and the rows in the extension's src/channels.

CREATE SCHEMA journey;
COMMENT ON SCHEMA journey IS 'Customer journeys in SQL alone: sessions, channels and RFM';
GRANT USAGE ON SCHEMA journey TO PUBLIC;

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

-- URLs, read as browsers read them but for what the README lists.

CREATE FUNCTION journey.ascii_lower(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN lower(value COLLATE pg_catalog."C");
COMMENT ON FUNCTION journey.ascii_lower(text) IS 'Internal: A to Z in lower case, other letters as they are';

CREATE FUNCTION journey.trimmed(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN btrim(value, E'\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20');
COMMENT ON FUNCTION journey.trimmed(text) IS 'Internal: blanks and control characters at both ends left out';

CREATE FUNCTION journey.is_absent(value text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(journey.ascii_lower(journey.trimmed(value)) IN ('', 'null'), true);
COMMENT ON FUNCTION journey.is_absent(text) IS 'Internal: whether a value is what trackers send where they have none: nothing, blanks, or the word null';

CREATE FUNCTION journey.decoded(raw text, form boolean) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
  IF form THEN
    raw := translate(raw, '+', ' ');
  END IF;
  IF strpos(raw, '%') = 0 THEN
    RETURN raw;
  END IF;
  -- Runs of escapes that are characters of UTF-8, and what lies between them.
  RETURN (
    SELECT string_agg(CASE WHEN part[1] IS NULL THEN part[2] ELSE convert_from(decode(translate(part[1], '%', ''), 'hex'), 'UTF8') END, '' ORDER BY number)
    FROM regexp_matches(raw, '((?:%(?:0[1-9a-f]|[1-7][0-9a-f])|%(?:c[2-9a-f]|d[0-9a-f])%[89ab][0-9a-f]|%e0%[ab][0-9a-f]%[89ab][0-9a-f]'
      '|%e[1-9a-cef](?:%[89ab][0-9a-f]){2}|%ed%[89][0-9a-f]%[89ab][0-9a-f]|%f0%[9ab][0-9a-f](?:%[89ab][0-9a-f]){2}'
      '|%f[1-3](?:%[89ab][0-9a-f]){3}|%f4%8[0-9a-f](?:%[89ab][0-9a-f]){2})+)|([^%]+|%)', 'gi') WITH ORDINALITY AS list (part, number));
END
$$;
COMMENT ON FUNCTION journey.decoded(text, boolean) IS
  'Internal: the text that an escaped one stands for, with + for a blank in a form''s; escapes that would not give valid text stay as written';

-- There is no public suffix list here, but what the form of a name tells.

CREATE FUNCTION journey.ends_in_second_level(host text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN host ~ '(^|\.)(ac|co|com|edu|gob|gouv|gov|go|mil|ne|net|or|org)\.[a-z]{2}$'
    AND host !~ '\.(be|bg|ca|cc|ch|cz|de|dk|eu|fi|fr|it|li|lu|nl|no|nu|si|sk|su|tk|tv|us)$';
COMMENT ON FUNCTION journey.ends_in_second_level(text) IS
  'Internal: whether a host ends in two labels under which a registry gives names, such as co.uk';

CREATE FUNCTION journey.is_registry_suffix(suffix text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN suffix ~ '^([a-z]{2}|xn--[a-z0-9-]+|com|net|org|edu|gov|mil|int|info|biz|name|pro|mobi|travel|jobs|aero|asia|cat|coop|museum|tel|app|dev|page|shop|store|online|site|website|blog|cloud|tech|space|live|life|world|today|news|media|agency|digital|studio|design|art|club|social|email|link|click|xyz|top|vip|work|team|group|company|business|solutions|services|systems|network|software|academy|school|education|health|finance|games|fun|video|music|photo|photos|gallery|hotel|restaurant|cafe|fashion|style|house|city|london|berlin|paris|nyc|tokyo)$'
    OR strpos(suffix, '.') > 0 AND journey.ends_in_second_level(suffix);
COMMENT ON FUNCTION journey.is_registry_suffix(text) IS
  'Internal: whether a registry gives names under a suffix: two letters, a well-known word, or such as co.uk';

CREATE FUNCTION journey.site(host text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  own text := journey.ascii_lower(journey.trimmed(host));
  labels text[];
  wanted int;  -- labels of the site
BEGIN
  IF own LIKE '%.' THEN
    own := left(own, -1);
  END IF;
  labels := string_to_array(own, '.');
  IF octet_length(own) > 1024 OR own ~ '^$|^\.|^\[|[\x01-\x20:/@]|(^|\.)[0-9]*$' THEN
    RETURN NULL;
  END IF;
  wanted := CASE WHEN journey.ends_in_second_level(own)
    OR own ~ '(^|\.)(github\.io|gitlab\.io|blogspot\.com|herokuapp\.com|netlify\.app|vercel\.app|pages\.dev|workers\.dev|web\.app|firebaseapp\.com|myshopify\.com|azurewebsites\.net)$'
    THEN 3 ELSE 2 END;
  RETURN CASE WHEN cardinality(labels) >= wanted THEN array_to_string(labels[cardinality(labels) - wanted + 1:], '.') END;
END
$$;

COMMENT ON FUNCTION journey.site(text) IS
  'Registrable domain of a host, as far as its form tells: its last two labels, three behind such as co.uk or a well-known host of others'' sites; NULL for an address, a single label';

CREATE FUNCTION journey.parse_host(raw text, special boolean) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  host text := raw;
BEGIN
  IF octet_length(raw) > 3072 THEN
    RETURN NULL;
  ELSIF raw LIKE '[%' THEN
    RETURN CASE WHEN raw ~ '^\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]$' THEN journey.ascii_lower(raw) END;
  ELSIF NOT special THEN
    RETURN CASE WHEN octet_length(raw) <= 1024 AND raw !~ '[\x01\x09\x0a\x0d #/:<>?@\[\\\]^|]' THEN raw END;
  END IF;
  host := journey.decoded(raw, false);
  IF octet_length(host) > 1024 OR host ~ '[\x01-\x20\x7f#%/:<>?@\[\\\]^|]' THEN
    RETURN NULL;
  END IF;
  host := journey.ascii_lower(host);
  IF host ~ '(^|\.)([0-9]+|0x[0-9a-f]*)\.?$' AND host !~ '^(([1-9]?[0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])(\.(?!$)|$)){4}$' THEN
    RETURN NULL;  -- ends in a number, and is no address in its usual form
  END IF;
  RETURN host;
END
$$;
COMMENT ON FUNCTION journey.parse_host(text, boolean) IS
  'Internal: the host that a URL''s text stands for, special being schemes such as https; NULL for none';

CREATE FUNCTION journey.parse_url(url text, OUT host text, OUT path text, OUT query text, OUT fragment text) RETURNS record
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  rest text := journey.trimmed(url);
  scheme text;
  special boolean;
  slashes int;
  has_authority boolean;
  authority text;
  port text;
BEGIN
  IF octet_length(url) > 16 * 1024 * 1024 THEN
    RETURN;
  ELSIF url ~ '^https?://([a-z0-9-]*\.)*[a-z][a-z0-9-]*([/?#]|$)' AND url !~ '[\x01-\x20\\]' AND strpos(url, '&#') = 0 THEN
    -- What most URLs are needs no closer look.
    rest := substr(url, strpos(url, '//') + 2);
    host := split_part(split_part(split_part(rest, '/', 1), '?', 1), '#', 1);
    rest := substr(rest, length(host) + 1);
    IF octet_length(host) > 1024 THEN
      host := NULL;
      RETURN;
    END IF;
    fragment := nullif(substr(rest, length(split_part(rest, '#', 1)) + 2), '');
    rest := split_part(rest, '#', 1);
    path := split_part(rest, '?', 1);
    query := nullif(substr(rest, length(path) + 2), '');
    path := coalesce(nullif(path, ''), '/');
    RETURN;
  END IF;
  IF rest IS NULL THEN
    RETURN;
  END IF;
  rest := translate(rest, E'\t\n\r', '');
  scheme := journey.ascii_lower(substring(rest FROM '^([a-zA-Z][a-zA-Z0-9+.-]*):'));
  special := CASE WHEN scheme IS NULL THEN rest LIKE '/%' ELSE scheme IN ('https', 'http', 'ws', 'wss', 'ftp', 'file') END;
  IF scheme IS NOT NULL THEN
    rest := substr(rest, length(scheme) + 2);
  END IF;
  slashes := length(substring(rest FROM CASE WHEN special THEN '^[/\\]*' ELSE '^/*' END));
  has_authority := slashes >= 2 OR special AND scheme <> 'file';
  IF has_authority THEN
    rest := substr(rest, CASE WHEN special AND scheme IS DISTINCT FROM 'file' THEN slashes ELSE 2 END + 1);
    authority := substring(rest FROM CASE WHEN special THEN '^[^/\\?#]*' ELSE '^[^/?#]*' END);
    IF scheme = 'file' THEN
      IF authority !~ '^[a-zA-Z][:|]$' THEN
        IF authority <> '' THEN
          host := journey.parse_host(authority, true);
          IF host IS NULL THEN RETURN; END IF;
        END IF;
        host := nullif(host, 'localhost');
        rest := substr(rest, length(authority) + 1);
      END IF;
    ELSE
      host := regexp_replace(authority, '^.*@', '');
      port := substring(host FROM '^(?:\[[^\]]*\])?[^:\[]*:(.*)$');
      host := substring(host FROM '^(?:\[[^\]]*\][^:]*|[^:]*)');
      IF port !~ '^0*[0-9]{0,5}$' OR nullif(port, '')::bigint > 65535 THEN
        host := NULL;
        RETURN;
      END IF;
      IF host = '' AND (special OR authority <> '') THEN
        host := NULL;
        RETURN;
      END IF;
      IF host <> '' THEN
        host := journey.parse_host(host, special);
        IF host IS NULL THEN RETURN; END IF;
      END IF;
      host := nullif(host, '');
      rest := substr(rest, length(authority) + 1);
    END IF;
  END IF;
  IF strpos(rest, '#') > 0 THEN  -- but not that of an ampersand written for HTML
    authority := substring(rest FROM '^(?:[^#]|(?<=&)#(?:38|038|x26|X26);)*');
    fragment := nullif(substr(rest, length(authority) + 2), '');
    rest := authority;
  END IF;
  path := split_part(rest, '?', 1);
  query := nullif(substr(rest, length(path) + 2), '');
  IF path = '' AND has_authority AND special THEN
    path := '/';
  END IF;
  IF scheme IS NULL AND path NOT LIKE '/%' THEN
    path := NULL;
  END IF;
END
$$;
COMMENT ON FUNCTION journey.parse_url(text) IS
  'Internal: the parts of a URL, path, query and fragment as written; all NULL for what is no URL';

CREATE FUNCTION journey.parse_site(url text, OUT host text, OUT path text, OUT query text, OUT fragment text) RETURNS record
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  parsed record;
  bare text;
BEGIN
  parsed := journey.parse_url(url);
  host := parsed.host; path := parsed.path; query := parsed.query; fragment := parsed.fragment;
  IF host IS NULL AND octet_length(url) <= 16 * 1024 * 1024 THEN
    bare := translate(journey.trimmed(url), E'\t\n\r', '');
    IF bare ~ '^[a-zA-Z0-9_\u0080-\U0010FFFF-][a-zA-Z0-9._\u0080-\U0010FFFF-]*\.[a-zA-Z0-9-]+(:[0-9]*)?([/?#]|$)'
      AND (bare ~ '^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+([:/?#]|$)'
        OR journey.is_registry_suffix(journey.ascii_lower(substring(bare FROM '^[^/?#:]*\.([^./?#:]+)')))) THEN
      parsed := journey.parse_url('//' || bare);
      host := parsed.host; path := parsed.path; query := parsed.query; fragment := parsed.fragment;
    END IF;
  END IF;
  host := journey.ascii_lower(host);
END
$$;
COMMENT ON FUNCTION journey.parse_site(text) IS
  'Internal: as parse_url, but a host whose scheme got lost (www.example.com/a) is one, and hosts are in lower case';

CREATE FUNCTION journey.url_host(url text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT host FROM journey.parse_url(url);
END;

CREATE FUNCTION journey.url_path(url text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT path FROM journey.parse_url(url);
END;

CREATE FUNCTION journey.params(query text, OUT number bigint, OUT raw_name text, OUT raw_value text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
  SELECT list.number, split_part(pair, '=', 1), substr(pair, length(split_part(pair, '=', 1)) + 2)
  FROM (
    SELECT raw.number, regexp_replace(raw.pair, '^(amp;|AMP;|#38;|#038;|#x26;|#X26;)+', '')
    FROM string_to_table(query, '&') WITH ORDINALITY AS raw (pair, number)
  ) AS list (number, pair)
  WHERE pair <> '';
END;
COMMENT ON FUNCTION journey.params(text) IS 'Internal: the parameters of a query, undecoded; an & may be written as in HTML';

CREATE FUNCTION journey.url_param(url text, name text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT journey.decoded(raw_value, true)
  FROM journey.parse_url(url) AS parsed, journey.params(parsed.query) AS param
  WHERE journey.decoded(raw_name, true) = name COLLATE pg_catalog."C"
  ORDER BY number LIMIT 1;
END;

CREATE TYPE journey.touch AS (
  touched_at timestamptz,
  source text,
  medium text,
  campaign text,
  term text,
  content text,
  channel text,
  referrer text,
  landing_page text,
  click_id text
);
COMMENT ON TYPE journey.touch IS
  'One marketing contact: when, its source, medium, campaign, term and content, the channel these belong to, the referrer and the landing page as given, and the click id as name=value';
CREATE TYPE journey.touch_kind AS ENUM ('any', 'non_direct', 'paid');
COMMENT ON TYPE journey.touch_kind IS
  'Which touches count: any; non_direct, all but (direct) / (none); paid, those of a paid channel';
CREATE TABLE journey.sources (
  source text NOT NULL CHECK (source <> ''),
  category text CHECK (category <> ''),
  names text[] NOT NULL DEFAULT '{}' CONSTRAINT names_are_no_urls CHECK (array_to_string(names, ' ') NOT LIKE '%://%'),
  term_params text[] NOT NULL DEFAULT '{}',
  shipped boolean NOT NULL DEFAULT false,
  CONSTRAINT lists CHECK (1 >= ALL (ARRAY[array_ndims(names), array_ndims(term_params)]))
);
COMMENT ON TABLE journey.sources IS
  'Known sources, such as search engines and social networks. '
  'Rows of your own go ahead of the shipped ones; shipped rows come with the extension and are not dumped';
COMMENT ON COLUMN journey.sources.source IS
  'The name that touches carry; also one of its names, never a host';
COMMENT ON COLUMN journey.sources.category IS
  'search, social, video, shopping, email, ai, local, or a word of your own for your rules. '
  'ad: a server of ads; a contact by it is an ad of the source, never organic. '
  'excluded: a step on the way, such as a payment or a login, never a contact. '
  'NULL: nothing special';
COMMENT ON COLUMN journey.sources.names IS
  'What it is known by. '
  'Hosts, each with all hosts below it; '
  '*.host for those below alone; '
  'label.* for that label before any registry''s suffix, as in google.*; '
  'each may have a path, as in google.*/maps, with all below it, / being the front page alone. '
  'Other patterns of a whole host, as in deref-*. '
  'Plain names without a dot, as campaigns give them, however their words are joined. '
  'The longest match wins, patterns come last';
COMMENT ON COLUMN journey.sources.term_params IS
  'The parameters of its URLs that hold what was searched for, in their own case; the first that has a value counts';
COMMENT ON COLUMN journey.sources.shipped IS 'Comes with the extension: leave it false';
CREATE TABLE journey.touch_params (
  name text NOT NULL CHECK (name <> ''),
  field text NOT NULL CHECK (field IN ('source', 'medium', 'campaign', 'term', 'content', 'click_id', 'referrer')),
  source text,
  medium text,
  position int NOT NULL DEFAULT 0,
  shipped boolean NOT NULL DEFAULT false,
  PRIMARY KEY (name, shipped),
  CONSTRAINT click_id_has_source_and_medium CHECK (field <> 'click_id' OR (source IS NOT NULL AND medium IS NOT NULL))
);
COMMENT ON TABLE journey.touch_params IS
  'The parameters of a page''s URL that tell of a touch. '
  'Shipped rows come with the extension and are not dumped';
COMMENT ON COLUMN journey.touch_params.name IS 'Name of the parameter, in any case';
COMMENT ON COLUMN journey.touch_params.field IS
  'What it tells: a field of the touch; click_id, which also names its network; or referrer, the site that sent the reader, believed only where nothing else tells';
COMMENT ON COLUMN journey.touch_params.source IS 'Of a click id: the source it stands for';
COMMENT ON COLUMN journey.touch_params.medium IS 'Of a click id: the medium it stands for';
COMMENT ON COLUMN journey.touch_params.position IS
  'Where several parameters tell the same, the lowest position wins. '
  'Shipped: 100 and up';
COMMENT ON COLUMN journey.touch_params.shipped IS 'Comes with the extension: leave it false';
CREATE TABLE journey.channel_rules (
  position int NOT NULL,
  channel text NOT NULL CHECK (channel <> ''),
  source text[],
  category text[],
  medium text[],
  campaign text[],
  click_id text[],
  referrer text[],
  referrer_path text[],
  landing_page text[],
  shipped boolean NOT NULL DEFAULT false,
  CONSTRAINT lists CHECK (1 >= ALL (ARRAY[array_ndims(source), array_ndims(category), array_ndims(medium),
    array_ndims(campaign), array_ndims(click_id), array_ndims(referrer), array_ndims(referrer_path), array_ndims(landing_page)]))
);
COMMENT ON TABLE journey.channel_rules IS
  'Channel rules: the first that holds gives the channel. '
  'A rule holds where each of its fields matches one of its patterns; a NULL field does not matter. '
  'In a pattern * is any run of characters, [a-z] one of these, [!a-z] one of the others; the empty pattern matches what is absent. '
  'Compared trimmed and in lower case. '
  'Shipped rows come with the extension and are not dumped';
COMMENT ON COLUMN journey.channel_rules.position IS
  'Rules hold in this order. '
  'Shipped: 100 and up, in steps of 100';
COMMENT ON COLUMN journey.channel_rules.channel IS 'The channel that the rule gives';
COMMENT ON COLUMN journey.channel_rules.source IS 'Patterns of the source';
COMMENT ON COLUMN journey.channel_rules.category IS 'Patterns of the source''s category in journey.sources';
COMMENT ON COLUMN journey.channel_rules.medium IS 'Patterns of the medium';
COMMENT ON COLUMN journey.channel_rules.campaign IS 'Patterns of the campaign';
COMMENT ON COLUMN journey.channel_rules.click_id IS 'Patterns of the click id''s name, such as gclid';
COMMENT ON COLUMN journey.channel_rules.referrer IS 'Patterns of the referrer''s host';
COMMENT ON COLUMN journey.channel_rules.referrer_path IS 'Patterns of the referrer''s path, such as /maps*';
COMMENT ON COLUMN journey.channel_rules.landing_page IS
  'Patterns of the landing page''s host and path in one, such as shop.example.com/* or */sale/*';
COMMENT ON COLUMN journey.channel_rules.shipped IS 'Comes with the extension: leave it false';
GRANT SELECT ON journey.sources, journey.touch_params, journey.channel_rules TO PUBLIC;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = 'journey.sources'::regclass AND deptype = 'e') THEN
    PERFORM pg_catalog.pg_extension_config_dump('journey.sources', 'WHERE NOT shipped');
    PERFORM pg_catalog.pg_extension_config_dump('journey.touch_params', 'WHERE NOT shipped');
    PERFORM pg_catalog.pg_extension_config_dump('journey.channel_rules', 'WHERE NOT shipped');
  END IF;
END
$$;

-- What makes a touch, made ready for look-ups. journey.sources, touch_params and channel_rules are the truth; where one has
-- changed, a trigger writes the tables here anew.

CREATE TABLE journey.source_names (
  kind text NOT NULL,
  name text COLLATE "C" NOT NULL,
  path text,
  position int NOT NULL,
  source text NOT NULL,
  category text NOT NULL,
  term_params text[] NOT NULL
);
CREATE INDEX source_names_by_name ON journey.source_names (kind, name);
COMMENT ON TABLE journey.source_names IS 'Internal: the names of journey.sources';

CREATE TABLE journey.param_names (
  name text COLLATE "C" NOT NULL PRIMARY KEY,
  position int NOT NULL,
  field text NOT NULL,
  source text NOT NULL,
  medium text NOT NULL
);
COMMENT ON TABLE journey.param_names IS 'Internal: the names of journey.touch_params, in the order in which those that tell the same win';

CREATE TABLE journey.rule_patterns (
  position int NOT NULL PRIMARY KEY,
  channel text NOT NULL,
  source text[], category text[], medium text[], campaign text[],
  click_id text[], referrer text[], referrer_path text[], landing_page text[],
  classes text[] NOT NULL
);
COMMENT ON TABLE journey.rule_patterns IS
  'Internal: the patterns of journey.channel_rules, as those of LIKE; those that have a class of characters, as a regular expression for each field';

GRANT SELECT ON journey.source_names, journey.param_names, journey.rule_patterns TO PUBLIC;

CREATE FUNCTION journey.like_patterns(patterns text[]) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN patterns IS NOT NULL THEN ARRAY(
    SELECT replace(regexp_replace(journey.ascii_lower(journey.trimmed(pattern)), '([\\%_])', '\\\1', 'g'), '*', '%')
    FROM unnest(patterns) AS pattern WHERE pattern !~ '\[[^\]]+\]') END;
COMMENT ON FUNCTION journey.like_patterns(text[]) IS 'Internal: the patterns without classes of characters, as those of LIKE';

CREATE FUNCTION journey.regular_expression(patterns text[]) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (
    SELECT '^(' || string_agg(
      (SELECT string_agg(CASE WHEN part[1] IS NOT NULL THEN '.*' WHEN part[2] IS NOT NULL THEN regexp_replace(part[2], '^\[!', '[^')
          ELSE regexp_replace(part[3], '([^a-z0-9])', '\\\1', 'g') END, '' ORDER BY number)
        FROM regexp_matches(journey.ascii_lower(journey.trimmed(pattern)), '(\*+)|(\[[^\]]+\])|(.)', 'g') WITH ORDINALITY AS list (part, number)), '|') || ')$'
    FROM unnest(patterns) AS pattern WHERE pattern ~ '\[[^\]]+\]');
COMMENT ON FUNCTION journey.regular_expression(text[]) IS 'Internal: the patterns that have classes of characters, as one regular expression';

CREATE FUNCTION journey.joined(name text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN octet_length(name) > 256 THEN name ELSE translate(name, ' -_', '') END;
COMMENT ON FUNCTION journey.joined(text) IS 'Internal: a name without what joins its words';

CREATE FUNCTION journey.read_rules() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  LOCK TABLE journey.source_names IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM journey.source_names;
  INSERT INTO journey.source_names (kind, name, path, position, source, category, term_params)
  SELECT kind, CASE kind WHEN 'name' THEN journey.joined(name) WHEN 'pattern' THEN (journey.like_patterns(ARRAY[name]))[1] ELSE split_part(name, '/', 1) END,
    CASE WHEN kind = 'host' AND strpos(name, '/') > 0 THEN coalesce(nullif(rtrim(substr(name, strpos(name, '/')), '/'), ''), '/') END,
    row_number() OVER (ORDER BY known.position, number), source, category, term_params
  FROM (
    SELECT row_number() OVER (ORDER BY shipped, category IS NOT DISTINCT FROM 'ad', source COLLATE "C") AS position,
      journey.ascii_lower(journey.trimmed(source)) AS source, coalesce(journey.ascii_lower(journey.trimmed(category)), '') AS category, names, term_params
    FROM journey.sources
  ) AS known,
    LATERAL (
      SELECT number, journey.ascii_lower(journey.trimmed(given)) AS name FROM unnest(names) WITH ORDINALITY AS list (given, number)
      UNION ALL SELECT cardinality(names) + 1, source
    ) AS named,
    LATERAL (SELECT CASE WHEN number > cardinality(names) THEN 'name'
      WHEN regexp_replace(split_part(name, '/', 1), '^\*\.|\.\*$', '', 'g') ~ '[*[]' THEN 'pattern'
      WHEN strpos(name, '.') = 0 THEN 'name' ELSE 'host' END) AS of (kind);

  DELETE FROM journey.param_names;
  INSERT INTO journey.param_names (name, position, field, source, medium)
  SELECT DISTINCT ON (name) name, position, field, source, medium
  FROM (
    SELECT journey.ascii_lower(journey.trimmed(name)) AS name, row_number() OVER (ORDER BY position, shipped, name COLLATE "C") AS position, field,
      coalesce(journey.ascii_lower(journey.trimmed(source)), '') AS source, coalesce(journey.ascii_lower(journey.trimmed(medium)), '') AS medium
    FROM journey.touch_params
  ) AS known
  ORDER BY name, position;

  DELETE FROM journey.rule_patterns;
  INSERT INTO journey.rule_patterns
  SELECT row_number() OVER (ORDER BY position, shipped, channel COLLATE "C"), channel,
    journey.like_patterns(source), journey.like_patterns(category), journey.like_patterns(medium), journey.like_patterns(campaign),
    journey.like_patterns(click_id), journey.like_patterns(referrer), journey.like_patterns(referrer_path), journey.like_patterns(landing_page),
    ARRAY[journey.regular_expression(source), journey.regular_expression(category), journey.regular_expression(medium), journey.regular_expression(campaign),
      journey.regular_expression(click_id), journey.regular_expression(referrer), journey.regular_expression(referrer_path), journey.regular_expression(landing_page)]
  FROM journey.channel_rules;
  ANALYZE journey.source_names, journey.param_names, journey.rule_patterns;  -- small tables are scanned where nothing is known of them
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION journey.read_rules() IS 'Trigger of journey.sources, journey.touch_params and journey.channel_rules: makes their rows ready for look-ups';

CREATE TRIGGER read_rules AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON journey.sources
  FOR EACH STATEMENT EXECUTE FUNCTION journey.read_rules();
CREATE TRIGGER read_rules AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON journey.touch_params
  FOR EACH STATEMENT EXECUTE FUNCTION journey.read_rules();
CREATE TRIGGER read_rules AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON journey.channel_rules
  FOR EACH STATEMENT EXECUTE FUNCTION journey.read_rules();

-- Known sources

CREATE TYPE journey.known_source AS (source text, category text, term_params text[]);
COMMENT ON TYPE journey.known_source IS 'Internal: a row of journey.sources; category is empty for nothing special';

CREATE FUNCTION journey.source_named(name text) RETURNS journey.known_source
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  known journey.known_source;
BEGIN
  SELECT n.source, n.category, n.term_params INTO known FROM journey.source_names AS n
  WHERE n.name = journey.joined(source_named.name) AND n.kind = 'name' ORDER BY n.position LIMIT 1;
  RETURN known;
END
$$;
COMMENT ON FUNCTION journey.source_named(text) IS 'Internal: the source of a name, NULL for none';

CREATE FUNCTION journey.source_at(host text, path text) RETURNS journey.known_source
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  known journey.known_source;
  own text := CASE WHEN host LIKE '%.' THEN left(host, -1) ELSE host END;
  labels text[] := string_to_array(own, '.');
  count int := cardinality(labels);
  site_labels int := coalesce(cardinality(string_to_array(journey.site(own), '.')), 0);
  starred boolean := site_labels > 0 AND journey.is_registry_suffix(array_to_string(labels[count - site_labels + 2:], '.'));
  keys text[] := '{}';
BEGIN
  IF octet_length(host) > 256 THEN
    RETURN NULL;
  END IF;
  FOR i IN 1..count LOOP  -- the longest first
    keys := keys || array_to_string(labels[i:], '.');
    IF starred AND i <= count - site_labels + 1 THEN
      keys := keys || (array_to_string(labels[i:count - site_labels + 1], '.') || '.*');
    END IF;
    IF i < count THEN
      keys := keys || ('*.' || array_to_string(labels[i + 1:], '.'));
    END IF;
  END LOOP;
  SELECT n.source, n.category, n.term_params INTO known
  FROM unnest(keys) WITH ORDINALITY AS key (name, rank) JOIN journey.source_names AS n ON n.name = key.name AND n.kind = 'host'
  WHERE n.path IS NULL OR CASE n.path WHEN '/' THEN coalesce(source_at.path, '') IN ('', '/')
    ELSE left(journey.ascii_lower(source_at.path), length(n.path)) = n.path AND substr(source_at.path, length(n.path) + 1, 1) IN ('', '/') END
  ORDER BY rank, n.path IS NULL, length(n.path) DESC, n.position LIMIT 1;
  IF NOT FOUND THEN
    SELECT n.source, n.category, n.term_params INTO known FROM journey.source_names AS n
    WHERE n.kind = 'pattern' AND own LIKE n.name ORDER BY n.position LIMIT 1;
  END IF;
  RETURN known;
END
$$;
COMMENT ON FUNCTION journey.source_at(text, text) IS 'Internal: the source of a page of a host, NULL for none; the longest match wins, patterns come last';

CREATE FUNCTION journey.category_of(known journey.known_source) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN (known).category = 'ad' THEN coalesce((journey.source_named((known).source)).category, 'ad') ELSE coalesce((known).category, '') END;
COMMENT ON FUNCTION journey.category_of(journey.known_source) IS
  'Internal: the category of a source; of an ad server, that of the brand whose ads it serves';

CREATE FUNCTION journey.ad_medium(known journey.known_source) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE journey.category_of(known) WHEN 'ad' THEN 'display' ELSE 'cpc' END;
COMMENT ON FUNCTION journey.ad_medium(journey.known_source) IS 'Internal: the medium of an ad server''s contact';

CREATE FUNCTION journey.sent_by(known journey.known_source, name text, OUT medium text, OUT source text) RETURNS record
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
  medium := CASE known.category WHEN 'ad' THEN journey.ad_medium(known) WHEN 'search' THEN 'organic' WHEN 'ai' THEN 'ai-assistant'
    WHEN 'local' THEN 'referral' ELSE coalesce(nullif(known.category, ''), 'referral') END;
  source := coalesce(known.source, CASE WHEN name LIKE 'www.%' THEN substr(name, 5) ELSE name END);
END
$$;
COMMENT ON FUNCTION journey.sent_by(journey.known_source, text) IS 'Internal: medium and source of a touch that a source sent, or an unknown one of that name';

CREATE FUNCTION journey.unescaped(source text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN strpos(source, '%3A') > 0 OR strpos(source, '%3a') > 0 THEN journey.decoded(source, true) ELSE source END;
COMMENT ON FUNCTION journey.unescaped(text) IS 'Internal: a URL as a source may have been escaped once more than it should';

CREATE FUNCTION journey.look_up_name(source text, OUT known journey.known_source, OUT ad boolean, OUT url boolean) RETURNS record
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  name text := journey.ascii_lower(journey.trimmed(journey.unescaped(source)));
  parsed record;
BEGIN
  IF octet_length(name) > 256 THEN
    name := substring(name FROM '^[^?#]*');
  END IF;
  known := journey.source_named(name);
  ad := known.category = 'ad';
  url := false;
  IF known.source IS NOT NULL THEN
    RETURN;
  END IF;
  ad := false;
  IF strpos(name, '.') > 0 THEN
    parsed := journey.parse_site(name);
    url := parsed.host IS NOT NULL;
    known := journey.source_at(coalesce(parsed.host, name), CASE WHEN url THEN parsed.path END);
    ad := coalesce(known.category = 'ad', false);
    RETURN;
  END IF;
  IF name LIKE ANY ('{%ads,%ad}'::text[]) THEN  -- a brand's ads
    FOR known IN SELECT named.* FROM (VALUES (1, 'ads'), (2, 'ad')) AS suffix (position, ending),
      LATERAL (SELECT (journey.source_named(rtrim(left(name, -length(ending)), ' -_'))).*) AS named
      WHERE right(name, length(ending)) = ending ORDER BY suffix.position
    LOOP
      IF known.category NOT IN ('', 'excluded') THEN
        ad := true;
        RETURN;
      END IF;
    END LOOP;
    known := NULL;
  END IF;
END
$$;
COMMENT ON FUNCTION journey.look_up_name(text) IS
  'Internal: what is known of a source as a campaign writes it: its row, whether it names a source''s ads, whether it is written as a URL or a host';

CREATE FUNCTION journey.written_name(source text, known journey.known_source, url boolean) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN (known).source IS NOT NULL THEN (known).source
    WHEN url THEN coalesce(nullif(regexp_replace((journey.parse_site(journey.trimmed(journey.unescaped(source)))).host, '^www\.', ''), ''), source)
    ELSE source END;
COMMENT ON FUNCTION journey.written_name(text, journey.known_source, boolean) IS
  'Internal: how a touch names a source: known ones by their name, URLs by their host, others as given';

CREATE FUNCTION journey.source_name(source text) RETURNS text
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  name record;
BEGIN
  IF journey.is_absent(source) THEN
    RETURN NULL;
  END IF;
  name := journey.look_up_name(source);
  RETURN journey.ascii_lower(journey.trimmed(journey.written_name(source, name.known, name.url)));
END
$$;

CREATE FUNCTION journey.referrer_source(referrer text, OUT medium text, OUT source text, OUT term text) RETURNS record
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
  parsed record;
  known journey.known_source;
BEGIN
  parsed := journey.parse_site(referrer);
  IF parsed.host IS NULL THEN
    RETURN;
  END IF;
  known := journey.source_at(parsed.host, parsed.path);
  source := (journey.sent_by(known, parsed.host)).source;
  medium := coalesce(nullif(known.category, ''), 'referral');
  term := journey.searched_term(known, parsed.query);
END
$$;

CREATE FUNCTION journey.searched_term(known journey.known_source, query text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  IF query IS NULL OR coalesce(cardinality(known.term_params), 0) = 0 THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT value FROM unnest(known.term_params) WITH ORDINALITY AS wanted (name, rank),
      LATERAL (SELECT journey.decoded(raw_value, true) AS value FROM journey.params(query)
        WHERE journey.decoded(raw_name, true) = wanted.name COLLATE pg_catalog."C" ORDER BY number LIMIT 1) AS first
    WHERE NOT journey.is_absent(value) ORDER BY rank LIMIT 1);
END
$$;
COMMENT ON FUNCTION journey.searched_term(journey.known_source, text) IS 'Internal: what was searched for, in the query of a source''s URL';

-- Touches and channels

CREATE FUNCTION journey.is_own_way(name text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN name LIKE ANY (ARRAY['%email%', '%e-mail%', '%e\_mail%', '%e mail%', '%newsletter%', 'mail', 'affiliate%', 'sms', '%push', '%notification%',
    'organic', 'referral', 'app', 'link', 'audio', 'ai-assistant']);
COMMENT ON FUNCTION journey.is_own_way(text) IS
  'Internal: whether a medium or source names a way of contact of its own: a click id on such a link was copied, or tells nothing new';

CREATE FUNCTION journey.is_an_ads(medium text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(journey.ascii_lower(journey.trimmed(medium)) LIKE ANY ('{%cp%,ppc,retargeting,paid%}'::text[]) OR medium = 'display', false);
COMMENT ON FUNCTION journey.is_an_ads(text) IS 'Internal: whether a medium is that of ads';

CREATE FUNCTION journey.fill_origin(
  contact journey.touch, click_source text, click_medium text, has_click boolean, sent_source text, sent_medium text,
  OUT source text, OUT medium text, OUT referred boolean) RETURNS record
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  given text := journey.ascii_lower(journey.trimmed(contact.medium));
  own_way boolean := coalesce(journey.is_own_way(given), false);
  name record;
  own boolean;
  other_way boolean;
BEGIN
  source := contact.source;
  medium := contact.medium;
  referred := false;
  IF source IS NOT NULL THEN
    name := journey.look_up_name(source);
    own := has_click AND coalesce((name.known).source, journey.ascii_lower(journey.trimmed(source))) = click_source;
    other_way := coalesce((name.known).category = 'email', false) OR journey.is_own_way(journey.ascii_lower(journey.trimmed(source)));
    -- A name of ads keeps its writing where the medium does not say so, since the ad is told by it alone.
    IF NOT name.ad OR medium IS NULL OR journey.is_an_ads(given) OR own_way THEN
      source := journey.written_name(source, name.known, name.url);
    END IF;
    IF medium IS NULL THEN
      medium := CASE WHEN has_click AND click_medium <> '' AND (own OR click_medium NOT IN ('social', 'organic') AND NOT other_way) THEN click_medium
        WHEN name.ad THEN journey.ad_medium(name.known) END;
    END IF;
  ELSIF has_click AND click_source <> '' AND (NOT own_way OR given = click_medium) THEN
    source := click_source;
    medium := coalesce(medium, nullif(click_medium, ''));
  ELSIF sent_source IS NOT NULL THEN
    source := sent_source;
    medium := coalesce(medium, sent_medium);
    referred := true;
  ELSIF medium IS NULL AND num_nonnulls(contact.campaign, contact.term, contact.content, contact.click_id) = 0 THEN
    source := '(direct)';
    medium := '(none)';
  END IF;
END
$$;
COMMENT ON FUNCTION journey.fill_origin(journey.touch, text, text, boolean, text, text) IS
  'Internal: source and medium of a touch, from what the campaign leaves open, and whether the referrer spoke';

CREATE FUNCTION journey.channel_of(contact journey.touch, click_source text, click_medium text, has_click boolean) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  source text := journey.ascii_lower(journey.trimmed(contact.source));
  medium text := coalesce(journey.ascii_lower(journey.trimmed(contact.medium)), '');
  campaign text := coalesce(journey.ascii_lower(journey.trimmed(contact.campaign)), '');
  click text := coalesce(split_part(journey.ascii_lower(journey.trimmed(contact.click_id)), '=', 1), '');
  origin record;
  page record;
  name record;
  known journey.known_source;
  ad boolean := false;
  category text;
  by_click boolean := has_click AND journey.is_an_ads(click_medium);
  path text;
  landing text := '';
  found text;
BEGIN
  origin := journey.parse_site(contact.referrer);
  IF source = (CASE WHEN origin.host LIKE 'www.%' THEN substr(origin.host, 5) ELSE origin.host END) THEN  -- a host, even where some source has it for a name
    known := journey.source_at(origin.host, origin.path);
  ELSIF source <> '' THEN
    name := journey.look_up_name(contact.source);
    known := name.known;
    ad := name.ad;
  END IF;
  category := journey.category_of(known);
  -- An ad is one whatever its medium is called, unless that names a way of its own.
  IF by_click AND journey.is_own_way(medium) THEN
    category := '';
  ELSIF (by_click OR ad) AND medium <> '' THEN
    IF NOT journey.is_an_ads(medium) AND medium NOT IN ('banner', 'expandable', 'interstitial') THEN
      medium := CASE WHEN by_click THEN click_medium ELSE journey.ad_medium(known) END;
    END IF;
    IF category = '' AND by_click THEN
      category := journey.category_of(journey.source_named(click_source));
    END IF;
  END IF;
  source := coalesce(source, '');
  origin.host := coalesce(origin.host, '');
  path := coalesce(journey.ascii_lower(origin.path), '');
  IF EXISTS (SELECT FROM journey.rule_patterns WHERE landing_page IS NOT NULL) THEN
    page := journey.parse_site(contact.landing_page);
    landing := concat(page.host, journey.ascii_lower(page.path));
  END IF;
  SELECT r.channel INTO found FROM journey.rule_patterns AS r
  WHERE (r.source IS NULL OR source LIKE ANY (r.source) OR source ~ r.classes[1])
    AND (r.category IS NULL OR category LIKE ANY (r.category) OR category ~ r.classes[2])
    AND (r.medium IS NULL OR medium LIKE ANY (r.medium) OR medium ~ r.classes[3])
    AND (r.campaign IS NULL OR campaign LIKE ANY (r.campaign) OR campaign ~ r.classes[4])
    AND (r.click_id IS NULL OR click LIKE ANY (r.click_id) OR click ~ r.classes[5])
    AND (r.referrer IS NULL OR origin.host LIKE ANY (r.referrer) OR origin.host ~ r.classes[6])
    AND (r.referrer_path IS NULL OR path LIKE ANY (r.referrer_path) OR path ~ r.classes[7])
    AND (r.landing_page IS NULL OR landing LIKE ANY (r.landing_page) OR landing ~ r.classes[8])
  ORDER BY r.position LIMIT 1;
  RETURN coalesce(found, 'Unassigned');
END
$$;
COMMENT ON FUNCTION journey.channel_of(journey.touch, text, text, boolean) IS
  'Internal: the channel of a touch whose source and medium are filled in';

CREATE FUNCTION journey.touch(ts timestamptz, page_url text, referrer text DEFAULT NULL, own_hosts text[] DEFAULT '{}') RETURNS journey.touch
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
  page record;
  origin record;
  param record;
  own_host text;
  own_site text;
  known journey.known_source;
  sent record;
  result journey.touch;
  sender text;
  given boolean;
  has_click boolean := false;
  click_source text := '';
  click_medium text := '';
  from_source text;
  from_medium text;
  from_term text;
  filled record;
BEGIN
  IF ts IS NULL OR page_url IS NULL THEN
    RETURN NULL;
  END IF;
  FOREACH own_host IN ARRAY coalesce(own_hosts, '{}') LOOP
    IF octet_length(own_host) > 1024 OR own_host ~ '[/?#@]' OR own_host NOT LIKE '[%' AND strpos(own_host, ':') > 0 THEN
      RAISE EXCEPTION 'own_hosts must hold hosts, not "%"', own_host USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Give the host alone, such as ''www.example.com''; journey.url_host() takes it from a URL.';
    END IF;
  END LOOP;
  page := journey.parse_site(page_url);
  origin := journey.parse_site(referrer);

  -- Pages with a router of their own keep their parameters in the fragment: it fills in what the query leaves open, but is not
  -- asked for a mere sender.
  IF strpos(page.query, '=') > 0 OR strpos(page.fragment, '=') > 0 THEN
    FOR param IN
      SELECT DISTINCT ON (p.field) p.*, value
      FROM (
        SELECT 1 AS part, own.* FROM journey.params(page.query) AS own
        UNION ALL SELECT 2, own.* FROM journey.params(CASE WHEN strpos(page.fragment, '=') > 0 THEN substr(page.fragment, strpos(page.fragment, '?') + 1) END) AS own
      ) AS raw
        JOIN journey.param_names AS p ON p.name = journey.ascii_lower(journey.trimmed(journey.decoded(raw_name, true)))
        CROSS JOIN LATERAL (SELECT journey.decoded(raw_value, true) AS value) AS decoded
      WHERE octet_length(raw_name) <= 256 AND NOT journey.is_absent(value) AND (part = 1 OR p.field <> 'referrer')
      ORDER BY p.field, part, p.position, raw.number
    LOOP
      CASE param.field
        WHEN 'source' THEN result.source := param.value;
        WHEN 'medium' THEN result.medium := param.value;
        WHEN 'campaign' THEN result.campaign := param.value;
        WHEN 'term' THEN result.term := param.value;
        WHEN 'content' THEN result.content := param.value;
        WHEN 'referrer' THEN sender := param.value;
        ELSE
          result.click_id := param.name || '=' || param.value;
          has_click := true;
          click_source := param.source;
          click_medium := param.medium;
      END CASE;
    END LOOP;
  END IF;
  given := num_nonnulls(result.source, result.medium, result.campaign, result.term, result.content, result.click_id) > 0;

  IF origin.host IS NOT NULL THEN
    known := journey.source_at(origin.host, origin.path);
    own_site := coalesce(journey.site(origin.host), origin.host);
    IF known.category = 'excluded' OR own_site = coalesce(journey.site(page.host), page.host)
      OR EXISTS (SELECT FROM unnest(own_hosts) AS own WHERE coalesce(journey.site(own), journey.ascii_lower(journey.trimmed(own))) = own_site) THEN
      IF NOT given THEN
        RETURN NULL;
      END IF;
    ELSE
      sent := journey.sent_by(known, origin.host);
      from_source := sent.source;
      from_medium := sent.medium;
      from_term := journey.searched_term(known, origin.query);
    END IF;
  END IF;
  IF from_source IS NULL AND NOT given AND sender IS NOT NULL THEN
    origin := journey.parse_site(sender);
    IF origin.host IS NOT NULL THEN
      known := journey.source_at(origin.host, origin.path);
      sent := journey.sent_by(known, origin.host);
      from_term := journey.searched_term(known, origin.query);
    ELSE
      sender := journey.ascii_lower(journey.trimmed(sender));
      known := (journey.look_up_name(sender)).known;
      sent := journey.sent_by(known, sender);
    END IF;
    from_source := sent.source;
    from_medium := sent.medium;
  END IF;

  result.touched_at := ts;
  result.referrer := CASE WHEN NOT journey.is_absent(touch.referrer) THEN touch.referrer END;
  result.landing_page := page_url;
  filled := journey.fill_origin(result, click_source, click_medium, has_click, from_source, from_medium);
  result.source := filled.source;
  result.medium := filled.medium;
  IF filled.referred THEN
    result.term := coalesce(result.term, from_term);
  END IF;
  result.channel := journey.channel_of(result, click_source, click_medium, has_click);
  RETURN result;
END
$$;

CREATE FUNCTION journey.channel(source text, medium text, campaign text DEFAULT NULL, referrer text DEFAULT NULL, click_id text DEFAULT NULL, landing_page text DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
  contact journey.touch;
  origin record;
  known journey.known_source;
  sent record;
  from_source text;
  from_medium text;
  click record;
  has_click boolean;
  filled record;
BEGIN
  contact.source := CASE WHEN NOT journey.is_absent(source) THEN source END;
  contact.medium := CASE WHEN NOT journey.is_absent(medium) THEN medium END;
  contact.campaign := CASE WHEN NOT journey.is_absent(campaign) THEN campaign END;
  contact.referrer := CASE WHEN NOT journey.is_absent(referrer) THEN referrer END;
  contact.click_id := CASE WHEN NOT journey.is_absent(click_id) THEN click_id END;
  contact.landing_page := CASE WHEN NOT journey.is_absent(landing_page) THEN landing_page END;
  origin := journey.parse_site(contact.referrer);
  IF origin.host IS NOT NULL THEN
    known := journey.source_at(origin.host, origin.path);
    IF known.category IS DISTINCT FROM 'excluded' THEN
      sent := journey.sent_by(known, origin.host);
      from_source := sent.source;
      from_medium := sent.medium;
    END IF;
  END IF;
  SELECT p.source, p.medium INTO click FROM journey.param_names AS p
  WHERE p.name = journey.ascii_lower(journey.trimmed(split_part(contact.click_id, '=', 1))) AND p.field = 'click_id';
  has_click := FOUND;
  filled := journey.fill_origin(contact, click.source, click.medium, has_click, from_source, from_medium);
  contact.source := filled.source;
  contact.medium := filled.medium;
  RETURN journey.channel_of(contact, click.source, click.medium, has_click);
END
$$;


-- The shipped parameters and rules.

INSERT INTO journey.touch_params (position, name, field, source, medium, shipped)
SELECT position, name, field, source, medium, true FROM (VALUES
  (100, 'utm_source', 'source', NULL, NULL),
  (100, 'utm_medium', 'medium', NULL, NULL),
  (100, 'utm_campaign', 'campaign', NULL, NULL),
  (100, 'utm_term', 'term', NULL, NULL),
  (100, 'utm_content', 'content', NULL, NULL),
  -- Matomo and its elder self, Piwik
  (200, 'mtm_source', 'source', NULL, NULL),
  (200, 'mtm_medium', 'medium', NULL, NULL),
  (200, 'mtm_campaign', 'campaign', NULL, NULL),
  (200, 'mtm_keyword', 'term', NULL, NULL),
  (200, 'mtm_kwd', 'term', NULL, NULL),
  (200, 'mtm_content', 'content', NULL, NULL),
  (210, 'pk_source', 'source', NULL, NULL),
  (210, 'pk_medium', 'medium', NULL, NULL),
  (210, 'pk_campaign', 'campaign', NULL, NULL),
  (210, 'pk_keyword', 'term', NULL, NULL),
  (210, 'pk_kwd', 'term', NULL, NULL),
  (210, 'pk_content', 'content', NULL, NULL),
  (300, 'utm_id', 'campaign', NULL, NULL),
  (300, 'ref', 'referrer', NULL, NULL),
  (310, 'referrer', 'referrer', NULL, NULL),
  (320, 'source', 'referrer', NULL, NULL),
  -- Click ids of ad networks
  (400, 'gclid', 'click_id', 'google', 'cpc'),
  (401, 'gbraid', 'click_id', 'google', 'cpc'),
  (402, 'wbraid', 'click_id', 'google', 'cpc'),
  (403, 'dclid', 'click_id', 'google', 'display'),
  (410, 'msclkid', 'click_id', 'bing', 'cpc'),
  (420, 'ttclid', 'click_id', 'tiktok', 'cpc'),
  (421, 'li_fat_id', 'click_id', 'linkedin', 'cpc'),
  (422, 'twclid', 'click_id', 'twitter', 'cpc'),
  (423, 'rdt_cid', 'click_id', 'reddit', 'cpc'),
  (424, 'sccid', 'click_id', 'snapchat', 'cpc'),
  (425, 'epik', 'click_id', 'pinterest', 'cpc'),
  (430, 'yclid', 'click_id', 'yandex', 'cpc'),
  (426, 'qclid', 'click_id', 'quora', 'cpc'),
  (427, 'ndclid', 'click_id', 'nextdoor', 'cpc'),
  (431, 'ymclid', 'click_id', 'yandex', 'cpc'),
  (432, '_openstat', 'click_id', 'openstat', 'cpc'),
  (433, 'rb_clickid', 'click_id', 'vkontakte', 'cpc'),
  (434, 'bd_vid', 'click_id', 'baidu', 'cpc'),
  (435, 'awclid', 'click_id', 'amazon', 'cpc'),
  (436, 'vmcid', 'click_id', 'yahoo', 'cpc'),
  (437, 'tblci', 'click_id', 'taboola', 'cpc'),
  (438, 'dicbo', 'click_id', 'outbrain', 'cpc'),
  (438, 'obclid', 'click_id', 'outbrain', 'cpc'),
  (439, 'auctid', 'click_id', 'teads', 'cpc'),
  (440, 'gad_source', 'click_id', 'google', 'cpc'),
  (440, 'gad_campaignid', 'click_id', 'google', 'cpc'),
  (441, 's_kwcid', 'click_id', 'adobe advertising', 'cpc'),
  (441, 'ef_id', 'click_id', 'adobe advertising', 'cpc'),
  -- Click ids of affiliate networks
  (450, 'irclickid', 'click_id', 'impact', 'affiliate'),
  (450, 'irclid', 'click_id', 'impact', 'affiliate'),
  (451, 'irgwc', 'click_id', 'impact', 'affiliate'),
  (452, 'awc', 'click_id', 'awin', 'affiliate'),
  (453, 'cjevent', 'click_id', 'cj', 'affiliate'),
  (453, 'cjdata', 'click_id', 'cj', 'affiliate'),
  (454, 'ransiteid', 'click_id', 'rakuten advertising', 'affiliate'),
  (454, 'raneaid', 'click_id', 'rakuten advertising', 'affiliate'),
  (454, 'ranmid', 'click_id', 'rakuten advertising', 'affiliate'),
  (455, 'tduid', 'click_id', 'tradedoubler', 'affiliate'),
  (456, 'sscid', 'click_id', 'shareasale', 'affiliate'),
  (457, 'clickref', 'click_id', 'partnerize', 'affiliate'),
  (458, 'zanpid', 'click_id', 'awin', 'affiliate'),
  (459, 'admitad_uid', 'click_id', 'admitad', 'affiliate'),
  (460, 'at_gd', 'click_id', 'adtraction', 'affiliate'),
  (461, 'ps_xid', 'click_id', 'partnerstack', 'affiliate'),
  (462, 'tap_a', 'click_id', 'tapfiliate', 'affiliate'),
  (463, 'fpr', 'click_id', 'firstpromoter', 'affiliate'),
  (464, 'rfsn', 'click_id', 'refersion', 'affiliate'),
  -- Ids of mailers
  (470, 'mc_cid', 'click_id', 'mailchimp', 'email'),
  (470, 'mc_eid', 'click_id', 'mailchimp', 'email'),
  (471, '_kx', 'click_id', 'klaviyo', 'email'),
  (471, '_ke', 'click_id', 'klaviyo', 'email'),
  (472, '_hsenc', 'click_id', 'hubspot', 'email'),
  (472, '_hsmi', 'click_id', 'hubspot', 'email'),
  (473, 'mkt_tok', 'click_id', 'marketo', 'email'),
  (474, 'ml_subscriber', 'click_id', 'mailerlite', 'email'),
  (474, 'ml_subscriber_hash', 'click_id', 'mailerlite', 'email'),
  (475, 'ck_subscriber_id', 'click_id', 'convertkit', 'email'),
  (476, 'vero_id', 'click_id', 'vero email', 'email'),
  (476, 'vero_conv', 'click_id', 'vero email', 'email'),
  (477, '__s', 'click_id', 'drip', 'email'),
  (478, 'omnisendcontactid', 'click_id', 'omnisend', 'email'),
  (479, 'bsft_clkid', 'click_id', 'blueshift', 'email'),
  (480, 'oly_enc_id', 'click_id', 'omeda', 'email'),
  (480, 'oly_anon_id', 'click_id', 'omeda', 'email'),
  (481, 'vgo_ee', 'click_id', 'activecampaign', 'email'),
  (482, 'dm_i', 'click_id', 'dotdigital', 'email'),
  (483, 'elqtrackid', 'click_id', 'eloqua', 'email'),
  (484, 'et_rid', 'click_id', 'salesforce marketing cloud', 'email'),
  (484, 'sfmc_sub', 'click_id', 'salesforce marketing cloud', 'email'),
  (485, 'trk_contact', 'click_id', 'listrak', 'email'),
  (486, '_bta_tid', 'click_id', 'bronto', 'email'),
  (487, 'spmailingid', 'click_id', 'acoustic', 'email'),
  (488, '_bhlid', 'click_id', 'beehiiv', 'email'),
  -- Click ids that come with every link, paid or not
  (500, 'fbclid', 'click_id', 'facebook', 'social'),
  (501, 'igshid', 'click_id', 'instagram', 'social'),
  (502, 'igsh', 'click_id', 'instagram', 'social'),
  (510, 'srsltid', 'click_id', 'google', 'organic'),
  (511, 'ysclid', 'click_id', 'yandex', 'organic')
) AS param (position, name, field, source, medium);

-- Google Analytics 4's default channel group, in its order. Two kinds of rule are not Google's: sources of e-mail are
-- Email by themselves, and a source of AI is AI Assistant whatever its campaign says short of being paid.
INSERT INTO journey.channel_rules (position, channel, source, category, medium, campaign, shipped)
SELECT position, channel, source::text[], category::text[], medium::text[], campaign::text[], true FROM (VALUES
  (100, 'Direct', '{(direct)}', NULL, '{(none),(not set),""}', NULL),
  (200, 'Cross-network', NULL, NULL, NULL, '{*cross-network*}'),
  (300, 'Paid Shopping', NULL, '{shopping}', '{*cp*,ppc,retargeting,paid*}', NULL),
  (300, 'Paid Shopping', NULL, NULL, '{*cp*,ppc,retargeting,paid*}', '{shop*,*[!a-df-z]shop*,*shopping*}'),
  (400, 'Paid Search', NULL, '{search}', '{*cp*,ppc,retargeting,paid*}', NULL),
  (500, 'Paid Social', NULL, '{social}', '{*cp*,ppc,retargeting,paid*}', NULL),
  (600, 'Paid Video', NULL, '{video}', '{*cp*,ppc,retargeting,paid*}', NULL),
  (700, 'Display', NULL, NULL, '{display,banner,expandable,interstitial,cpm}', NULL),
  (800, 'Paid Other', NULL, NULL, '{*cp*,ppc,retargeting,paid*}', NULL),
  (900, 'AI Assistant', NULL, '{ai}', NULL, NULL),
  (900, 'AI Assistant', NULL, NULL, '{ai-assistant}', NULL),
  (1000, 'Organic Shopping', NULL, '{shopping}', NULL, NULL),
  (1000, 'Organic Shopping', NULL, NULL, NULL, '{shop*,*[!a-df-z]shop*,*shopping*}'),
  (1100, 'Organic Social', NULL, '{social}', NULL, NULL),
  (1100, 'Organic Social', NULL, NULL, '{social,social-network,social-media,sm,social network,social media}', NULL),
  (1200, 'Organic Video', NULL, '{video}', NULL, NULL),
  (1200, 'Organic Video', NULL, NULL, '{*video*}', NULL),
  (1300, 'Organic Search', NULL, '{search}', NULL, NULL),
  (1300, 'Organic Search', NULL, NULL, '{organic}', NULL),
  (1400, 'Referral', NULL, NULL, '{referral,app,link}', NULL),
  (1500, 'Email', '{email,e-mail,e_mail,e mail}', NULL, NULL, NULL),
  (1500, 'Email', NULL, NULL, '{email,e-mail,e_mail,e mail}', NULL),
  (1500, 'Email', NULL, '{email}', NULL, NULL),
  (1600, 'Affiliates', NULL, NULL, '{affiliate}', NULL),
  (1700, 'Audio', NULL, NULL, '{audio}', NULL),
  (1800, 'SMS', '{sms}', NULL, NULL, NULL),
  (1800, 'SMS', NULL, NULL, '{sms}', NULL),
  (1900, 'Mobile Push Notifications', NULL, NULL, '{*push,*mobile*,*notification*}', NULL),
  (1900, 'Mobile Push Notifications', '{firebase}', NULL, NULL, NULL)
) AS rule (position, channel, source, category, medium, campaign);

-- The shipped sources: this project's own list of well-known sites. docs/channels.md says where its facts come from and how
-- it is kept. A source is named by the word that its hosts have, since campaigns write that.
INSERT INTO journey.sources (category, source, names, term_params, shipped)
SELECT category, source, names::text[], term_params::text[], true FROM (VALUES
  -- Search engines
  ('search', 'google', '{google.*,com.google.android.googlequicksearchbox,googlequicksearchbox}', '{q,query}'),
  ('search', 'bing', '{bing.com,bing.*,bing.net,com.microsoft.bing}', '{q}'),
  ('search', 'yahoo', '{yahoo.*,yahoo!}', '{p,q}'),
  ('search', 'msn', '{msn.com}', '{q}'),
  ('search', 'duckduckgo', '{duckduckgo.com,ddg,ddg.gg,com.duckduckgo.mobile.android}', '{q}'),
  ('search', 'baidu', '{baidu.com,baidu.*,com.baidu.searchbox}', '{wd,word,kw}'),
  ('search', 'yandex', '{yandex.*,ya.ru,ya,ru.yandex.searchplugin,com.yandex.searchapp}', '{text}'),
  ('search', 'naver', '{naver.com}', '{query}'),
  ('search', 'daum', '{daum.net}', '{q}'),
  ('search', 'nate', '{nate.com}', '{q}'),
  ('search', 'sogou', '{sogou.com}', '{query,keyword}'),
  ('search', '360', '{so.com,360.cn,haosou.com}', '{q}'),
  ('search', 'shenma', '{m.sm.cn,sm.cn}', '{q}'),
  ('search', 'seznam', '{seznam.cz}', '{q}'),
  ('search', 'coccoc', '{coccoc.com}', '{query}'),
  ('search', 'ecosia', '{ecosia.org}', '{q}'),
  ('search', 'startpage', '{startpage.com,ixquick.com}', '{query}'),
  ('search', 'qwant', '{qwant.com}', '{q}'),
  ('search', 'brave', '{search.brave.com}', '{q}'),
  ('search', 'kagi', '{kagi.com}', '{q}'),
  ('search', 'mojeek', '{mojeek.com}', '{q}'),
  ('search', 'swisscows', '{swisscows.com}', '{query}'),
  ('search', 'metager', '{metager.org,metager.de}', '{eingabe}'),
  ('search', 'presearch', '{presearch.com,presearch.org}', '{q}'),
  ('search', 'yep.com', '{yep.com,yep}', '{q}'),
  ('search', 'petal', '{petalsearch.com}', '{query}'),
  ('search', 'aol', '{aol.*,search.aol.com}', '{q,query}'),
  ('search', 'ask', '{ask.com,ask.*}', '{q}'),
  ('search', 'dogpile', '{dogpile.com}', '{q}'),
  ('search', 'webcrawler', '{webcrawler.com}', '{q}'),
  ('search', 'info.com', '{info.com}', '{qkw,q}'),
  ('search', 'lycos', '{lycos.*}', '{query,q}'),
  ('search', 'excite', '{excite.*}', '{q,search}'),
  ('search', 'altavista', '{altavista.com}', '{q}'),
  ('search', 'rambler', '{rambler.ru}', '{query}'),
  ('search', 'mail.ru', '{go.mail.ru}', '{q}'),
  ('search', 'sputnik', '{sputnik.ru}', '{q}'),
  ('search', 'onet', '{onet.pl}', '{qt,q}'),
  ('search', 'wirtualna polska', '{szukaj.wp.pl,wp}', '{q}'),
  ('search', 'virgilio', '{virgilio.it}', '{qs}'),
  ('search', 'libero', '{ricerca.libero.it,arianna.libero.it}', '{qs,query}'),
  ('search', 'orange', '{lemoteur.orange.fr,rws.orange.fr}', '{kw}'),
  ('search', 'lilo', '{search.lilo.org,lilo.org}', '{q}'),
  ('search', 't-online', '{suche.t-online.de}', '{q}'),
  ('search', 'web.de', '{suche.web.de}', '{su,q}'),
  ('search', 'gmx', '{suche.gmx.net,suche.gmx.de}', '{su,q}'),
  ('search', 'fireball', '{fireball.com,fireball.de}', '{q,query}'),
  ('search', 'search.ch', '{search.ch}', '{q}'),
  ('search', 'sapo', '{pesquisa.sapo.pt}', '{q}'),
  ('search', 'uol', '{busca.uol.com.br}', '{q}'),
  ('search', 'terra', '{buscador.terra.com,buscador.terra.es,buscador.terra.com.br}', '{query}'),
  ('search', 'goo', '{search.goo.ne.jp,ocnsearch.goo.ne.jp}', '{MT}'),
  ('search', 'biglobe', '{biglobe.ne.jp,biglobe.co.jp}', '{q}'),
  ('search', 'docomo', '{search.smt.docomo.ne.jp}', '{MT}'),
  ('search', 'auone', '{search.auone.jp,sp-search.auone.jp,sp-web.search.auone.jp}', '{q}'),
  ('search', 'avast', '{search.avast.com}', '{q}'),
  ('search', 'avg', '{search.avg.com}', '{q}'),
  ('search', 'comcast', '{search.comcast.net,search.xfinity.com}', '{q}'),
  ('search', 'conduit', '{search.conduit.com}', '{q}'),
  ('search', 'babylon', '{search.babylon.com}', '{q}'),
  ('search', 'mywebsearch', '{mywebsearch.com,myway.com}', '{searchfor}'),
  ('search', 'search.com', '{search.com}', '{q}'),
  ('search', 'gibiru', '{gibiru.com}', '{q}'),
  ('search', 'ekoru', '{ekoru.org}', '{q}'),
  ('search', 'google images', '{images.google.*,google.*/imgres}', '{q}'),
  ('search', 'google news', '{news.google.*}', '{q}'),
  ('search', 'google maps', '{maps.google.*,google.*/maps,maps.app.goo.gl,com.google.android.apps.maps}', '{q}'),
  ('search', 'google scholar', '{scholar.google.*}', '{q}'),
  ('search', 'google lens', '{lens.google.com}', '{q}'),
  ('search', 'centrum', '{centrum.cz}', '{q}'),
  ('search', 'ukr.net', '{search.ukr.net,secureurl.ukr.net,ukr.net,ukr}', '{q}'),
  ('search', 'eniro', '{eniro.*}', '{q,search_word}'),
  ('search', 'exalead', '{exalead.com,exalead.fr}', '{q}'),
  ('search', 'firmy', '{firmy.cz}', '{q}'),
  ('search', 'globo', '{globo}', '{q}'),
  ('search', 'incredimail', '{search.incredimail.com}', '{q}'),
  ('search', 'kvasir', '{kvasir.no}', '{q}'),
  ('search', 'startsiden', '{startsiden.no}', '{q}'),
  ('search', 'najdi', '{najdi.si}', '{q}'),
  ('search', 'search-results', '{search-results.com}', '{q}'),
  ('search', 'tut.by', '{tut.by,tut}', '{query}'),
  ('search', 'rakuten web search', '{websearch.rakuten.co.jp}', '{qt}'),
  ('search', 'hotbot', '{hotbot.com}', '{q,query}'),
  ('search', 'metacrawler', '{metacrawler.com,infospace.com}', '{q}'),
  ('search', 'gigablast', '{gigablast.com}', '{q}'),
  ('search', 'marginalia', '{marginalia-search.com,search.marginalia.nu}', '{query}'),
  ('search', 'stract', '{stract.com}', '{q}'),
  ('search', 'oceanhero', '{oceanhero.today}', '{q}'),
  ('search', 'karma search', '{karmasearch.org}', '{q}'),
  ('search', 'freespoke', '{freespoke.com}', '{q}'),
  ('search', 'kiddle', '{kiddle.co}', '{q}'),
  ('search', 'kidzsearch', '{kidzsearch.com}', '{q}'),
  ('search', 'you search', '{search.you.com}', '{q}'),
  ('search', 'onesearch', '{onesearch.com}', '{p}'),
  ('search', 'searchlock', '{searchlock.com}', '{q}'),
  ('search', 'zapmeta', '{zapmeta.*}', '{q,query}'),
  ('search', 'tiscali', '{search.tiscali.it}', '{q,key}'),
  ('search', 'neti', '{neti.ee}', '{query}'),
  ('search', 'meta.ua', '{meta.ua}', '{q}'),
  ('search', 'abv', '{search.abv.bg}', '{q}'),
  ('search', 'zoznam', '{zoznam.sk}', '{s}'),
  ('search', 'laban', '{laban.vn}', '{q}'),
  ('search', 'free', '{search.free.fr}', '{q,qs}'),
  ('search', 'bluewin', '{search.bluewin.ch}', '{searchTerm,q}'),
  ('search', 'nifty', '{search.nifty.com}', '{q}'),

  -- Social networks, communities, messengers
  ('social', 'facebook', '{facebook.com,facebook.*,fb,fcb,fb.com,fb.me,fb.watch,fbcdn.net,com.facebook.katana,com.facebook.lite,meta,metaads}', '{}'),
  ('social', 'messenger', '{messenger.com,m.me,com.facebook.orca}', '{}'),
  ('social', 'instagram', '{instagram.com,ig,insta,ig.me,ig.com,com.instagram.android,com.instagram.lite}', '{}'),
  ('social', 'threads', '{threads.net,threads.com,com.instagram.barcelona}', '{}'),
  ('social', 'whatsapp', '{whatsapp.com,wa.me,com.whatsapp}', '{}'),
  ('social', 'twitter', '{twitter.com,t.co,x.com,x,com.twitter.android,tweetdeck,tweetdeck.com}', '{}'),
  ('social', 'linkedin', '{linkedin.com,lnkd.in,com.linkedin.android}', '{}'),
  ('social', 'pinterest', '{pinterest.*,pin.it,com.pinterest}', '{}'),
  ('social', 'reddit', '{reddit.com,redd.it,com.reddit.frontpage}', '{}'),
  ('social', 'tiktok', '{tiktok.com,tik.tok,tt,com.zhiliaoapp.musically,com.ss.android.ugc.trill}', '{}'),
  ('social', 'snapchat', '{snapchat.com,snap,com.snapchat.android}', '{}'),
  ('social', 'tumblr', '{tumblr.com,t.umblr.com,com.tumblr}', '{}'),
  ('social', 'bluesky', '{bsky.app,bsky.social,go.bsky.app,xyz.blueskyweb.app}', '{}'),
  ('social', 'mastodon', '{mastodon.*,mastodon.*.*,mstdn.*,mstdn.*.*,masto.*,mastodonapp.*,mastodont.*,toot.*,mas.to,fosstodon.org,hachyderm.io,infosec.exchange,mamot.fr,pawoo.net,c.im,universeodon.com,quey.org,botsin.space,bitcoinhackers.org,social.tchncs.de,social.vivaldi.net,joinmastodon.org,org.joinmastodon.android}', '{}'),
  ('social', 'lemmy', '{lemmy.*,lemmy.*.*}', '{}'),
  ('social', 'pixelfed', '{pixelfed.*,pixelfed.*.*,pxlmo.com,metapixl.com,pix.toot.wales,pixey.org}', '{}'),
  ('social', 'misskey', '{misskey.*,misskey.*.*}', '{}'),
  ('social', 'friendica', '{friendica.*,friendica.*.*}', '{}'),
  ('social', 'pleroma', '{pleroma.*,pleroma.*.*,akkoma.*.*}', '{}'),
  ('social', 'fediverse', '{*.social,social.*.*,fedi.*,fedi.*.*}', '{}'),
  ('social', 'telegram', '{t.me,telegram.org,telegram.me,telegram.com,org.telegram.messenger,org.telegram.plus}', '{}'),
  ('social', 'discord', '{discord.com,discord.gg,discordapp.com,com.discord}', '{}'),
  ('social', 'viber', '{viber.com}', '{}'),
  ('social', 'skype', '{skype.com,web.skype.com}', '{}'),
  ('social', 'line', '{line.me,liff.line.me,lin.ee}', '{}'),
  ('social', 'kakao', '{kakao.com,story.kakao.com,pf.kakao.com}', '{}'),
  ('social', 'wechat', '{weixin.qq.com,wechat.com,mp.weixin.qq.com,com.tencent.mm}', '{}'),
  ('social', 'qq', '{qq.com,qzone.qq.com}', '{}'),
  ('social', 'weibo', '{weibo.com,weibo.cn,t.cn}', '{}'),
  ('social', 'zhihu', '{zhihu.com,com.zhihu.android}', '{}'),
  ('social', 'xiaohongshu', '{xiaohongshu.com,xhslink.com,rednote.com,rednote}', '{}'),
  ('social', 'douban', '{douban.com}', '{}'),
  ('social', 'renren', '{renren.com}', '{}'),
  ('social', 'douyin', '{douyin.com,iesdouyin.com}', '{}'),
  ('social', 'tieba', '{tieba.baidu.com}', '{}'),
  ('social', 'naver blog', '{blog.naver.com,cafe.naver.com,kin.naver.com,band.us}', '{}'),
  ('social', 'me2day', '{me2day.net}', '{}'),
  ('social', 'cyworld', '{cyworld.com}', '{}'),
  ('social', 'vkontakte', '{vk.com,vk.ru,vk.cc,vkontakte.ru,vk,com.vkontakte.android}', '{}'),
  ('social', 'odnoklassniki', '{ok.ru,odnoklassniki.ru,odnoklassniki.ua,ru.ok.android}', '{}'),
  ('social', 'my.mail.ru', '{my.mail.ru}', '{}'),
  ('social', 'livejournal', '{livejournal.com}', '{}'),
  ('social', 'dzen', '{dzen.ru,zen.yandex.ru,zen.yandex.com}', '{}'),
  ('social', 'pikabu', '{pikabu.ru}', '{}'),
  ('social', 'xing', '{xing.com}', '{}'),
  ('social', 'viadeo', '{viadeo.com,viadeo.journaldunet.com}', '{}'),
  ('social', 'google+', '{plus.google.com,plus.url.google.com,url.google.com,googleplus}', '{}'),
  ('social', 'google groups', '{groups.google.com,googlegroups.com}', '{}'),
  ('social', 'yammer', '{yammer.com}', '{}'),
  ('social', 'workplace', '{workplace.com}', '{}'),
  ('social', 'quora', '{quora.com}', '{}'),
  ('social', 'stack overflow', '{stackoverflow.com}', '{}'),
  ('social', 'stack exchange', '{stackexchange.com,superuser.com,superuser,serverfault.com,serverfault,askubuntu.com,askubuntu,stackapps.com,stackapps,mathoverflow.net,mathoverflow}', '{}'),
  ('social', 'hacker news', '{news.ycombinator.com,hackernews,hn,hckrnews.com}', '{}'),
  ('social', 'lobsters', '{lobste.rs}', '{}'),
  ('social', 'slashdot', '{slashdot.org}', '{}'),
  ('social', 'digg', '{digg.com}', '{}'),
  ('social', 'fark', '{fark.com}', '{}'),
  ('social', 'mix.com', '{mix.com,stumbleupon.com,stumbleupon}', '{}'),
  ('social', 'flipboard', '{flipboard.com,flip.it}', '{}'),
  ('social', 'pocket', '{getpocket.com,pocket.co}', '{}'),
  ('social', 'instapaper', '{instapaper.com}', '{}'),
  ('social', 'product hunt', '{producthunt.com,producthunt}', '{}'),
  ('social', 'indie hackers', '{indiehackers.com}', '{}'),
  ('social', 'dev.to', '{dev.to,devto}', '{}'),
  ('social', 'medium.com', '{medium.com,medium}', '{}'),
  ('social', 'blogger', '{blogger.com,blogspot.com,blogspot.*,blogspot}', '{}'),
  ('social', 'wordpress', '{wordpress.com,wordpress.org}', '{}'),
  ('social', 'typepad', '{typepad.com}', '{}'),
  ('social', 'meetup', '{meetup.com}', '{}'),
  ('social', 'nextdoor', '{nextdoor.com,nextdoor.*}', '{}'),
  ('social', 'patreon', '{patreon.com}', '{}'),
  ('social', 'clubhouse', '{clubhouse.com,joinclubhouse.com}', '{}'),
  ('social', 'bereal', '{bere.al,bereal.com}', '{}'),
  ('social', 'truth social', '{truthsocial.com}', '{}'),
  ('social', 'gab', '{gab.com}', '{}'),
  ('social', 'gettr', '{gettr.com}', '{}'),
  ('social', 'parler', '{parler.com}', '{}'),
  ('social', 'minds', '{minds.com}', '{}'),
  ('social', 'mewe', '{mewe.com}', '{}'),
  ('social', 'flickr', '{flickr.com,flic.kr}', '{}'),
  ('social', 'imgur', '{imgur.com}', '{}'),
  ('social', '500px', '{500px.com}', '{}'),
  ('social', 'deviantart', '{deviantart.com}', '{}'),
  ('social', 'behance', '{behance.net}', '{}'),
  ('social', 'dribbble', '{dribbble.com}', '{}'),
  ('social', 'artstation', '{artstation.com}', '{}'),
  ('social', 'pixiv', '{pixiv.net}', '{}'),
  ('social', '9gag', '{9gag.com}', '{}'),
  ('social', '4chan', '{4chan.org,4channel.org}', '{}'),
  ('social', 'resetera', '{resetera.com}', '{}'),
  ('social', 'goodreads', '{goodreads.com}', '{}'),
  ('social', 'wattpad', '{wattpad.com}', '{}'),
  ('social', 'letterboxd', '{letterboxd.com,boxd.it}', '{}'),
  ('social', 'last.fm', '{last.fm,lastfm}', '{}'),
  ('social', 'soundcloud', '{soundcloud.com}', '{}'),
  ('social', 'bandcamp', '{bandcamp.com}', '{}'),
  ('social', 'strava', '{strava.com}', '{}'),
  ('social', 'ravelry', '{ravelry.com}', '{}'),
  ('social', 'tripadvisor', '{tripadvisor.*}', '{}'),
  ('social', 'yelp', '{yelp.com,yelp.*}', '{}'),
  ('social', 'foursquare', '{foursquare.com,swarmapp.com}', '{}'),
  ('social', 'glassdoor', '{glassdoor.*}', '{}'),
  ('social', 'researchgate', '{researchgate.net}', '{}'),
  ('social', 'academia.edu', '{academia.edu}', '{}'),
  ('social', 'slideshare', '{slideshare.net}', '{}'),
  ('social', 'scribd', '{scribd.com}', '{}'),
  ('social', 'issuu', '{issuu.com}', '{}'),
  ('social', 'taringa', '{taringa.net}', '{}'),
  ('social', 'tuenti', '{tuenti.com}', '{}'),
  ('social', 'hi5', '{hi5.com}', '{}'),
  ('social', 'tagged', '{tagged.com}', '{}'),
  ('social', 'badoo', '{badoo.com}', '{}'),
  ('social', 'myspace', '{myspace.com}', '{}'),
  ('social', 'friendster', '{friendster.com}', '{}'),
  ('social', 'mixi', '{mixi.jp}', '{}'),
  ('social', 'hatena', '{hatena.ne.jp,hatenablog.com}', '{}'),
  ('social', 'ameba', '{ameba.jp,ameblo.jp}', '{}'),
  ('social', 'note.com', '{note.com,note.mu}', '{}'),
  ('social', '5channel', '{5ch.net,2ch.net,2ch.sc}', '{}'),
  ('social', 'ptt', '{ptt.cc}', '{}'),
  ('social', 'plurk', '{plurk.com}', '{}'),
  ('social', 'dcard', '{dcard.tw}', '{}'),
  ('social', 'kaskus', '{kaskus.co.id}', '{}'),
  ('social', 'sharechat', '{sharechat.com}', '{}'),
  ('social', 'koo', '{kooapp.com}', '{}'),
  ('social', 'wykop', '{wykop.pl}', '{}'),
  ('social', 'nasza klasa', '{nk.pl}', '{}'),
  ('social', 'gutefrage', '{gutefrage.net}', '{}'),
  ('social', 'linktree', '{linktr.ee}', '{}'),
  ('social', 'addthis', '{addthis.com}', '{}'),
  ('social', 'sharethis', '{sharethis.com}', '{}'),
  ('social', 'buffer', '{buffer.com,bufferapp.com,buff.ly}', '{}'),
  ('social', 'yahoo answers', '{answers.yahoo.*,chiebukuro.yahoo.co.jp,detail.chiebukuro.yahoo.co.jp}', '{}'),
  ('social', 'disqus', '{disqus.com,disq.us}', '{}'),
  ('social', 'hootsuite', '{hootsuite.com,ow.ly}', '{}'),
  ('social', 'social', '{}', '{}'),
  ('social', 'slack', '{slack.com,com.slack}', '{}'),
  ('social', 'microsoft teams', '{teams.microsoft.com,teams.cdn.office.net,teams.live.com,msteams,teams}', '{}'),
  ('social', 'github', '{github.com,gist.github.com}', '{}'),
  ('social', 'steam', '{steamcommunity.com}', '{}'),
  ('social', 'farcaster', '{farcaster.xyz,warpcast.com,warpcast}', '{}'),
  ('social', 'zalo', '{zalo.me}', '{}'),
  ('social', 'lemon8', '{lemon8-app.com}', '{}'),
  ('social', 'ko-fi', '{ko-fi.com}', '{}'),
  ('social', 'trustpilot', '{trustpilot.*}', '{}'),
  ('social', 'fandom', '{fandom.com}', '{}'),
  ('social', 'tencent', '{tencent.com}', '{}'),
  ('social', 'smartnews', '{smartnews.com,jp.gocro.smartnews.android}', '{}'),
  ('social', 'livedoor', '{livedoor.com,livedoor.jp,livedoorblog}', '{}'),
  ('social', 'gree', '{gree.jp,gree.net}', '{}'),
  ('social', 'mobage', '{mbga.jp,yahoo-mbga.jp}', '{}'),
  ('social', 'fc2', '{fc2.com}', '{}'),
  ('social', 'goo blog', '{blog.goo.ne.jp,oshiete.goo.ne.jp,gooblog}', '{}'),
  ('social', 'exblog', '{exblog.jp}', '{}'),
  ('social', 'cocolog', '{cocolog-nifty.com,cocolog-nifty}', '{}'),
  ('social', 'okwave', '{okwave.jp}', '{}'),
  ('social', 'dianping', '{dianping.com}', '{}'),
  ('social', 'weread', '{weread.qq.com,weread.com}', '{}'),
  ('social', '51.com', '{51.com}', '{}'),
  ('social', 'draugiem', '{draugiem.lv}', '{}'),
  ('social', 'suomi24', '{suomi24.fi}', '{}'),
  ('social', 'goldenline', '{goldenline.pl}', '{}'),
  ('social', 'meneame', '{meneame.net}', '{}'),
  ('social', 'filmaffinity', '{filmaffinity.com}', '{}'),
  ('social', 'partyflock', '{partyflock.nl}', '{}'),
  ('social', 'wer-weiss-was', '{wer-weiss-was.de}', '{}'),
  ('social', 'irc-galleria', '{irc-galleria.net}', '{}'),
  ('social', 'zoo.gr', '{zoo.gr}', '{}'),
  ('social', 'babyblog', '{babyblog.ru}', '{}'),
  ('social', 'skyrock', '{skyrock.com}', '{}'),
  ('social', 'over-blog', '{over-blog.com,overblog.com}', '{}'),
  ('social', 'canalblog', '{canalblog.com}', '{}'),
  ('social', 'centerblog', '{centerblog.net}', '{}'),
  ('social', 'unblog', '{unblog.fr}', '{}'),
  ('social', 'blogg.no', '{blogg.no}', '{}'),
  ('social', 'bloggang', '{bloggang.com}', '{}'),
  ('social', 'copains davant', '{copainsdavant.linternaute.com}', '{}'),
  ('social', 'trombi', '{trombi.com}', '{}'),
  ('social', 'edublogs', '{edublogs.org}', '{}'),
  ('social', 'weebly', '{weebly.com}', '{}'),
  ('social', 'ning', '{ning.com}', '{}'),
  ('social', 'movable type', '{movabletype.com,movabletype.org}', '{}'),
  ('social', 'hubpages', '{hubpages.com}', '{}'),
  ('social', 'wikihow', '{wikihow.com}', '{}'),
  ('social', 'wikitravel', '{wikitravel.org}', '{}'),
  ('social', 'answers.com', '{wiki.answers.com,answers.com}', '{}'),
  ('social', 'buzzfeed', '{buzzfeed.com}', '{}'),
  ('social', 'screenrant', '{screenrant.com}', '{}'),
  ('social', 'techmeme', '{techmeme.com}', '{}'),
  ('social', 'dzone', '{dzone.com}', '{}'),
  ('social', 'toolbox', '{toolbox.com}', '{}'),
  ('social', 'houzz', '{houzz.*}', '{}'),
  ('social', 'homeadvisor', '{pro.homeadvisor.com}', '{}'),
  ('social', 'care.com', '{care.com}', '{}'),
  ('social', 'care2', '{care2.com}', '{}'),
  ('social', 'caringbridge', '{caringbridge.org}', '{}'),
  ('social', 'allrecipes', '{allrecipes.com}', '{}'),
  ('social', 'epicurious', '{epicurious.com}', '{}'),
  ('social', 'allnurses', '{allnurses.com}', '{}'),
  ('social', 'cafemom', '{cafemom.com}', '{}'),
  ('social', 'catster', '{catster.com}', '{}'),
  ('social', 'dogster', '{dogster.com}', '{}'),
  ('social', 'blackplanet', '{blackplanet.com}', '{}'),
  ('social', 'classmates', '{classmates.com}', '{}'),
  ('social', 'ancestry', '{ancestry.*}', '{}'),
  ('social', 'myheritage', '{myheritage.com}', '{}'),
  ('social', 'geni', '{geni.com}', '{}'),
  ('social', 'couchsurfing', '{couchsurfing.org,couchsurfing.com}', '{}'),
  ('social', 'travellerspoint', '{travellerspoint.com}', '{}'),
  ('social', 'internations', '{internations.org}', '{}'),
  ('social', 'interpals', '{interpals.net}', '{}'),
  ('social', 'italki', '{italki.com}', '{}'),
  ('social', 'chegg', '{chegg.com}', '{}'),
  ('social', 'govloop', '{govloop.com}', '{}'),
  ('social', 'diigo', '{diigo.com}', '{}'),
  ('social', 'pinboard', '{pinboard.in}', '{}'),
  ('social', 'netvibes', '{netvibes.com}', '{}'),
  ('social', 'paper.li', '{paper.li}', '{}'),
  ('social', 'scoop.it', '{scoop.it}', '{}'),
  ('social', 'feedspot', '{feedspot.com}', '{}'),
  ('social', 'fanpop', '{fanpop.com}', '{}'),
  ('social', 'fotki', '{fotki.com}', '{}'),
  ('social', 'fotolog', '{fotolog.com}', '{}'),
  ('social', 'photobucket', '{photobucket.com}', '{}'),
  ('social', 'imageshack', '{imageshack.com,imageshack.us}', '{}'),
  ('social', 'librarything', '{librarything.com}', '{}'),
  ('social', 'anobii', '{anobii.com}', '{}'),
  ('social', 'listal', '{listal.com}', '{}'),
  ('social', 'listography', '{listography.com}', '{}'),
  ('social', 'mubi', '{mubi.com}', '{}'),
  ('social', 'myanimelist', '{myanimelist.net}', '{}'),
  ('social', 'reverbnation', '{reverbnation.com}', '{}'),
  ('social', 'imvu', '{imvu.com}', '{}'),
  ('social', 'second life', '{secondlife.com}', '{}'),
  ('social', 'habbo', '{habbo.*}', '{}'),
  ('social', 'stardoll', '{stardoll.com}', '{}'),
  ('social', 'gaia online', '{gaiaonline.com}', '{}'),
  ('social', 'mocospace', '{mocospace.com}', '{}'),
  ('social', 'insanejournal', '{insanejournal.com}', '{}'),
  ('social', 'opendiary', '{opendiary.com}', '{}'),
  ('social', 'xanga', '{xanga.com}', '{}'),
  ('social', 'bebo', '{bebo.com}', '{}'),
  ('social', 'woot', '{woot.com}', '{}'),
  ('social', 'mouthshut', '{mouthshut.com}', '{}'),
  ('social', 'bit.ly', '{bit.ly,bitly}', '{}'),
  ('social', 'tinyurl', '{tinyurl.com}', '{}'),
  ('social', 'goo.gl', '{goo.gl}', '{}'),
  ('social', 'is.gd', '{is.gd}', '{}'),
  ('social', 'google messages', '{messages.google.com}', '{}'),
  ('social', 'onlyfans', '{onlyfans.com}', '{}'),
  ('social', 'spoutible', '{spoutible.com}', '{}'),
  ('social', 'vero', '{vero.co}', '{}'),
  ('social', 'shareit', '{ushareit.com}', '{}'),
  ('social', 'v2ex', '{v2ex.com}', '{}'),
  ('social', 'habr', '{habr.com}', '{}'),
  ('social', 'eksi sozluk', '{eksisozluk.com}', '{}'),
  ('social', 'extole', '{extole.com}', '{}'),

  -- Video
  ('video', 'youtube', '{youtube.com,youtu.be,youtube-nocookie.com,yt,com.google.android.youtube}', '{search_query}'),
  ('video', 'vimeo', '{vimeo.com}', '{q}'),
  ('video', 'dailymotion', '{dailymotion.com,dai.ly}', '{}'),
  ('video', 'twitch', '{twitch.tv}', '{}'),
  ('video', 'kick.com', '{kick.com,kick}', '{}'),
  ('video', 'rumble', '{rumble.com}', '{}'),
  ('video', 'odysee', '{odysee.com,lbry.tv}', '{}'),
  ('video', 'bitchute', '{bitchute.com}', '{}'),
  ('video', 'netflix', '{netflix.com}', '{}'),
  ('video', 'hulu', '{hulu.com}', '{}'),
  ('video', 'disney+', '{disneyplus.com,disneyplus}', '{}'),
  ('video', 'max.com', '{max.com,hbomax.com,hbomax}', '{}'),
  ('video', 'prime video', '{primevideo.com}', '{}'),
  ('video', 'peacock', '{peacocktv.com,peacocktv}', '{}'),
  ('video', 'paramount+', '{paramountplus.com,paramountplus}', '{}'),
  ('video', 'roku', '{roku.com,therokuchannel.roku.com}', '{}'),
  ('video', 'tubi', '{tubitv.com,tubitv}', '{}'),
  ('video', 'pluto tv', '{pluto.tv}', '{}'),
  ('video', 'crunchyroll', '{crunchyroll.com}', '{}'),
  ('video', 'ted', '{ted.com}', '{}'),
  ('video', 'wistia', '{wistia.com,wistia.net}', '{}'),
  ('video', 'loom', '{loom.com}', '{}'),
  ('video', 'vidyard', '{vidyard.com}', '{}'),
  ('video', 'brightcove', '{brightcove.com,brightcove.net}', '{}'),
  ('video', 'jw player', '{jwplayer.com}', '{}'),
  ('video', 'bilibili', '{bilibili.com,b23.tv}', '{}'),
  ('video', 'youku', '{youku.com}', '{}'),
  ('video', 'iqiyi', '{iqiyi.com,iq.com}', '{}'),
  ('video', 'tencent video', '{v.qq.com}', '{}'),
  ('video', 'niconico', '{nicovideo.jp,nico.ms,nicovideo}', '{}'),
  ('video', 'abema', '{abema.tv}', '{}'),
  ('video', 'naver tv', '{tv.naver.com}', '{}'),
  ('video', 'afreeca', '{afreecatv.com,sooplive.co.kr}', '{}'),
  ('video', 'rutube', '{rutube.ru}', '{}'),
  ('video', 'ivi', '{ivi.ru}', '{}'),
  ('video', 'hotstar', '{hotstar.com}', '{}'),
  ('video', 'globoplay', '{globoplay.globo.com}', '{}'),
  ('video', 'metacafe', '{metacafe.com}', '{}'),
  ('video', 'veoh', '{veoh.com}', '{}'),
  ('video', 'streamable', '{streamable.com}', '{}'),
  ('video', 'crackle', '{crackle.com}', '{}'),
  ('video', 'curiositystream', '{curiositystream.com}', '{}'),
  ('video', 'dtube', '{d.tube}', '{}'),
  ('video', 'utreon', '{utreon.com,playeur.com}', '{}'),
  ('video', 'justin.tv', '{justin.tv}', '{}'),
  ('video', 'tudou', '{tudou.com}', '{}'),
  ('video', 'kuaishou', '{kuaishou.com,gifshow.com}', '{}'),
  ('video', 'ixigua', '{ixigua.com}', '{}'),
  ('video', 'douyu', '{douyu.com}', '{}'),
  ('video', 'huya', '{huya.com}', '{}'),
  ('video', 'twitcasting', '{twitcasting.tv}', '{}'),
  ('video', 'peertube', '{peertube.*,peertube.*.*}', '{}'),
  ('video', 'ibm video', '{video.ibm.com}', '{}'),
  ('video', 'apple tv', '{tv.apple.com,appletv}', '{}'),

  -- Shopping
  ('shopping', 'google shopping', '{shopping.google.*,googleshopping,google_shopping,google-shopping}', '{q}'),
  ('shopping', 'bing shopping', '{shopping.bing.com,bingshopping}', '{q}'),
  ('shopping', 'instagram shopping', '{igshopping}', '{}'),
  ('shopping', 'amazon', '{amazon.*,amzn.to,amzn.eu,a.co,com.amazon.mshop.android.shopping}', '{k,field-keywords}'),
  ('shopping', 'ebay', '{ebay.*,ebay.us,rover.ebay.com}', '{_nkw}'),
  ('shopping', 'etsy', '{etsy.com,etsy.me}', '{q}'),
  ('shopping', 'walmart', '{walmart.com,walmart.*}', '{q,query}'),
  ('shopping', 'target', '{target.com}', '{searchTerm}'),
  ('shopping', 'costco', '{costco.*}', '{}'),
  ('shopping', 'best buy', '{bestbuy.com,bestbuy.ca}', '{st}'),
  ('shopping', 'alibaba', '{alibaba.com,1688.com,1688}', '{SearchText}'),
  ('shopping', 'aliexpress', '{aliexpress.*}', '{SearchText}'),
  ('shopping', 'taobao', '{taobao.com}', '{q}'),
  ('shopping', 'tmall', '{tmall.com,tmall.hk}', '{q}'),
  ('shopping', 'jd', '{jd.com,joybuy.com}', '{keyword}'),
  ('shopping', 'pinduoduo', '{pinduoduo.com,yangkeduo.com}', '{}'),
  ('shopping', 'temu', '{temu.com}', '{search_key}'),
  ('shopping', 'shein', '{shein.*}', '{}'),
  ('shopping', 'wish', '{wish.com}', '{}'),
  ('shopping', 'rakuten', '{rakuten.*,rakuten.co.jp}', '{}'),
  ('shopping', 'yahoo shopping', '{shopping.yahoo.*}', '{p}'),
  ('shopping', 'mercari', '{mercari.com}', '{keyword}'),
  ('shopping', 'kakaku', '{kakaku.com}', '{query}'),
  ('shopping', 'zozotown', '{zozo.jp,zozo}', '{}'),
  ('shopping', 'coupang', '{coupang.com}', '{q}'),
  ('shopping', 'gmarket', '{gmarket.co.kr}', '{keyword}'),
  ('shopping', '11st', '{11st.co.kr}', '{kwd}'),
  ('shopping', 'naver shopping', '{shopping.naver.com,smartstore.naver.com}', '{query}'),
  ('shopping', 'shopee', '{shopee.*}', '{keyword}'),
  ('shopping', 'lazada', '{lazada.*}', '{q}'),
  ('shopping', 'tokopedia', '{tokopedia.com}', '{q}'),
  ('shopping', 'bukalapak', '{bukalapak.com}', '{}'),
  ('shopping', 'flipkart', '{flipkart.com}', '{q}'),
  ('shopping', 'myntra', '{myntra.com}', '{}'),
  ('shopping', 'snapdeal', '{snapdeal.com}', '{keyword}'),
  ('shopping', 'noon', '{noon.com}', '{q}'),
  ('shopping', 'trendyol', '{trendyol.com}', '{q}'),
  ('shopping', 'hepsiburada', '{hepsiburada.com}', '{q}'),
  ('shopping', 'n11', '{n11.com}', '{q}'),
  ('shopping', 'jumia', '{jumia.*}', '{q}'),
  ('shopping', 'takealot', '{takealot.com}', '{}'),
  ('shopping', 'mercado libre', '{mercadolibre.*,mercadolivre.com.br,mercadolivre}', '{}'),
  ('shopping', 'americanas', '{americanas.com.br}', '{}'),
  ('shopping', 'magalu', '{magazineluiza.com.br,magalu.com,magazineluiza}', '{}'),
  ('shopping', 'zalando', '{zalando.*}', '{q}'),
  ('shopping', 'otto', '{otto.de}', '{}'),
  ('shopping', 'idealo', '{idealo.*}', '{q}'),
  ('shopping', 'billiger.de', '{billiger.de}', '{}'),
  ('shopping', 'check24', '{check24.de}', '{}'),
  ('shopping', 'geizhals', '{geizhals.at,geizhals.de,geizhals.eu}', '{fs}'),
  ('shopping', 'kaufland', '{kaufland.de}', '{}'),
  ('shopping', 'kleinanzeigen', '{kleinanzeigen.de}', '{}'),
  ('shopping', 'allegro', '{allegro.pl,allegro.*}', '{string}'),
  ('shopping', 'ceneo', '{ceneo.pl}', '{}'),
  ('shopping', 'heureka', '{heureka.cz,heureka.sk}', '{}'),
  ('shopping', 'alza', '{alza.cz,alza.sk,alza.hu}', '{}'),
  ('shopping', 'emag', '{emag.ro,emag.bg,emag.hu}', '{}'),
  ('shopping', 'bol', '{bol.com}', '{searchtext}'),
  ('shopping', 'marktplaats', '{marktplaats.nl}', '{}'),
  ('shopping', 'tweakers', '{tweakers.net}', '{}'),
  ('shopping', 'cdiscount', '{cdiscount.com}', '{}'),
  ('shopping', 'fnac', '{fnac.com,fnac.*}', '{}'),
  ('shopping', 'leboncoin', '{leboncoin.fr}', '{}'),
  ('shopping', 'kelkoo', '{kelkoo.*}', '{}'),
  ('shopping', 'pricerunner', '{pricerunner.*}', '{}'),
  ('shopping', 'prisjakt', '{prisjakt.nu,prisjakt.no,pricespy.*,pricespy}', '{}'),
  ('shopping', 'trovaprezzi', '{trovaprezzi.it}', '{}'),
  ('shopping', 'shopzilla', '{shopzilla.com,bizrate.com,bizrate}', '{}'),
  ('shopping', 'pricegrabber', '{pricegrabber.com}', '{}'),
  ('shopping', 'connexity', '{connexity.com,connexity.net}', '{}'),
  ('shopping', 'shopping.com', '{shopping.com}', '{}'),
  ('shopping', 'shop app', '{shop.app}', '{}'),
  ('shopping', 'slickdeals', '{slickdeals.net}', '{}'),
  ('shopping', 'yandex market', '{market.yandex.*}', '{text}'),
  ('shopping', 'ozon', '{ozon.ru}', '{text}'),
  ('shopping', 'wildberries', '{wildberries.ru}', '{search}'),
  ('shopping', 'poshmark', '{poshmark.com}', '{}'),
  ('shopping', 'vinted', '{vinted.*}', '{}'),
  ('shopping', 'shopify', '{shopify.com}', '{}'),
  ('shopping', 'stripe', '{stripe.com}', '{}'),
  ('shopping', 'klarna', '{klarna.com,klarna.*}', '{}'),
  ('shopping', 'afterpay', '{afterpay.com,clearpay.co.uk,clearpay.com,clearpay}', '{}'),
  ('shopping', 'simplycodes', '{simplycodes.com}', '{}'),
  ('shopping', 'shopping.net', '{shopping.net}', '{}'),
  ('shopping', 'tiktok shop', '{shop.tiktok.com}', '{}'),
  ('shopping', 'newegg', '{newegg.com}', '{d}'),
  ('shopping', 'wayfair', '{wayfair.*}', '{keyword}'),
  ('shopping', 'stockx', '{stockx.com}', '{s}'),
  ('shopping', 'depop', '{depop.com}', '{q}'),
  ('shopping', 'whatnot', '{whatnot.com}', '{}'),
  ('shopping', 'meesho', '{meesho.com}', '{q}'),
  ('shopping', 'back market', '{backmarket.*}', '{q}'),
  ('shopping', 'casas bahia', '{casasbahia.com.br}', '{}'),
  ('shopping', 'zalora', '{zalora.*}', '{q}'),
  ('shopping', 'namshi', '{namshi.com}', '{q}'),
  ('shopping', 'goat', '{goat.com}', '{query}'),
  ('shopping', 'vestiaire collective', '{vestiairecollective.com}', '{}'),
  ('shopping', 'thredup', '{thredup.com}', '{}'),
  ('shopping', 'grailed', '{grailed.com}', '{query}'),
  ('shopping', 'toppreise', '{toppreise.ch}', '{search}'),

  -- E-mail: webmail, newsletter services
  ('email', 'gmail', '{mail.google.com,mail.google.*,inbox.google.com,googlemail.com,com.google.android.gm}', '{}'),
  ('email', 'outlook', '{outlook.live.com,outlook.office.com,outlook.office365.com,outlook.com,mail.live.com,hotmail,hotmail.com,com.microsoft.office.outlook}', '{}'),
  ('email', 'yahoo mail', '{mail.yahoo.*,mail.yahoo.net,yahoo-mail,com.yahoo.mobile.client.android.mail}', '{}'),
  ('email', 'aol mail', '{mail.aol.*,com.aol.mobile.aolapp}', '{}'),
  ('email', 'icloud mail', '{mail.icloud.com,icloud.com}', '{}'),
  ('email', 'proton mail', '{mail.proton.me,mail.protonmail.com,protonmail.com}', '{}'),
  ('email', 'tuta', '{app.tuta.com,mail.tutanota.com,tutanota.com}', '{}'),
  ('email', 'fastmail', '{fastmail.com,app.fastmail.com}', '{}'),
  ('email', 'zoho mail', '{mail.zoho.*}', '{}'),
  ('email', 'hey.com', '{hey.com}', '{}'),
  ('email', 'superhuman', '{mail.superhuman.com}', '{}'),
  ('email', 'spark', '{com.readdle.spark}', '{}'),
  ('email', 'mail.com', '{mail.com,deref-mail.com}', '{}'),
  ('email', 'gmx mail', '{navigator.gmx.net,bap.navigator.gmx.net,3c.gmx.net,3c-bap.gmx.net,bap.gmx.net,lightmailer*.gmx.*,navigator*.gmx.*,deref-gmx.*}', '{}'),
  ('email', 'web.de mail', '{navigator.web.de,bap.navigator.web.de,3c.web.de,3c-bap.web.de,lightmailer*.web.de,navigator*.web.de,deref-web.de,deref-web-02.de}', '{}'),
  ('email', 't-online mail', '{email.t-online.de,mail.t-online.de,webmail.t-online.de}', '{}'),
  ('email', 'freenet mail', '{webmail.freenet.de}', '{}'),
  ('email', 'ionos mail', '{mail.ionos.*,email.ionos.*,webmail.ionos.*,mailbusiness.ionos.*,deref-1und1*,email.1und1.de,webmailer.1und1.de,mailbusiness.1and1.*,webmail.1and1.*}', '{}'),
  ('email', 'orange mail', '{mail.orange.fr,mail01.orange.fr,mail02.orange.fr,wmail.orange.fr,messagerie*.orange.fr,webmail*.orange.fr,orange.fr/webmail}', '{}'),
  ('email', 'laposte mail', '{webmail.laposte.net}', '{}'),
  ('email', 'sfr mail', '{webmail.sfr.fr}', '{}'),
  ('email', 'free mail', '{zimbra.free.fr,webmail.free.fr}', '{}'),
  ('email', 'libero mail', '{mail.libero.it,mail1.libero.it}', '{}'),
  ('email', 'virgilio mail', '{mail.virgilio.it}', '{}'),
  ('email', 'seznam mail', '{email.seznam.cz}', '{}'),
  ('email', 'onet mail', '{poczta.onet.pl}', '{}'),
  ('email', 'wp mail', '{poczta.wp.pl}', '{}'),
  ('email', 'interia mail', '{poczta.interia.pl}', '{}'),
  ('email', 'mail.ru mail', '{e.mail.ru,light.mail.ru,touch.mail.ru,m.mail.ru,ru.mail.mailapp}', '{}'),
  ('email', 'yandex mail', '{mail.yandex.*,ru.yandex.mail}', '{}'),
  ('email', 'rambler mail', '{mail.rambler.ru}', '{}'),
  ('email', 'ukr.net mail', '{mail.ukr.net}', '{}'),
  ('email', 'naver mail', '{mail.naver.com}', '{}'),
  ('email', 'daum mail', '{mail.daum.net,mail2.daum.net}', '{}'),
  ('email', 'nate mail', '{mail.nate.com,mail3.nate.com}', '{}'),
  ('email', 'qq mail', '{mail.qq.com,exmail.qq.com}', '{}'),
  ('email', 'netease mail', '{mail.163.com,mail.126.com,mail.yeah.net}', '{}'),
  ('email', 'sina mail', '{mail.sina.com.cn,mail.sina.cn}', '{}'),
  ('email', 'rediffmail', '{mail.rediff.com,f5mail.rediff.com}', '{}'),
  ('email', 'uol mail', '{mail.uol.com.br}', '{}'),
  ('email', 'comcast mail', '{connect.xfinity.com,mail.comcast.net}', '{}'),
  ('email', 'att mail', '{mail.att.net,currently.att.yahoo.com}', '{}'),
  ('email', 'verizon mail', '{webmail.verizon.net}', '{}'),
  ('email', 'cox mail', '{webmail.cox.net}', '{}'),
  ('email', 'spectrum mail', '{mail.spectrum.net}', '{}'),
  ('email', 'earthlink mail', '{webmail.earthlink.net}', '{}'),
  ('email', 'bt mail', '{btmail.bt.com}', '{}'),
  ('email', 'virgin media mail', '{mail.virginmedia.com}', '{}'),
  ('email', 'telstra mail', '{webmail.bigpond.com}', '{}'),
  ('email', 'optus mail', '{webmail.optuszoo.com.au}', '{}'),
  ('email', 'mailchimp', '{mailchi.mp,list-manage.com,campaign-archive.com}', '{}'),
  ('email', 'campaign monitor', '{createsend.com,cmail19.com,cmail20.com,createsend}', '{}'),
  ('email', 'klaviyo', '{klaviyo.com,klclick.com}', '{}'),
  ('email', 'substack', '{substack.com}', '{}'),
  ('email', 'beehiiv', '{beehiiv.com}', '{}'),
  ('email', 'sendgrid', '{sendgrid.net}', '{}'),
  ('email', 'bluewin mail', '{email.bluewin.ch,rich-v*.bluewin.ch,webmail.bluewin.ch}', '{}'),
  ('email', 'tim mail', '{webmail.tim.it,mail.tim.it,mail.alice.it}', '{}'),
  ('email', 'vodafone mail', '{mail.vodafone.*,webmail.vodafone.*,email.vodafone.*}', '{}'),
  ('email', 'infomaniak mail', '{mail.infomaniak.com,mail.infomaniak.ch,ksuite.infomaniak.com}', '{}'),
  ('email', 'upc mail', '{upcmail.hispeed.ch,upcmail.upc.*}', '{}'),
  ('email', 'beeline mail', '{post.ru}', '{}'),
  ('email', 'mynet mail', '{mail.mynet.com}', '{}'),
  ('email', 'inbox.com', '{inbox.com}', '{}'),
  ('email', 'inbox.lv mail', '{mail.inbox.lv,email.inbox.lv}', '{}'),
  ('email', 'mailbox.org', '{app.mailbox.org,office.mailbox.org}', '{}'),
  ('email', 'posteo', '{posteo.de}', '{}'),
  ('email', 'strato mail', '{webmail.strato.*,communicator.strato.*}', '{}'),
  ('email', 'o2 poczta', '{poczta.o2.pl}', '{}'),
  ('email', 'hubspot', '{hubspotlinks.com,hubspotemail.net,hs-email.com}', '{}'),
  ('email', 'brevo', '{brevo.com,sendibm1.com,sendinblue.com,sendinblue}', '{}'),
  ('email', 'mailerlite', '{mailerlite.com,mlsend.com}', '{}'),
  ('email', 'constant contact', '{constantcontact.com,r20.rs6.net}', '{}'),
  ('email', 'activecampaign', '{activehosted.com,acemlnb.com}', '{}'),
  ('email', 'convertkit', '{convertkit.com,convertkit-mail.com,kit.com}', '{}'),
  ('email', 'marketo', '{mktoweb.com,marketo.com}', '{}'),
  ('email', 'omnisend', '{omnisend.com}', '{}'),
  ('email', 'drip', '{getdrip.com,drip.com}', '{}'),
  ('email', 'webmail', '{deref-*,webmail*.*.*,wmail*.*.*,lightmailer*.*.*,mailbusiness.*.*,messagerie*.*.*,roundcube.*.*,rainloop.*.*,squirrelmail.*.*,horde.*.*,zimbra.*.*,owa.*.*,poczta.*.*,mail.*.*,email.*.*}', '{}'),

  -- AI assistants
  ('ai', 'chatgpt', '{chatgpt.com,openai.com,openai,com.openai.chatgpt}', '{}'),
  ('ai', 'claude', '{claude.ai,anthropic.com,com.anthropic.claude}', '{}'),
  ('ai', 'gemini', '{gemini.google.com,bard.google.com,bard,google gemini,com.google.android.apps.bard}', '{}'),
  ('ai', 'notebooklm', '{notebooklm.google.com}', '{}'),
  ('ai', 'copilot', '{copilot.microsoft.com,copilot.com,copilot.cloud.microsoft,m365.cloud.microsoft,m365copilot.com,edgeservices.bing.com,bing.com/chat,bing.com/copilotsearch,microsoft copilot,com.microsoft.copilot}', '{}'),
  ('ai', 'perplexity', '{perplexity.ai,pplx.ai,ai.perplexity.app.android}', '{}'),
  ('ai', 'grok', '{grok.com,x.ai,x.com/i/grok,twitter.com/i/grok,ai.x.grok}', '{}'),
  ('ai', 'deepseek', '{deepseek.com,com.deepseek.chat}', '{}'),
  ('ai', 'mistral', '{mistral.ai,le chat}', '{}'),
  ('ai', 'meta ai', '{meta.ai,ai.meta.com,ai.meta}', '{}'),
  ('ai', 'you.com', '{you.com}', '{}'),
  ('ai', 'poe', '{poe.com}', '{}'),
  ('ai', 'pi.ai', '{pi.ai}', '{}'),
  ('ai', 'phind', '{phind.com}', '{}'),
  ('ai', 'character.ai', '{character.ai}', '{}'),
  ('ai', 'huggingchat', '{hf.chat,chat.huggingface.co,huggingface.co/chat}', '{}'),
  ('ai', 'duck.ai', '{duck.ai}', '{}'),
  ('ai', 'qwen', '{qwen.ai,tongyi.com,tongyi.aliyun.com,qianwen.com}', '{}'),
  ('ai', 'kimi', '{kimi.com,kimi.ai,kimi.moonshot.cn}', '{}'),
  ('ai', 'doubao', '{doubao.com}', '{}'),
  ('ai', 'ernie', '{yiyan.baidu.com,ernie.baidu.com,ai.baidu.com,chat.baidu.com}', '{}'),
  ('ai', 'yuanbao', '{yuanbao.tencent.com,hunyuan.tencent.com,hunyuan}', '{}'),
  ('ai', 'chatglm', '{chatglm.cn,z.ai}', '{}'),
  ('ai', 'minimax', '{agent.minimax.io,hailuoai.com}', '{}'),
  ('ai', 'alice', '{alice.yandex.ru}', '{}'),
  ('ai', 'gigachat', '{giga.chat,gigachat.ru}', '{}'),
  ('ai', 'genspark', '{genspark.ai}', '{}'),
  ('ai', 'felo', '{felo.ai}', '{}'),
  ('ai', 'andi', '{andisearch.com}', '{}'),
  ('ai', 'komo', '{komo.ai}', '{}'),
  ('ai', 'iask', '{iask.ai}', '{}'),
  ('ai', 'consensus.app', '{consensus.app}', '{}'),
  ('ai', 'elicit', '{elicit.com,elicit.org}', '{}'),
  ('ai', 'liner', '{liner.com,getliner.com}', '{}'),
  ('ai', 'manus', '{manus.im}', '{}'),
  ('ai', 'jasper', '{jasper.ai}', '{}'),
  ('ai', 'writesonic', '{writesonic.com}', '{}'),
  ('ai', 'lumo', '{lumo.proton.me}', '{}'),
  ('ai', 'cohere', '{cohere.com,cohere.ai}', '{}'),
  ('ai', 'ai studio', '{aistudio.google.com}', '{}'),
  ('ai', 'brave leo', '{search.brave.com/ask}', '{}'),
  ('ai', 'kagi assistant', '{kagi.com/assistant}', '{}'),
  ('ai', 'github copilot', '{github.com/copilot}', '{}'),
  ('ai', 't3 chat', '{t3.chat}', '{}'),
  ('ai', 'venice', '{venice.ai}', '{}'),
  ('ai', 'sarvam', '{sarvam.ai}', '{}'),
  ('ai', 'spark desk', '{xinghuo.xfyun.cn}', '{}'),
  ('ai', 'groq', '{groq.com,chat.groq.com}', '{}'),
  ('ai', 'lmarena', '{lmarena.ai,chat.lmsys.org}', '{}'),
  ('ai', 'monica', '{monica.im}', '{}'),
  ('ai', 'sider', '{sider.ai}', '{}'),
  ('ai', 'merlin', '{getmerlin.in}', '{}'),
  ('ai', 'blackbox', '{blackbox.ai}', '{}'),
  ('ai', 'copy.ai', '{copy.ai}', '{}'),
  ('ai', 'chat plus', '{chatplus.com,chat-gpt.org}', '{}'),
  ('ai', 'metaso', '{metaso.cn}', '{}'),
  ('ai', 'coze', '{coze.com,coze.cn}', '{}'),
  ('ai', 'exa', '{exa.ai}', '{}'),
  ('ai', 'scite', '{scite.ai}', '{}'),
  ('ai', 'scispace', '{scispace.com}', '{}'),
  ('ai', 'leonardo', '{leonardo.ai}', '{}'),

  -- Servers of ads, and what redirects to them: an ad of the brand where they are one's, else on somebody's site
  ('ad', 'google', '{googleadservices.com,syndicatedsearch.goog,adsensecustomsearchads.com,google.*/aclk,google.*/pagead,adwords,gads}', '{q}'),
  ('ad', 'doubleclick', '{doubleclick.net,2mdn.net,googlesyndication.com,adtrafficquality.google,dartsearch.net}', '{}'),
  ('ad', 'bing', '{bing.com/aclick,bing.com/aclk,bat.bing.com,bat.bing.net,msads.net}', '{}'),
  ('ad', 'yahoo', '{ads.yahoo.com,partnerads.ysm.yahoo.com,partnerads.ysm.yahoo.co.jp,r.search.yahoo.com/cbclk}', '{}'),
  ('ad', 'duckduckgo', '{duckduckgo.com/y.js}', '{}'),
  ('ad', 'yandex', '{an.yandex.*,yabs.yandex.*,bs.yandex.ru}', '{}'),
  ('ad', 'mail.ru', '{target.my.com,ad.mail.ru,r.mail.ru,torg.mail.ru}', '{}'),
  ('ad', 'baidu', '{cpro.baidu.com,pos.baidu.com}', '{}'),
  ('ad', 'naver', '{adcr.naver.com,ader.naver.com,siape.veta.naver.com}', '{}'),
  ('ad', 'amazon', '{amazon-adsystem.com}', '{}'),
  ('ad', 'facebook', '{an.facebook.com}', '{}'),
  ('ad', 'criteo', '{criteo.com,criteo.net}', '{}'),
  ('ad', 'taboola', '{taboola.com}', '{}'),
  ('ad', 'outbrain', '{outbrain.com}', '{}'),
  ('ad', 'adroll', '{adroll.com}', '{}'),
  ('ad', 'xandr', '{adnxs.com,adnxs-simple.com,247realmedia.com,appnexus}', '{}'),
  ('ad', 'adform', '{adform.net}', '{}'),
  ('ad', 'adition', '{adition.com}', '{}'),
  ('ad', 'adfox', '{adfox.ru,adfox.yandex.ru}', '{}'),
  ('ad', 'acuity ads', '{acuityplatform.com}', '{}'),
  ('ad', 'adspirit', '{adspirit.de,plusperformance.com}', '{}'),
  ('ad', 'the trade desk', '{adsrvr.org,thetradedesk}', '{}'),
  ('ad', 'bidswitch', '{bidswitch.net}', '{}'),
  ('ad', 'index exchange', '{casalemedia.com}', '{}'),
  ('ad', 'eyeota', '{eyeota.net}', '{}'),
  ('ad', 'flashtalking', '{flashtalking.com}', '{}'),
  ('ad', 'fluct', '{adingo.jp}', '{}'),
  ('ad', 'microad', '{microad.jp,microad.net}', '{}'),
  ('ad', 'openx', '{openx.net,servedbyopenx.com,openxenterprise.com}', '{}'),
  ('ad', 'pubmatic', '{pubmatic.com}', '{}'),
  ('ad', 'magnite', '{rubiconproject.com,magnite.com}', '{}'),
  ('ad', 'sizmek', '{serving-sys.com}', '{}'),
  ('ad', 'sonobi', '{sonobi.com}', '{}'),
  ('ad', 'sovrn', '{lijit.com,sovrn.com}', '{}'),
  ('ad', 'mntn', '{steelhousemedia.com}', '{}'),
  ('ad', 'stickyads', '{stickyadstv.com}', '{}'),
  ('ad', 'exponential', '{tribalfusion.com}', '{}'),
  ('ad', 'yieldmo', '{yieldmo.com}', '{}'),
  ('ad', 'zedo', '{zedo.com}', '{}'),
  ('ad', 'teads', '{teads.tv,teads.com}', '{}'),
  ('ad', 'smart adserver', '{smartadserver.com,sascdn.com,equativ.com}', '{}'),
  ('ad', 'plista', '{plista.com}', '{}'),
  ('ad', 'revcontent', '{revcontent.com}', '{}'),
  ('ad', 'mgid', '{mgid.com}', '{}'),
  ('ad', 'propellerads', '{propellerads.com,onclickads.net}', '{}'),
  ('ad', 'popads', '{popads.net}', '{}'),
  ('ad', 'exoclick', '{exoclick.com}', '{}'),
  ('ad', 'media.net', '{media.net}', '{}'),
  ('ad', 'carbon ads', '{carbonads.net,carbonads.com,srv.carbonads.net}', '{}'),
  ('ad', 'ethicalads', '{ethicalads.io}', '{}'),
  ('ad', 'stackadapt', '{stackadapt.com}', '{}'),
  ('ad', 'bidtellect', '{bttrack.com}', '{}'),
  ('ad', 'ad4m', '{ad4m.at}', '{}'),
  ('ad', 'seedtag', '{seedtag.com}', '{}'),
  ('ad', 'unruly', '{unrulymedia.com}', '{}'),
  ('ad', 'nexxen', '{tremorhub.com,amobee.com,turn.com}', '{}'),
  ('ad', 'quantcast', '{quantserve.com}', '{}'),
  ('ad', 'mediamath', '{mathtag.com}', '{}'),
  ('ad', 'admarketplace', '{admarketplace.net,ampxdirect.com}', '{}'),

  -- Local guides
  ('local', 'yellowpages', '{yellowpages.com,yellowpages.*}', '{search_terms}'),
  ('local', 'bing local', '{bing.com/local}', '{q}'),
  ('local', 'yahoo local', '{local.yahoo.com,local.search.yahoo.com}', '{p}'),
  ('local', 'mapquest', '{mapquest.com}', '{}'),
  ('local', 'opentable', '{opentable.*}', '{}'),
  ('local', 'groupon', '{groupon.*}', '{}'),
  ('local', 'livingsocial', '{livingsocial.com}', '{}'),
  ('local', 'gelbe seiten', '{gelbeseiten.de}', '{}'),
  ('local', 'pages jaunes', '{pagesjaunes.fr}', '{}'),
  ('local', 'herold', '{herold.at}', '{}'),
  ('local', 'local.ch', '{local.ch}', '{}'),

  -- Nothing special, though a name above would take them in
  (NULL, 'google docs', '{docs.google.com,drive.google.com,sheets.google.com,slides.google.com}', '{}'),
  (NULL, 'google sites', '{sites.google.com}', '{}'),
  (NULL, 'google calendar', '{calendar.google.com}', '{}'),
  (NULL, 'google meet', '{meet.google.com}', '{}'),
  (NULL, 'google chat', '{chat.google.com}', '{}'),
  (NULL, 'google classroom', '{classroom.google.com}', '{}'),
  (NULL, 'google translate', '{translate.google.*}', '{}'),
  (NULL, 'google play', '{play.google.com}', '{}'),
  (NULL, 'mail.ru cloud', '{cloud.mail.ru}', '{}'),
  (NULL, 'auth0 site', '{www.auth0.com,community.auth0.com}', '{}'),
  (NULL, 'okta site', '{www.okta.com,developer.okta.com,help.okta.com,support.okta.com}', '{}'),
  (NULL, 'chargebee site', '{www.chargebee.com}', '{}'),
  (NULL, 'recurly site', '{www.recurly.com,docs.recurly.com}', '{}'),
  (NULL, 'onelogin site', '{www.onelogin.com,developers.onelogin.com}', '{}'),
  (NULL, 'google cloud', '{cloud.google.com,console.cloud.google.com}', '{}'),
  (NULL, 'google keep', '{keep.google.com}', '{}'),
  (NULL, 'google support', '{support.google.com}', '{}'),
  (NULL, 'google search console', '{search.google.com}', '{}'),
  (NULL, 'google tag assistant', '{tagassistant.google.com}', '{}'),
  (NULL, 'google analytics', '{analytics.google.com}', '{}'),
  (NULL, 'google ads console', '{ads.google.com}', '{}'),
  (NULL, 'yahoo news', '{news.yahoo.*}', '{}'),
  (NULL, 'yahoo finance', '{finance.yahoo.*}', '{}'),
  (NULL, 'yahoo sports', '{sports.yahoo.*}', '{}'),
  (NULL, 'yandex metrica', '{metrika.yandex.*,metrica.yandex.*}', '{}'),
  (NULL, 'naver news', '{news.naver.com,n.news.naver.com}', '{}'),
  (NULL, 'daum news', '{v.daum.net,news.daum.net}', '{}'),
  (NULL, 'aws', '{aws.amazon.com,console.aws.amazon.com}', '{}'),
  (NULL, 'facebook business', '{business.facebook.com,adsmanager.facebook.com,developers.facebook.com}', '{}'),
  (NULL, 'linkedin learning', '{learning.linkedin.com}', '{}'),
  (NULL, 'bing webmaster', '{webmaster.bing.com}', '{}'),
  (NULL, 'openai platform', '{platform.openai.com}', '{}'),

  -- Steps on the way: payments, bank checks, logins. Only the hosts and paths of checkouts: the services' own sites may
  -- send customers, as the services themselves tell merchants.
  ('excluded', 'paypal', '{paypal.com/,paypal.com/checkout,paypal.com/checkoutnow,paypal.com/checkoutweb,paypal.com/webapps/hermes,paypal.com/webapps/xo,paypal.com/cgi-bin/webscr,paypal.com/agreements,paypal.com/pay,paypal.com/signin,paypal.com/authflow,paypal.com/webscr,checkout.paypal.com,pilot-payflowlink.paypal.com,payflowlink.paypal.com,payments.paypal.com,sandbox.paypal.com}', '{}'),
  ('excluded', 'stripe checkout', '{checkout.stripe.com,hooks.stripe.com,js.stripe.com,buy.stripe.com,pay.stripe.com,payments.stripe.com,invoice.stripe.com,billing.stripe.com,m.stripe.network,checkout.link.com,login.link.com}', '{}'),
  ('excluded', 'braintree', '{braintreegateway.com,braintree-api.com}', '{}'),
  ('excluded', 'adyen', '{live.adyen.com,checkoutshopper-live*.adyen.com,checkoutshopper-test.adyen.com,test.adyen.com,adyenpayments.com,adyen.link}', '{}'),
  ('excluded', 'klarna checkout', '{pay.klarna.com,payments.klarna.com,checkout.klarna.com,js.klarna.com,login.klarna.com,api.klarna.com,playground.klarna.com,klarnapayments.com,klarnacdn.net}', '{}'),
  ('excluded', 'sofort', '{sofort.com/,sofort.com/payment,sofort.com/pay,sofortueberweisung.de/payment}', '{}'),
  ('excluded', 'afterpay checkout', '{portal.afterpay.com,portal.sandbox.afterpay.com,checkout.afterpay.com,portal.clearpay.co.uk,portal.clearpay.com,portal.sandbox.clearpay.co.uk,checkout.clearpay.co.uk}', '{}'),
  ('excluded', 'affirm', '{api.affirm.com,sandbox.affirm.com,checkout.affirm.com,affirm.com/checkout,affirm.com/apps}', '{}'),
  ('excluded', 'sezzle', '{checkout.sezzle.com,gateway.sezzle.com,sandbox.checkout.sezzle.com}', '{}'),
  ('excluded', 'zip.co', '{checkout.zip.co,checkout.us.zip.co,checkout.quadpay.com,zip.co/checkout}', '{}'),
  ('excluded', 'amazon pay', '{pay.amazon.*,payments.amazon.*,apay-us.amazon.com}', '{}'),
  ('excluded', 'google pay', '{pay.google.com,payments.google.com}', '{}'),
  ('excluded', 'shop pay', '{pay.shopify.com,checkout.shopify.com,shop.app/pay,shop.app/checkout,shop.app/checkouts}', '{}'),
  ('excluded', 'worldpay', '{secure.worldpay.com,secure-test.worldpay.com,payments.worldpay.com,hpp.worldpay.com,access.worldpay.com}', '{}'),
  ('excluded', 'opayo', '{opayo.eu.elavon.com,live.sagepay.com,test.sagepay.com}', '{}'),
  ('excluded', 'checkout.com', '{pay.checkout.com,api.checkout.com,js.checkout.com,frames.checkout.com,3ds2.checkout.com,authentication-devices.checkout.com}', '{}'),
  ('excluded', 'mollie', '{mollie.com/checkout,mollie.com/payscreen,pay.mollie.com,payment-links.mollie.com}', '{}'),
  ('excluded', 'multisafepay', '{pay.multisafepay.com,payv2.multisafepay.com,testpayv2.multisafepay.com}', '{}'),
  ('excluded', 'worldline', '{secure.ogone.com,payment*.worldline-solutions.com,payment*.ingenico.com,saferpay.com/,saferpay.com/vt2,saferpay.com/api}', '{}'),
  ('excluded', 'datatrans', '{pay.datatrans.com,pay.sandbox.datatrans.com,payment.datatrans.biz}', '{}'),
  ('excluded', 'computop', '{computop-paygate.com}', '{}'),
  ('excluded', 'payone', '{pay1.de,checkout.payone.com}', '{}'),
  ('excluded', 'novalnet', '{payport.novalnet.de,paygate.novalnet.de,card.novalnet.de}', '{}'),
  ('excluded', 'skrill', '{pay.skrill.com}', '{}'),
  ('excluded', 'neteller', '{secure.neteller.com}', '{}'),
  ('excluded', 'trustly', '{checkout.trustly.com,trustly.net,paywithmybank.com}', '{}'),
  ('excluded', 'przelewy24', '{secure.przelewy24.pl,sandbox.przelewy24.pl}', '{}'),
  ('excluded', 'payu', '{secure.payu.*,secure.snd.payu.com,checkout.payulatam.com,gateway.payulatam.com}', '{}'),
  ('excluded', 'tpay', '{ssl.dotpay.pl,secure.tpay.com}', '{}'),
  ('excluded', 'gopay', '{gate.gopay.cz,gate.gopay.com,gw.gopay.com}', '{}'),
  ('excluded', 'nets', '{dibspayment.eu,dibspayment.com,epayment.nets.eu,checkout.bambora.com}', '{}'),
  ('excluded', 'vipps', '{api.vipps.no,pay.vipps.no,pay-mobilepay.vipps.no,pay.mobilepay.dk}', '{}'),
  ('excluded', 'twint', '{pay.twint.ch}', '{}'),
  ('excluded', 'redsys', '{sis.redsys.es,sis-t.redsys.es}', '{}'),
  ('excluded', 'nexi', '{ecommerce.nexi.it,int-ecommerce.nexi.it,xpay.nexigroup.com}', '{}'),
  ('excluded', 'satispay', '{online.satispay.com}', '{}'),
  ('excluded', 'mercado pago', '{mercadopago.*/checkout,mercadopago.*/}', '{}'),
  ('excluded', 'pagseguro', '{pagseguro.uol.com.br/checkout,pagseguro.uol.com.br/v2/checkout,pagamento.pagseguro.uol.com.br,pagamento.pagbank.com.br}', '{}'),
  ('excluded', 'razorpay', '{api.razorpay.com,checkout.razorpay.com}', '{}'),
  ('excluded', 'paytm', '{securegw.paytm.in,secure.paytmpayments.com}', '{}'),
  ('excluded', 'ccavenue', '{secure.ccavenue.com,secure.ccavenue.ae}', '{}'),
  ('excluded', 'billdesk', '{pgi.billdesk.com,pay.billdesk.com,billdesk.com/pgidsk}', '{}'),
  ('excluded', 'cashfree', '{payments.cashfree.com,api.cashfree.com,cashfree.com/checkout}', '{}'),
  ('excluded', 'alipay', '{mapi.alipay.com,openapi.alipay.com,excashier*.alipay.com,cashier*.alipay.com,unitradeprod.alipay.com,intlmapi.alipay.com}', '{}'),
  ('excluded', 'wechat pay', '{wx.tenpay.com,pay.weixin.qq.com}', '{}'),
  ('excluded', 'unionpay', '{95516.com}', '{}'),
  ('excluded', 'midtrans', '{app.midtrans.com,app.sandbox.midtrans.com,api.midtrans.com,api.veritrans.co.id}', '{}'),
  ('excluded', 'xendit', '{checkout.xendit.co,checkout-staging.xendit.co,invoice.xendit.co,redirect.xendit.co}', '{}'),
  ('excluded', '2checkout', '{secure.2checkout.com,2checkout.com/checkout,secure.avangate.com,checkout.verifone.cloud}', '{}'),
  ('excluded', 'authorize.net', '{accept.authorize.net,secure.authorize.net,secure2.authorize.net,simplecheckout.authorize.net,test.authorize.net}', '{}'),
  ('excluded', 'square', '{checkout.square.site,square.link,checkout.squareup.com,connect.squareup.com,pci-connect.squareup.com}', '{}'),
  ('excluded', 'paddle', '{checkout.paddle.com,buy.paddle.com,sandbox-checkout.paddle.com,create-checkout.paddle.com}', '{}'),
  ('excluded', 'fastspring', '{onfastspring.com}', '{}'),
  ('excluded', 'chargebee', '{*.chargebee.com,chargebeeportal.com}', '{}'),
  ('excluded', 'recurly', '{*.recurly.com}', '{}'),
  ('excluded', 'bitpay', '{bitpay.com/invoice,bitpay.com/i}', '{}'),
  ('excluded', 'coinbase commerce', '{commerce.coinbase.com,pay.coinbase.com,payments.coinbase.com}', '{}'),
  ('excluded', '3-d secure', '{cardinalcommerce.com,cardinaltrusted.com,arcot.com,wlp-acs.com,rsa3dsauth.com,3dsecure.io,securesuite.co.uk,securesuite.net}', '{}'),
  ('excluded', 'google login', '{accounts.google.com,accounts.google.*}', '{}'),
  ('excluded', 'apple login', '{appleid.apple.com,idmsa.apple.com}', '{}'),
  ('excluded', 'microsoft login', '{login.microsoftonline.com,login.live.com,login.microsoft.com,b2clogin.com}', '{}'),
  ('excluded', 'yahoo login', '{login.yahoo.com}', '{}'),
  ('excluded', 'yandex login', '{passport.yandex.*}', '{}'),
  ('excluded', 'naver login', '{nid.naver.com}', '{}'),
  ('excluded', 'kakao login', '{accounts.kakao.com}', '{}'),
  ('excluded', 'line login', '{access.line.me}', '{}'),
  ('excluded', 'auth0', '{*.auth0.com}', '{}'),
  ('excluded', 'okta', '{*.okta.com,oktapreview.com}', '{}'),
  ('excluded', 'onelogin', '{*.onelogin.com}', '{}'),
  ('excluded', 'cognito', '{amazoncognito.com}', '{}')
) AS source (category, source, names, term_params);

-- RFM: scores and segments.

CREATE FUNCTION journey.rfm_bucket(rank bigint, rows bigint, buckets integer DEFAULT 5) RETURNS integer
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  IF buckets IS NULL THEN
    RAISE EXCEPTION 'buckets must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF buckets < 1 THEN
    RAISE EXCEPTION 'buckets must be at least 1: %', buckets USING ERRCODE = 'invalid_parameter_value';
  ELSIF buckets > 10000 THEN
    RAISE EXCEPTION 'buckets must be at most 10000: %', buckets USING ERRCODE = 'program_limit_exceeded';
  END IF;
  RETURN CASE WHEN rank > rows THEN NULL WHEN rank = 1 THEN 1 WHEN rank = rows THEN buckets
    ELSE 1 + div((rank - 1)::numeric * buckets, rows - 1)::integer END;
END
$$;
COMMENT ON FUNCTION journey.rfm_bucket(bigint, bigint, integer) IS
  'The bucket, from 1 to buckets, of the row of a rank among rows that have a measure: its percent rank in equal steps. A function in SQL sees one row, so it is told the two: rfm_bucket(rank() OVER (PARTITION BY snapshot ORDER BY measure), count(measure) OVER (PARTITION BY snapshot)). NULLs must come last: they get NULL. A row alone is in bucket 1. buckets below 1, above 10,000 or NULL are an error';

CREATE FUNCTION journey.rfm_bucket_at(measure anycompatible, cuts anycompatiblearray) RETURNS integer
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
  IF array_position(cuts, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'cuts must not contain a NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF EXISTS (SELECT FROM unnest(cuts[:cardinality(cuts) - 1], cuts[2:]) AS pair (lower, upper) WHERE lower > upper) THEN
    RAISE EXCEPTION 'cuts must be in ascending order' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'For scores that fall as the measure grows, subtract the bucket from the number of buckets + 1.';
  END IF;
  RETURN width_bucket(measure, cuts) + 1;
END
$$;

CREATE FUNCTION journey.rfm_segment(recency integer, frequency integer, buckets integer DEFAULT 5) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
  IF buckets <> 5 THEN
    RAISE EXCEPTION 'the standard matrix is for scores of 5 buckets, not %', buckets USING ERRCODE = 'invalid_parameter_value';
  ELSIF recency NOT BETWEEN 1 AND 5 OR frequency NOT BETWEEN 1 AND 5 THEN
    RAISE EXCEPTION '% must be a score between 1 and 5: %', CASE WHEN recency BETWEEN 1 AND 5 THEN 'frequency' ELSE 'recency' END,
      CASE WHEN recency BETWEEN 1 AND 5 THEN frequency ELSE recency END USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Scores come from rfm_bucket or rfm_bucket_at with 5 buckets.';
  END IF;
  RETURN ('{{Hibernating,Hibernating,At Risk,At Risk,Cannot Lose Them},'
    '{Hibernating,Hibernating,At Risk,At Risk,Cannot Lose Them},'
    '{About to Sleep,About to Sleep,Need Attention,Loyal Customers,Loyal Customers},'
    '{Promising,Potential Loyalists,Potential Loyalists,Loyal Customers,Loyal Customers},'
    '{New Customers,Potential Loyalists,Potential Loyalists,Champions,Champions}}'::text[])[recency][frequency];
END
$$;

COMMENT ON FUNCTION journey.session_id(text, timestamptz) IS
  'A name for a session that depends on nothing but its visitor and its start: it stays when other sessions come, go or are renumbered, on any server and in any encoding; it changes when the session starts earlier, or the visitor gets another id. '
  'A UUID of version 8 (RFC 9562) from a SHA-256 digest. '
  'NULL in, NULL out';
COMMENT ON FUNCTION journey.url_host(text) IS
  'Host of a URL as browsers read it (url.spec.whatwg.org): lower-case, without user and port; names beyond ASCII as given; NULL for what is no URL or has no host';
COMMENT ON FUNCTION journey.url_path(text) IS
  'Path of a URL as written, without parameters and fragment; NULL for what is no URL';
COMMENT ON FUNCTION journey.url_param(text, text) IS
  'Decoded value of the first parameter of that name in a URL; empty where it has no value, NULL where there is none; an escape that would not give valid text stays as written';
COMMENT ON FUNCTION journey.source_name(text) IS
  'The one name of a source, however a campaign or a tracker writes it: facebook for FB, m.facebook.com or https://facebook.com/. '
  'A source in journey.sources gives its name, another URL or host the host without www., any other text itself in lower case. '
  'NULL for what is absent';
COMMENT ON FUNCTION journey.referrer_source(text) IS
  'What a referrer''s URL tells: medium, the source''s category in journey.sources (search, social, video, shopping, email, ai, local, ad, excluded) or referral; '
  'source, its name or the host without www.; '
  'term, what was searched for, where known. '
  'NULL for what is no URL with a host';
COMMENT ON FUNCTION journey.touch(timestamptz, text, text, text[]) IS
  'The touch that a page view is: its campaign parameters or click id, else its referrer, else (direct) / (none). '
  'NULL for a move within the own sites (the page''s and those of own_hosts) or back from an excluded source, without a campaign; NULL where ts or page_url is NULL. '
  'An error where own_hosts holds a URL or a host with a port. '
  'Parameters, sources and rules: journey.touch_params, journey.sources, journey.channel_rules';
COMMENT ON FUNCTION journey.channel(text, text, text, text, text, text) IS
  'Channel by the first rule of journey.channel_rules that holds; the shipped rules are Google Analytics 4''s default channel group (support.google.com/analytics/answer/9756891). '
  'An absent source or medium is taken from the click id (name=value), else the referrer''s URL, else (direct) / (none). '
  'Never NULL; Unassigned where no rule holds';
COMMENT ON FUNCTION journey.rfm_bucket_at(anycompatible, anycompatiblearray) IS
  'The bucket of a measure between fixed cuts: 1 below the first, and one more for each cut that it reaches. '
  'NULL where an argument is NULL. '
  'Cuts that do not ascend, or a NULL among them, are an error; equal cuts leave a bucket empty.';
COMMENT ON FUNCTION journey.rfm_segment(integer, integer, integer) IS
  'The segment of a recency and a frequency score, each from 1 to 5 (5 is best), by the 5 x 5 matrix standard of journey.rfm_matrix, which is that of "Building a historical user segmentation model with dbt" (Jauregui, 2023). '
  'buckets is how many the scores have: any other number than 5 is an error, and so is a score outside 1 to 5. '
  'NULL where an argument is NULL.';
