-- Room: pipelines. What is wrong with a pipeline or may soon be, and what mends it.

CREATE TYPE journey.health_problem AS (check_name text, value text, hint text, command text);
COMMENT ON TYPE journey.health_problem IS 'Internal: what a check found, and a statement that mends it or shows more';

CREATE FUNCTION journey.state_problems(p journey.pipelines) RETURNS SETOF journey.health_problem
LANGUAGE plpgsql STABLE AS $$
DECLARE
  since interval := clock_timestamp() - coalesce(p.seen_at, p.created_at);
  failed journey.runs;
BEGIN
  SELECT * INTO failed FROM journey.last_runs(p.id) AS r WHERE r.kind = 'refresh';
  IF journey.is_restored(p) THEN
    RETURN NEXT ROW('cluster', 'it comes from another cluster', 'After a restore, or pg_upgrade, numbers of transactions mean something else. If it came as a whole, with its sources, it can go on.', format('SELECT journey.resume(%L)', p.name))::journey.health_problem;
  END IF;
  IF p.state = 'paused' THEN
    RETURN NEXT ROW('state', 'paused', 'Nothing refreshes or fills it until it is resumed.', format('SELECT journey.resume(%L)', p.name))::journey.health_problem;
  ELSIF p.state = 'failed' THEN
    RETURN NEXT ROW('state', format('failed since %s: %s', date_trunc('second', p.failing_since), failed.message), concat_ws(' ', failed.hint, 'Mend what is wrong, then resume it.'), format('SELECT journey.resume(%L)', p.name))::journey.health_problem;
  ELSIF p.failures > 0 THEN
    RETURN NEXT ROW('state', format('failing since %s, %s times, next try at %s: %s', date_trunc('second', p.failing_since), p.failures, coalesce(date_trunc('second', p.next_try_at)::text, 'the next call'), failed.message),
      concat_ws(' ', failed.hint, 'It is tried again; with wait at once.'), format('CALL journey.refresh(%L, wait => true)', p.name))::journey.health_problem;
  END IF;
  IF since > '10 minutes' THEN
    RETURN NEXT ROW('lag', date_trunc('second', since)::text, 'Is the scheduler running? One that calls journey.run each minute keeps the lag below a minute.', format('CALL journey.refresh(%L, wait => true)', p.name))::journey.health_problem;
  END IF;
  RETURN QUERY
  SELECT 'filled', format('%s of %s slices are not filled', count(*) FILTER (WHERE z.state = 'new'), count(*)), 'Their events are missing. Several sessions may fill at once.', format('CALL journey.fill(%L)', p.name)
  FROM journey.pipeline_slices AS z WHERE z.pipeline = p.id HAVING count(*) FILTER (WHERE z.state = 'new') > 0
  UNION ALL
  SELECT 'filled', format('the slices of %s are not listed yet', journey.relation_name(s.relation)), 'Its events are missing.', format('CALL journey.fill(%L)', p.name)
  FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id AND NOT s.listed;
END $$;
COMMENT ON FUNCTION journey.state_problems(journey.pipelines) IS 'Internal: checks cluster, state, lag and filled of a pipeline';

CREATE FUNCTION journey.source_problems(p journey.pipelines, s journey.pipeline_sources) RETURNS SETOF journey.health_problem
LANGUAGE plpgsql STABLE AS $$
DECLARE
  what text := journey.relation_name(s.relation);
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = s.relation) THEN
    RETURN NEXT ROW('sources', format('source %s does not exist any more', s.relation::oid), 'Take it away, or restore the pipeline with it.', format('SELECT * FROM journey.drop_source(%L, %s)', p.name, s.relation::oid))::journey.health_problem;
    RETURN;
  ELSIF NOT has_table_privilege(journey.pipeline_owner(p), s.relation, 'SELECT') THEN
    RETURN NEXT ROW('sources', format('%I may not read %s', pg_get_userbyid(journey.pipeline_owner(p)), what), 'A refresh runs with the rights of its caller, a member of the role that owns the pipeline.',
      format('GRANT SELECT ON %s TO %I', what, pg_get_userbyid(journey.pipeline_owner(p))))::journey.health_problem;
  END IF;
  RETURN QUERY SELECT 'columns', c.problem, 'Change it back; or take the source away, add it as it is now, and fill.', c.command FROM journey.changed_columns(s) AS c;
  IF FOUND THEN RETURN; END IF;
  IF s.changes <> 'received_at' THEN
    RETURN QUERY
    SELECT 'triggers', format('a trigger of %s is missing or not enabled always', what), 'Changes are missed. Once it is there the next refresh reads what it may have missed.', n.statement
    FROM journey.source_statements(s) AS n WHERE NOT n.done AND n.statement LIKE '%TRIGGER%'
    UNION ALL
    SELECT 'triggers', format('trigger %s of %s is not enabled always', g.tgname, journey.relation_name(l.leaf)), 'Changes are missed. Once it is there the next refresh reads what it may have missed.',
      format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', journey.relation_name(l.leaf), g.tgname)
    FROM journey.leaves_of(s) AS l JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = l.leaf AND g.tgname IN ('journey_change', 'journey_number', 'journey_insert') AND g.tgenabled <> 'A' WHERE l.leaf <> s.relation;
  END IF;
  RETURN QUERY
  SELECT 'indexes', format('index %s is not valid', journey.relation_name(i.indexrelid)), 'It was left by a CREATE INDEX CONCURRENTLY that failed, or is at work.', format('REINDEX INDEX CONCURRENTLY %s', journey.relation_name(i.indexrelid))
  FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  WHERE NOT i.indisvalid AND c.relkind = 'i' AND (i.indrelid = s.relation OR i.indrelid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(s.relation) AS t));
  IF NOT FOUND THEN
    RETURN QUERY
    SELECT 'indexes', format('an index of %s is missing', what), 'Without it each refresh would read the whole table.', n.statement
    FROM journey.source_statements(s) AS n WHERE NOT n.done AND n.statement LIKE 'CREATE INDEX%';
  END IF;
END $$;
COMMENT ON FUNCTION journey.source_problems(journey.pipelines, journey.pipeline_sources) IS 'Internal: checks sources, columns, triggers and indexes of one source';

-- Partitions by ranges of time go on as the last one is long: by calendar months or years where it is such.
CREATE FUNCTION journey.partition_problems(p journey.pipelines, s journey.pipeline_sources) RETURNS SETOF journey.health_problem
LANGUAGE plpgsql STABLE AS $$
DECLARE
  what text := journey.relation_name(s.relation);
  rest regclass := (
    SELECT t.partdefid FROM pg_catalog.pg_partitioned_table AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.partdefid WHERE t.partrelid = s.relation AND c.relkind = 'r');
  partman text := (SELECT n.nspname FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_partman');
  since timestamptz;
  until timestamptz;
  step interval;
  name text;
  stray text;
  made text := format('CREATE TABLE %%s PARTITION OF %s FOR VALUES FROM (%%L) TO (%%L)', what);
BEGIN
  SELECT l.since, l.until INTO since, until FROM journey.leaves_of(s) AS l WHERE isfinite(l.since) AND isfinite(l.until) ORDER BY l.until DESC LIMIT 1;
  IF since IS NULL THEN RETURN; END IF;
  step := CASE until WHEN since + interval '1 month' THEN '1 month' WHEN since + interval '3 months' THEN '3 months' WHEN since + interval '1 year' THEN '1 year' ELSE until - since END;
  RETURN QUERY
  SELECT 'partitions', format('%s has no partition from %s to %s', what, g.since, g.until), 'Rows of that time fail, or go to the default partition.',
    format(made, journey.partition_name(s.relation, g.since), g.since, g.until)
  FROM (SELECT lag(l.until) OVER (ORDER BY l.since) AS since, l.since AS until FROM journey.leaves_of(s) AS l WHERE isfinite(l.since) AND isfinite(l.until)) AS g
  WHERE g.since < g.until;
  RETURN QUERY
  SELECT 'partitions', format('%s has no partition from %s on', what, g.since), 'Rows of that time fail, or go to the default partition. Make partitions ahead of time.',
    format(made, journey.partition_name(s.relation, g.since), g.since, g.since + step)
  FROM generate_series(until, now() + interval '7 days', step) AS g (since) LIMIT 100;
  -- Who may not read it can't know.
  IF rest IS NULL OR NOT has_table_privilege(rest, 'SELECT') OR NOT has_schema_privilege((SELECT c.relnamespace FROM pg_catalog.pg_class AS c WHERE c.oid = rest), 'USAGE') THEN RETURN; END IF;
  EXECUTE format('SELECT date_trunc(''second'', min((%s)::timestamptz)) FROM %s WHERE isfinite(%1$s)', s.ts, journey.relation_name(rest)) INTO stray;
  IF stray IS NULL THEN RETURN; END IF;
  since := until + floor(extract('epoch' FROM stray::timestamptz - until) / extract('epoch' FROM step)) * step;
  IF extract('month' FROM step) + extract('year' FROM step) > 0 THEN
    since := date_trunc(CASE step WHEN '1 year' THEN 'year' WHEN '3 months' THEN 'quarter' ELSE 'month' END, stray::timestamptz);
  END IF;
  name := journey.partition_name(s.relation, since);
  RETURN NEXT ROW('default_partition', format('%s has rows, the first of %s', journey.relation_name(rest), stray), 'They have no partition of their own, and none can be made for their time while they are there.',
    CASE WHEN partman IS NOT NULL THEN format('CALL %I.partition_data_proc(%L)', partman, what)
    ELSE format('CREATE TABLE %1$s (LIKE %2$s INCLUDING ALL); WITH moved AS (DELETE FROM %3$s WHERE %4$s >= %5$L AND %4$s < %6$L RETURNING %7$s) INSERT INTO %1$s (%7$s) SELECT %7$s FROM moved; ALTER TABLE %2$s ATTACH PARTITION %1$s FOR VALUES FROM (%5$L) TO (%6$L)',
      name, what, journey.relation_name(rest), s.ts, since, since + step,
      (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = s.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')) END)::journey.health_problem;
END $$;
COMMENT ON FUNCTION journey.partition_problems(journey.pipelines, journey.pipeline_sources) IS
  'Internal: checks partitions and default_partition of one source: that there are no gaps, one for the next week, and no rows without one';

CREATE FUNCTION journey.partition_name(relation regclass, since timestamptz) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format('%I.%I', n.nspname, left(c.relname, 50) || to_char(since AT TIME ZONE 'UTC', CASE since WHEN date_trunc('day', since, 'UTC') THEN '"_p"YYYYMMDD' ELSE '"_p"YYYYMMDD_HH24MI' END))
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = relation;
END;
COMMENT ON FUNCTION journey.partition_name(regclass, timestamptz) IS 'Internal: a name for a partition from a time on';

CREATE FUNCTION journey.table_problems(
  p journey.pipelines,
  lock_table bigint DEFAULT current_setting('max_locks_per_transaction')::bigint * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint)) RETURNS SETOF journey.health_problem
LANGUAGE plpgsql STABLE AS $$
DECLARE
  own oid[] := ARRAY(
    SELECT coalesce(t.relid, c.id) FROM (SELECT journey.pipeline_table_oid(p, part) AS id FROM journey.pipeline_parts(p) AS part) AS c LEFT JOIN LATERAL pg_catalog.pg_partition_tree(c.id) AS t ON true WHERE c.id IS NOT NULL);
  read oid[] := ARRAY(SELECT l.leaf FROM journey.pipeline_sources AS s CROSS JOIN LATERAL journey.leaves_of(s) AS l WHERE s.pipeline = p.id);
  locks bigint;
BEGIN
  RETURN QUERY
  SELECT 'statistics', format('%s was never analyzed', journey.relation_name(c.oid)), 'Plans are guesses: a fill or refresh may take hours.', format('ANALYZE %s', journey.relation_name(c.oid))
  FROM pg_catalog.pg_class AS c WHERE c.oid = ANY (own || read) AND c.relkind = 'r' AND c.reltuples < 0 AND pg_catalog.pg_relation_size(c.oid) >= 1000000;
  RETURN QUERY
  SELECT 'autovacuum', 'autovacuum is off', 'Tables grow, and statistics get old.', 'ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf()' WHERE current_setting('autovacuum') = 'off'
  UNION ALL
  SELECT 'autovacuum', format('autovacuum is off for %s', journey.relation_name(c.oid)), 'It grows, and its statistics get old.', format('ALTER TABLE %s RESET (autovacuum_enabled)', journey.relation_name(c.oid))
  FROM pg_catalog.pg_class AS c WHERE c.oid = ANY (own || read) AND c.reloptions && '{autovacuum_enabled=false,autovacuum_enabled=off,autovacuum_enabled=0}'
  UNION ALL
  SELECT 'autovacuum', format('%s has %s dead rows beside %s', journey.relation_name(t.relid), t.n_dead_tup, t.n_live_tup), 'Autovacuum is behind, or held back: see writers and slots.', format('VACUUM (ANALYZE) %s', journey.relation_name(t.relid))
  FROM pg_catalog.pg_stat_all_tables AS t WHERE t.relid = ANY (own) AND t.n_dead_tup > 10000 + t.n_live_tup / 2;
  SELECT count(DISTINCT r.leaf) + count(i.indexrelid) INTO locks FROM unnest(read) AS r (leaf) LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = r.leaf;
  IF locks > lock_table / 2 THEN
    RETURN NEXT ROW('locks', format('partitions and their indexes take %s locks of %s', locks, lock_table), 'Refreshes may fail, out of shared memory. A larger table of locks takes a restart.',
      format('ALTER SYSTEM SET max_locks_per_transaction = %s', current_setting('max_locks_per_transaction')::bigint * (2 * locks / lock_table + 1)))::journey.health_problem;
  END IF;
  RETURN QUERY
  SELECT 'big_visitors', format('visitor %s has about %s ids', v.visitor_id, round((v.share * c.reltuples)::numeric)),
    'Often an id that many share. Name it in blocked, or give max_members, when the pipeline is declared anew.', format('SELECT * FROM %s WHERE visitor_id = %L ORDER BY first_seen_at LIMIT 100', journey.pipeline_view(p, 'aliases'), v.visitor_id)
  FROM pg_catalog.pg_stats AS t JOIN pg_catalog.pg_class AS c ON c.oid = journey.pipeline_table_oid(p, 'aliases')
  CROSS JOIN LATERAL unnest(t.most_common_vals::text::text[], t.most_common_freqs) AS v (visitor_id, share)
  WHERE t.schemaname = p.schema AND t.tablename = p.tables || '_aliases' AND t.attname = 'visitor_id' AND v.share * c.reltuples > 1000;
END $$;
COMMENT ON FUNCTION journey.table_problems(journey.pipelines, bigint) IS 'Internal: checks statistics, autovacuum, locks and big_visitors; the last by statistics';

CREATE FUNCTION journey.server_problems(older_than interval DEFAULT '1 hour') RETURNS SETOF journey.health_problem
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT 'writers', format('session %s has a transaction open for %s: %s', a.pid, date_trunc('second', clock_timestamp() - a.xact_start), left(a.query, 100)), 'Its rows can''t be seen, and no dead rows be removed, until it ends.', format('SELECT pg_terminate_backend(%s)', a.pid)
  FROM pg_catalog.pg_stat_activity AS a WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND a.xact_start < clock_timestamp() - older_than AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL)
  UNION ALL
  SELECT 'writers', format('transaction %s is prepared for %s', quote_literal(x.gid), date_trunc('second', clock_timestamp() - x.prepared)), 'Its rows can''t be seen, and no dead rows be removed, until it is committed or rolled back.', format('ROLLBACK PREPARED %L', x.gid)
  FROM pg_catalog.pg_prepared_xacts AS x WHERE x.database = current_database() AND x.prepared < clock_timestamp() - older_than
  UNION ALL
  SELECT 'slots', format('replication slot %s is not in use', r.slot_name), 'It holds back the removal of dead rows, and keeps WAL, until it is used or dropped.', format('SELECT pg_drop_replication_slot(%L)', r.slot_name)
  FROM pg_catalog.pg_replication_slots AS r WHERE NOT r.active AND NOT r.temporary AND coalesce(r.database, current_database()) = current_database();
END;
COMMENT ON FUNCTION journey.server_problems(interval) IS 'Internal: checks writers and slots of this database';

CREATE FUNCTION journey.health_problems(p journey.pipelines) RETURNS SETOF journey.health_problem
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT f.* FROM journey.state_problems(p) AS f
  UNION ALL SELECT f.* FROM journey.pipeline_sources AS s CROSS JOIN LATERAL journey.source_problems(p, s) AS f WHERE s.pipeline = (p).id
  UNION ALL SELECT f.* FROM journey.pipeline_sources AS s CROSS JOIN LATERAL journey.partition_problems(p, s) AS f WHERE s.pipeline = (p).id
  UNION ALL SELECT f.* FROM journey.table_problems(p) AS f
  UNION ALL SELECT f.* FROM journey.server_problems() AS f;
END;
COMMENT ON FUNCTION journey.health_problems(journey.pipelines) IS 'Internal: what all checks of a pipeline found';

CREATE FUNCTION journey.health(pipeline text DEFAULT NULL) RETURNS TABLE (pipeline text, check_name text, ok boolean, value text, hint text, command text)
LANGUAGE sql STABLE SET timezone = 'UTC'
BEGIN ATOMIC
  SELECT (asked.p).name, n.name, f.check_name IS NULL, f.value, f.hint, f.command
  FROM (SELECT journey.pipeline_named(health.pipeline) AS p WHERE health.pipeline IS NOT NULL UNION ALL SELECT x FROM journey.pipelines AS x WHERE health.pipeline IS NULL) AS asked
  CROSS JOIN LATERAL (SELECT ARRAY(SELECT f FROM journey.health_problems(asked.p) AS f) AS found OFFSET 0) AS all_found
  CROSS JOIN unnest('{cluster,state,lag,filled,sources,columns,triggers,indexes,partitions,default_partition,statistics,autovacuum,locks,big_visitors,writers,slots}'::text[]) WITH ORDINALITY AS n (name, number)
  LEFT JOIN LATERAL unnest(all_found.found) WITH ORDINALITY AS f (check_name, value, hint, command, number) ON f.check_name = n.name
  ORDER BY (asked.p).name, n.number, f.number;
END;
COMMENT ON FUNCTION journey.health(text) IS
  'What is wrong with a pipeline, or with all of them, or may soon be: for each check a row, or one for each thing that it found. '
  'ok false: value is what was found, hint what it means, and command a statement that mends it, or where only people can decide, shows more; with psql, run those you agree with by \gexec. '
  'cluster: restored from another one. '
  'state: paused, failed, or failing now. '
  'lag: its targets are as of more than 10 minutes ago. '
  'filled: history is missing. '
  'sources: gone, or unreadable for the pipeline''s owner. '
  'columns: renamed, dropped, of another type. '
  'triggers, indexes: missing, disabled, invalid. '
  'partitions: gaps, or none for the next 7 days, in sources partitioned by time. '
  'default_partition: has rows. '
  'statistics: a table of a megabyte or more that was never analyzed. '
  'autovacuum: off, or behind. '
  'locks: partitions and indexes that take more than half of the lock table. '
  'big_visitors: about 1,000 ids or more. '
  'writers: transactions open or prepared for more than an hour, of any session that the caller may see (pg_read_all_stats). '
  'slots: replication slots not in use';
