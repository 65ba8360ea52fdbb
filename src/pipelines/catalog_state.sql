-- Room: pipelines. The only functions that write the tables of catalog.sql: as their owner, for members of the role
-- that owns the pipeline's tables.

CREATE FUNCTION journey.pipeline_owner(p journey.pipelines) RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN coalesce(
    (SELECT c.relowner FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = p.schema AND c.relname = p.tables || '_trails'),
    (SELECT nspowner FROM pg_namespace WHERE nspname = p.schema),
    (SELECT datdba FROM pg_database WHERE datname = current_database()));
END $$;
COMMENT ON FUNCTION journey.pipeline_owner(journey.pipelines) IS
  'The role that owns a pipeline: the one that owns its tables, or else their schema, or else the database';

CREATE FUNCTION journey.check_pipeline_owner(p journey.pipelines) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  -- Not current_user, which is the owner of the function that asks.
  caller name := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END;
BEGIN
  IF NOT pg_has_role(caller, journey.pipeline_owner(p), 'USAGE') THEN
    RAISE insufficient_privilege USING MESSAGE = format('must be member of role "%s" to change pipeline "%s"', pg_get_userbyid(journey.pipeline_owner(p)), p.name),
      HINT = 'A pipeline belongs to the role that owns its tables.';
  END IF;
END $$;
COMMENT ON FUNCTION journey.check_pipeline_owner(journey.pipelines) IS 'An error (42501) unless the caller may act as the owner of the pipeline';

CREATE FUNCTION journey.check_pipeline_owner(pipeline int) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p journey.pipelines;
BEGIN
  SELECT * INTO STRICT p FROM journey.pipelines WHERE id = pipeline;
  PERFORM journey.check_pipeline_owner(p);
END $$;
COMMENT ON FUNCTION journey.check_pipeline_owner(int) IS 'As check_pipeline_owner for a row, by its id';

CREATE FUNCTION journey.save_pipeline(p journey.pipelines) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(p);
  INSERT INTO journey.pipelines (name, schema, tables, rule, slice, kinds, unique_kinds, max_members, blocked, mode, own_hosts, blog_path, targets, item_names, give_up_after, system_identifier)
  VALUES (p.name, p.schema, p.tables, p.rule, p.slice, p.kinds, p.unique_kinds, p.max_members, p.blocked, p.mode, p.own_hosts, p.blog_path, p.targets, p.item_names, p.give_up_after, p.system_identifier)
  RETURNING id INTO p.id;
  RETURN p.id;
END $$;
COMMENT ON FUNCTION journey.save_pipeline(journey.pipelines) IS 'Internal: declares a pipeline whose tables are made; its id';

CREATE FUNCTION journey.forget_pipeline(pipeline int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(pipeline);
  DELETE FROM journey.pipelines WHERE id = pipeline;
END $$;
COMMENT ON FUNCTION journey.forget_pipeline(int) IS 'Internal: a pipeline that is dropped';

CREATE FUNCTION journey.set_pipeline_state(pipeline int, new_state text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(pipeline);
  UPDATE journey.pipelines SET state = new_state, failures = 0, failing_since = NULL, next_try_at = NULL WHERE id = pipeline;
END $$;
COMMENT ON FUNCTION journey.set_pipeline_state(int, text) IS 'Internal: active or paused; what failed before is forgotten';

CREATE FUNCTION journey.save_source(s journey.pipeline_sources) RETURNS int2
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller name := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END;
BEGIN
  PERFORM journey.check_pipeline_owner(s.pipeline);
  -- Marks of changed rows hold ids: who gets them must be allowed to see each change, as the owner of a trigger is.
  IF s.changes <> 'received_at' AND NOT has_table_privilege(caller, s.relation, 'TRIGGER') THEN
    RAISE insufficient_privilege USING MESSAGE = format('permission denied: the mode %s needs the privilege TRIGGER on %s', s.changes, s.relation),
      HINT = format('GRANT TRIGGER ON %s TO %I; or take changes => ''received_at''.', s.relation, caller);
  END IF;
  UPDATE journey.pipelines SET sources = sources + 1 WHERE id = s.pipeline RETURNING sources INTO s.source;
  INSERT INTO journey.pipeline_sources SELECT s.*;
  RETURN s.source;
END $$;
COMMENT ON FUNCTION journey.save_source(journey.pipeline_sources) IS 'Internal: declares a source; its number in its pipeline';

CREATE FUNCTION journey.forget_source(of_pipeline int, of_source int2) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  DELETE FROM journey.pipeline_sources WHERE pipeline = of_pipeline AND source = of_source;
  UPDATE journey.pipelines SET derive = true WHERE id = of_pipeline;
END $$;
COMMENT ON FUNCTION journey.forget_source(int, int2) IS 'Internal: a source that is dropped; the next refresh makes identity and targets without it';

CREATE FUNCTION journey.lock_pipeline(pipeline int, wait boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(pipeline);
  IF wait THEN
    PERFORM FROM journey.pipelines WHERE id = pipeline FOR NO KEY UPDATE;
  ELSE
    PERFORM FROM journey.pipelines WHERE id = pipeline FOR NO KEY UPDATE SKIP LOCKED;
  END IF;
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION journey.lock_pipeline(int, boolean) IS
  'Internal: this transaction alone changes the pipeline; false where another one does, unless wait. '
  'An error (40001) where another one did since the snapshot was taken';

CREATE FUNCTION journey.save_leaves(s journey.pipeline_sources, kept date[], leaves journey.source_leaves[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(s.pipeline);
  DELETE FROM journey.source_leaves AS l WHERE l.pipeline = s.pipeline AND l.source = s.source;
  INSERT INTO journey.source_leaves SELECT l.* FROM unnest(leaves) AS l WHERE l.pipeline = s.pipeline AND l.source = s.source;
  UPDATE journey.pipeline_slices AS z SET state = 'filled' WHERE z.pipeline = s.pipeline AND z.source = s.source AND z.state = 'kept' AND z.slice <> ALL (kept);
  INSERT INTO journey.pipeline_slices AS z SELECT s.pipeline, s.source, k, 'kept' FROM unnest(kept) AS k
  ON CONFLICT (pipeline, source, slice) DO UPDATE SET state = 'kept' WHERE z.state = 'filled';
END $$;
COMMENT ON FUNCTION journey.save_leaves(journey.pipeline_sources, date[], journey.source_leaves[]) IS 'Internal: the partitions of a source, and the slices that it no longer has';

CREATE FUNCTION journey.save_barrier(s journey.pipeline_sources, barrier bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(s.pipeline);
  UPDATE journey.pipeline_sources AS x SET barrier = save_barrier.barrier WHERE x.pipeline = s.pipeline AND x.source = s.source;
END $$;
COMMENT ON FUNCTION journey.save_barrier(journey.pipeline_sources, bigint) IS 'Internal: which writers may not know of a source';

CREATE FUNCTION journey.save_listing(s journey.pipeline_sources, slices date[], seen pg_snapshot, leaves journey.source_leaves[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(s.pipeline);
  UPDATE journey.pipeline_sources AS x SET listed = true, listed_snapshot = seen, received_until = s.received_until, ahead_until = s.ahead_until WHERE x.pipeline = s.pipeline AND x.source = s.source;
  INSERT INTO journey.pipeline_slices SELECT s.pipeline, s.source, slice, 'new' FROM unnest(slices) AS slice;
  PERFORM journey.save_leaves(s, '{}', leaves);
END $$;
COMMENT ON FUNCTION journey.save_listing(journey.pipeline_sources, date[], pg_snapshot, journey.source_leaves[]) IS 'Internal: a source and the slices that are to be filled';

CREATE FUNCTION journey.claim_slice(of_pipeline int, newest_first boolean) RETURNS journey.pipeline_slices
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  z journey.pipeline_slices;
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  SELECT x.* INTO z FROM journey.pipeline_slices AS x WHERE x.pipeline = of_pipeline AND x.state = 'new'
  ORDER BY CASE WHEN newest_first THEN x.slice END DESC, x.slice, x.source LIMIT 1 FOR UPDATE SKIP LOCKED;
  RETURN z;
END $$;
COMMENT ON FUNCTION journey.claim_slice(int, boolean) IS 'Internal: a slice that is to be filled, for this transaction alone; NULL where there is none that nobody else fills';

CREATE FUNCTION journey.save_filled(z journey.pipeline_slices) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(z.pipeline);
  UPDATE journey.pipeline_slices AS x SET state = 'filled', filled_snapshot = z.filled_snapshot, filled_until = z.filled_until, events = z.events
  WHERE x.pipeline = z.pipeline AND x.source = z.source AND x.slice = z.slice AND x.state = 'new';
END $$;
COMMENT ON FUNCTION journey.save_filled(journey.pipeline_slices) IS 'Internal: a slice that is filled, in the snapshot that it names';

-- A source after a step: its slices are met, and as of the pipeline's snapshot from now on.
CREATE FUNCTION journey.save_met(s journey.pipeline_sources, fresh date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(s.pipeline);
  UPDATE journey.pipeline_sources AS x SET listed_snapshot = NULL, ahead_until = s.ahead_until, received_until = s.received_until, ignored = s.ignored
  WHERE x.pipeline = s.pipeline AND x.source = s.source AND (x.listed_snapshot IS NOT NULL OR (x.ahead_until, x.received_until, x.ignored) IS DISTINCT FROM (s.ahead_until, s.received_until, s.ignored));
  UPDATE journey.pipeline_slices AS z SET filled_snapshot = NULL, filled_until = NULL
  WHERE z.pipeline = s.pipeline AND z.source = s.source AND z.slice = ANY (fresh);
END $$;
COMMENT ON FUNCTION journey.save_met(journey.pipeline_sources, date[]) IS 'Internal: what a step learned of a source, and the slices that it met filled';

CREATE FUNCTION journey.save_step(of_pipeline int, now_seen pg_snapshot) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  UPDATE journey.pipelines SET seen = now_seen, seen_at = now(), derive = false, failures = 0, failing_since = NULL, next_try_at = NULL WHERE id = of_pipeline;
  DELETE FROM journey.runs WHERE pipeline = of_pipeline AND kind IN ('fill', 'refresh') AND finished_at < now() - interval '30 days';
END $$;
COMMENT ON FUNCTION journey.save_step(int, pg_snapshot) IS 'Internal: all that a pipeline has is as of a snapshot, that of this transaction; runs of more than 30 days ago are forgotten';

CREATE FUNCTION journey.save_run(r journey.runs) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p journey.pipelines;
BEGIN
  PERFORM journey.check_pipeline_owner(r.pipeline);
  INSERT INTO journey.runs (pipeline, kind, started_at, finished_at, events, left_out, places, visitors, sqlstate, message, detail, hint, context)
  VALUES (r.pipeline, r.kind, r.started_at, clock_timestamp(), coalesce(r.events, 0), coalesce(r.left_out, 0), coalesce(r.places, 0), coalesce(r.visitors, 0), r.sqlstate, r.message, nullif(r.detail, ''), nullif(r.hint, ''), r.context)
  RETURNING * INTO r;
  SELECT * INTO p FROM journey.pipelines AS x WHERE x.id = r.pipeline;
  IF r.sqlstate IS NULL THEN
    PERFORM pg_notify('journey_' || r.kind, jsonb_build_object('pipeline', p.name, 'run', r.run, 'events', r.events, 'places', r.places, 'visitors', r.visitors)::text);
  ELSE
    -- A message is at most 8,000 bytes.
    PERFORM pg_notify('journey_failed', jsonb_strip_nulls(jsonb_build_object('pipeline', p.name, 'run', r.run, 'kind', r.kind, 'state', p.state, 'sqlstate', r.sqlstate,
      'message', left(r.message, 500), 'hint', left(r.hint, 500), 'failing_since', p.failing_since, 'next_try_at', p.next_try_at))::text);
  END IF;
END $$;
COMMENT ON FUNCTION journey.save_run(journey.runs) IS
  'Internal: what a step did, or why it failed; notifies journey_refresh or journey_fill, or else journey_failed';

CREATE FUNCTION journey.is_passing(sqlstate text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN left(sqlstate, 2) IN ('08', '40', '53', '55', '57', '58');
COMMENT ON FUNCTION journey.is_passing(text) IS
  'Whether an error may go away by itself, or by what somebody does elsewhere: connections (class 08), other transactions (40), resources (53), locks, and indexes and triggers that are not there yet (55), cancels and timeouts (57), the system (58). '
  'After another one a refresh is not tried again before resume';

CREATE FUNCTION journey.save_failure(r journey.runs) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(r.pipeline);
  -- Before the first refresh somebody sets it up, and tries at once again.
  UPDATE journey.pipelines AS p SET failures = p.failures + 1, failing_since = coalesce(p.failing_since, clock_timestamp()),
    state = CASE WHEN p.state = 'active' AND p.seen IS NOT NULL AND (NOT journey.is_passing(r.sqlstate) OR p.failing_since + p.give_up_after <= clock_timestamp()) THEN 'failed' ELSE p.state END,
    next_try_at = CASE WHEN p.seen IS NOT NULL THEN clock_timestamp() + least(power(2, least(p.failures, 20)) * interval '1 second', interval '5 minutes') END
  WHERE p.id = r.pipeline;
  UPDATE journey.pipelines AS p SET next_try_at = NULL WHERE p.id = r.pipeline AND p.state = 'failed';
  PERFORM journey.save_run(r);
END $$;
COMMENT ON FUNCTION journey.save_failure(journey.runs) IS
  'Internal: a refresh that failed. '
  'It is tried again after 1 second, 2, 4, and so on up to 5 minutes, until give_up_after; then, and after an error that will not pass, the pipeline is failed';
