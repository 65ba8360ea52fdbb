-- Room: pipelines. Filling history, a slice at a time, by any number of sessions.

CREATE FUNCTION journey.fill_slice(pipeline text, newest_first boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  now_seen pg_snapshot := pg_current_snapshot();
  p journey.pipelines := journey.pipeline_at_work(pipeline);
  z journey.pipeline_slices;
  s journey.pipeline_sources;
  here text;
  run journey.runs;
BEGIN
  IF p.state = 'paused' THEN RETURN false; END IF;
  z := journey.claim_slice(p.id, newest_first);
  IF z.slice IS NULL THEN RETURN false; END IF;
  PERFORM journey.pin_settings();
  run.pipeline := p.id; run.kind := 'fill'; run.started_at := clock_timestamp();
  SELECT * INTO STRICT s FROM journey.pipeline_sources AS x WHERE x.pipeline = p.id AND x.source = z.source;
  PERFORM journey.report_stage(p.name, format('filling slice %s of %s', z.slice, journey.relation_name(s.relation)));
  here := journey.hold_source(s);
  SELECT r.events, r.left_out INTO run.events, run.left_out FROM journey.put_slice(p, s, z.slice, here, 0, true) AS r;
  PERFORM journey.erase_late_rows(p, s, journey.rows_of_slice(p, s, z.slice, here));
  z.filled_snapshot := now_seen;
  z.filled_until := s.received_until;
  z.events := run.events;
  PERFORM journey.save_filled(z);
  PERFORM journey.save_run(run);
  RETURN true;
EXCEPTION WHEN data_exception OR raise_exception THEN
  GET STACKED DIAGNOSTICS run.detail = PG_EXCEPTION_DETAIL, run.hint = PG_EXCEPTION_HINT;
  PERFORM journey.raise_of_source(s, SQLSTATE, SQLERRM, run.detail, run.hint);
END $$;
COMMENT ON FUNCTION journey.fill_slice(text, boolean) IS 'Internal: fills one slice, in a REPEATABLE READ transaction that has seen nothing yet; false where none is left, or the pipeline is paused';

CREATE PROCEDURE journey.fill(pipeline text, newest_first boolean DEFAULT true, slices int DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines;
  filled boolean;
  done int := 0;
  run journey.runs;
  tries int := 0;
BEGIN
  PERFORM journey.refuse_transaction_block('journey.fill');
  IF newest_first IS NULL OR slices < 1 THEN
    RAISE invalid_parameter_value USING MESSAGE = format('newest_first must not be NULL and slices must be at least 1: slices %s', coalesce(slices::text, 'NULL'));
  END IF;
  p := journey.pipeline_at_work(pipeline);
  IF p.state = 'paused' THEN
    RAISE NOTICE 'pipeline "%" is paused', p.name USING HINT = 'Let it go on with journey.resume.';
    RETURN;
  END IF;
  CALL journey.list_sources(pipeline, true, run);
  WHILE run.sqlstate IS NULL AND done < slices IS NOT FALSE LOOP
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    run.started_at := clock_timestamp();
    BEGIN
      filled := journey.fill_slice(pipeline, newest_first);
    EXCEPTION WHEN query_canceled OR others THEN
      GET STACKED DIAGNOSTICS run.sqlstate = RETURNED_SQLSTATE, run.message = MESSAGE_TEXT, run.context = PG_EXCEPTION_CONTEXT, run.detail = PG_EXCEPTION_DETAIL, run.hint = PG_EXCEPTION_HINT;
    END;
    COMMIT;
    IF run.sqlstate IN ('40001', '40P01') AND tries < 100 THEN
      tries := tries + 1;
      run.sqlstate := NULL;
      PERFORM pg_catalog.pg_sleep(0.01 * least(tries, 20));
      CONTINUE;
    END IF;
    EXIT WHEN NOT filled;
    done := done + 1;
  END LOOP;
  PERFORM journey.report_stage(NULL, NULL);
  IF run.sqlstate IS NOT NULL THEN
    run.pipeline := p.id;
    run.kind := 'fill';
    PERFORM journey.save_run(run);
    COMMIT;
    PERFORM journey.raise_again(run.sqlstate, run.message, run.detail, run.hint);
  END IF;
END $$;
COMMENT ON PROCEDURE journey.fill(text, boolean, int) IS
  'Reads the history of a pipeline''s sources, a slice at a time, each in a transaction of its own: newest first, or oldest; so many slices, or all that nobody else fills. '
  'Several sessions may call it at once, beside refreshes and writers; it can be stopped, and goes on where it was. '
  'The next refresh makes identity and targets of what is filled. '
  'It commits, so it can''t run in a transaction block (25001). '
  'It waits for transactions that wrote to a source before it was added';
