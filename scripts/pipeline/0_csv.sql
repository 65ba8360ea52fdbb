-- The user's own file: the table csv holds it as text, and the variables name its columns.

-- Times as PostgreSQL reads them, or counted from 1970 in seconds, milliseconds or microseconds.
CREATE FUNCTION pg_temp.read_time(value text) RETURNS timestamptz LANGUAGE sql RETURN
  CASE
    WHEN value ~ '^\d{9,10}(\.\d+)?$' THEN to_timestamp(value::float8)
    WHEN value ~ '^\d{12,13}$' THEN 'epoch'::timestamptz + value::bigint * interval '1 millisecond'
    WHEN value ~ '^\d{15,16}$' THEN 'epoch'::timestamptz + value::bigint * interval '1 microsecond'
    ELSE value::timestamptz
  END;

\set ON_ERROR_STOP off
INSERT INTO tracks (event_id, anonymous_id, user_id, event, ts, page_url, referrer)
SELECT coalesce(:id, 'row ' || row_number), :visitor, :user, :event, pg_temp.read_time(:ts), :url, :referrer
FROM csv
ORDER BY row_number;
\set failed :ERROR
\set ON_ERROR_STOP on

\if :failed
CREATE FUNCTION pg_temp.is_time(value text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.read_time(value);
  RETURN true;
EXCEPTION WHEN data_exception THEN
  RETURN false;
END
$$;

CREATE FUNCTION pg_temp.complain(problem text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', problem;
END
$$;

-- Without such a value it was something else.
SELECT pg_temp.complain(
  CASE
    WHEN count(*) = 0 THEN :'LAST_ERROR_MESSAGE'
    ELSE format(
      'column "%s": %s of %s values are no times; the first is "%s", in row %s after the header',
      :'column', count(*), (SELECT count(:ts) FROM csv), (array_agg(:ts ORDER BY row_number))[1], min(row_number))
  END)
FROM csv
WHERE NOT pg_temp.is_time(:ts);
\endif
