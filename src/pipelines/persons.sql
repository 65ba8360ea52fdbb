-- Room: pipelines. Erasing a person: rows of the sources, all that was made of them, and a keyed hash of each id that keeps later
-- rows away.

CREATE TABLE journey.erased (
  pipeline text,
  hash bytea,
  erased_at timestamptz NOT NULL DEFAULT now(),
  later_rows bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (pipeline, hash)
);
COMMENT ON TABLE journey.erased IS
  'The ids of erased persons, by the name of the pipeline and as HMAC-SHA256. '
  'They outlive the pipeline: one that is declared again under the name obeys them, too. '
  'later_rows: rows with the id that came since, and were deleted';

CREATE TABLE journey.erasure_secret (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  key bytea NOT NULL
);
COMMENT ON TABLE journey.erasure_secret IS
  'The key of the hashes in journey.erased: who has both can tell whether an id was erased. '
  'Made with the first erasure';

CREATE TABLE journey.erasable (
  pipeline int REFERENCES journey.pipelines ON DELETE CASCADE,
  relation regclass,
  key text,
  PRIMARY KEY (pipeline, relation, key)
);
COMMENT ON TABLE journey.erasable IS 'Further tables that erase deletes a person''s rows from, by the column that holds an id of theirs; see add_erasable';

SELECT pg_catalog.pg_extension_config_dump('journey.erased', '');
SELECT pg_catalog.pg_extension_config_dump('journey.erasure_secret', '');
SELECT pg_catalog.pg_extension_config_dump('journey.erasable', '');
GRANT SELECT ON journey.erased, journey.erasable TO PUBLIC;

CREATE TYPE journey.person AS (kinds text[], ids text[], visitors text[]);
COMMENT ON TYPE journey.person IS 'Internal: all that is known of somebody in a pipeline: ids, and the visitor ids in its targets';

CREATE FUNCTION journey.keyed_hash(key bytea, kind text, id text) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_keyed_hash';
COMMENT ON FUNCTION journey.keyed_hash(bytea, text, text) IS
  'HMAC-SHA256 (RFC 2104) under key of kind, a zero byte and id: 32 bytes. '
  'NULL for a NULL';

-- What is written, and the key, as their owner: for members of the role that owns the pipeline.

CREATE FUNCTION journey.erasure_key(pipeline int) RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(pipeline);
  RETURN (SELECT key FROM journey.erasure_secret);
END $$;
COMMENT ON FUNCTION journey.erasure_key(int) IS 'Internal: the key of the hashes of erased ids, for the owner of a pipeline; NULL: nobody was ever erased';

CREATE FUNCTION journey.save_erased(of_pipeline int, kinds text[], ids text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  INSERT INTO journey.erasure_secret (key) VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) ON CONFLICT DO NOTHING;
  INSERT INTO journey.erased (pipeline, hash)
  SELECT DISTINCT p.name, journey.keyed_hash(journey.erasure_key(of_pipeline), i.kind, i.id) FROM journey.pipelines AS p CROSS JOIN unnest(save_erased.kinds, ids) AS i (kind, id) WHERE p.id = of_pipeline
  ON CONFLICT DO NOTHING;
  -- A refresh whose snapshot is older begins again.
  UPDATE journey.pipelines SET seen_at = seen_at WHERE id = of_pipeline;
END $$;
COMMENT ON FUNCTION journey.save_erased(int, text[], text[]) IS 'Internal: ids that no row shall count for any more';

CREATE FUNCTION journey.save_later_rows(of_pipeline int, kinds text[], ids text[], counts bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  UPDATE journey.erased AS e SET later_rows = e.later_rows + c.rows
  FROM journey.pipelines AS p CROSS JOIN unnest(save_later_rows.kinds, ids, counts) AS c (kind, id, rows)
  WHERE p.id = of_pipeline AND e.pipeline = p.name AND e.hash = journey.keyed_hash(journey.erasure_key(of_pipeline), c.kind, c.id);
END $$;
COMMENT ON FUNCTION journey.save_later_rows(int, text[], text[], bigint[]) IS 'Internal: rows of erased ids that came later and were deleted';

CREATE FUNCTION journey.forget_erased(of_pipeline int, kinds text[], id text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  forgotten bigint;
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  DELETE FROM journey.erased AS e USING journey.pipelines AS p
  WHERE p.id = of_pipeline AND e.pipeline = p.name AND e.hash IN (SELECT journey.keyed_hash(journey.erasure_key(of_pipeline), k, forget_erased.id) FROM unnest(forget_erased.kinds) AS k);
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;
COMMENT ON FUNCTION journey.forget_erased(int, text[], text) IS 'Internal: an id that may count again; how many of its kinds were erased';

CREATE FUNCTION journey.save_erasable(of_pipeline int, of_relation regclass, of_key text, there boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.check_pipeline_owner(of_pipeline);
  IF there THEN
    INSERT INTO journey.erasable VALUES (of_pipeline, of_relation, of_key) ON CONFLICT DO NOTHING;
  ELSE
    DELETE FROM journey.erasable AS e WHERE e.pipeline = of_pipeline AND e.relation = of_relation;
  END IF;
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION journey.save_erasable(int, regclass, text, boolean) IS 'Internal: a further table that persons are erased from, or no longer';

CREATE FUNCTION journey.has_erased(p journey.pipelines) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM journey.erased AS e WHERE e.pipeline = p.name);
END $$;
COMMENT ON FUNCTION journey.has_erased(journey.pipelines) IS 'Internal: whether anybody was erased from a pipeline';

-- kinds and ids are expressions.
CREATE FUNCTION journey.erased_condition(p journey.pipelines, kinds text[], ids text[]) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- The key is looked up once a query, and is in no text that a log or an error could show.
  RETURN format('EXISTS (SELECT FROM journey.erased AS d WHERE d.pipeline = %L AND d.hash IN (%s))', p.name,
    (SELECT string_agg(format('journey.keyed_hash((SELECT journey.erasure_key(%s)), %s, %s)', p.id, i.kind, i.id), ', ') FROM unnest(kinds, ids) AS i (kind, id)));
END $$;
COMMENT ON FUNCTION journey.erased_condition(journey.pipelines, text[], text[]) IS 'Internal: the condition that one of some ids was erased';

-- Rows of sources

CREATE FUNCTION journey.may_erase_from(relation regclass, OUT possible boolean, OUT allowed boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  possible := coalesce(pg_catalog.pg_relation_is_updatable(relation, true) & 16 <> 0, false);
  allowed := coalesce(pg_catalog.has_table_privilege(relation, 'DELETE') AND pg_catalog.has_table_privilege(relation, 'SELECT'), false);
END $$;
COMMENT ON FUNCTION journey.may_erase_from(regclass) IS 'Internal: whether rows of a relation can be deleted at all, and by the caller';

-- Of a person's ids those that the source could hold: a kind may be a number there and a text elsewhere.
CREATE FUNCTION journey.ids_in_source(s journey.pipeline_sources, INOUT kinds text[], INOUT ids text[])
LANGUAGE plpgsql STABLE AS $$
DECLARE
  given_kinds text[] := kinds;
  given_ids text[] := ids;
  type text;
BEGIN
  kinds := '{}';
  ids := '{}';
  FOR n IN 1 .. cardinality(given_ids) LOOP
    CONTINUE WHEN given_kinds[n] <> ALL (s.id_kinds);
    type := journey.raw_type(s, s.ids[array_position(s.id_kinds, given_kinds[n])]);
    IF type NOT IN ('text', 'character varying') THEN
      BEGIN
        EXECUTE format('SELECT $1::%s', type) USING given_ids[n];
      EXCEPTION WHEN data_exception THEN CONTINUE;
      END;
    END IF;
    kinds := kinds || given_kinds[n];
    ids := ids || given_ids[n];
  END LOOP;
END $$;
COMMENT ON FUNCTION journey.ids_in_source(journey.pipeline_sources, text[], text[]) IS 'Internal: of some ids those of kinds and types that a source has';

CREATE FUNCTION journey.rows_of_ids(s journey.pipeline_sources) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN format('(%s) AND (%s)', coalesce(s.condition, 'true'), (
    SELECT string_agg(format('(%1$s) = ANY (ARRAY(SELECT g.id::%2$s FROM (SELECT x.id FROM unnest($1, $2) AS x (kind, id) WHERE x.kind = %3$L OFFSET 0) AS g)) AND (%1$s)::text IN (SELECT x.id FROM unnest($1, $2) AS x (kind, id) WHERE x.kind = %3$L)',
      i.id, journey.raw_type(s, i.id), i.kind), ' OR ') FROM unnest(s.id_kinds, s.ids) AS i (kind, id)));
END $$;
COMMENT ON FUNCTION journey.rows_of_ids(journey.pipeline_sources) IS 'Internal: the condition that a row of a source has one of the ids $2, of the kinds $1';

CREATE FUNCTION journey.delete_rows_of_ids(s journey.pipeline_sources, INOUT kinds text[], INOUT ids text[], OUT counts bigint[], OUT rows bigint)
LANGUAGE plpgsql AS $$
BEGIN
  SELECT * INTO kinds, ids FROM journey.ids_in_source(s, kinds, ids);
  EXECUTE format($q$
    WITH gone AS (DELETE FROM %s WHERE %s RETURNING %s),
    told AS (
      SELECT k.kind, k.id, count(*) AS rows FROM gone AS g CROSS JOIN LATERAL (VALUES %s) AS k (kind, id)
      WHERE (k.kind, k.id) IN (SELECT * FROM unnest($1, $2)) GROUP BY 1, 2)
    SELECT array_agg(kind), array_agg(id), array_agg(t.rows), (SELECT count(*) FROM gone) FROM told AS t$q$,
    journey.relation_name(s.relation), journey.rows_of_ids(s),
    journey.of_each('(%s)::text AS id_%s', s.ids), journey.of_each('(%L, g.id_%s)', s.id_kinds))
  INTO kinds, ids, counts, rows USING kinds, ids;
END $$;
COMMENT ON FUNCTION journey.delete_rows_of_ids(journey.pipeline_sources, text[], text[]) IS 'Internal: deletes the rows of a source that have one of some ids; how many, and how many of each id';

-- What others lose with these rows: an event that counts for a stronger id, the first copy of an event id.
CREATE FUNCTION journey.mark_beside(p journey.pipelines, s journey.pipeline_sources, who journey.person) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  mine record;
BEGIN
  SELECT * INTO mine FROM journey.ids_in_source(s, who.kinds, who.ids);
  EXECUTE format($q$
    INSERT INTO %1$s (source, slice, kind, alias, event_id, at)
    WITH gone AS (SELECT r.* FROM (%2$s) AS r WHERE %3$s AND (%4$s))
    SELECT DISTINCT %5$s, slice, kind, alias, NULL, NULL::timestamptz FROM gone WHERE (kind, alias) NOT IN (SELECT * FROM unnest($1, $2))
    UNION ALL
    SELECT DISTINCT %5$s, slice, NULL, NULL, event_id, ts FROM gone WHERE %6$L AND event_id IS NOT NULL$q$,
    journey.pipeline_table(p, 'stale'), journey.source_rows(p, s), journey.usable_row(),
    (SELECT string_agg(format('r.raw_%s = ANY (ARRAY(SELECT g.id::%s FROM (SELECT x.id FROM unnest($1, $2) AS x (kind, id) WHERE x.kind = %L OFFSET 0) AS g))', i.number, journey.raw_type(s, i.id), i.kind), ' OR ')
      FROM unnest(s.id_kinds, s.ids) WITH ORDINALITY AS i (kind, id, number)),
    s.source, s.changes = 'received_at')
  USING mine.kinds, mine.ids;
END $$;
COMMENT ON FUNCTION journey.mark_beside(journey.pipelines, journey.pipeline_sources, journey.person) IS
  'Internal: marks the places of other persons that rows of this one count for, and in the mode received_at, where no trigger does, their event ids';

CREATE FUNCTION journey.erase_late_rows(p journey.pipelines, s journey.pipeline_sources, "rows" text, since journey.slice_base DEFAULT NULL, now_base journey.slice_base DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  kinds text[];
  ids text[];
  counts bigint[];
  deleted bigint;
BEGIN
  IF "rows" IS NULL OR NOT journey.has_erased(p) THEN RETURN 0; END IF;
  EXECUTE format('SELECT array_agg(k.kind) AS kinds, array_agg(k.id) AS ids FROM (SELECT DISTINCT k.* FROM (%s) AS r CROSS JOIN LATERAL (VALUES %s) AS k (kind, id) WHERE r.erased AND k.id IS NOT NULL) AS k WHERE %s',
    "rows", journey.of_each('(%L, r.text_%s)', s.id_kinds),
    journey.erased_condition(p, '{k.kind}', '{k.id}'))
  INTO kinds, ids USING NULL::journey.pipeline_place[], NULL::int, since, now_base;
  IF ids IS NULL OR NOT (SELECT m.possible AND m.allowed FROM journey.may_erase_from(s.relation) AS m) THEN RETURN 0; END IF;
  SELECT * INTO kinds, ids, counts, deleted FROM journey.delete_rows_of_ids(s, kinds, ids);
  IF deleted > 0 THEN PERFORM journey.save_later_rows(p.id, kinds, ids, counts); END IF;
  RETURN deleted;
END $$;
COMMENT ON FUNCTION journey.erase_late_rows(journey.pipelines, journey.pipeline_sources, text, journey.slice_base, journey.slice_base) IS
  'Internal: of the rows of a query those of erased ids are deleted from the source, where the caller may; how many';

-- Whom, and from where

CREATE FUNCTION journey.kinds_in_sources(p journey.pipelines) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ARRAY(SELECT DISTINCT k FROM journey.pipeline_sources AS s CROSS JOIN unnest(s.id_kinds) AS k WHERE s.pipeline = p.id);
END $$;
COMMENT ON FUNCTION journey.kinds_in_sources(journey.pipelines) IS 'Internal: the kinds of ids that the rows of a pipeline''s sources have';

CREATE FUNCTION journey.person_of(p journey.pipelines, alias text) RETURNS journey.person
LANGUAGE plpgsql STABLE AS $$
DECLARE
  who journey.person;
  kinds text[] := journey.kinds_in_sources(p);
BEGIN
  EXECUTE format('SELECT coalesce(array_agg(DISTINCT visitor_id), ''{}'') FROM %s WHERE alias = $1', journey.pipeline_table(p, 'aliases')) INTO who.visitors USING alias;
  IF alias = ANY (who.visitors) THEN
    who.visitors := ARRAY[alias];
  ELSIF cardinality(who.visitors) > 1 THEN
    RAISE ambiguous_alias USING MESSAGE = format('the id "%s" belongs to several visitors of pipeline "%s": %s', alias, p.name, array_to_string(who.visitors, ', ')),
      HINT = 'Kinds of ids may use the same text. Give the visitor_id of the one you mean.';
  END IF;
  -- An id that is nobody's any more was last of whom the history says. One that was erased before stays so.
  EXECUTE format($q$
    WITH mine AS (SELECT kind, alias FROM %1$s WHERE visitor_id = ANY ($1)),
    gone AS (
      SELECT h.kind, h.alias FROM %2$s AS h
      WHERE (h.alias = $2 OR h.old_visitor_id IN (SELECT alias FROM mine)) AND h.visitor_id IS NULL AND NOT EXISTS (SELECT FROM %1$s AS a WHERE a.alias = h.alias AND a.kind = h.kind)),
    before AS (SELECT k, $2 FROM unnest($3) AS k WHERE EXISTS (SELECT FROM journey.erased AS e WHERE e.pipeline = $4 AND e.hash = journey.keyed_hash((SELECT journey.erasure_key($5)), k, $2)))
    SELECT array_agg(kind), array_agg(alias) FROM (TABLE mine UNION TABLE gone UNION TABLE before) AS i$q$,
    journey.pipeline_table(p, 'aliases'), journey.pipeline_table(p, 'alias_history'))
  INTO who.kinds, who.ids USING who.visitors, alias, kinds, p.name, p.id;
  IF who.ids IS NULL THEN
    RAISE undefined_object USING MESSAGE = format('nobody in pipeline "%s" has the id "%s"', p.name, alias),
      HINT = 'Give a visitor_id, or any id of theirs, as it is in the view aliases. What came since the last refresh is known after the next.';
  END IF;
  RETURN who;
END $$;
COMMENT ON FUNCTION journey.person_of(journey.pipelines, text) IS
  'Internal: all ids of the visitor with that visitor_id or id, those included that last were theirs and are nobody''s now. '
  'Errors: nobody has it (42704), several visitors have it (42P09)';

-- The tables and the rows of the person $1, $2 (kinds and ids), $3 (visitors) in each.
CREATE FUNCTION journey.erasable_rows(p journey.pipelines, OUT relation text, OUT condition text, OUT own boolean) RETURNS SETOF record
LANGUAGE plpgsql STABLE AS $$
BEGIN
  own := true;
  FOR relation, condition IN
    SELECT journey.pipeline_table(p, t.part), t.condition
    FROM (VALUES
      (1, 'trails', 'alias = ANY ($2) AND (kind, alias) IN (SELECT * FROM unnest($1, $2))'),
      (2, 'links', '(a = ANY ($2) OR b = ANY ($2) AND b_kind <> '''') AND ((a_kind, a) IN (SELECT * FROM unnest($1, $2)) OR (b_kind, b) IN (SELECT * FROM unnest($1, $2)))'),
      (3, 'conversions', 'alias = ANY ($2) AND (kind, alias) IN (SELECT * FROM unnest($1, $2))'),
      (4, 'aliases', 'alias = ANY ($2) AND (kind, alias) IN (SELECT * FROM unnest($1, $2))'),
      (5, 'alias_history', '(kind, alias) IN (SELECT * FROM unnest($1, $2)) OR old_visitor_id = ANY ($2) OR visitor_id = ANY ($2)'),
      (6, 'visitors', 'visitor_id = ANY ($3)'), (7, 'all_sessions', 'visitor_id = ANY ($3)'), (8, 'attribution', 'visitor_id = ANY ($3)'),
      (9, 'attribution_credits', 'visitor_id = ANY ($3)'), (10, 'rfm', 'visitor_id = ANY ($3)'),
      (11, 'items', 'alias = ANY ($2) AND (kind, alias) IN (SELECT * FROM unnest($1, $2))'),
      (12, 'traits', 'alias = ANY ($2) AND (kind, alias) IN (SELECT * FROM unnest($1, $2))')) AS t (number, part, condition)
    WHERE t.number < 6 OR t.part = ANY (p.targets::text[])
    ORDER BY t.number
  LOOP
    RETURN NEXT;
  END LOOP;
  own := false;
  FOR relation, condition IN
    SELECT journey.relation_name(e.relation), format(CASE WHEN a.atttypid IN ('text'::regtype, 'varchar'::regtype) THEN '%I = ANY ($2)' ELSE '%I::text = ANY ($2)' END, a.attname)
    FROM journey.erasable AS e JOIN pg_catalog.pg_attribute AS a ON a.attrelid = e.relation AND a.attname = e.key AND NOT a.attisdropped
    WHERE e.pipeline = p.id ORDER BY 1, 2
  LOOP
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION journey.erasable_rows(journey.pipelines) IS 'Internal: the pipeline''s own tables and those of journey.erasable, and which of their rows are those of a person';

CREATE FUNCTION journey.check_erasable(p journey.pipelines, dry_run boolean) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  missing record;
BEGIN
  IF p.derive OR p.seen IS NULL OR EXISTS (SELECT FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id AND NOT s.listed)
    OR EXISTS (SELECT FROM journey.pipeline_slices AS z WHERE z.pipeline = p.id AND (z.state = 'new' OR z.filled_snapshot IS NOT NULL)) THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = format('pipeline "%s" is not filled and refreshed: it is not known yet which ids are whose', p.name),
      HINT = format('CALL journey.fill(%1$L); then CALL journey.refresh(%1$L);', p.name);
  END IF;
  FOR missing IN
    SELECT DISTINCT journey.relation_name(r.relation) AS relation, m.*
    FROM (SELECT s.relation FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id UNION SELECT e.relation FROM journey.erasable AS e WHERE e.pipeline = p.id) AS r
    JOIN pg_catalog.pg_class AS c ON c.oid = r.relation CROSS JOIN LATERAL journey.may_erase_from(r.relation) AS m
    WHERE NOT (m.possible AND m.allowed) ORDER BY 1
  LOOP
    IF NOT missing.possible THEN
      RAISE WARNING 'rows of % stay: they can''t be deleted there', missing.relation USING HINT = 'Delete them in the tables below it.';
    ELSIF dry_run THEN
      RAISE WARNING 'permission denied to delete from %', missing.relation USING HINT = format('GRANT SELECT, DELETE ON %s TO %I;', missing.relation, current_user);
    ELSE
      RAISE insufficient_privilege USING MESSAGE = format('permission denied to delete from %s: nobody was erased', missing.relation), HINT = format('GRANT SELECT, DELETE ON %s TO %I;', missing.relation, current_user);
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION journey.check_erasable(journey.pipelines, boolean) IS
  'Internal: the errors of erase: a pipeline that does not know all yet (55000), a table that the caller may not delete from (42501; with dry_run a warning)';

-- What was made of a person's rows: with the links gone, who is who and the targets follow as in a refresh.
CREATE FUNCTION journey.erase_made(p journey.pipelines, who journey.person) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part record;
  lost journey.pipeline_pair[];
BEGIN
  FOR part IN SELECT e.* FROM journey.erasable_rows(p) AS e WHERE e.relation IN (SELECT journey.pipeline_table(p, t) FROM unnest(journey.placed_parts(p)) AS t) LOOP
    EXECUTE format('DELETE FROM %s WHERE %s', part.relation, part.condition) USING who.kinds, who.ids, who.visitors;
  END LOOP;
  SELECT * INTO part FROM journey.erasable_rows(p) AS e WHERE e.relation = journey.pipeline_table(p, 'links');
  EXECUTE format('WITH gone AS (DELETE FROM %s WHERE %s RETURNING *) SELECT ARRAY(SELECT ROW(a_kind, a, b_kind, b, first_seen_at, last_seen_at, NULL)::journey.pipeline_pair FROM gone)', part.relation, part.condition)
  INTO lost USING who.kinds, who.ids, who.visitors;
  PERFORM journey.put_targets(p, journey.resolve_changed(p, '{}', lost) || who.visitors);
  SELECT * INTO part FROM journey.erasable_rows(p) AS e WHERE e.relation = journey.pipeline_table(p, 'alias_history');
  EXECUTE format('DELETE FROM %s WHERE %s', part.relation, part.condition) USING who.kinds, who.ids, who.visitors;
END $$;
COMMENT ON FUNCTION journey.erase_made(journey.pipelines, journey.person) IS 'Internal: deletes what a pipeline has of a person, and makes others without it';

CREATE FUNCTION journey.erase(pipeline text, alias text, dry_run boolean DEFAULT true) RETURNS TABLE (relation regclass, "rows" bigint)
LANGUAGE plpgsql
-- Values read as in a refresh, whatever the caller has set.
SET search_path = pg_catalog, journey, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres' SET extra_float_digits = 3 SET jit = off
AS $$
DECLARE
  p journey.pipelines := journey.pipeline_at_work(pipeline);
  s journey.pipeline_sources;
  who journey.person;
  part record;
BEGIN
  IF alias IS NULL OR dry_run IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'alias and dry_run must not be NULL';
  END IF;
  PERFORM journey.check_pipeline_owner(p);
  IF NOT dry_run THEN
    -- A refresh at work finishes first.
    PERFORM journey.lock_pipeline(p.id, true);
    p := journey.pipeline_at_work(pipeline);
  END IF;
  PERFORM journey.check_erasable(p, dry_run);
  who := journey.person_of(p, alias);

  FOR s IN SELECT x.* FROM journey.pipeline_sources AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.relation WHERE x.pipeline = p.id ORDER BY x.source LOOP
    relation := s.relation;
    IF dry_run OR NOT (SELECT m.possible FROM journey.may_erase_from(s.relation) AS m) THEN
      SELECT * INTO part FROM journey.ids_in_source(s, who.kinds, who.ids);
      EXECUTE format('SELECT count(*) FROM %s WHERE %s', journey.relation_name(s.relation), journey.rows_of_ids(s)) INTO "rows" USING part.kinds, part.ids;
      IF NOT dry_run THEN "rows" := 0; END IF;
    ELSE
      PERFORM journey.mark_beside(p, s, who);
      "rows" := (journey.delete_rows_of_ids(s, who.kinds, who.ids)).rows;
    END IF;
    RETURN NEXT;
  END LOOP;
  FOR part IN SELECT * FROM journey.erasable_rows(p) LOOP
    relation := part.relation;
    EXECUTE format('SELECT count(*) FROM %s WHERE %s', part.relation, part.condition) INTO "rows" USING who.kinds, who.ids, who.visitors;
    RETURN NEXT;
    IF NOT dry_run AND NOT part.own THEN
      EXECUTE format('DELETE FROM %s WHERE %s', part.relation, part.condition) USING who.kinds, who.ids, who.visitors;
    END IF;
  END LOOP;
  IF NOT dry_run THEN
    PERFORM journey.save_erased(p.id, who.kinds, who.ids);
    PERFORM journey.erase_made(p, who);
  END IF;
END $$;
COMMENT ON FUNCTION journey.erase(text, text, boolean) IS
  'Erases a person from a pipeline: alias is the visitor_id or any id. '
  'All ids of the visitor go, those included that were theirs and are nobody''s now: rows that have one of them are deleted from the sources and the tables of add_erasable, with the caller''s rights, and so is all that was made of them. '
  'Returns the tables and how many rows; with dry_run, the default, what would go. '
  'A keyed hash of each id stays in journey.erased: rows that come later count for nobody, and the next refresh deletes them. '
  'Marks of the deleted rows go with the next refresh, too. '
  'It can be rolled back until it is committed. '
  'Errors: nobody has the id (42704), several visitors have it (42P09), the pipeline is not filled and refreshed (55000), a table that the caller may not delete from (42501). '
  'Rows of a view that can''t be deleted from stay, with a warning, and count no more';

CREATE FUNCTION journey.readmit(pipeline text, alias text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
BEGIN
  IF alias IS NULL THEN RAISE null_value_not_allowed USING MESSAGE = 'alias must not be NULL'; END IF;
  PERFORM journey.check_pipeline_owner(p);
  PERFORM journey.lock_pipeline(p.id, true);
  RETURN journey.forget_erased(p.id, journey.kinds_in_sources(p), alias);
END $$;
COMMENT ON FUNCTION journey.readmit(text, text) IS
  'Lets rows count again that have an id of a person who was erased: who comes back under the same address. '
  'Rows that come from now on; how many kinds of ids with that text were erased, 0 for none';

CREATE FUNCTION journey.add_erasable(pipeline text, relation regclass, key text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
BEGIN
  IF relation IS NULL OR key IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'relation and key must not be NULL';
  ELSIF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = relation AND a.attname = key AND a.attnum > 0 AND NOT a.attisdropped) THEN
    RAISE undefined_column USING MESSAGE = format('column %I of %s does not exist', key, journey.relation_name(relation)), HINT = 'Name the column that holds the person''s id.';
  ELSIF NOT (SELECT m.possible FROM journey.may_erase_from(relation) AS m) THEN
    RAISE wrong_object_type USING MESSAGE = format('rows of %s can''t be deleted', journey.relation_name(relation)), HINT = 'Give the table that holds them.';
  END IF;
  PERFORM journey.save_erasable(p.id, relation, key, true);
END $$;
COMMENT ON FUNCTION journey.add_erasable(text, regclass, text) IS
  'Names a further table that erase deletes a person''s rows from: those whose column key holds one of their ids, of whatever kind. '
  'Errors: no such column (42703), a relation that can''t be deleted from (42809)';

CREATE FUNCTION journey.drop_erasable(pipeline text, relation regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT journey.save_erasable((journey.pipeline_named(pipeline)).id, relation, NULL, false) THEN
    RAISE undefined_object USING MESSAGE = format('%s is not among the tables that persons are erased from', journey.relation_name(relation)), HINT = 'TABLE journey.erasable lists them.';
  END IF;
END $$;
COMMENT ON FUNCTION journey.drop_erasable(text, regclass) IS 'Undoes add_erasable; an error (42704) where the table was not named';
