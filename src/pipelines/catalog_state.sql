-- Room: pipelines. The only functions that write the tables of catalog.sql: as their owner, for members of the role
-- that owns the pipeline's tables.

CREATE FUNCTION journey.pipeline_owner(p journey.pipelines) RETURNS oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(
    (SELECT c.relowner FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = p.schema AND c.relname = p.tables || '_trails'),
    (SELECT nspowner FROM pg_namespace WHERE nspname = p.schema),
    (SELECT datdba FROM pg_database WHERE datname = current_database()))
$$;
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
  INSERT INTO journey.pipelines (name, schema, tables, rule, slice, kinds, unique_kinds, max_members, blocked, mode, own_hosts, blog_path, targets, system_identifier)
  VALUES (p.name, p.schema, p.tables, p.rule, p.slice, p.kinds, p.unique_kinds, p.max_members, p.blocked, p.mode, p.own_hosts, p.blog_path, p.targets, p.system_identifier)
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
  UPDATE journey.pipelines SET state = new_state WHERE id = pipeline AND state <> new_state;
END $$;
COMMENT ON FUNCTION journey.set_pipeline_state(int, text) IS 'Internal: active, paused or failed';

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
  'Internal: this transaction alone changes the pipeline; false where another one does, unless wait. An error (40001) where another one did since the snapshot was taken';
