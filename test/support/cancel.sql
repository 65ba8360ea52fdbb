-- A cancel from another session while a statement is at work. To be included with \ir.
CREATE EXTENSION IF NOT EXISTS dblink;
SELECT dblink_connect('other', format('host=%s dbname=%s user=%s', current_setting('unix_socket_directories'), current_database(), current_user)) AS connected \gset
SELECT dblink_exec('other', format('SET search_path = %s; SET max_parallel_workers_per_gather = 0', current_setting('search_path'))) AS set \gset

-- How a statement that returns a text ends when it is cancelled at the moment at which it takes the advisory lock 42: as the
-- last thing that it reads, so that what it computes is still to come.
CREATE FUNCTION cancelled(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  other int := (SELECT pid FROM dblink('other', 'SELECT pg_backend_pid()') AS d(pid int));
  state text := 'it ended';
BEGIN
  PERFORM dblink_send_query('other', statement);
  WHILE dblink_is_busy('other') = 1 AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND pid = other) LOOP
    PERFORM pg_sleep(0.001);
  END LOOP;
  PERFORM pg_cancel_backend(other);
  BEGIN
    PERFORM * FROM dblink_get_result('other') AS d(result text);
  EXCEPTION WHEN query_canceled OR others THEN
    state := SQLSTATE;
  END;
  PERFORM * FROM dblink_get_result('other') AS rest(result text);
  RETURN state;
END $$;
