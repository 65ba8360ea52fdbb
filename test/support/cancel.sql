-- A cancel while a statement is at work. To be included with \ir.

-- True; the statement is cancelled a moment later. Called with the last thing that it reads, so that what it computes is still to come.
CREATE FUNCTION cancel_soon() RETURNS boolean LANGUAGE c AS 'journey_boundary', 'journey_cancel_soon';
CREATE FUNCTION cancelled(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  state text;
BEGIN
  EXECUTE statement;
  state := 'it ended';
  PERFORM pg_sleep(1);  -- what comes too late hits nothing else
  RETURN state;
EXCEPTION WHEN query_canceled OR others THEN
  RETURN coalesce(state, SQLSTATE);
END $$;
