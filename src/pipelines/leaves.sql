-- Room: pipelines. The partitions of a source, or the table itself: what a step may read, and what was exchanged.

CREATE FUNCTION journey.leaves_of(s journey.pipeline_sources, OUT leaf oid, OUT file oid, OUT identity text, OUT since timestamptz, OUT until timestamptz) RETURNS SETOF record
LANGUAGE plpgsql STABLE AS $$
DECLARE
  -- Partitions by ranges of the event's time alone have bounds that tell their slices.
  by_time boolean := EXISTS (
    SELECT FROM pg_catalog.pg_partitioned_table AS t JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.partrelid AND a.attnum = t.partattrs[0]
    WHERE t.partrelid = s.relation AND t.partstrat = 'r' AND t.partnatts = 1 AND pg_catalog.quote_ident(a.attname) = s.ts);
BEGIN
  -- LATERAL, OFFSET 0: looked up one by one. The planner would read all of the catalog's tables for the leaves of one.
  RETURN QUERY
  WITH RECURSIVE tree (id, above) AS (
    SELECT s.relation::oid, NULL::oid
    UNION ALL
    SELECT i.inhrelid, i.inhparent FROM tree AS t CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = t.id OFFSET 0) AS i WHERE NOT i.inhdetachpending)
  -- The trigger's row is another one after each ATTACH, and after each time it was disabled.
  SELECT c.oid, c.relfilenode, concat_ws('/', c.relfilenode, g.oid, g.xmin),
    coalesce(b.bounds[1]::timestamptz, '-infinity'), coalesce(b.bounds[2]::timestamptz, 'infinity')
  FROM tree AS t CROSS JOIN LATERAL (SELECT c.oid, c.relfilenode, c.relpartbound FROM pg_catalog.pg_class AS c WHERE c.oid = t.id AND c.relkind = 'r' OFFSET 0) AS c
  LEFT JOIN LATERAL (SELECT g.oid, g.xmin FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = c.oid AND g.tgname = 'journey_change' OFFSET 0) AS g ON true
  LEFT JOIN LATERAL regexp_match(CASE WHEN by_time AND t.above = s.relation THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END, '^FOR VALUES FROM \(''(.*)''\) TO \(''(.*)''\)$') AS b (bounds) ON true;
END $$;
COMMENT ON FUNCTION journey.leaves_of(journey.pipeline_sources) IS
  'Internal: the partitions of a source in the snapshot at hand: their storage, what changes with an exchange, and the times that they can hold, infinite where that is not known';

CREATE FUNCTION journey.lock_leaves(s journey.pipeline_sources) RETURNS oid[]
LANGUAGE plpgsql AS $$
DECLARE
  off text;
  leaves oid[];
  files text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = s.relation) OR pg_catalog.to_regclass(journey.relation_name(s.relation)) IS NULL THEN
    RAISE undefined_table USING MESSAGE = format('the source %s of a pipeline does not exist any more', s.relation::oid), HINT = 'Take it away with journey.drop_source, by this number.';
  END IF;
  EXECUTE format('LOCK TABLE %s IN ACCESS SHARE MODE', journey.relation_name(s.relation));
  SELECT coalesce(array_agg(l.leaf), '{}'), array_agg((l.leaf, l.file) ORDER BY l.leaf)::text INTO leaves, files FROM journey.leaves_of(s) AS l;
  -- The snapshot's leaves and those that will be read must have the same storage: a table that was rewritten since looks empty.
  IF files IS DISTINCT FROM (
      SELECT array_agg((t.leaf, pg_catalog.pg_relation_filenode(t.leaf)) ORDER BY t.leaf)::text
      -- Of a table without partitions it gives nothing.
      FROM (SELECT t.relid::oid FROM pg_catalog.pg_partition_tree(s.relation) AS t WHERE t.isleaf UNION SELECT s.relation::oid WHERE leaves = ARRAY[s.relation::oid]) AS t (leaf)) THEN
    RAISE serialization_failure USING MESSAGE = format('%s was rewritten as a refresh began', journey.relation_name(s.relation));
  END IF;
  SELECT format('trigger %s of %s is missing or not enabled always', n.name, journey.relation_name(l.leaf)) INTO off
  FROM unnest(leaves) AS l (leaf) CROSS JOIN unnest(CASE s.changes WHEN 'column' THEN '{journey_change,journey_number}'::text[] ELSE '{journey_change,journey_insert}' END) AS n (name)
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = l.leaf AND g.tgname = n.name AND g.tgenabled = 'A') LIMIT 1;
  IF FOUND THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = off, HINT = 'Without it changes are missed. SELECT n.* FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done tells what makes it.';
  END IF;
  PERFORM journey.check_columns(s);
  RETURN leaves;
END $$;
COMMENT ON FUNCTION journey.lock_leaves(journey.pipeline_sources) IS
  'Internal: locks a source in ACCESS SHARE; the partitions that this snapshot may read. '
  'Errors: storage that is not that of the snapshot (40001: begin again), a trigger that is gone (55000), columns that are others (42804)';

CREATE FUNCTION journey.changed_columns(s journey.pipeline_sources, OUT problem text, OUT command text) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format('column %I of %s, which the pipeline reads, %s', c.name, w.name,
      CASE WHEN a.attname IS NULL OR a.attisdropped THEN 'was dropped' WHEN a.attname <> c.name THEN format('is now called %I', a.attname) ELSE format('is now of type %s, not %s', pg_catalog.format_type(a.atttypid, NULL), c.type) END),
    CASE WHEN a.attname IS NULL OR a.attisdropped THEN format('SELECT * FROM journey.drop_source(%L, %L)', (SELECT p.name FROM journey.pipelines AS p WHERE p.id = s.pipeline), w.name)
      WHEN a.attname <> c.name THEN format('ALTER TABLE %s RENAME COLUMN %I TO %I', w.name, a.attname, c.name) ELSE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', w.name, c.name, c.type) END
  FROM unnest(s.columns) AS c LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = s.relation AND a.attnum = c.number CROSS JOIN LATERAL (SELECT journey.relation_name(s.relation)) AS w (name)
  -- A length may change.
  WHERE a.attname IS DISTINCT FROM c.name OR a.attisdropped OR regexp_replace(pg_catalog.format_type(a.atttypid, NULL), '\(.*\)', '') <> regexp_replace(c.type, '\(.*\)', '')
  ORDER BY c.number;
END;
COMMENT ON FUNCTION journey.changed_columns(journey.pipeline_sources) IS 'Internal: columns that a source''s expressions read and that were renamed, dropped or made another type, with a statement that changes it back, or else takes the source away';

CREATE FUNCTION journey.check_columns(s journey.pipeline_sources) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  changed text := (SELECT c.problem FROM journey.changed_columns(s) AS c LIMIT 1);
BEGIN
  IF changed IS NOT NULL THEN
    RAISE datatype_mismatch USING MESSAGE = changed, HINT = 'Change it back, or take the source away with journey.drop_source, add it again as it is now, and fill it.';
  END IF;
END $$;
COMMENT ON FUNCTION journey.check_columns(journey.pipeline_sources) IS 'Internal: an error (42804) where a column that a source''s expressions read was renamed, dropped or made another type';

CREATE FUNCTION journey.hold_source(s journey.pipeline_sources) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  leaves oid[];
BEGIN
  IF s.changes = 'received_at' THEN
    PERFORM journey.check_columns(s);
    RETURN 'true';
  END IF;
  leaves := journey.lock_leaves(s);
  RETURN CASE WHEN leaves = ARRAY[s.relation::oid] THEN 'true' ELSE format('r.leaf = ANY (%L::oid[])', leaves) END;
END $$;
COMMENT ON FUNCTION journey.hold_source(journey.pipeline_sources) IS
  'Internal: checks a source and, where its changes are followed exactly, locks it; the condition that a row r is in a partition of this snapshot';

CREATE FUNCTION journey.check_indexes(s journey.pipeline_sources) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  missing text := (SELECT string_agg(n.statement || ';', E'\n') FROM journey.source_statements(s) AS n WHERE NOT n.done AND n.statement LIKE 'CREATE INDEX%');
BEGIN
  IF missing IS NOT NULL THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('indexes of %s are missing or not valid', journey.relation_name(s.relation)),
      DETAIL = missing, HINT = 'Make them: without them each refresh would read the whole table.';
  END IF;
END $$;
COMMENT ON FUNCTION journey.check_indexes(journey.pipeline_sources) IS 'Internal: an error (55000) with what is to be run where a source has not the indexes that refreshes need';

CREATE FUNCTION journey.slices_in(p journey.pipelines, s journey.pipeline_sources) RETURNS date[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
  slices date[];
  what text := journey.relation_name(s.relation);
BEGIN
  IF journey.has_index(s.relation, s.ts) THEN
    -- From each slice to the next by the index.
    EXECUTE format($q$
      WITH RECURSIVE found (slice) AS (
        SELECT (SELECT journey.slice_of(%3$L, (%1$s)::timestamptz) FROM %2$s WHERE (%1$s) >= timestamptz '4000-01-01 00:00:00+00 BC' AND (%1$s) < timestamptz '200000-01-01 00:00:00+00' ORDER BY %1$s LIMIT 1)
        UNION ALL
        SELECT (SELECT journey.slice_of(%3$L, (%1$s)::timestamptz) FROM %2$s WHERE (%1$s) >= journey.slice_end(%3$L, f.slice) AND (%1$s) < timestamptz '200000-01-01 00:00:00+00' ORDER BY %1$s LIMIT 1)
        FROM found AS f WHERE f.slice IS NOT NULL)
      SELECT array_agg(slice) FROM found WHERE slice IS NOT NULL$q$, s.ts, what, p.slice) INTO slices;
  ELSE
    EXECUTE format($q$SELECT array_agg(DISTINCT journey.slice_of(%3$L, (%1$s)::timestamptz)) FROM %2$s
      WHERE (%1$s) >= timestamptz '4000-01-01 00:00:00+00 BC' AND (%1$s) < timestamptz '200000-01-01 00:00:00+00'$q$, s.ts, what, p.slice) INTO slices;
  END IF;
  RETURN coalesce(slices, '{}');
END $$;
COMMENT ON FUNCTION journey.slices_in(journey.pipelines, journey.pipeline_sources) IS 'Internal: the slices that a source has rows in, whether they count or not';

-- Slices of the source between two times: those that it has, and those that are stored of it.
CREATE FUNCTION journey.slices_between(p journey.pipelines, s journey.pipeline_sources, since timestamptz, until timestamptz) RETURNS date[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
  slices date[];
BEGIN
  EXECUTE format('SELECT array_agg(DISTINCT slice) FROM (SELECT unnest($1) UNION SELECT slice FROM %s WHERE source = $2) AS x (slice) WHERE journey.slice_start(slice) < $3 AND journey.slice_end($4, slice) > $5', journey.pipeline_table(p, 'links'))
  INTO slices USING journey.slices_in(p, s), s.source, until, p.slice, since;
  RETURN coalesce(slices, '{}');
END $$;
COMMENT ON FUNCTION journey.slices_between(journey.pipelines, journey.pipeline_sources, timestamptz, timestamptz) IS 'Internal: the slices between two times that a source has rows in, or that are stored of it';

-- What was exchanged since the last step. `stale`: slices to be read again as a whole; `gone`: those whose partition is gone.
CREATE FUNCTION journey.compare_leaves(p journey.pipelines, s journey.pipeline_sources, OUT stale date[], OUT gone date[])
LANGUAGE plpgsql AS $$
DECLARE
  was record;
  kept date[];
BEGIN
  stale := '{}';
  gone := '{}';
  IF (SELECT array_agg((l.leaf, l.identity) ORDER BY l.leaf) FROM journey.leaves_of(s) AS l)
    IS NOT DISTINCT FROM (SELECT array_agg((l.leaf, l.identity) ORDER BY l.leaf) FROM journey.source_leaves AS l WHERE l.pipeline = p.id AND l.source = s.source) THEN RETURN; END IF;
  FOR was IN SELECT l.* FROM journey.source_leaves AS l WHERE l.pipeline = p.id AND l.source = s.source AND NOT EXISTS (SELECT FROM journey.leaves_of(s) AS n WHERE n.leaf = l.leaf) LOOP
    IF isfinite(was.since) AND isfinite(was.until) THEN
      gone := gone || journey.slices_between(p, s, was.since, was.until);
    ELSE
      stale := stale || journey.slices_between(p, s, '-infinity', 'infinity');
    END IF;
  END LOOP;
  kept := gone || ARRAY(SELECT z.slice FROM journey.pipeline_slices AS z WHERE z.pipeline = p.id AND z.source = s.source AND z.state = 'kept');
  FOR was IN SELECT n.since, n.until FROM journey.leaves_of(s) AS n LEFT JOIN journey.source_leaves AS l ON l.pipeline = p.id AND l.source = s.source AND l.leaf = n.leaf WHERE l.identity IS DISTINCT FROM n.identity LOOP
    stale := stale || journey.slices_between(p, s, was.since, was.until);
  END LOOP;
  -- A slice that partitions cover again is the source's again.
  kept := ARRAY(
    SELECT DISTINCT k FROM unnest(kept) AS k
    WHERE NOT coalesce((SELECT range_agg(tstzrange(l.since, l.until)) FROM journey.leaves_of(s) AS l) @> tstzrange(journey.slice_start(k), journey.slice_end(p.slice, k)), false));
  PERFORM journey.save_leaves(s, kept, ARRAY(SELECT ROW(p.id, s.source, l.leaf, l.identity, l.since, l.until)::journey.source_leaves FROM journey.leaves_of(s) AS l));
  gone := ARRAY(SELECT g FROM unnest(gone) AS g WHERE g = ANY (kept));
END $$;
COMMENT ON FUNCTION journey.compare_leaves(journey.pipelines, journey.pipeline_sources) IS 'Internal: compares a source''s partitions with those of the last step, and keeps them for the next';
