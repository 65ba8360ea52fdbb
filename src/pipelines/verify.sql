-- Room: pipelines. A trial of the promise: what is stored, against the sources.

-- Places of ids that the sources have news of, which the next refresh will read.
CREATE FUNCTION journey.places_with_news(p journey.pipelines, s journey.pipeline_sources) RETURNS journey.pipeline_place[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
  seen journey.slice_base := journey.snapshot_base(NULL, p.seen, journey.number_offset(s.relation));
  news text := CASE s.changes
    WHEN 'column' THEN format('SELECT r.* FROM (%s) AS r WHERE r.number >= %s OR r.number = ANY (%L::bigint[])', journey.source_rows(p, s), seen.xmax, seen.xip)
    WHEN 'received_at' THEN format('SELECT r.* FROM (%s) AS r WHERE r.raw_received_at >= %L::timestamptz', journey.source_rows(p, s), s.received_until) END;
  marked text := CASE WHEN s.mark_columns <> '{}' THEN journey.rows_of_marks(p, s, journey.pipeline_table(p, 'stale')) END;
  marks journey.pipeline_mark[] := '{}';
  new_ids journey.pipeline_event_id[] := '{}';
  found journey.pipeline_place[];
BEGIN
  EXECUTE format('SELECT ARRAY(SELECT ROW(slice, kind, alias)::journey.pipeline_place FROM %s WHERE source = $1 AND row IS NULL)', journey.pipeline_table(p, 'stale')) INTO found USING s.source;
  IF marked IS NOT NULL THEN
    EXECUTE format('SELECT ARRAY(SELECT ROW(r.slice, r.kind, r.alias, r.event_id, r.ts, r.number)::journey.pipeline_mark FROM (%s) AS r WHERE %s)', marked, journey.usable_row()) INTO marks;
    found := found || ARRAY(SELECT ROW(m.slice, m.kind, m.alias)::journey.pipeline_place FROM unnest(marks) AS m);
  END IF;
  IF news IS NOT NULL THEN
    EXECUTE format('SELECT $1 || ARRAY(SELECT ROW(r.slice, r.kind, r.alias)::journey.pipeline_place FROM (%s) AS r WHERE %s)', news, journey.usable_row()) INTO found USING found;
    EXECUTE format('SELECT ids FROM (%s) AS n', journey.survey_of_rows(s, news)) INTO new_ids;
  END IF;
  -- Copies of an event elsewhere begin or cease to count.
  IF s.event_id IS NOT NULL THEN found := found || journey.places_of_copies(p, s, new_ids, marks, '{}', 'true'); END IF;
  RETURN found;
END $$;
COMMENT ON FUNCTION journey.places_with_news(journey.pipelines, journey.pipeline_sources) IS
  'Internal: places of a source that were changed since the last refresh; those without an id are slices as a whole, without a slice all';

-- The trails of the places $1 of a source, as a fill would make them.
CREATE FUNCTION journey.trails_of_places(p journey.pipelines, s journey.pipeline_sources) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN format('SELECT r.slice, r.kind, r.alias, %s AS trail FROM (%s) AS r WHERE NOT r.passive GROUP BY r.slice, r.kind, r.alias',
    journey.trail_of_rows(p, s), journey.events_of_places(p, s, 'true'));
END $$;
COMMENT ON FUNCTION journey.trails_of_places(journey.pipelines, journey.pipeline_sources) IS 'Internal: the query that makes the trails of the places $1 from the rows of a source';

CREATE FUNCTION journey.differing_trails(p journey.pipelines, s journey.pipeline_sources, places journey.pipeline_place[], OUT slice date, OUT kind text, OUT alias text, OUT problem text) RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off  -- as in put_places
AS $$
BEGIN
  RETURN QUERY EXECUTE format($q$
    WITH made AS MATERIALIZED (%s),
    stored AS MATERIALIZED (SELECT t.slice, t.kind, t.alias, t.trail FROM unnest($1) AS w JOIN %s AS t ON t.alias = w.alias AND t.kind = w.kind AND t.slice = w.slice AND t.source = %s)
    SELECT slice, kind, alias, CASE WHEN t.trail IS NULL THEN 'is missing' WHEN m.trail IS NULL THEN 'is of rows that the source has not' ELSE 'is not what its rows say' END
    FROM made AS m FULL JOIN stored AS t USING (slice, kind, alias) WHERE m.trail IS DISTINCT FROM t.trail$q$,
    journey.trails_of_places(p, s), journey.pipeline_table(p, 'trails'), s.source) USING places;
END $$;
COMMENT ON FUNCTION journey.differing_trails(journey.pipelines, journey.pipeline_sources, journey.pipeline_place[]) IS 'Internal: of some places those whose stored trail is not what the rows of a source say';

CREATE FUNCTION journey.verify(pipeline text, share float8 DEFAULT 0.01) RETURNS TABLE (visitor_id text, problem text)
LANGUAGE plpgsql STABLE
-- Values read as in a refresh, whatever the caller has set.
SET search_path = pg_catalog, journey, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres' SET extra_float_digits = 3 SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
  s journey.pipeline_sources;
  visitors text[];
  slices date[];
  part text;
BEGIN
  IF (share BETWEEN 0 AND 1) IS NOT TRUE THEN
    RAISE invalid_parameter_value USING MESSAGE = format('share must be between 0 and 1: %s', coalesce(share::text, 'NULL'));
  ELSIF p.derive OR p.seen IS NULL OR journey.is_restored(p) THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('pipeline "%s" is not refreshed: there is nothing to verify', p.name), HINT = format('CALL journey.refresh(%L);', p.name);
  END IF;
  EXECUTE format('SELECT coalesce(array_agg(visitor_id), ''{}'') FROM %s WHERE random() < $1', journey.pipeline_table(p, 'visitors')) INTO visitors USING share;

  -- Trails, against the sources; what has news since the last refresh is left to the next.
  FOR s IN SELECT x.* FROM journey.pipeline_sources AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.relation WHERE x.pipeline = p.id AND x.listed AND x.listed_snapshot IS NULL ORDER BY x.source LOOP
    slices := ARRAY(SELECT x FROM unnest(journey.slices_between(p, s, '-infinity', 'infinity')) AS x
      WHERE NOT EXISTS (SELECT FROM journey.pipeline_slices AS z WHERE z.pipeline = p.id AND z.source = s.source AND z.slice = x AND (z.state <> 'filled' OR z.filled_snapshot IS NOT NULL)));
    RETURN QUERY EXECUTE format($q$
      WITH news AS MATERIALIZED (SELECT * FROM unnest($4)),
      places AS MATERIALIZED (
        SELECT i.visitor_id, x.slice, i.kind, i.alias FROM (%1$s) AS i CROSS JOIN unnest($2) AS x (slice)
        WHERE i.kind = ANY ($3) AND NOT EXISTS (SELECT FROM news AS n WHERE n.slice IS NULL OR n.slice = x.slice AND (n.alias IS NULL OR n.alias = i.alias AND n.kind = i.kind)))
      SELECT w.visitor_id, format('the trail of %%s %%s in %%s by %%s %%s', w.kind, w.alias, w.slice, %2$L, p.problem)
      FROM places AS w JOIN journey.differing_trails($5, $6, ARRAY(SELECT ROW(w.slice, w.kind, w.alias)::journey.pipeline_place FROM places AS w)) AS p USING (slice, kind, alias)$q$,
      journey.rows_of_visitors(journey.pipeline_table(p, 'aliases')), journey.relation_name(s.relation))
    USING visitors, slices, s.id_kinds, journey.places_with_news(p, s), p, s;
  END LOOP;

  -- Targets, against the trails.
  FOREACH part IN ARRAY '{visitors,attribution,attribution_credits,rfm}'::text[] LOOP
    CONTINUE WHEN part <> 'visitors' AND NOT journey.has_target(p, part::journey.pipeline_target);
    RETURN QUERY EXECUTE format($q$WITH made AS MATERIALIZED (%2$s), stored AS MATERIALIZED (%3$s)
        SELECT DISTINCT d.visitor_id, 'the row in %1$s differs from what its trails say' FROM ((TABLE made EXCEPT TABLE stored) UNION ALL (TABLE stored EXCEPT TABLE made)) AS d (visitor_id)$q$, part,
      CASE part WHEN 'visitors' THEN journey.visitors_query(p, visitors) WHEN 'attribution' THEN journey.attribution_query(p, visitors) WHEN 'rfm' THEN journey.rfm_query(p, visitors) ELSE journey.credits_query(p, visitors) END,
      journey.rows_of_visitors(journey.pipeline_table(p, part)))
    USING visitors;
  END LOOP;
  IF journey.has_target(p, 'all_sessions') THEN
    RETURN QUERY EXECUTE format($q$
      SELECT DISTINCT v.visitor_id, 'the rows in all_sessions differ from what its trail says'
      FROM (%s) AS v CROSS JOIN LATERAL (
        (SELECT s.session_number, s.started_at, s.ended_at, s.events FROM journey.sessions(v.trail) AS s EXCEPT SELECT t.session_number, t.started_at, t.ended_at, t.events FROM %s AS t WHERE t.visitor_id = v.visitor_id)
        UNION ALL
        (SELECT t.session_number, t.started_at, t.ended_at, t.events FROM %2$s AS t WHERE t.visitor_id = v.visitor_id EXCEPT SELECT s.session_number, s.started_at, s.ended_at, s.events FROM journey.sessions(v.trail) AS s)) AS d$q$,
      journey.rows_of_visitors(journey.pipeline_table(p, 'visitors')), journey.pipeline_table(p, 'all_sessions'))
    USING visitors;
  END IF;
END $$;
COMMENT ON FUNCTION journey.verify(text, float8) IS
  'Tries what a pipeline promises on a share of its visitors, taken at random: their trails are made anew from the sources, and their targets from the trails; where what is stored differs it says so. '
  'No row: all is well. '
  'What was changed since the last refresh is left out, and so are slices that are not filled, or kept. '
  'It needs the right to read the sources and the pipeline''s tables. '
  'Errors: a share that is not between 0 and 1 (22023), a pipeline that was not refreshed (55000)';
