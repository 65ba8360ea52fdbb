-- Room: pipelines. Pipelines and their tables.

CREATE FUNCTION journey.current_xid("offset" bigint DEFAULT 0) RETURNS bigint
LANGUAGE c STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'journey_current_xid';
COMMENT ON FUNCTION journey.current_xid(bigint) IS
  'The number of the current transaction, which is given one, plus offset: the default of the column journey_xid of a pipeline''s source. '
  'Numbers grow with the time at which transactions first write, not with that of their commit';

CREATE TYPE journey.slice_base AS (slice date, xmax bigint, xip bigint[]);
COMMENT ON TYPE journey.slice_base IS 'Internal: the snapshot that a slice was filled in, as numbers of the source''s column';

CREATE TYPE journey.pipeline_place AS (slice date, kind text, alias text);
COMMENT ON TYPE journey.pipeline_place IS 'What a row of a source counts for: its slice and its strongest id';

-- Small, mergeable values beside a trail.
CREATE TYPE journey.page_at AS (at timestamptz, page text);
COMMENT ON TYPE journey.page_at IS 'A page and when it was seen';

CREATE FUNCTION journey.relation_name(relation regclass) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- In plpgsql, as all that a step calls and that can't be inlined: a function in SQL is planned at each call.
  RETURN coalesce((SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = relation), relation::oid::text);
END $$;
COMMENT ON FUNCTION journey.relation_name(regclass) IS 'The qualified name of a relation under any search_path';

CREATE FUNCTION journey.pipeline_named(name text) RETURNS journey.pipelines
LANGUAGE plpgsql STABLE AS $$
DECLARE
  p journey.pipelines;
BEGIN
  IF name IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'the name of a pipeline must not be NULL';
  END IF;
  SELECT * INTO p FROM journey.pipelines AS x WHERE x.name = pipeline_named.name;
  IF NOT FOUND THEN
    RAISE undefined_object USING MESSAGE = format('pipeline "%s" does not exist', name),
      HINT = coalesce('There are: ' || (SELECT pg_catalog.string_agg(x.name, ', ' ORDER BY x.name) FROM journey.pipelines AS x) || '.', 'Declare it with journey.create_pipeline.');
  END IF;
  RETURN p;
END $$;
COMMENT ON FUNCTION journey.pipeline_named(text) IS 'The pipeline of that name; an error (42704) where there is none';

CREATE FUNCTION journey.number_offset(relation regclass, cluster bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT c.number_offset FROM journey.source_columns AS c WHERE c.relation = number_offset.relation
    AND c.system_identifier = coalesce(cluster, (SELECT k.system_identifier FROM pg_catalog.pg_control_system() AS k))), 0);
END $$;
COMMENT ON FUNCTION journey.number_offset(regclass, bigint) IS
  'Internal: what the column journey_xid of a source adds to the numbers of transactions, or added in another cluster, by its system identifier';

CREATE FUNCTION journey.is_restored(p journey.pipelines) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN p.system_identifier <> (SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c);
END $$;
COMMENT ON FUNCTION journey.is_restored(journey.pipelines) IS 'Whether a pipeline comes from another cluster, whose transactions had other numbers';

CREATE FUNCTION journey.pipeline_table(p journey.pipelines, part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('%I.%I', p.schema, p.tables || '_' || part);
COMMENT ON FUNCTION journey.pipeline_table(journey.pipelines, text) IS 'The qualified name of one of a pipeline''s tables';

-- Without a look-up by name, which raises for those who may not look into the schema.
CREATE FUNCTION journey.pipeline_table_oid(p journey.pipelines, part text) RETURNS oid
LANGUAGE sql STABLE
RETURN (SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = p.schema AND c.relname = p.tables || '_' || part);
COMMENT ON FUNCTION journey.pipeline_table_oid(journey.pipelines, text) IS 'One of a pipeline''s tables; NULL where it is gone';

CREATE FUNCTION journey.pipeline_view(p journey.pipelines, part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('%I.%I', p.schema, p.name || '_' || part);
COMMENT ON FUNCTION journey.pipeline_view(journey.pipelines, text) IS 'The qualified name of one of a pipeline''s views, under which its tables are read';

CREATE FUNCTION journey.has_target(p journey.pipelines, target journey.pipeline_target) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN target = ANY (p.targets);
COMMENT ON FUNCTION journey.has_target(journey.pipelines, journey.pipeline_target) IS 'Whether a pipeline keeps a target';

CREATE FUNCTION journey.placed_parts(p journey.pipelines) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{trails,conversions}'::text[] || ARRAY(SELECT t::text FROM unnest('{items,traits}'::journey.pipeline_target[]) AS t WHERE t = ANY (p.targets));
COMMENT ON FUNCTION journey.placed_parts(journey.pipelines) IS 'Internal: the tables of a pipeline that are stored by place: by slice, source and id';

CREATE FUNCTION journey.check_keeps_target(p journey.pipelines, target journey.pipeline_target) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT journey.has_target(p, target) THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('pipeline "%s" does not keep the target %s', p.name, target), HINT = format('Declare it with %s among its targets.', target);
  END IF;
END $$;
COMMENT ON FUNCTION journey.check_keeps_target(journey.pipelines, journey.pipeline_target) IS 'Internal: the error (55000) of a pipeline without a target';

CREATE FUNCTION journey.check_pipeline(p journey.pipelines) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p.name IS NULL OR p.name !~ '^[a-z_][a-z0-9_]{0,30}$' THEN
    RAISE invalid_name USING MESSAGE = format('name must be up to 31 lower-case letters, digits and underscores, and begin with no digit: %s', coalesce(quote_literal(p.name), 'NULL')),
      HINT = 'The names of the pipeline''s tables begin with it.';
  END IF;
  IF EXISTS (SELECT FROM journey.pipelines AS x WHERE x.name = p.name) THEN
    RAISE duplicate_object USING MESSAGE = format('pipeline "%s" already exists', p.name), HINT = 'Take another name, or drop it with journey.drop_pipeline.';
  END IF;
  IF p.schema IS NULL OR NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = p.schema) THEN
    RAISE invalid_schema_name USING MESSAGE = format('schema %s does not exist', coalesce('"' || p.schema || '"', 'NULL')), HINT = 'Make it first: the pipeline''s tables go there.';
  END IF;
  IF p.rule IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'rule must not be NULL', HINT = 'Leave it out for sessions that end after 30 minutes.';
  ELSIF p.rule::text LIKE '%max_duration%' THEN
    RAISE invalid_parameter_value USING MESSAGE = format('a pipeline can''t have a rule with max_duration: %s', p.rule),
      HINT = 'Such sessions can''t be merged: where one ends depends on where it began.';
  END IF;
  IF p.kinds IS NULL OR cardinality(p.kinds) = 0 OR array_position(p.kinds, NULL) IS NOT NULL OR '' = ANY (p.kinds)
    OR cardinality(p.kinds) <> (SELECT count(DISTINCT kind) FROM unnest(p.kinds) AS kind) THEN
    RAISE invalid_parameter_value USING MESSAGE = format('kinds must be different names of kinds of ids, strongest first: %s', coalesce(p.kinds::text, 'NULL'));
  ELSIF p.unique_kinds IS NULL OR NOT p.unique_kinds <@ p.kinds THEN
    RAISE invalid_parameter_value USING MESSAGE = format('unique_kinds must be among kinds: %s', coalesce(p.unique_kinds::text, 'NULL')), HINT = format('kinds are %s.', p.kinds);
  ELSIF p.max_members < 1 THEN
    RAISE invalid_parameter_value USING MESSAGE = format('max_members must be at least 1: %s', p.max_members), HINT = 'Leave it out for no limit.';
  ELSIF p.mode IS NULL OR p.slice IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'mode and slice must not be NULL';
  ELSIF p.mode = 'latest_user' AND (cardinality(p.kinds) <> 2 OR p.unique_kinds <> '{}' OR p.max_members IS NOT NULL) THEN
    RAISE invalid_parameter_value USING MESSAGE = format('the mode latest_user takes exactly two kinds of ids and no limits: kinds %s, unique_kinds %s, max_members %s', p.kinds, p.unique_kinds, coalesce(p.max_members::text, 'NULL')),
      HINT = 'There each alias goes with its latest user, and no further.';
  ELSIF p.give_up_after IS NULL OR NOT p.give_up_after > '0' THEN
    RAISE invalid_parameter_value USING MESSAGE = format('give_up_after must be a time greater than zero: %s', coalesce(p.give_up_after::text, 'NULL'));
  ELSIF p.own_hosts IS NULL OR p.blog_path IS NULL OR p.targets IS NULL OR array_position(p.targets, NULL) IS NOT NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'own_hosts, blog_path and targets must not be NULL';
  ELSIF p.item_names IS NOT NULL AND (SELECT count(*) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = p.item_names AND a.attname IN ('item', 'name') AND a.atttypid IN ('text'::regtype, 'varchar'::regtype)) < 2 THEN
    RAISE undefined_column USING MESSAGE = format('item_names must have the columns item and name, of type text: %s', p.item_names), HINT = 'Give a view, such as SELECT sku::text AS item, title AS name FROM products.';
  END IF;
  -- What else they may not be: said by those who take them, now rather than at the first refresh.
  PERFORM FROM journey.resolve_aliases('SELECT NULL::text, NULL::text, NULL::text, NULL::text, NULL::timestamptz WHERE false', p.kinds, p.unique_kinds, p.blocked, p.max_members);
  PERFORM journey.touch(now(), 'https://shop.example/', NULL, p.own_hosts);
END $$;
COMMENT ON FUNCTION journey.check_pipeline(journey.pipelines) IS 'Internal: the errors of create_pipeline';

CREATE FUNCTION journey.create_pipeline(
  name text, schema text, rule journey.session_rule DEFAULT journey.session_rule(), slice journey.slice_size DEFAULT 'month',
  kinds text[] DEFAULT '{user,anonymous}', unique_kinds text[] DEFAULT '{}', max_members int DEFAULT NULL,
  blocked text[] DEFAULT journey.junk_ids(), mode journey.alias_mode DEFAULT 'connected',
  own_hosts text[] DEFAULT '{}', blog_path text DEFAULT '/blog',
  targets journey.pipeline_target[] DEFAULT '{visitors,all_sessions,conversions,attribution}', give_up_after interval DEFAULT '2 hours', item_names regclass DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines;
BEGIN
  p.name := name; p.schema := schema; p.tables := name || '_g1'; p.rule := rule; p.slice := slice;
  p.kinds := kinds; p.unique_kinds := unique_kinds; p.max_members := max_members; p.blocked := blocked; p.mode := mode;
  p.own_hosts := own_hosts; p.blog_path := blog_path; p.targets := targets; p.give_up_after := give_up_after; p.item_names := item_names;
  PERFORM journey.check_pipeline(p);
  -- What a target is made of is kept, too.
  p.targets := ARRAY(SELECT target FROM unnest(enum_range(NULL::journey.pipeline_target)) AS target
    WHERE target = ANY (p.targets) OR target IN ('visitors', 'conversions')
      OR target = 'all_sessions' AND 'useful_sessions' = ANY (p.targets)
      OR target IN ('attribution', 'rfm') AND 'customer_360' = ANY (p.targets));
  p.system_identifier := (SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c);
  PERFORM journey.make_pipeline_tables(p);
  PERFORM journey.save_pipeline(p);
END $$;
COMMENT ON FUNCTION journey.create_pipeline(text, text, journey.session_rule, journey.slice_size, text[], text[], int, text[], journey.alias_mode, text[], text, journey.pipeline_target[], interval, regclass) IS
  'Declares a pipeline and makes its tables in schema: tables NAME_g1_... and a view NAME_... over each. '
  'rule cuts the sessions, and may have no max_duration. '
  'slice is the piece by which history is filled and rebuilt. '
  'kinds, unique_kinds, max_members, blocked and mode are those of resolve_aliases; mode latest_user takes exactly two kinds and no limits. '
  'own_hosts are those of touch; pages whose path begins with blog_path are blog pages. '
  'targets: what to keep up to date, with what it is made of. '
  'give_up_after: how long refreshes that fail by what may pass are tried again before the pipeline is failed. '
  'item_names: a table or view with the columns item and name, both text, for what people read. '
  'Sources are added with add_source. '
  'Errors: a name in use (42710, 42P07), a schema that is not there (3F000), a rule that does not merge and options that do not fit (22023)';

CREATE FUNCTION journey.drop_pipeline(name text, keep_tables boolean DEFAULT true) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(drop_pipeline.name);
  used regclass[] := ARRAY(SELECT s.relation FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id);
  relation regclass;
  made record;
BEGIN
  PERFORM journey.forget_pipeline(p.id);
  FOREACH relation IN ARRAY used LOOP
    RETURN QUERY SELECT journey.release_source(relation);
  END LOOP;
  IF NOT keep_tables THEN
    FOR made IN SELECT * FROM journey.pipeline_relations(p) LOOP
      EXECUTE format('DROP %s IF EXISTS %s', made.kind, made.name);
    END LOOP;
  END IF;
END $$;
COMMENT ON FUNCTION journey.drop_pipeline(text, boolean) IS
  'Forgets a pipeline. '
  'Its tables and views stay as they are, or go with keep_tables => false, which fails (2BP01) while others depend on them. '
  'Triggers that no other pipeline needs are dropped from its sources; returns the statements that did it, and those that are left to you: the column and indexes stay';

CREATE FUNCTION journey.pause(name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journey.set_pipeline_state((journey.pipeline_named(pause.name)).id, 'paused');
END $$;
COMMENT ON FUNCTION journey.pause(text) IS
  'Stops a pipeline until resume: after the step, or the slice, that is at work. '
  'Changes of its sources go on being marked, so that nothing is lost';

CREATE FUNCTION journey.resume(name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF journey.is_restored(journey.pipeline_named(resume.name)) THEN PERFORM journey.adopt_pipeline(journey.pipeline_named(resume.name)); END IF;
  PERFORM journey.set_pipeline_state((journey.pipeline_named(resume.name)).id, 'active');
END $$;
COMMENT ON FUNCTION journey.resume(text) IS
  'Lets a pipeline that was paused, or failed, go on; one that waits for its next try, at once. '
  'One that came with a dump from another cluster, or by pg_upgrade, goes on where it was: the columns journey_xid of its sources are made to count on, which takes their owner and locks their writers out for a moment';
