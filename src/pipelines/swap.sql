-- Room: pipelines. Changing a rule: a second pipeline over the same sources takes the first one's name, and its views.

-- The only functions here that write the tables of the catalog; see catalog_state.sql.

CREATE FUNCTION journey.swap_names(one int, other int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  names text[] := ARRAY[(SELECT name FROM journey.pipelines WHERE id = one), (SELECT name FROM journey.pipelines WHERE id = other)];
BEGIN
  PERFORM journey.check_pipeline_owner(one);
  PERFORM journey.check_pipeline_owner(other);
  UPDATE journey.pipelines SET name = '' WHERE id = one;
  UPDATE journey.pipelines SET name = names[1] WHERE id = other;
  UPDATE journey.pipelines SET name = names[2] WHERE id = one;
END $$;
COMMENT ON FUNCTION journey.swap_names(int, int) IS 'Internal: two pipelines exchange their names';

CREATE FUNCTION journey.share_erased(of_pipeline int, with_pipeline int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  PERFORM journey.check_pipeline_owner(with_pipeline);
  INSERT INTO journey.erased (pipeline, hash, erased_at)
  SELECT w.name, e.hash, e.erased_at FROM journey.erased AS e JOIN journey.pipelines AS o ON o.name = e.pipeline CROSS JOIN journey.pipelines AS w WHERE o.id = of_pipeline AND w.id = with_pipeline
  ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION journey.share_erased(int, int) IS 'Internal: who was erased from one pipeline is from another, too';

CREATE FUNCTION journey.obey_erasures(p journey.pipelines, of_pipeline journey.pipelines) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  s journey.pipeline_sources;
  who journey.person;
BEGIN
  IF NOT journey.has_erased(of_pipeline) THEN RETURN; END IF;
  EXECUTE format($q$SELECT array_agg(k.kind), array_agg(k.alias), array_remove(array_agg(DISTINCT k.visitor_id), NULL)
    FROM (SELECT kind, alias, visitor_id FROM %s UNION SELECT kind, alias, NULL FROM %s) AS k WHERE %s$q$,
    journey.pipeline_table(p, 'aliases'), journey.pipeline_table(p, 'alias_history'), journey.erased_condition(of_pipeline, '{k.kind}', '{k.alias}'))
  INTO who.kinds, who.ids, who.visitors;
  IF who.ids IS NOT NULL THEN
    FOR s IN SELECT x.* FROM journey.pipeline_sources AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.relation WHERE x.pipeline = p.id LOOP
      PERFORM journey.mark_beside(p, s, who);
    END LOOP;
  END IF;
  PERFORM journey.share_erased(of_pipeline.id, p.id);
  IF who.ids IS NOT NULL THEN PERFORM journey.erase_made(p, who); END IF;
END $$;
COMMENT ON FUNCTION journey.obey_erasures(journey.pipelines, journey.pipelines) IS 'Internal: erases from a pipeline who was erased from another';

CREATE FUNCTION journey.check_swap(p journey.pipelines, q journey.pipelines) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  sources bigint := (SELECT count(*) FROM journey.pipeline_sources AS s WHERE s.pipeline = q.id);
  slices_left bigint := (SELECT count(*) FROM journey.pipeline_slices AS z WHERE z.pipeline = q.id AND z.state = 'new');
BEGIN
  PERFORM journey.check_pipeline_owner(p);
  PERFORM journey.check_pipeline_owner(q);
  IF p.id = q.id THEN
    RAISE invalid_parameter_value USING MESSAGE = format('pipeline "%s" can''t be swapped for itself', p.name);
  ELSIF p.schema <> q.schema OR journey.pipeline_owner(p) <> journey.pipeline_owner(q) THEN
    RAISE invalid_parameter_value USING MESSAGE = format('pipelines "%s" and "%s" must be in one schema and belong to one role', p.name, q.name),
      DETAIL = format('%s: schema %s, role %s; %s: schema %s, role %s.', p.name, p.schema, pg_get_userbyid(journey.pipeline_owner(p)), q.name, q.schema, pg_get_userbyid(journey.pipeline_owner(q)));
  ELSIF NOT p.targets <@ q.targets THEN
    RAISE invalid_parameter_value USING MESSAGE = format('pipeline "%s" lacks targets of "%s": %s', q.name, p.name, (SELECT string_agg(t::text, ', ') FROM unnest(p.targets) AS t WHERE t <> ALL (q.targets))),
      HINT = 'Who reads them would lose them. Declare it with these targets, too.';
  ELSIF q.state <> 'active' THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('pipeline "%s" is %s', q.name, q.state), HINT = format('SELECT journey.resume(%L);', q.name);
  ELSIF q.derive OR sources = 0 OR slices_left > 0 OR EXISTS (SELECT FROM journey.pipeline_sources AS s WHERE s.pipeline = q.id AND NOT s.listed) THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('pipeline "%s" is not filled', q.name),
      DETAIL = CASE WHEN slices_left > 0 THEN format('%s of its slices are left.', slices_left) WHEN sources = 0 THEN 'It has no sources.' WHEN q.derive THEN 'A source of it was dropped since its last refresh.' ELSE 'Its sources were not looked at yet.' END,
      HINT = format(CASE WHEN q.derive THEN 'CALL journey.refresh(%L);' ELSE 'CALL journey.fill(%L);' END, q.name);
  END IF;
END $$;
COMMENT ON FUNCTION journey.check_swap(journey.pipelines, journey.pipelines) IS 'Internal: the errors of swap';

-- Indexes and privileges that somebody gave the tables, for those of the successor. One statement a row.
CREATE FUNCTION journey.swap_statements(p journey.pipelines, q journey.pipelines) RETURNS SETOF text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  WITH tables AS (
    SELECT r.name::regclass AS mine, pg_catalog.to_regclass(journey.pipeline_table(q, substr(c.relname, length(p.tables) + 2))) AS theirs, c.relacl, c.relowner
    FROM journey.pipeline_relations(p) AS r JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(r.name) WHERE r.kind = 'TABLE'),
  -- What follows the name of the table in an index's definition.
  indexes AS (
    SELECT t.mine, t.theirs, i.indrelid, i.indisunique,
      split_part(replace(pg_catalog.pg_get_indexdef(i.indexrelid), format('INDEX %I ON ', x.relname), E'\x01'), E'\x01', 2) AS definition
    FROM tables AS t JOIN pg_catalog.pg_index AS i ON i.indrelid IN (t.mine, t.theirs) AND i.indisvalid JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.indexrelid)),
  plain AS (
    SELECT i.*, substr(i.definition, length(r.name) + CASE WHEN i.definition LIKE 'ONLY %' THEN 6 ELSE 1 END) AS method
    FROM indexes AS i CROSS JOIN LATERAL (SELECT journey.relation_name(i.indrelid) AS name) AS r)
  SELECT format('CREATE %sINDEX ON %s%s', CASE WHEN m.indisunique THEN 'UNIQUE ' END, journey.relation_name(m.theirs), m.method)
  FROM plain AS m WHERE m.indrelid = m.mine AND m.theirs IS NOT NULL
    AND NOT EXISTS (SELECT FROM plain AS o WHERE o.indrelid = m.theirs AND o.theirs = m.theirs AND (o.method, o.indisunique) = (m.method, m.indisunique))
  UNION ALL
  SELECT format('GRANT %s ON %s TO %s%s', a.privilege_type, journey.relation_name(t.theirs), CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
  FROM tables AS t CROSS JOIN LATERAL pg_catalog.aclexplode(t.relacl) AS a WHERE t.theirs IS NOT NULL AND a.grantee <> t.relowner
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS o CROSS JOIN LATERAL pg_catalog.aclexplode(o.relacl) AS b
      WHERE o.oid = t.theirs AND (b.grantee, b.privilege_type) = (a.grantee, a.privilege_type) AND b.is_grantable >= a.is_grantable);
END $$;
COMMENT ON FUNCTION journey.swap_statements(journey.pipelines, journey.pipelines) IS 'Internal: what gives a pipeline''s tables the indexes and privileges that those of another one have besides its own';

CREATE FUNCTION journey.point_view(p journey.pipelines, part text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  options text := (SELECT array_to_string(c.reloptions, ', ') FROM pg_catalog.pg_class AS c WHERE c.oid = pg_catalog.to_regclass(journey.pipeline_view(p, part)));
BEGIN
  -- Replaced, a view keeps its owner, privileges and comments, but not its options.
  EXECUTE format('CREATE OR REPLACE VIEW %s%s AS %s', journey.pipeline_view(p, part), ' WITH (' || options || ')', journey.view_query(p, part));
END $$;
COMMENT ON FUNCTION journey.point_view(journey.pipelines, text) IS 'Internal: points a view of a pipeline at its tables, whichever it was for';

-- All in one transaction. A reader holds its views to the end of its own: it sees either all of the one or all of the other.
CREATE FUNCTION journey.swap_now(pipeline text, successor text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_at_work(pipeline);
  q journey.pipelines := journey.pipeline_at_work(successor);
  part record;
  until timestamptz;
  right_of record;
BEGIN
  -- Refreshes at work finish first.
  PERFORM journey.lock_pipeline(least(p.id, q.id), true);
  PERFORM journey.lock_pipeline(greatest(p.id, q.id), true);
  p := journey.pipeline_at_work(pipeline);
  q := journey.pipeline_at_work(successor);
  PERFORM journey.check_swap(p, q);
  PERFORM journey.pin_settings();
  PERFORM journey.obey_erasures(q, p);
  PERFORM journey.obey_erasures(p, q);
  PERFORM journey.swap_names(p.id, q.id);
  p.name := successor;
  q.name := pipeline;
  -- For the first view two seconds, behind its readers; for all others, with that one held, together less than it takes until
  -- the server looks for deadlocks: a reader is never ended for the sake of a swap.
  PERFORM pg_catalog.set_config('lock_timeout', '2s', true);
  FOR part IN
    SELECT v.name, v.says, o.name IS NOT NULL AS old FROM journey.pipeline_views(q) WITH ORDINALITY AS v (name, says, number) LEFT JOIN journey.pipeline_views(p) AS o ON o.name = v.name ORDER BY v.number
  LOOP
    PERFORM journey.point_view(q, part.name);
    until := coalesce(until, clock_timestamp() + interval '0.5 seconds');
    PERFORM pg_catalog.set_config('lock_timeout', greatest(1, ceil(extract('epoch' FROM until - clock_timestamp()) * 1000))::int::text, true);
    IF part.old THEN
      PERFORM journey.point_view(p, part.name);
    ELSE
      EXECUTE format('COMMENT ON VIEW %s IS %L', journey.pipeline_view(q, part.name), part.says);
      FOR right_of IN
        SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee
        FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a WHERE c.oid = pg_catalog.to_regclass(journey.pipeline_view(p, part.name)) AND a.grantee <> c.relowner
      LOOP
        EXECUTE format('GRANT %s ON %s TO %s', right_of.privilege_type, journey.pipeline_view(q, part.name), right_of.grantee);
      END LOOP;
    END IF;
  END LOOP;
  -- Targets that only the successor has are no longer under its old name.
  FOR part IN SELECT v.name FROM journey.pipeline_views(q) WITH ORDINALITY AS v (name, says, number) WHERE NOT EXISTS (SELECT FROM journey.pipeline_views(p) AS o WHERE o.name = v.name) ORDER BY v.number DESC LOOP
    EXECUTE format('DROP VIEW IF EXISTS %s', journey.pipeline_view(p, part.name));
  END LOOP;
END $$;
COMMENT ON FUNCTION journey.swap_now(text, text) IS 'Internal: two pipelines exchange names and views; an error (55P03) where readers hold the views too long';

CREATE PROCEDURE journey.swap(pipeline text, successor text)
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines;
  q journey.pipelines;
  statement text;
  done boolean := false;
  tries int := 0;
  lost text;
BEGIN
  PERFORM journey.refuse_transaction_block('journey.swap');
  p := journey.pipeline_at_work(pipeline);
  q := journey.pipeline_at_work(successor);
  PERFORM journey.check_swap(p, q);
  lost := (SELECT string_agg(journey.relation_name(s.relation), ', ' ORDER BY s.source) FROM journey.pipeline_sources AS s
    WHERE s.pipeline = p.id AND NOT EXISTS (SELECT FROM journey.pipeline_sources AS o WHERE o.pipeline = q.id AND o.relation = s.relation));
  IF lost IS NOT NULL THEN RAISE WARNING 'sources of pipeline "%" are not in "%": %', pipeline, successor, lost; END IF;
  lost := (SELECT string_agg(DISTINCT z.slice::text, ', ' ORDER BY z.slice::text) FROM journey.pipeline_slices AS z WHERE z.pipeline = p.id AND z.state = 'kept'
    AND NOT EXISTS (SELECT FROM journey.pipeline_slices AS o JOIN journey.pipeline_sources AS s ON s.pipeline = o.pipeline AND s.source = o.source WHERE o.pipeline = q.id AND o.slice = z.slice));
  IF lost IS NOT NULL THEN
    RAISE WARNING 'slices that pipeline "%" has kept are not in "%": %', pipeline, successor, lost USING HINT = 'Their sources no longer have them. They stay in the tables of the pipeline that is swapped out.';
  END IF;
  CALL journey.refresh(successor, true);
  FOR statement IN SELECT journey.swap_statements(p, q) LOOP
    EXECUTE statement;
    COMMIT;
  END LOOP;
  LOOP
    COMMIT;
    BEGIN
      PERFORM journey.swap_now(pipeline, successor);
      done := true;
    EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
      tries := tries + 1;
    END;
    COMMIT;
    EXIT WHEN done;
    IF tries >= 60 THEN
      RAISE lock_not_available USING MESSAGE = format('the views of pipeline "%s" were in use all the time', pipeline),
        HINT = 'Nothing was swapped. A long transaction reads them: see pg_stat_activity; call it again.';
    END IF;
    PERFORM pg_catalog.pg_sleep(0.2);
  END LOOP;
  CALL journey.refresh(pipeline, true);
END $$;
COMMENT ON PROCEDURE journey.swap(text, text) IS
  'Changes the rules of a pipeline: a successor, declared and filled beside it, takes its name and views, and it takes the successor''s. '
  'Refreshes the successor, gives its tables the indexes and privileges that the other''s have besides, then points all views in one short transaction, and refreshes once more. '
  'Views over the views follow, with their privileges and comments; who reads sees all of the one or all of the other. '
  'Called again it undoes itself; once nobody wants the old one back, drop it under the successor''s name. '
  'Who was erased from one is from both. '
  'It commits, so it can''t run in a transaction block (25001). '
  'Errors: a successor that is not filled (55000), in another schema or of another role, or lacks targets (22023); readers that hold the views for minutes (55P03), and then nothing is swapped';
