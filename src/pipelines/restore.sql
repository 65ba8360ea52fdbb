-- Room: pipelines. After a dump and restore, or pg_upgrade: going on where transactions have other numbers.

CREATE FUNCTION journey.save_offset(s journey.pipeline_sources, number_offset bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(s.pipeline);
  INSERT INTO journey.source_columns (relation, system_identifier, number_offset) SELECT x.relation, k.system_identifier, save_offset.number_offset
  FROM pg_control_system() AS k, journey.pipeline_sources AS x WHERE x.pipeline = s.pipeline AND x.source = s.source ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION journey.save_offset(journey.pipeline_sources, bigint) IS 'Internal: what a source''s column adds to the numbers of this cluster''s transactions';

CREATE FUNCTION journey.save_columns(s journey.pipeline_sources) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(s.pipeline);
  UPDATE journey.pipeline_sources AS x SET columns = s.columns, mark_columns = s.mark_columns WHERE x.pipeline = s.pipeline AND x.source = s.source;
END $$;
COMMENT ON FUNCTION journey.save_columns(journey.pipeline_sources) IS 'Internal: where a source has the columns that are read of it';

CREATE FUNCTION journey.save_adopted(of_pipeline int, now_seen pg_snapshot) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  UPDATE journey.pipelines SET seen = CASE WHEN seen IS NOT NULL THEN now_seen END, system_identifier = (SELECT k.system_identifier FROM pg_control_system() AS k) WHERE id = of_pipeline;
  UPDATE journey.pipeline_sources SET listed_snapshot = CASE WHEN listed_snapshot IS NOT NULL THEN now_seen END, barrier = CASE WHEN listed THEN barrier END WHERE pipeline = of_pipeline;
  UPDATE journey.pipeline_slices SET filled_snapshot = now_seen WHERE pipeline = of_pipeline AND filled_snapshot IS NOT NULL;
END $$;
COMMENT ON FUNCTION journey.save_adopted(int, pg_snapshot) IS 'Internal: a pipeline belongs to this cluster from now on; what it did not know in that snapshot is marked';

-- Columns go by other numbers where some had been dropped. Marks hold values by these numbers, so all is read again.
CREATE FUNCTION journey.adopt_columns(p journey.pipelines, s journey.pipeline_sources) RETURNS journey.pipeline_sources
LANGUAGE plpgsql AS $$
DECLARE
  columns journey.source_column[] := ARRAY(
    SELECT ROW(coalesce(a.attnum, c.number), c.name, c.type)::journey.source_column FROM unnest(s.columns) WITH ORDINALITY AS c (number, name, type, place)
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = s.relation AND a.attname = c.name AND NOT a.attisdropped ORDER BY c.place);
BEGIN
  IF columns = s.columns THEN RETURN s; END IF;
  s.mark_columns := ARRAY(
    SELECT n.number FROM unnest(s.mark_columns) AS m JOIN unnest(s.columns) WITH ORDINALITY AS c (number, name, type, place) ON c.number = m JOIN unnest(columns) WITH ORDINALITY AS n (number, name, type, place) USING (place) ORDER BY n.number);
  s.columns := columns;
  PERFORM journey.save_columns(s);
  EXECUTE format('DELETE FROM %s WHERE source = $1 AND row IS NOT NULL', journey.pipeline_table(p, 'stale')) USING s.source;
  EXECUTE format('INSERT INTO %s (source) VALUES ($1)', journey.pipeline_table(p, 'stale')) USING s.source;
  RETURN s;
END $$;
COMMENT ON FUNCTION journey.adopt_columns(journey.pipelines, journey.pipeline_sources) IS 'Internal: finds the columns of a restored source by their names';

CREATE FUNCTION journey.adopt_numbers(p journey.pipelines, s journey.pipeline_sources, was bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  what text := journey.relation_name(s.relation);
  xmin bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  number bigint;
  number_offset bigint := was;
BEGIN
  IF EXISTS (SELECT FROM journey.source_columns AS c JOIN pg_catalog.pg_control_system() AS k USING (system_identifier) WHERE c.relation = s.relation) THEN RETURN; END IF;
  EXECUTE format('SELECT coalesce(max(journey_xid), 0) FROM %s', what) INTO number;
  IF number >= xmin + was THEN
    -- Who has written since the restore is gone once the lock is there; later numbers are greater than all before.
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', what);
    number_offset := greatest(number, pg_snapshot_xmax(pg_current_snapshot())::text::bigint + was) + 1 - xmin;
    EXECUTE format('ALTER TABLE %s ALTER COLUMN journey_xid SET DEFAULT journey.current_xid(%s)', what, number_offset);
    EXECUTE format('DROP TRIGGER IF EXISTS journey_number ON %s', what);
  END IF;
  PERFORM journey.save_offset(s, number_offset);
END $$;
COMMENT ON FUNCTION journey.adopt_numbers(journey.pipelines, journey.pipeline_sources, bigint) IS
  'Internal: makes a restored source''s column give greater numbers than any row has; was: what it added before';

CREATE FUNCTION journey.mark_unseen(p journey.pipelines, s journey.pipeline_sources, was bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  now_xmax bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  oldest bigint := (
    SELECT min(pg_snapshot_xmin(x)::text::bigint) FROM (SELECT p.seen UNION ALL SELECT s.listed_snapshot UNION ALL SELECT z.filled_snapshot FROM journey.pipeline_slices AS z WHERE z.pipeline = s.pipeline AND z.source = s.source) AS b (x));
  -- The table is as old as its oldest column: rows written here, before resume, have numbers from then on.
  restored bigint := (SELECT now_xmax - max(age(a.xmin)) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = s.relation);
BEGIN
  IF oldest IS NULL THEN RETURN; END IF;
  EXECUTE format('INSERT INTO %s (source, slice, kind, alias, event_id, at, number) SELECT DISTINCT %s, r.slice, r.kind, r.alias, r.event_id, r.ts, r.number FROM (%s) AS r WHERE (r.number >= $1 OR r.number >= $2 AND r.number < $3) AND %s',
    journey.pipeline_table(p, 'stale'), s.source, journey.source_rows(p, s), journey.usable_row())
  USING oldest + was, restored + was, now_xmax + was;
END $$;
COMMENT ON FUNCTION journey.mark_unseen(journey.pipelines, journey.pipeline_sources, bigint) IS 'Internal: marks the rows of a restored source that its pipeline may not have seen';

CREATE FUNCTION journey.adopt_pipeline(p journey.pipelines) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  s journey.pipeline_sources;
  now_seen pg_snapshot;
  other text;
  needed text;
BEGIN
  PERFORM journey.check_pipeline_owner(p);
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE invalid_transaction_state USING MESSAGE = format('pipeline "%s" was restored: it can only be resumed at the isolation level read committed', p.name), HINT = 'Call journey.resume by itself.';
  END IF;
  FOR s IN SELECT * FROM journey.pipeline_sources AS x WHERE x.pipeline = p.id AND x.changes <> 'received_at' ORDER BY x.source LOOP
    s := journey.adopt_columns(p, s);
    IF s.changes = 'column' THEN
      SELECT x.name INTO other FROM journey.pipelines AS x JOIN journey.pipeline_sources AS y ON y.pipeline = x.id AND y.changes = 'column'
      WHERE y.relation = s.relation AND NOT journey.is_restored(x) AND NOT EXISTS (SELECT FROM journey.source_columns AS c WHERE c.relation = s.relation AND c.system_identifier = x.system_identifier) LIMIT 1;
      IF FOUND THEN
        RAISE object_in_use USING MESSAGE = format('pipeline "%s" can''t be resumed: pipeline "%s" was declared here over %s, which came with the dump', p.name, other, journey.relation_name(s.relation)),
          HINT = format('Drop "%s", resume "%s", then declare the first again.', other, p.name);
      END IF;
      PERFORM journey.adopt_numbers(p, s, journey.number_offset(s.relation, p.system_identifier));
    END IF;
    FOR needed IN SELECT f.command FROM journey.source_problems(p, s) AS f WHERE f.check_name = 'triggers' LOOP
      EXECUTE needed;
    END LOOP;
  END LOOP;
  -- What commits from now on is new to the next refresh; what has committed is seen by the marks.
  now_seen := pg_current_snapshot();
  FOR s IN SELECT * FROM journey.pipeline_sources AS x WHERE x.pipeline = p.id AND x.changes <> 'received_at' ORDER BY x.source LOOP
    IF s.changes = 'column' THEN PERFORM journey.mark_unseen(p, s, journey.number_offset(s.relation, p.system_identifier)); END IF;
    PERFORM journey.save_leaves(s, ARRAY(SELECT z.slice FROM journey.pipeline_slices AS z WHERE z.pipeline = s.pipeline AND z.source = s.source AND z.state = 'kept'),
      ARRAY(SELECT ROW(s.pipeline, s.source, l.leaf, l.identity, l.since, l.until)::journey.source_leaves FROM journey.leaves_of(s) AS l WHERE s.listed));
  END LOOP;
  PERFORM journey.save_adopted(p.id, now_seen);
END $$;
COMMENT ON FUNCTION journey.adopt_pipeline(journey.pipelines) IS 'Internal: a pipeline that came with a dump, whose sources are as the dump had them, goes on in this cluster';
