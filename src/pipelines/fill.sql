-- Room: pipelines. Filling history, a slice at a time, by any number of sessions.

CREATE FUNCTION journey.mark_copies(p journey.pipelines, s journey.pipeline_sources, slice date, here text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  beside text := format('(r.raw_ts < %L::timestamptz + %L::interval OR r.raw_ts >= %L::timestamptz - %2$L::interval)', journey.slice_start(slice), s.event_id_window, journey.slice_end(p.slice, slice));
BEGIN
  IF s.event_id IS NULL THEN RETURN; END IF;
  EXECUTE format($q$
    INSERT INTO %1$s (source, slice, kind, alias)
    SELECT DISTINCT %2$s, r.slice, r.kind, r.alias
    FROM (%3$s) AS f JOIN (%4$s) AS r ON r.raw_event_id = f.raw_event_id AND r.event_id = f.event_id AND r.raw_ts >= f.ts - %5$L::interval AND r.raw_ts <= f.ts + %5$L::interval
    WHERE (r.raw_ts >= %6$L::timestamptz - %5$L::interval AND r.raw_ts < %6$L::timestamptz OR r.raw_ts >= %7$L::timestamptz AND r.raw_ts < %7$L::timestamptz + %5$L::interval) AND %8$s AND %9$s$q$,
    journey.pipeline_table(p, 'stale'), s.source, journey.rows_of_slice(p, s, slice, concat_ws(' AND ', beside, here, 'r.event_id IS NOT NULL', journey.usable_row())),
    journey.source_rows(p, s), s.event_id_window, journey.slice_start(slice), journey.slice_end(p.slice, slice), here, journey.usable_row());
END $$;
COMMENT ON FUNCTION journey.mark_copies(journey.pipelines, journey.pipeline_sources, date, text) IS
  'Internal: marks the places in other slices that have an event id of this one: they were read without it';

CREATE FUNCTION journey.fill_slice(pipeline text, newest_first boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  now_seen pg_snapshot := pg_current_snapshot();
  p journey.pipelines := journey.pipeline_at_work(pipeline);
  z journey.pipeline_slices := journey.claim_slice(p.id, newest_first);
  s journey.pipeline_sources;
  here text;
  run journey.runs;
BEGIN
  IF z.slice IS NULL THEN RETURN false; END IF;
  PERFORM journey.pin_settings();
  run.pipeline := p.id; run.kind := 'fill'; run.started_at := clock_timestamp();
  SELECT * INTO STRICT s FROM journey.pipeline_sources AS x WHERE x.pipeline = p.id AND x.source = z.source;
  here := journey.hold_source(s);
  EXECUTE journey.store_rows(p, s, journey.events_of_slice(p, s, z.slice, here)) INTO run.events USING NULL::journey.pipeline_place[], 0;
  EXECUTE format('SELECT count(*) FROM (%s) AS r', journey.rows_of_slice(p, s, z.slice, concat_ws(' AND ', here, format('(%s) IS NOT TRUE', journey.usable_row())))) INTO run.left_out;
  PERFORM journey.mark_copies(p, s, z.slice, here);
  z.filled_snapshot := now_seen;
  z.filled_until := s.received_until;
  PERFORM journey.save_filled(z);
  PERFORM journey.save_run(run);
  RETURN true;
END $$;
COMMENT ON FUNCTION journey.fill_slice(text, boolean) IS 'Internal: fills one slice, in a REPEATABLE READ transaction that has seen nothing yet; false where none is left';

CREATE PROCEDURE journey.fill(pipeline text, newest_first boolean DEFAULT true, slices int DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  filled boolean;
  done int := 0;
  run journey.runs;
  detail text;
  hint text;
  tries int := 0;
BEGIN
  PERFORM journey.refuse_transaction_block('journey.fill');
  IF newest_first IS NULL OR slices < 1 THEN
    RAISE invalid_parameter_value USING MESSAGE = format('newest_first must not be NULL and slices must be at least 1: slices %s', coalesce(slices::text, 'NULL'));
  END IF;
  CALL journey.list_sources(pipeline, true);
  WHILE done < slices IS NOT FALSE LOOP
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    run.started_at := clock_timestamp();
    run.sqlstate := NULL;
    BEGIN
      filled := journey.fill_slice(pipeline, newest_first);
    EXCEPTION WHEN others THEN
      GET STACKED DIAGNOSTICS run.sqlstate = RETURNED_SQLSTATE, run.message = MESSAGE_TEXT, run.context = PG_EXCEPTION_CONTEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    END;
    COMMIT;
    IF run.sqlstate IN ('40001', '40P01') AND tries < 100 THEN
      tries := tries + 1;
      PERFORM pg_catalog.pg_sleep(0.01 * least(tries, 20));
      CONTINUE;
    END IF;
    EXIT WHEN run.sqlstate IS NOT NULL OR NOT filled;
    done := done + 1;
  END LOOP;
  IF run.sqlstate IS NOT NULL THEN
    run.pipeline := (journey.pipeline_named(pipeline)).id;
    run.kind := 'fill';
    PERFORM journey.save_run(run);
    COMMIT;
    PERFORM journey.raise_again(run.sqlstate, run.message, detail, hint);
  END IF;
END $$;
COMMENT ON PROCEDURE journey.fill(text, boolean, int) IS
  'Reads the history of a pipeline''s sources, a slice at a time, each in a transaction of its own: newest first, or oldest; so many slices, or all that nobody else fills. Several sessions may call it at once, beside refreshes and writers; it can be stopped, and goes on where it was. The next refresh makes identity and targets of what is filled. It commits, so it can''t run in a transaction block (25001). It waits for transactions that wrote to a source before it was added';

-- How far each pipeline is

CREATE FUNCTION journey.count_stale(pipeline int) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  p journey.pipelines;
  stale bigint;
BEGIN
  SELECT * INTO STRICT p FROM journey.pipelines AS x WHERE x.id = count_stale.pipeline;
  IF coalesce(has_table_privilege(pg_catalog.to_regclass(journey.pipeline_table(p, 'stale')), 'SELECT'), false) THEN
    EXECUTE format('SELECT count(*) FROM %s', journey.pipeline_table(p, 'stale')) INTO stale;
  END IF;
  RETURN stale;
END $$;
COMMENT ON FUNCTION journey.count_stale(int) IS 'How many marks of changed rows a pipeline has, by its id; NULL for who may not read its tables';

CREATE VIEW journey.progress AS
  SELECT p.name AS pipeline, p.state, sources.exact, slices.slices, slices.filled, slices.kept, fills.events AS events_filled, journey.count_stale(p.id) AS stale, sources.ignored,
    p.seen_at, pg_catalog.now() - p.seen_at AS lag, last.finished_at AS last_run_at, last.sqlstate, last.message
  FROM journey.pipelines AS p
  CROSS JOIN LATERAL (SELECT coalesce(bool_and(s.changes <> 'received_at'), true) AS exact, coalesce(sum(s.ignored), 0) AS ignored FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id) AS sources
  CROSS JOIN LATERAL (SELECT count(*) AS slices, count(*) FILTER (WHERE z.state <> 'new') AS filled, count(*) FILTER (WHERE z.state = 'kept') AS kept FROM journey.pipeline_slices AS z WHERE z.pipeline = p.id) AS slices
  CROSS JOIN LATERAL (SELECT coalesce(sum(r.events), 0) AS events FROM journey.runs AS r WHERE r.pipeline = p.id AND r.kind = 'fill') AS fills
  LEFT JOIN LATERAL (SELECT r.* FROM journey.runs AS r WHERE r.pipeline = p.id ORDER BY r.run DESC LIMIT 1) AS last ON true;
COMMENT ON VIEW journey.progress IS
  'Each pipeline: its state; whether its targets equal a rebuild (exact: no source is in the mode received_at); the slices that were there as sources were declared, how many are filled, and how many are kept, since the source no longer has them; events filled; marks of changed rows that wait (stale), and changes in kept slices, which are ignored; as of when it is, and how long ago; the last run, with its error';
GRANT SELECT ON journey.progress TO PUBLIC;
