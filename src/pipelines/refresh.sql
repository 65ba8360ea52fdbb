-- Room: pipelines. One refresh: everything a pipeline has becomes what its sources say in one snapshot.

CREATE FUNCTION journey.refuse_transaction_block(procedure text) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'journey_refuse_transaction_block';
COMMENT ON FUNCTION journey.refuse_transaction_block(text) IS 'Internal: an error (25001) inside a transaction block, where a procedure that commits can''t run';

CREATE FUNCTION journey.raise_again(sqlstate text, message text, detail text, hint text) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'journey_raise_again';
COMMENT ON FUNCTION journey.raise_again(text, text, text, text) IS 'Internal: raises an error that was caught and written down';

CREATE FUNCTION journey.report_stage(pipeline text, stage text) RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'journey_report_stage';
COMMENT ON FUNCTION journey.report_stage(text, text) IS 'Internal: what this session is at, shown to others in place of its statement; NULL: its statement again';

CREATE TYPE journey.pipeline_mark AS (slice date, kind text, alias text, event_id text, at timestamptz, number bigint);
COMMENT ON TYPE journey.pipeline_mark IS 'Internal: a changed row by its place and event id; without these a slice as a whole; without a slice all of the source';

CREATE TYPE journey.pipeline_event_id AS (event_id text, since timestamptz, until timestamptz, marked boolean);
COMMENT ON TYPE journey.pipeline_event_id IS 'Internal: an event id, between which times its copies can be, and whether a row that had it was changed';

CREATE FUNCTION journey.snapshot_base(slice date, seen pg_snapshot, number_offset bigint) RETURNS journey.slice_base
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ROW(slice, pg_snapshot_xmax(seen)::text::bigint + number_offset, ARRAY(SELECT x::text::bigint + number_offset FROM pg_snapshot_xip(seen) AS x))::journey.slice_base;
COMMENT ON FUNCTION journey.snapshot_base(date, pg_snapshot, bigint) IS 'Internal: a snapshot as numbers of a source''s column: rows with the number xmax or a later one, or one of xip, are not in it';

-- Settings that would let values read differently by another caller, and plans for small steps.
CREATE FUNCTION journey.pin_settings() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config(name, value, true)
  FROM (VALUES ('timezone', 'UTC'), ('datestyle', 'ISO'), ('intervalstyle', 'postgres'), ('extra_float_digits', '3'), ('jit', 'off'), ('plan_cache_mode', 'force_generic_plan'), ('search_path', 'pg_catalog, journey, pg_temp')) AS s (name, value);
END $$;
COMMENT ON FUNCTION journey.pin_settings() IS 'Internal: settings of a step, until the end of its transaction';

CREATE FUNCTION journey.pipeline_at_work(pipeline text) RETURNS journey.pipelines
LANGUAGE plpgsql STABLE AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
BEGIN
  IF pg_catalog.current_setting('transaction_read_only')::boolean THEN
    RAISE read_only_sql_transaction USING MESSAGE = format('pipeline "%s" can''t be refreshed here: the server or session is read-only', p.name), HINT = 'Call it on the primary.';
  ELSIF journey.is_restored(p) THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('pipeline "%s" comes from another cluster, whose transactions had other numbers', p.name),
      HINT = format('If it was restored as a whole, with its sources, let it go on: SELECT journey.resume(%L);', p.name);
  END IF;
  RETURN p;
END $$;
COMMENT ON FUNCTION journey.pipeline_at_work(text) IS 'Internal: the pipeline of that name, where it may be written';

-- Listing: the slices that a new source has are to be filled; from then on changes are followed.

CREATE FUNCTION journey.has_writers(s journey.pipeline_sources) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'relation' AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()) AND l.granted
      AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
      AND (l.relation = s.relation OR l.relation IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(s.relation) AS t)));
END $$;
COMMENT ON FUNCTION journey.has_writers(journey.pipeline_sources) IS 'Internal: whether a transaction is at work that has written to a source';

CREATE FUNCTION journey.list_source(pipeline text, wait boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  now_seen pg_snapshot := pg_current_snapshot();
  p journey.pipelines := journey.pipeline_at_work(pipeline);
  s journey.pipeline_sources;
  base journey.slice_base;
  leaves journey.source_leaves[] := '{}';
BEGIN
  SELECT * INTO s FROM journey.pipeline_sources AS x WHERE x.pipeline = p.id AND NOT x.listed ORDER BY x.source LIMIT 1;
  IF NOT FOUND OR NOT journey.lock_pipeline(p.id, wait) THEN RETURN 'done'; END IF;
  PERFORM journey.report_stage(p.name, format('listing the slices of %s', journey.relation_name(s.relation)));
  PERFORM journey.pin_settings();
  IF s.changes <> 'received_at' AND (s.barrier IS NULL OR s.barrier > pg_snapshot_xmin(now_seen)::text::bigint) THEN
    -- Who wrote before the source was declared may not have been told of it: seen to be gone, its rows are in the next snapshot.
    IF journey.has_writers(s) THEN
      IF s.barrier IS NULL THEN PERFORM journey.save_barrier(s, pg_snapshot_xmax(now_seen)::text::bigint); END IF;
      RETURN 'wait';
    END IF;
    PERFORM journey.save_barrier(s, 0);
    RETURN 'again';
  END IF;
  IF s.changes = 'received_at' THEN
    PERFORM journey.check_columns(s);
    EXECUTE format('SELECT least(max(%s), now()) FROM %s WHERE %1$s < ''infinity''', s.received_at, journey.relation_name(s.relation)) INTO s.received_until;
  ELSE
    PERFORM journey.lock_leaves(s);
    leaves := ARRAY(SELECT ROW(s.pipeline, s.source, l.leaf, l.identity, l.since, l.until)::journey.source_leaves FROM journey.leaves_of(s) AS l);
  END IF;
  IF s.changes = 'column' THEN
    base := journey.snapshot_base(NULL, now_seen, journey.number_offset(s.relation));
    EXECUTE format('SELECT coalesce(max(journey_xid), 0) FROM %s WHERE journey_xid >= $1 OR journey_xid = ANY ($2)', journey.relation_name(s.relation)) INTO s.ahead_until USING base.xmax, base.xip;
  END IF;
  PERFORM journey.save_listing(s, journey.slices_in(p, s), now_seen, leaves);
  RETURN 'again';
END $$;
COMMENT ON FUNCTION journey.list_source(text, boolean) IS
  'Internal: lists the slices of a source that was added. '
  'wait: writers of before are still at work; again: there may be more; done';

CREATE PROCEDURE journey.list_sources(pipeline text, wait boolean, INOUT run journey.runs)
LANGUAGE plpgsql AS $$
DECLARE
  listed text;
  tries int := 0;
BEGIN
  LOOP
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    run.started_at := clock_timestamp();
    run.sqlstate := NULL;
    BEGIN
      listed := journey.list_source(pipeline, wait);
    EXCEPTION WHEN query_canceled OR others THEN
      GET STACKED DIAGNOSTICS run.sqlstate = RETURNED_SQLSTATE, run.message = MESSAGE_TEXT, run.context = PG_EXCEPTION_CONTEXT, run.detail = PG_EXCEPTION_DETAIL, run.hint = PG_EXCEPTION_HINT;
    END;
    COMMIT;
    IF run.sqlstate = '40001' AND tries < 100 THEN
      tries := tries + 1;
      run.sqlstate := NULL;
      listed := 'wait';
    END IF;
    EXIT WHEN listed = 'done' OR listed = 'wait' AND NOT wait OR run.sqlstate IS NOT NULL;
    IF listed = 'wait' THEN PERFORM pg_catalog.pg_sleep(0.1); END IF;
  END LOOP;
END $$;
COMMENT ON PROCEDURE journey.list_sources(text, boolean, journey.runs) IS 'Internal: lists the slices of sources that were added; in run an error, if one ended it';

-- The parts of a step

CREATE FUNCTION journey.marked_rows(s journey.pipeline_sources, marks text, condition text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN format('(SELECT m.number, %s FROM %s AS m WHERE %s) AS m',
    (SELECT string_agg(format('(m.row)[%s]::%s AS %I', k.place, c.type, c.name), ', ') FROM unnest(s.mark_columns) WITH ORDINALITY AS k (attnum, place) JOIN unnest(s.columns) AS c ON c.number = k.attnum), marks, condition);
END $$;
COMMENT ON FUNCTION journey.marked_rows(journey.pipeline_sources, text, text) IS 'Internal: the part of a query that says what marks hold, by the columns of the source; marks is their table';

CREATE FUNCTION journey.rows_of_marks(p journey.pipelines, s journey.pipeline_sources, marks text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN journey.source_rows(p, s, journey.marked_rows(s, marks, format('m.source = %s AND m.row IS NOT NULL', s.source)));
END $$;
COMMENT ON FUNCTION journey.rows_of_marks(journey.pipelines, journey.pipeline_sources, text) IS 'Internal: the query of the rows that marks hold; marks is their table';

CREATE FUNCTION journey.take_marks(p journey.pipelines, s journey.pipeline_sources, unfilled date[], OUT marks journey.pipeline_mark[], OUT taken bigint)
LANGUAGE plpgsql AS $$
BEGIN
  SELECT r.* INTO taken FROM journey.perform(true, format('SELECT count(*) FROM (SELECT FROM %s WHERE source = $1 LIMIT 1) AS m', journey.pipeline_table(p, 'stale')), s.source) AS r (taken bigint);
  marks := '{}';
  IF taken = 0 THEN RETURN; END IF;
  EXECUTE format($q$
    WITH taken AS (
      DELETE FROM %1$s WHERE id IN (SELECT id FROM %1$s WHERE source = $1 AND (slice IS NULL OR slice <> ALL ($2)) ORDER BY id LIMIT 20000) RETURNING *),
    known AS (
      SELECT slice, kind, alias, event_id, at, number FROM taken WHERE row IS NULL
      UNION ALL
      SELECT slice, kind, alias, event_id, ts, number FROM (%2$s) AS r WHERE (%3$s OR event_id IS NOT NULL) AND ts >= '4000-01-01 00:00:00+00 BC' AND ts < '200000-01-01 00:00:00+00'),
    -- Of a slice that is not filled yet they stay: a fill at work may not see the change.
    later AS (
      INSERT INTO %1$s (source, slice, kind, alias, event_id, at, number)
      SELECT DISTINCT $1, slice, kind, alias, event_id, at, number FROM known WHERE slice = ANY ($2)
      UNION ALL
      SELECT DISTINCT $1, u, NULL::text, NULL::text, NULL::text, NULL::timestamptz, number FROM known CROSS JOIN unnest($2) AS u WHERE slice IS NULL)
    SELECT ARRAY(SELECT ROW(slice, kind, alias, event_id, at, number)::journey.pipeline_mark FROM known WHERE slice IS NULL OR slice <> ALL ($2)), (SELECT count(*) FROM taken)$q$,
    journey.pipeline_table(p, 'stale'), journey.rows_of_marks(p, s, 'taken'), journey.usable_row())
  INTO marks, taken USING s.source, unfilled;
END $$;
COMMENT ON FUNCTION journey.take_marks(journey.pipelines, journey.pipeline_sources, date[]) IS
  'Internal: takes the marks of changed rows of a source, 20,000 at most; those of slices that are not filled stay, read by then';

CREATE FUNCTION journey.mark_places(p journey.pipelines, s journey.pipeline_sources, places journey.pipeline_place[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(places) > 0 THEN
    EXECUTE format('INSERT INTO %s (source, slice, kind, alias) SELECT $1, slice, kind, alias FROM unnest($2)', journey.pipeline_table(p, 'stale')) USING s.source, places;
  END IF;
END $$;
COMMENT ON FUNCTION journey.mark_places(journey.pipelines, journey.pipeline_sources, journey.pipeline_place[]) IS 'Internal: marks places of a source; those without an id are slices as a whole';

CREATE FUNCTION journey.places_of_event_ids(p journey.pipelines, s journey.pipeline_sources, ids journey.pipeline_event_id[], here text) RETURNS journey.pipeline_place[]
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off  -- as in put_places
AS $$
DECLARE
  places journey.pipeline_place[];
BEGIN
  SELECT r.* INTO places FROM journey.perform(true, format($q$
    WITH found AS (
      SELECT r.slice, r.kind, r.alias, e.marked, count(*) OVER (PARTITION BY e.event_id) AS copies
      FROM (SELECT *, event_id::%s AS raw_event_id FROM unnest($1)) AS e CROSS JOIN LATERAL (%s) AS r)
    SELECT ARRAY(SELECT DISTINCT ROW(slice, kind, alias)::journey.pipeline_place FROM found WHERE marked OR copies > 1)$q$,
    journey.raw_type(s, s.event_id), journey.rows_of_event_id(p, s, 'e', 'e.since', 'e.until', here)), ids) AS r (places journey.pipeline_place[]);
  RETURN places;
END $$;
COMMENT ON FUNCTION journey.places_of_event_ids(journey.pipelines, journey.pipeline_sources, journey.pipeline_event_id[], text) IS
  'Internal: the places of all rows that have an event id that was marked, or together with others one that was not';

-- The places of all rows that have one of some event ids together with others, or one that a mark names.
CREATE FUNCTION journey.places_of_copies(p journey.pipelines, s journey.pipeline_sources, new_ids journey.pipeline_event_id[], marks journey.pipeline_mark[], followed date[], here text) RETURNS journey.pipeline_place[]
LANGUAGE plpgsql AS $$
DECLARE
  ids journey.pipeline_event_id[];
  places journey.pipeline_place[];
  found journey.pipeline_place[];
  slice date;
BEGIN
  ids := ARRAY(
    SELECT ROW(e.event_id, min(e.since), max(e.until), bool_or(e.marked))::journey.pipeline_event_id
    FROM (SELECT * FROM unnest(new_ids) UNION ALL SELECT m.event_id, m.at - s.event_id_window, m.at + s.event_id_window, true FROM unnest(marks) AS m WHERE m.event_id IS NOT NULL) AS e
    GROUP BY e.event_id);
  places := journey.places_of_event_ids(p, s, ids, here);
  -- The event ids of a slice as a whole aren't known: all that follows it within the window.
  FOREACH slice IN ARRAY followed LOOP
    EXECUTE format('SELECT ARRAY(SELECT DISTINCT ROW(r.slice, r.kind, r.alias)::journey.pipeline_place FROM (%s) AS r WHERE r.raw_ts >= %L::timestamptz AND r.raw_ts < %2$L::timestamptz + %L::interval AND r.event_id IS NOT NULL AND %s AND %s)',
      journey.source_rows(p, s), journey.slice_end(p.slice, slice), s.event_id_window, journey.usable_row(), here) INTO found;
    places := places || found;
  END LOOP;
  RETURN places;
END $$;
COMMENT ON FUNCTION journey.places_of_copies(journey.pipelines, journey.pipeline_sources, journey.pipeline_event_id[], journey.pipeline_mark[], date[], text) IS
  'Internal: the places whose rows may begin or cease to count, because of rows with their event ids';

CREATE FUNCTION journey.forget_slices(p journey.pipelines, s journey.pipeline_sources, slices date[], most int) RETURNS journey.pipeline_pair[]
LANGUAGE plpgsql AS $$
DECLARE
  lost journey.pipeline_pair[];
  part text;
BEGIN
  EXECUTE format($q$
    WITH links AS (DELETE FROM %s WHERE slice = ANY ($1) AND source = $2 RETURNING *)
    SELECT ARRAY(SELECT ROW(a_kind, a, b_kind, b, first_seen_at, last_seen_at, NULL)::journey.pipeline_pair FROM links LIMIT $3)$q$, journey.pipeline_table(p, 'links'))
  INTO lost USING slices, s.source, most;
  FOREACH part IN ARRAY journey.placed_parts(p) LOOP
    EXECUTE format('DELETE FROM %s WHERE slice = ANY ($1) AND source = $2', journey.pipeline_table(p, part)) USING slices, s.source;
  END LOOP;
  RETURN lost;
END $$;
COMMENT ON FUNCTION journey.forget_slices(journey.pipelines, journey.pipeline_sources, date[], int) IS 'Internal: deletes what is stored of slices; the links that were there, most of them at most';

CREATE FUNCTION journey.forget_places(p journey.pipelines, s journey.pipeline_sources, places journey.pipeline_place[], most int) RETURNS journey.pipeline_pair[]
LANGUAGE plpgsql AS $$
DECLARE
  lost journey.pipeline_pair[];
  part text;
BEGIN
  EXECUTE format($q$
    WITH places AS MATERIALIZED (SELECT * FROM unnest($1)),
    linked AS (DELETE FROM %1$s AS t USING places AS w WHERE t.b = w.alias AND t.b_kind = w.kind AND t.b_kind <> '' AND t.slice = w.slice AND t.source = $2 RETURNING t.*),
    alone AS (DELETE FROM %1$s AS t USING places AS w WHERE t.a = w.alias AND t.a_kind = w.kind AND t.b = '' AND t.b_kind = '' AND t.slice = w.slice AND t.source = $2 RETURNING t.*)
    SELECT ARRAY(SELECT ROW(a_kind, a, b_kind, b, first_seen_at, last_seen_at, NULL)::journey.pipeline_pair FROM (TABLE linked UNION ALL TABLE alone) AS l LIMIT $3)$q$, journey.pipeline_table(p, 'links'))
  INTO lost USING places, s.source, most;
  FOREACH part IN ARRAY journey.placed_parts(p) LOOP
    EXECUTE format('DELETE FROM %s AS t USING unnest($1) AS w WHERE t.alias = w.alias AND t.kind = w.kind AND t.slice = w.slice AND t.source = $2', journey.pipeline_table(p, part)) USING places, s.source;
  END LOOP;
  RETURN lost;
END $$;
COMMENT ON FUNCTION journey.forget_places(journey.pipelines, journey.pipeline_sources, journey.pipeline_place[], int) IS
  'Internal: deletes what is stored of places; '
  'the links that were there, most of them at most';

-- In the mode received_at: the places of rows that arrived since, and those that have other rows than are stored.
CREATE FUNCTION journey.places_received(p journey.pipelines, s journey.pipeline_sources, new_rows text) RETURNS journey.pipeline_place[]
LANGUAGE plpgsql AS $$
DECLARE
  places journey.pipeline_place[];
BEGIN
  EXECUTE format('SELECT ARRAY(SELECT DISTINCT ROW(r.slice, r.kind, r.alias)::journey.pipeline_place FROM (%s) AS r WHERE %s)', new_rows, journey.usable_row()) INTO places;
  IF s.received_until IS NULL OR cardinality(places) = 0 THEN RETURN places; END IF;
  EXECUTE format($q$
    WITH there AS (SELECT r.slice, r.kind, r.alias, sum(greatest(num_nonnulls(%1$s) - 1, 1)) AS links, bool_or(r.raw_received_at > %2$L::timestamptz) AS later FROM (%3$s) AS r GROUP BY 1, 2, 3)
    SELECT ARRAY(
      SELECT ROW(t.slice, t.kind, t.alias)::journey.pipeline_place FROM there AS t
      WHERE t.later OR t.links IS DISTINCT FROM (
        SELECT sum(k.events) FROM (
          SELECT l.events FROM %4$s AS l WHERE l.b = t.alias AND l.b_kind = t.kind AND l.b_kind <> '' AND l.slice = t.slice AND l.source = $2
          UNION ALL SELECT l.events FROM %4$s AS l WHERE l.a = t.alias AND l.a_kind = t.kind AND l.b = '' AND l.b_kind = '' AND l.slice = t.slice AND l.source = $2) AS k))$q$,
    journey.numbered('r.id', s.ids), s.received_until, journey.rows_of_places(p, s, 'true'), journey.pipeline_table(p, 'links'))
  INTO places USING places, s.source;
  RETURN places;
END $$;
COMMENT ON FUNCTION journey.places_received(journey.pipelines, journey.pipeline_sources, text) IS 'Internal: of the places of rows that arrived lately those that may have changed';

-- What a step did in one source. links NULL: so many that all are resolved anew.
CREATE TYPE journey.source_step AS (news boolean, more boolean, events bigint, left_out bigint, places bigint, gained journey.pipeline_pair[], lost journey.pipeline_pair[]);
COMMENT ON TYPE journey.source_step IS
  'Internal: what a step did in one source: whether anything, and whether marks are left; '
  'rows read and left out, places read again; '
  'links that rows were added to and taken from';

CREATE FUNCTION journey.refresh_source(p journey.pipelines, s journey.pipeline_sources, now_seen pg_snapshot, most int) RETURNS journey.source_step
LANGUAGE plpgsql
SET enable_seqscan = off  -- what is new is found by an index, whatever the planner knows of the table
AS $$
DECLARE
  done journey.source_step;
  number_offset bigint := journey.number_offset(s.relation);
  base pg_snapshot := coalesce(s.listed_snapshot, p.seen);
  now_base journey.slice_base := journey.snapshot_base(NULL, now_seen, number_offset);
  seen_base journey.slice_base := journey.snapshot_base(NULL, base, number_offset);
  since_base journey.slice_base;
  keep boolean;  -- statements that are the same at the next step
  fresh_bases journey.slice_base[];
  unfilled date[];
  kept date[];
  fresh date[];
  stale date[] := '{}';
  gone date[] := '{}';
  whole date[];
  later date[];
  here text;
  marks journey.pipeline_mark[];
  taken bigint;
  places journey.pipeline_place[];
  new_rows text;
  new_events bigint := 0;
  new_ids journey.pipeline_event_id[] := '{}';
  oldest bigint;
  since timestamptz;
  z date;
  stored_events bigint;
  stored_pairs journey.pipeline_pair[];
  erased bigint;
BEGIN
  done.gained := '{}';
  done.lost := '{}';
  done.left_out := 0;
  done.events := 0;

  -- 1, 2: the partitions of this snapshot, and what was exchanged since the last.
  IF s.listed_snapshot IS NOT NULL THEN PERFORM journey.check_indexes(s); END IF;
  here := journey.hold_source(s);
  IF s.changes <> 'received_at' THEN SELECT * INTO stale, gone FROM journey.compare_leaves(p, s); END IF;

  -- 3: the slices and the marks, in the same snapshot.
  SELECT coalesce(array_agg(x.slice) FILTER (WHERE x.state = 'new'), '{}'), coalesce(array_agg(x.slice) FILTER (WHERE x.state = 'kept'), '{}'),
    coalesce(array_agg(x.slice) FILTER (WHERE x.state <> 'new' AND x.filled_snapshot IS NOT NULL), '{}'),
    coalesce(array_agg(journey.snapshot_base(x.slice, x.filled_snapshot, number_offset)) FILTER (WHERE x.state <> 'new' AND x.filled_snapshot IS NOT NULL), '{}'),
    min(x.filled_until) FILTER (WHERE x.state <> 'new' AND x.filled_snapshot IS NOT NULL)
  INTO unfilled, kept, fresh, fresh_bases, since
  FROM journey.pipeline_slices AS x WHERE x.pipeline = s.pipeline AND x.source = s.source;
  keep := unfilled = '{}' AND fresh = '{}';
  erased := journey.erase_late_rows(p, s, CASE WHEN s.mark_columns <> '{}' AND journey.has_erased(p) THEN journey.rows_of_marks(p, s, journey.pipeline_table(p, 'stale')) END);
  SELECT * INTO marks, taken FROM journey.take_marks(p, s, unfilled);
  done.more := taken >= 20000;
  IF EXISTS (SELECT FROM unnest(marks) AS m WHERE m.slice IS NULL) THEN
    stale := stale || journey.slices_between(p, s, '-infinity', 'infinity');
  END IF;
  stale := stale || ARRAY(SELECT m.slice FROM unnest(marks) AS m WHERE m.slice IS NOT NULL AND m.at IS NULL AND m.alias IS NULL);
  PERFORM journey.mark_places(p, s, ARRAY(SELECT DISTINCT ROW(x, NULL, NULL)::journey.pipeline_place FROM unnest(stale || gone) AS x WHERE x = ANY (unfilled)));
  later := ARRAY(SELECT DISTINCT x FROM unnest(stale || gone) AS x);
  whole := ARRAY(SELECT DISTINCT x FROM unnest(stale) AS x WHERE x <> ALL (unfilled) AND x <> ALL (kept));
  places := ARRAY(SELECT DISTINCT ROW(m.slice, m.kind, m.alias)::journey.pipeline_place FROM unnest(marks) AS m WHERE m.alias IS NOT NULL AND m.slice <> ALL (kept));
  s.ignored := s.ignored + (SELECT count(*) FROM unnest(marks) AS m WHERE m.slice = ANY (kept));

  -- 4: new rows, by the numbers of their transactions or by the time of their arrival.
  IF s.changes = 'column' THEN
    s.ahead_until := greatest(s.ahead_until, (SELECT max(m.number) FROM unnest(marks) AS m WHERE m.number >= now_base.xmax OR m.number = ANY (now_base.xip)));
    since_base := ROW(NULL, least(seen_base.xmax, (SELECT min(b.xmax) FROM unnest(fresh_bases) AS b)), ARRAY(SELECT unnest(seen_base.xip) UNION SELECT unnest(b.xip) FROM unnest(fresh_bases) AS b));
    -- IS TRUE: only what is new is for the index. SELECT: the snapshots are taken apart once, and not for each row beside new ones.
    new_rows := format('SELECT r.* FROM (%s) AS r%s WHERE (r.number >= (SELECT ($3).xmax) OR r.number = ANY ((SELECT ($3).xip)::bigint[])) AND (r.number < (SELECT ($4).xmax)) IS TRUE AND r.number <> ALL ((SELECT ($4).xip)::bigint[]) AND %s%s',
      journey.source_rows(p, s), CASE WHEN cardinality(fresh) > 0 THEN format(' LEFT JOIN unnest(%L::journey.slice_base[]) AS b ON b.slice = r.slice', fresh_bases) END,
      here,
      CASE WHEN cardinality(unfilled) > 0 THEN format(' AND (r.slice <> ALL (%L::date[])) IS NOT FALSE', unfilled) ELSE '' END
      || CASE WHEN cardinality(fresh) > 0 THEN format(' AND (r.number >= coalesce(b.xmax, %s) OR r.number = ANY (CASE WHEN b.slice IS NULL THEN %L::bigint[] ELSE b.xip END))', seen_base.xmax, seen_base.xip) ELSE '' END);
    SELECT r.* INTO new_events, done.left_out, new_ids
    FROM journey.perform(keep, journey.survey_of_rows(s, new_rows), NULL::journey.pipeline_place[], NULL::int, since_base, now_base) AS r (usable bigint, unusable bigint, ids journey.pipeline_event_id[]);
    erased := erased + journey.erase_late_rows(p, s, CASE WHEN done.left_out > 0 THEN new_rows END, since_base, now_base);
    -- A number may be somebody else's, whose row was read by its mark: then places are read again instead of added to.
    oldest := (SELECT min(pg_snapshot_xmin(x)::text::bigint) + number_offset FROM (SELECT base UNION ALL SELECT f.filled_snapshot FROM journey.pipeline_slices AS f WHERE f.pipeline = s.pipeline AND f.source = s.source AND f.slice = ANY (fresh)) AS f (x));
    IF new_events > 0 AND oldest <= s.ahead_until THEN
      EXECUTE format('SELECT ARRAY(SELECT DISTINCT ROW(r.slice, r.kind, r.alias)::journey.pipeline_place FROM (%s) AS r WHERE %s AND r.slice <> ALL ($1))', new_rows, journey.usable_row()) INTO places USING kept, NULL::int, since_base, now_base;
      places := places || ARRAY(SELECT DISTINCT ROW(m.slice, m.kind, m.alias)::journey.pipeline_place FROM unnest(marks) AS m WHERE m.alias IS NOT NULL AND m.slice <> ALL (kept));
    END IF;
  ELSIF s.changes = 'received_at' THEN
    since := least(s.received_until, since) - s.overlap;
    new_rows := format('SELECT r.* FROM (%s) AS r WHERE %s AND (r.slice <> ALL (%L::date[])) IS NOT FALSE', journey.source_rows(p, s),
      coalesce(format('r.raw_received_at >= %L::timestamptz', since), 'true'), unfilled);
    erased := erased + journey.erase_late_rows(p, s, new_rows);
    places := places || journey.places_received(p, s, new_rows);
    EXECUTE format('SELECT ids FROM (%s) AS n', journey.survey_of_rows(s, format('SELECT r.* FROM (%s) AS r WHERE ROW(r.slice, r.kind, r.alias)::journey.pipeline_place = ANY ($1)', new_rows))) INTO new_ids USING places;
    EXECUTE format('SELECT greatest(%L::timestamptz, least(max(%s), now())) FROM %s WHERE %2$s < ''infinity''', s.received_until, s.received_at, journey.relation_name(s.relation)) INTO s.received_until;
  END IF;

  -- 5: an event id counts once, wherever its copies are.
  -- Of a new one there is no other where an index says so; of one that went there may have been.
  IF new_ids <> '{}' AND NOT journey.can_repeat(s) THEN new_ids := '{}'; END IF;
  IF s.event_id IS NOT NULL AND (new_ids <> '{}' OR cardinality(marks) > 0 OR cardinality(later) > 0) THEN
    places := places || journey.places_of_copies(p, s, new_ids, marks, later, here);
    PERFORM journey.mark_places(p, s, ARRAY(SELECT DISTINCT x FROM unnest(places) AS x WHERE x.slice = ANY (unfilled)));
  END IF;
  places := ARRAY(SELECT DISTINCT x FROM unnest(places) AS x WHERE x.slice <> ALL (unfilled) AND x.slice <> ALL (kept) AND x.slice <> ALL (whole));
  done.places := cardinality(places);
  done.news := new_events > 0 OR done.left_out > 0 OR taken > 0 OR cardinality(places) > 0 OR cardinality(whole) > 0 OR cardinality(fresh) > 0 OR s.listed_snapshot IS NOT NULL OR erased > 0;

  -- 6: what is stale is read again, what is new is added.
  IF cardinality(whole) > 0 THEN
    done.lost := journey.forget_slices(p, s, whole, most);
    FOREACH z IN ARRAY whole LOOP
      erased := erased + journey.erase_late_rows(p, s, journey.rows_of_slice(p, s, z, here));
      SELECT r.events, r.pairs INTO stored_events, stored_pairs FROM journey.put_slice(p, s, z, here, most, false) AS r;
      done.events := done.events + stored_events;
      IF cardinality(done.gained) < most THEN done.gained := done.gained || stored_pairs; END IF;
    END LOOP;
  END IF;
  IF cardinality(places) > 0 THEN
    done.lost := done.lost || journey.forget_places(p, s, places, most);
    SELECT * INTO stored_events, stored_pairs FROM journey.put_places(p, s, places, here, most);
    done.events := done.events + stored_events;
    done.gained := done.gained || stored_pairs;
    -- A place may have lost its only link with somebody's erasure: its visitor is another one all the same.
    IF journey.has_erased(p) THEN
      done.gained := done.gained || ARRAY(SELECT ROW(x.kind, x.alias, '', '', NULL, NULL, NULL)::journey.pipeline_pair FROM unnest(places) AS x);
    END IF;
  END IF;
  IF new_events > 0 THEN
    SELECT r.* INTO stored_events, stored_pairs FROM journey.perform(keep AND whole = '{}' AND places = '{}', journey.store_rows(p, s, format('SELECT r.* FROM (%s) AS r WHERE %s%s%s', new_rows, journey.usable_row(),
      CASE WHEN cardinality(whole) > 0 THEN format(' AND r.slice <> ALL (%L::date[])', whole) END,
      CASE WHEN cardinality(places) > 0 THEN ' AND NOT EXISTS (SELECT FROM unnest($1) AS w WHERE w.alias = r.alias AND w.kind = r.kind AND w.slice = r.slice)' END)), places, most, since_base, now_base) AS r (events bigint, pairs journey.pipeline_pair[], left_out bigint);
    done.events := done.events + stored_events;
    done.gained := done.gained || stored_pairs;
  END IF;

  -- 10: a slice that was filled since the last step has news in all its ids.
  IF cardinality(fresh) > 0 AND p.seen IS NOT NULL AND NOT p.derive THEN
    EXECUTE format($q$SELECT ARRAY(
      SELECT ROW(l.a_kind, l.a, l.b_kind, l.b, min(l.first_seen_at), max(l.last_seen_at), %2$s)::journey.pipeline_pair
      FROM %1$s AS l WHERE l.source = $1 AND l.slice = ANY ($2) GROUP BY l.a_kind, l.a, l.b_kind, l.b LIMIT $3)$q$, journey.pipeline_table(p, 'links'),
      CASE WHEN journey.has_limits(p) THEN
        format('(SELECT min(k.first_seen_at) FROM %s AS k WHERE k.a = l.a AND k.a_kind = l.a_kind AND k.b = l.b AND k.b_kind = l.b_kind AND NOT (k.source = $1 AND k.slice = ANY ($2)))', journey.pipeline_table(p, 'links')) ELSE 'NULL' END) INTO stored_pairs USING s.source, fresh, most;
    done.gained := done.gained || stored_pairs;
  END IF;
  IF done.news THEN PERFORM journey.save_met(s, fresh); END IF;
  done.more := done.more OR erased > 0;  -- the marks of rows that were deleted are for the next step
  RETURN done;
END $$;
COMMENT ON FUNCTION journey.refresh_source(journey.pipelines, journey.pipeline_sources, pg_snapshot, int) IS
  'Internal: steps 1 to 6 of a refresh: makes trails, links and conversions of a source those of its rows in the snapshot. '
  'Of the links most are told at most';

-- Marks of rows that an expression fails on. None of them was ever stored; but the row may have been mended since, which
-- only the mark tells: so its slice is read again, or all of the source.
CREATE FUNCTION journey.widen_marks(p journey.pipelines, s journey.pipeline_sources) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  stale text := journey.pipeline_table(p, 'stale');
  marked text := journey.marked_rows(s, stale, 'm.id = $1');
  mark bigint;
  time timestamptz;
  widened bigint := 0;
BEGIN
  FOR mark IN EXECUTE format('SELECT id FROM %s WHERE source = $1 AND row IS NOT NULL', stale) USING s.source LOOP
    BEGIN
      EXECUTE format('SELECT count(r.ts) + count(r.event_id) + count(r.alias) FROM (%s) AS r', journey.source_rows(p, s, marked)) USING mark;
    EXCEPTION WHEN data_exception OR raise_exception THEN
      BEGIN
        EXECUTE format('SELECT (%s)::timestamptz FROM %s', s.ts, marked) INTO time USING mark;
      EXCEPTION WHEN data_exception OR raise_exception THEN
        time := NULL;
      END;
      EXECUTE format('UPDATE %s SET row = NULL, slice = $2 WHERE id = $1', stale) USING mark, CASE WHEN isfinite(time) THEN journey.slice_of(p.slice, time) END;
      widened := widened + 1;
    END;
  END LOOP;
  RETURN widened;
END $$;
COMMENT ON FUNCTION journey.widen_marks(journey.pipelines, journey.pipeline_sources) IS
  'Internal: makes marks of rows that an expression of the source fails on marks of their slices, or of all of the source; how many';

CREATE FUNCTION journey.raise_of_source(s journey.pipeline_sources, sqlstate text, message text, detail text, hint text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE USING ERRCODE = sqlstate, MESSAGE = message, DETAIL = concat_ws(E'\n', nullif(detail, ''), format('An expression of the source %s fails on one of its rows.', journey.relation_name(s.relation))),
    HINT = CASE WHEN hint <> '' THEN hint ELSE 'Correct the row; or take the source away with journey.drop_source, and add it with an expression that gives NULL there. Until then the pipeline stands still, and loses nothing.' END;
END $$;
COMMENT ON FUNCTION journey.raise_of_source(journey.pipeline_sources, text, text, text, text) IS 'Internal: raises what an expression of a source raised, and says which source it was';

CREATE FUNCTION journey.read_source(p journey.pipelines, s journey.pipeline_sources, now_seen pg_snapshot, most int) RETURNS journey.source_step
LANGUAGE plpgsql AS $$
DECLARE
  detail text;
  hint text;
BEGIN
  LOOP
    BEGIN
      RETURN journey.refresh_source(p, s, now_seen, most);
    EXCEPTION WHEN data_exception OR raise_exception THEN
      GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
      IF journey.widen_marks(p, s) = 0 THEN PERFORM journey.raise_of_source(s, SQLSTATE, SQLERRM, detail, hint); END IF;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION journey.read_source(journey.pipelines, journey.pipeline_sources, pg_snapshot, int) IS
  'Internal: refresh_source, where an expression may fail on rows that were changed since; an error that names the source where it fails on one that is there';

CREATE FUNCTION journey.derive_all(p journey.pipelines) RETURNS void
LANGUAGE plpgsql
-- The planner thinks tables that were just filled small, and would search all of one for each row that comes to it.
SET enable_nestloop = off
AS $$
BEGIN
  PERFORM journey.report_stage(p.name, 'resolving all ids');
  PERFORM journey.put_aliases(p, journey.all_links(p), NULL, NULL);
  PERFORM journey.report_stage(p.name, 'making the targets of all visitors');
  PERFORM journey.put_targets(p, NULL);
END $$;
COMMENT ON FUNCTION journey.derive_all(journey.pipelines) IS 'Internal: makes identity and targets anew from all that is stored of the sources';

CREATE FUNCTION journey.refresh_step(pipeline text, wait boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  now_seen pg_snapshot := pg_current_snapshot();
  p journey.pipelines := journey.pipeline_at_work(pipeline);
  s journey.pipeline_sources;
  done journey.source_step;
  run journey.runs;
  most constant int := 50000;  -- so many links and more are resolved with all the others
  gained journey.pipeline_pair[] := '{}';
  lost journey.pipeline_pair[] := '{}';
  visitors text[];
  news boolean := p.seen IS NULL OR p.derive;
  more boolean := false;
BEGIN
  IF p.state <> 'active' OR NOT journey.lock_pipeline(p.id, wait) THEN RETURN NULL; END IF;
  PERFORM journey.pin_settings();
  run.pipeline := p.id; run.kind := 'refresh'; run.started_at := clock_timestamp(); run.events := 0; run.left_out := 0; run.places := 0;
  -- 1 to 6, and 10: a source at a time.
  FOR s IN SELECT * FROM journey.pipeline_sources AS x WHERE x.pipeline = p.id AND x.listed ORDER BY x.source LOOP
    PERFORM journey.report_stage(p.name, format('reading what changed in %s', journey.relation_name(s.relation)));
    done := journey.read_source(p, s, now_seen, most);
    news := news OR done.news;
    more := more OR done.more;
    run.events := run.events + done.events; run.left_out := run.left_out + done.left_out; run.places := run.places + done.places;
    IF cardinality(gained) < most THEN gained := gained || done.gained; END IF;
    IF cardinality(lost) < most THEN lost := lost || done.lost; END IF;
  END LOOP;
  IF NOT news AND p.failures = 0 AND p.seen_at > now() - interval '1 minute' THEN RETURN false; END IF;
  -- 7: who is who; 8: the targets of whom it concerns.
  IF p.seen IS NULL OR p.derive OR cardinality(gained) + cardinality(lost) >= most THEN
    PERFORM journey.derive_all(p);
  ELSIF cardinality(gained) + cardinality(lost) > 0 THEN
    PERFORM journey.report_stage(p.name, 'resolving the ids that changed');
    visitors := journey.resolve_changed(p, gained, lost);
    PERFORM journey.report_stage(p.name, format('making the targets of %s visitors', cardinality(visitors)));
    PERFORM journey.put_targets(p, visitors);
    run.visitors := cardinality(visitors);
  END IF;
  -- 9
  PERFORM journey.save_step(p.id, now_seen);
  IF news THEN PERFORM journey.save_run(run); END IF;
  RETURN more;
END $$;
COMMENT ON FUNCTION journey.refresh_step(text, boolean) IS
  'Internal: one step of a refresh, in a REPEATABLE READ transaction that has seen nothing yet; '
  'whether marks are left, NULL if somebody else refreshes the pipeline';

CREATE PROCEDURE journey.try_refresh(pipeline text, wait boolean, INOUT run journey.runs)
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_at_work(pipeline);
  more boolean;
  tries int := 0;
BEGIN
  run := NULL;
  IF p.state = 'paused' THEN
    RAISE NOTICE 'pipeline "%" is paused', p.name USING HINT = 'Let it go on with journey.resume.';
    RETURN;
  ELSIF p.state = 'failed' THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('pipeline "%s" has failed: %s', p.name, journey.last_error(p.id)),
      HINT = format('Mend what is wrong, see journey.health(%1$L), then let it go on: SELECT journey.resume(%1$L);', p.name);
  ELSIF p.next_try_at > clock_timestamp() AND NOT wait THEN
    RAISE NOTICE 'pipeline "%" is tried again at %: %', p.name, date_trunc('second', p.next_try_at), journey.last_error(p.id) USING HINT = 'journey.resume lets it go on at once.';
    RETURN;
  END IF;
  CALL journey.list_sources(pipeline, false, run);
  IF run.sqlstate IS NULL THEN
    BEGIN
      PERFORM journey.make_partitions(pipeline);
    EXCEPTION WHEN query_canceled OR others THEN
      GET STACKED DIAGNOSTICS run.sqlstate = RETURNED_SQLSTATE, run.message = MESSAGE_TEXT, run.context = PG_EXCEPTION_CONTEXT, run.detail = PG_EXCEPTION_DETAIL, run.hint = PG_EXCEPTION_HINT;
    END;
  END IF;
  WHILE run.sqlstate IS NULL LOOP
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    run.started_at := clock_timestamp();
    BEGIN
      more := journey.refresh_step(pipeline, wait);
    EXCEPTION WHEN query_canceled OR others THEN
      GET STACKED DIAGNOSTICS run.sqlstate = RETURNED_SQLSTATE, run.message = MESSAGE_TEXT, run.context = PG_EXCEPTION_CONTEXT, run.detail = PG_EXCEPTION_DETAIL, run.hint = PG_EXCEPTION_HINT;
    END;
    COMMIT;
    -- Somebody was faster: begin again.
    IF run.sqlstate IN ('40001', '40P01') AND tries < 100 THEN
      tries := tries + 1;
      run.sqlstate := NULL;
      PERFORM pg_catalog.pg_sleep(0.01 * least(tries, 20));
      CONTINUE;
    END IF;
    EXIT WHEN more IS NOT TRUE;
  END LOOP;
  PERFORM journey.report_stage(NULL, NULL);
  IF run.sqlstate IS NOT NULL THEN
    run.pipeline := p.id;
    run.kind := 'refresh';
    PERFORM journey.save_failure(run);
    COMMIT;
  END IF;
END $$;
COMMENT ON PROCEDURE journey.try_refresh(text, boolean, journey.runs) IS 'Internal: a refresh; in run its error, if there was one, which is written down';

CREATE PROCEDURE journey.refresh(pipeline text, wait boolean DEFAULT false)
LANGUAGE plpgsql AS $$
DECLARE
  run journey.runs;
BEGIN
  PERFORM journey.refuse_transaction_block('journey.refresh');
  CALL journey.try_refresh(pipeline, wait, run);
  IF run.sqlstate IS NOT NULL THEN PERFORM journey.raise_again(run.sqlstate, run.message, run.detail, run.hint); END IF;
END $$;
COMMENT ON PROCEDURE journey.refresh(text, boolean) IS
  'Makes all that a pipeline has what a rebuild from its sources would give, as of a snapshot that it takes, at the cost of what changed. '
  'It commits, so it can''t run in a transaction block (25001); it locks no writer out and waits for none. '
  'If another session refreshes the pipeline it returns at once, or with wait => true does its own step after that. '
  'What fails is written to journey.runs, notified as journey_failed, and raised. '
  'After an error that may pass (is_passing) calls return with a notice until progress.next_try_at, or with wait => true try at once; if that goes on for give_up_after, and after any other error, the pipeline is failed: calls raise 55000 until resume';

CREATE PROCEDURE journey.run(pipeline text, every interval DEFAULT '1 second', lasting interval DEFAULT '60 seconds')
LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz := clock_timestamp();
  next timestamptz := began;
  run journey.runs;
  p journey.pipelines;
BEGIN
  PERFORM journey.refuse_transaction_block('journey.run');
  IF every IS NULL OR NOT every > '0' OR lasting IS NULL OR NOT lasting >= '0' THEN
    RAISE invalid_parameter_value USING MESSAGE = format('every must be greater than zero and lasting not less: every %s, lasting %s', coalesce(every::text, 'NULL'), coalesce(lasting::text, 'NULL'));
  END IF;
  LOOP
    CALL journey.try_refresh(pipeline, false, run);
    p := journey.pipeline_named(pipeline);
    next := greatest(next + every, p.next_try_at, clock_timestamp());
    EXIT WHEN next >= began + lasting OR p.state <> 'active' OR run.sqlstate IS NOT NULL AND p.next_try_at IS NULL;
    IF run.sqlstate IS NOT NULL THEN
      RAISE WARNING '%', run.message USING ERRCODE = run.sqlstate, HINT = format('It is tried again at %s.', date_trunc('second', p.next_try_at));
    END IF;
    COMMIT;
    PERFORM pg_catalog.pg_sleep(extract('epoch' FROM next - clock_timestamp()));
  END LOOP;
  IF run.sqlstate IS NOT NULL THEN PERFORM journey.raise_again(run.sqlstate, run.message, run.detail, run.hint); END IF;
END $$;
COMMENT ON PROCEDURE journey.run(text, interval, interval) IS
  'Refreshes a pipeline again and again, beginning one every interval, until lasting is over: what a scheduler calls each minute. '
  'After an error that may pass it waits for the next try, with a warning; an error is raised where there is none within lasting. '
  'Otherwise errors are those of refresh';

CREATE PROCEDURE journey.rebuild(pipeline text, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity')
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines;
  s journey.pipeline_sources;
BEGIN
  PERFORM journey.refuse_transaction_block('journey.rebuild');
  p := journey.pipeline_at_work(pipeline);
  PERFORM journey.check_pipeline_owner(p);
  IF (since <= until) IS NOT TRUE THEN
    RAISE invalid_parameter_value USING MESSAGE = format('since must not be after until: since %s, until %s', coalesce(since::text, 'NULL'), coalesce(until::text, 'NULL'));
  END IF;
  FOR s IN SELECT * FROM journey.pipeline_sources AS x WHERE x.pipeline = p.id AND x.listed ORDER BY x.source LOOP
    PERFORM journey.mark_places(p, s, ARRAY(SELECT ROW(x, NULL, NULL)::journey.pipeline_place FROM unnest(journey.slices_between(p, s, since, until)) AS x));
  END LOOP;
  CALL journey.refresh(pipeline, true);
END $$;
COMMENT ON PROCEDURE journey.rebuild(text, timestamptz, timestamptz) IS
  'Reads all filled slices between two times again, whatever is stored of them, and refreshes. '
  'For sources in the mode received_at that missed something, and where an expression''s function has changed';
