-- Room: pipelines. How far each pipeline is, for people and programs that watch it.

CREATE FUNCTION journey.count_stale(pipeline int) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  p journey.pipelines;
  stale bigint;
BEGIN
  SELECT * INTO STRICT p FROM journey.pipelines AS x WHERE x.id = count_stale.pipeline;
  IF coalesce(has_table_privilege(journey.pipeline_table_oid(p, 'stale'), 'SELECT') AND has_schema_privilege(p.schema, 'USAGE'), false) THEN
    EXECUTE format('SELECT count(*) FROM %s', journey.pipeline_table(p, 'stale')) INTO stale;
  END IF;
  RETURN stale;
END $$;
COMMENT ON FUNCTION journey.count_stale(int) IS 'How many marks of changed rows a pipeline has, by its id; NULL for who may not read its tables';

CREATE FUNCTION journey.last_runs(pipeline int) RETURNS SETOF journey.runs
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT r.* FROM (VALUES ('fill'), ('refresh')) AS k (kind)
  CROSS JOIN LATERAL (SELECT * FROM journey.runs AS x WHERE x.pipeline = last_runs.pipeline AND x.kind = k.kind ORDER BY x.finished_at DESC LIMIT 1) AS r;
END;
COMMENT ON FUNCTION journey.last_runs(int) IS 'The last fill and the last refresh of a pipeline, by its id, that did something or failed';

CREATE FUNCTION journey.last_error(pipeline int) RETURNS text
LANGUAGE sql STABLE
RETURN (SELECT r.message FROM journey.last_runs(pipeline) AS r WHERE r.kind = 'refresh');
COMMENT ON FUNCTION journey.last_error(int) IS 'Internal: why the last refresh of a pipeline failed';

CREATE FUNCTION journey.running_stage(pipeline text) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.string_agg(pg_catalog.substr(a.query, pg_catalog.length(running_stage.pipeline) + 12), '; ' ORDER BY a.xact_start)
  FROM pg_catalog.pg_stat_activity AS a
  WHERE a.datname = pg_catalog.current_database() AND a.state = 'active' AND pg_catalog.starts_with(a.query, 'journey: ' || running_stage.pipeline || ': ');
END;
COMMENT ON FUNCTION journey.running_stage(text) IS
  'What the sessions that fill or refresh a pipeline are at; NULL: none is at work, or the caller may not see what others do (pg_read_all_stats)';

CREATE FUNCTION journey.oldest_writer() RETURNS interval
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT pg_catalog.max(pg_catalog.clock_timestamp() - began)
  FROM (SELECT a.xact_start AS began FROM pg_catalog.pg_stat_activity AS a WHERE a.datname = pg_catalog.current_database() AND a.backend_xid IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
    UNION ALL SELECT x.prepared FROM pg_catalog.pg_prepared_xacts AS x WHERE x.database = pg_catalog.current_database()) AS writers;
END;
COMMENT ON FUNCTION journey.oldest_writer() IS
  'How long the oldest transaction is open, or prepared, that writes to this database: no refresh can see its rows yet. '
  'NULL: none, or the caller may not see it (pg_read_all_stats)';

CREATE VIEW journey.progress AS
  SELECT p.name AS pipeline, p.state, sources.exact, slices.slices, slices.filled, slices.kept, slices.events AS events_filled,
    fills.per_second AS events_per_second,
    CASE WHEN slices.filled < slices.slices THEN pg_catalog.now() + (slices.slices - slices.filled) * slices.events / nullif(slices.counted * fills.per_second, 0) * interval '1 second' END AS eta,
    journey.count_stale(p.id) AS stale, sources.ignored,
    p.seen_at, pg_catalog.now() - coalesce(p.seen_at, p.created_at) AS lag, journey.oldest_writer() AS oldest_writer, journey.running_stage(p.name) AS stage,
    last.finished_at AS last_run_at, p.failures, p.failing_since, p.next_try_at, failed.sqlstate, failed.message, failed.hint
  FROM journey.pipelines AS p
  CROSS JOIN LATERAL (SELECT coalesce(bool_and(s.changes <> 'received_at'), true) AS exact, coalesce(sum(s.ignored), 0) AS ignored FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id) AS sources
  CROSS JOIN LATERAL (
    SELECT count(*) AS slices, count(*) FILTER (WHERE z.state <> 'new') AS filled, count(*) FILTER (WHERE z.state = 'kept') AS kept, coalesce(sum(z.events), 0) AS events, count(z.events) AS counted
    FROM journey.pipeline_slices AS z WHERE z.pipeline = p.id) AS slices
  -- Several sessions may fill at once: their slices over the time from the first to the last.
  CROSS JOIN LATERAL (
    SELECT round((sum(r.events) / nullif(extract('epoch' FROM max(r.finished_at) - min(r.started_at)), 0))::numeric) AS per_second
    FROM journey.runs AS r WHERE r.pipeline = p.id AND r.kind = 'fill' AND r.sqlstate IS NULL AND r.finished_at > pg_catalog.now() - interval '1 hour') AS fills
  CROSS JOIN LATERAL (SELECT max(r.finished_at) AS finished_at FROM journey.last_runs(p.id) AS r) AS last
  LEFT JOIN LATERAL (
    SELECT r.sqlstate, r.message, r.hint FROM journey.last_runs(p.id) AS r
    WHERE r.sqlstate IS NOT NULL AND (r.kind <> 'refresh' OR p.failures > 0) ORDER BY r.finished_at DESC LIMIT 1) AS failed ON true;
COMMENT ON VIEW journey.progress IS
  'Each pipeline: its state; whether its targets equal a rebuild (exact: no source is in the mode received_at); the slices that were there as sources were declared, how many are filled, and how many are kept, since the source no longer has them; events filled, events a second in the last hour and when the fill is likely to be done (eta); marks of changed rows that wait (stale), and changes in kept slices, which are ignored; as of when its targets are (seen_at), and how long ago (lag): up to a minute where there is no news, more where nothing refreshes it; how long the oldest transaction is open whose rows can''t be seen yet; what is done right now (stage), for who may see other sessions; when the last run that did something ended. '
  'Where refreshes fail: how often in a row, since when, and when the next try is; the last error of a refresh or fill that has not succeeded since';
GRANT SELECT ON journey.progress TO PUBLIC;
