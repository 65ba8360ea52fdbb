-- Room: pipelines. Sources: what they say of the rows of a table, and what the table needs for it.

CREATE FUNCTION journey.source_expression(
  relation regclass, expression text, argument text, event text DEFAULT NULL,
  OUT sql text, OUT type regtype, OUT columns int2[], OUT immutable boolean)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'journey_source_expression';
COMMENT ON FUNCTION journey.source_expression(regclass, text, text, text) IS
  'Internal: an expression over the rows of relation with every name qualified, its type, the columns that it reads and whether it is immutable; the name event stands in it for the expression event, if that is given. '
  'argument names it in errors: no expression (42601), a subquery, an aggregate, the whole row or a system column, a volatile function, the clock or the current user (0A000), and those of the parser';

CREATE FUNCTION journey.note_change() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'journey_note_change';
COMMENT ON FUNCTION journey.note_change() IS
  'Row trigger on the sources of pipelines: what it says of an event''s time and ids, before and after, is noted for each pipeline that has the table for a source, as the transaction commits or is prepared. '
  'It evaluates no expression of a pipeline and needs no right of who writes to the table';

CREATE FUNCTION journey.preset_expressions(preset journey.source_preset, relation regclass, OUT argument text, OUT expression text) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
  -- Of several names the first that the table has: a program makes a column once it has a value for it.
  SELECT DISTINCT ON (n.argument) n.argument, pg_catalog.quote_ident(a.attname)
  FROM (VALUES ('ts', 'timestamp', 1), ('event_id', 'id', 1), ('anonymous_id', 'anonymous_id', 1), ('user_id', 'user_id', 1), ('event', 'event_text', 1), ('event', 'event', 2),
      ('page_url', 'context_page_url', 1), ('page_url', 'url', 2), ('referrer', 'context_page_referrer', 1), ('referrer', 'referrer', 2), ('received_at', 'received_at', 1)) AS n (argument, name, choice)
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = relation AND a.attname = n.name AND a.attnum > 0 AND NOT a.attisdropped
  WHERE preset <> 'plain'
  ORDER BY n.argument, n.choice;
END;
COMMENT ON FUNCTION journey.preset_expressions(journey.source_preset, regclass) IS
  'The arguments of add_source that a preset gives for a table. '
  'Segment and RudderStack name their columns alike; the one called event holds the name of the event''s own table, event_text that of the event';

-- What is said of a source's rows, checked: one row an expression.
CREATE FUNCTION journey.source_arguments(relation regclass, arguments jsonb, ids jsonb, conversions jsonb,
  OUT argument text, OUT key text, OUT sql text, OUT type regtype, OUT columns int2[], OUT immutable boolean) RETURNS SETOF record
LANGUAGE plpgsql STABLE AS $$
DECLARE
  given record;
  event text := arguments ->> 'event';
BEGIN
  IF jsonb_typeof(ids) <> 'object' THEN
    RAISE invalid_parameter_value USING MESSAGE = format('ids must be a JSON object of kinds of ids and expressions: %s', ids), HINT = 'Such as {"email": "lower(email)"}.';
  ELSIF jsonb_typeof(conversions) <> 'object' THEN
    RAISE invalid_parameter_value USING MESSAGE = format('conversions must be a JSON object: %s', conversions), HINT = 'Such as {"order": {"when": "event = ''Order''", "value": "amount"}}.';
  END IF;
  FOR given IN
    SELECT x.key AS argument, NULL AS key, x.value AS expression, 'null'::jsonb AS raw FROM jsonb_each_text(arguments) AS x WHERE x.value IS NOT NULL
    UNION ALL
    SELECT 'ids', x.key, x.value #>> '{}', x.value FROM jsonb_each(ids) AS x
    UNION ALL
    SELECT 'conversions', x.key, NULL, x.value FROM jsonb_each(conversions) AS x
  LOOP
    argument := given.argument;
    key := given.key;
    IF argument = 'conversions' THEN
      IF key = '' THEN
        RAISE invalid_parameter_value USING MESSAGE = format('conversions: a kind must have a name: %s', conversions);
      ELSIF jsonb_typeof(given.raw) <> 'object' OR EXISTS (SELECT FROM jsonb_each(given.raw) AS o WHERE o.key NOT IN ('when', 'value') OR jsonb_typeof(o.value) <> 'string') THEN
        RAISE invalid_parameter_value USING MESSAGE = format('conversions: "%s" must be an object of "when" and "value", each an expression in a string: %s', key, given.raw);
      END IF;
      argument := 'when';
      SELECT x.* INTO sql, type, columns, immutable FROM journey.source_expression(relation, coalesce(given.raw ->> 'when', 'true'), format('conversions: %s: when', key), event) AS x;
      RETURN NEXT;
      argument := 'value';
      SELECT x.* INTO sql, type, columns, immutable FROM journey.source_expression(relation, coalesce(given.raw ->> 'value', 'NULL::numeric'), format('conversions: %s: value', key), event) AS x;
      RETURN NEXT;
    ELSE
      IF argument = 'ids' AND jsonb_typeof(given.raw) <> 'string' OR key = '' THEN
        RAISE invalid_parameter_value USING MESSAGE = format('ids: "%s" must be a kind of id and its expression in a string: %s', key, given.raw);
      END IF;
      IF argument IN ('anonymous_id', 'user_id') THEN
        key := CASE argument WHEN 'user_id' THEN 'user' ELSE 'anonymous' END;
        IF ids ? key THEN
          RAISE invalid_parameter_value USING MESSAGE = format('ids: "%s" is given by %s already', key, argument);
        END IF;
      END IF;
      SELECT x.* INTO sql, type, columns, immutable
      FROM journey.source_expression(relation, given.expression, coalesce(CASE WHEN argument = 'ids' THEN 'ids: ' || key END, argument), CASE WHEN argument IN ('condition', 'passive', 'items', 'item_action', 'basket', 'traits') THEN event END) AS x;
      IF key IS NOT NULL THEN argument := 'id'; END IF;
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION journey.source_arguments(regclass, jsonb, jsonb, jsonb) IS 'Internal: the expressions given to add_source, checked';

CREATE FUNCTION journey.has_order(type regtype) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  EXECUTE format('SELECT FROM (VALUES (NULL::%s)) AS v (x) ORDER BY x', type);
  RETURN true;
EXCEPTION WHEN undefined_function THEN
  RETURN false;
END $$;
COMMENT ON FUNCTION journey.has_order(regtype) IS 'Whether values of a type can be compared, and so be in an index';

CREATE FUNCTION journey.check_source(p journey.pipelines, relation regclass, changes journey.change_mode) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  c pg_catalog.pg_class;
  what text := journey.relation_name(relation);
BEGIN
  SELECT * INTO c FROM pg_catalog.pg_class WHERE oid = relation;
  IF EXISTS (SELECT FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id AND s.relation = check_source.relation) THEN
    RAISE duplicate_object USING MESSAGE = format('%s is a source of pipeline "%s" already', what, p.name), HINT = 'Drop it first with journey.drop_source.';
  ELSIF NOT has_table_privilege(relation, 'SELECT') THEN
    RAISE insufficient_privilege USING MESSAGE = format('permission denied: a source must be readable, and %s is not', what), HINT = format('GRANT SELECT ON %s TO %I;', what, current_user);
  ELSIF c.relkind NOT IN ('r', 'p', 'v', 'm', 'f') OR c.relpersistence = 't' THEN
    RAISE wrong_object_type USING MESSAGE = format('%s can''t be a source', what), HINT = 'Give a table, a partitioned table, a view or a foreign table that other sessions see.';
  ELSIF changes <> 'received_at' AND c.relkind NOT IN ('r', 'p') THEN
    RAISE wrong_object_type USING MESSAGE = format('%s is no table: the mode %s needs one', what, changes),
      HINT = 'Take changes => ''received_at'', which asks by the time of arrival and is not exact; or give the tables below it.';
  ELSIF changes <> 'received_at' AND c.relkind = 'r' AND c.relhassubclass AND EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = relation) THEN
    RAISE feature_not_supported USING MESSAGE = format('%s has children by inheritance: the mode %s can''t follow them', what, changes), HINT = 'Give each table by itself, or make it a partitioned table.';
  ELSIF changes <> 'received_at' AND EXISTS (SELECT FROM pg_catalog.pg_partition_tree(relation) AS t JOIN pg_catalog.pg_class AS leaf ON leaf.oid = t.relid WHERE leaf.relkind = 'f') THEN
    RAISE feature_not_supported USING MESSAGE = format('a partition of %s is a foreign table: the mode %s can''t follow it', what, changes), HINT = 'Take changes => ''received_at''.';
  ELSIF changes <> 'received_at' AND EXISTS (
    SELECT FROM (SELECT t.relid FROM pg_catalog.pg_partition_tree(relation) AS t UNION SELECT relation) AS t JOIN pg_catalog.pg_class AS leaf ON leaf.oid = t.relid WHERE leaf.relkind = 'r' AND leaf.relpersistence = 'u') THEN
    RAISE feature_not_supported USING MESSAGE = format('%s is unlogged: the mode %s can''t follow it', what, changes), HINT = format('A crash empties it unnoticed. ALTER TABLE %s SET LOGGED.', what);
  ELSIF row_security_active(relation) THEN
    RAISE feature_not_supported USING MESSAGE = format('row security hides rows of %s from %I', what, current_user), HINT = 'A pipeline must see all rows: run it as a role that does.';
  END IF;
END $$;
COMMENT ON FUNCTION journey.check_source(journey.pipelines, regclass, journey.change_mode) IS 'Internal: the errors of add_source that are about the table as a whole';

CREATE FUNCTION journey.source_keys(s journey.pipeline_sources, OUT expression text, OUT definition text, OUT plain boolean) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH wanted (number, expression, more, brin) AS (
    SELECT 0, 'journey_xid', '', true WHERE s.changes = 'column'
    UNION ALL SELECT 1, s.received_at, '', false WHERE s.changes = 'received_at'
    UNION ALL SELECT 2, s.ts, '', false
    UNION ALL SELECT 3, s.event_id, '', false WHERE s.event_id IS NOT NULL
    UNION ALL SELECT 4, id, s.ts, false FROM unnest(s.ids) AS id),
  -- An index on an expression wants it immutable; where it is not, reading must do without.
  possible AS (
    SELECT w.*, t.immutable AS with_time
    FROM wanted AS w CROSS JOIN LATERAL journey.source_expression(s.relation, CASE WHEN w.brin THEN s.ts ELSE w.expression END, 'index') AS e
    CROSS JOIN LATERAL journey.source_expression(s.relation, s.ts, 'index') AS t
    WHERE w.brin OR e.immutable AND cardinality(e.columns) > 0),
  key (sql, written) AS (
    SELECT DISTINCT x.sql, CASE WHEN x.sql ~ '^("([^"]|"")+"|[a-z_][a-z0-9_]*)$' THEN x.sql ELSE '(' || x.sql || ')' END
    FROM possible AS p CROSS JOIN LATERAL (VALUES (p.expression), (p.more)) AS x (sql))
  SELECT p.expression,
    CASE WHEN p.brin THEN format('USING brin (%s) WITH (pages_per_range = 16, autosummarize = on)', k.written)
      ELSE format('(%s)', concat_ws(', ', k.written, CASE WHEN p.with_time AND p.more <> '' THEN m.written END)) END,
    k.written NOT LIKE '(%' AND (p.more = '' OR NOT p.with_time OR m.written NOT LIKE '(%')
  FROM possible AS p JOIN key AS k ON k.sql = p.expression LEFT JOIN key AS m ON m.sql = p.more
  ORDER BY p.number;
END;
COMMENT ON FUNCTION journey.source_keys(journey.pipeline_sources) IS
  'Internal: by which expressions a source is looked up, the index that would serve, and whether it is on columns alone';

CREATE FUNCTION journey.has_index(relation regclass, expression text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM pg_index AS i
    WHERE i.indrelid = relation AND i.indisvalid AND i.indisready
      AND pg_get_indexdef(i.indexrelid, 1, false) IN (expression, '(' || expression || ')')
      AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = format('(%s IS NOT NULL)', expression)))
$$;
COMMENT ON FUNCTION journey.has_index(regclass, text) IS 'Whether a relation has a valid index that begins with an expression';

CREATE FUNCTION journey.source_statements(s journey.pipeline_sources, OUT statement text, OUT done boolean, OUT runs boolean) RETURNS SETOF record
LANGUAGE plpgsql STABLE AS $$
DECLARE
  what text := journey.relation_name(s.relation);
  key record;
  trigger record;
  empty boolean;
  partitioned boolean := (SELECT c.relkind = 'p' FROM pg_catalog.pg_class AS c WHERE c.oid = s.relation);
BEGIN
  IF (SELECT c.relkind NOT IN ('r', 'p') FROM pg_catalog.pg_class AS c WHERE c.oid = s.relation) THEN RETURN; END IF;
  -- Who may not read it, and only asks, is answered as for one with rows.
  empty := false;
  IF has_table_privilege(s.relation, 'SELECT') AND has_schema_privilege((SELECT c.relnamespace FROM pg_catalog.pg_class AS c WHERE c.oid = s.relation), 'USAGE') THEN EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', what) INTO empty; END IF;
  runs := true;
  IF s.changes = 'column' THEN
    statement := format('ALTER TABLE %s ADD COLUMN journey_xid bigint DEFAULT journey.current_xid(%s)', what, nullif(journey.number_offset(s.relation), 0));
    done := EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = s.relation AND a.attname = 'journey_xid' AND NOT a.attisdropped);
    RETURN NEXT;
  END IF;
  FOR trigger IN
    SELECT t.name, t.event
    FROM (VALUES ('journey_change', 'UPDATE OR DELETE', true),
        ('journey_number', format('INSERT WHEN (NEW.journey_xid IS DISTINCT FROM journey.current_xid(%s))', nullif(journey.number_offset(s.relation), 0)), s.changes = 'column'),
        ('journey_insert', 'INSERT', s.changes = 'trigger')) AS t (name, event, wanted)
    WHERE t.wanted AND s.changes <> 'received_at'
  LOOP
    done := EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = s.relation AND g.tgname = trigger.name);
    statement := format('CREATE TRIGGER %I AFTER %s ON %s FOR EACH ROW %sEXECUTE FUNCTION journey.note_change()', trigger.name,
      split_part(trigger.event, ' WHEN ', 1), what, CASE WHEN trigger.event LIKE '% WHEN %' THEN 'WHEN ' || split_part(trigger.event, ' WHEN ', 2) || ' ' ELSE '' END);
    RETURN NEXT;
    -- For rows that a replication worker applies, too.
    done := EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = s.relation AND g.tgname = trigger.name AND g.tgenabled = 'A');
    statement := format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', what, trigger.name);
    RETURN NEXT;
  END LOOP;
  FOR key IN SELECT * FROM journey.source_keys(s) LOOP
    done := journey.has_index(s.relation, key.expression);
    runs := empty AND key.plain;  -- an index on an expression could fail somebody's insert: not made unasked
    IF partitioned AND NOT empty AND NOT done THEN
      -- First the partitions, one by one and without stopping writers; the index of the whole then takes these in.
      RETURN QUERY
      SELECT format('CREATE INDEX CONCURRENTLY ON %s %s', journey.relation_name(t.relid), key.definition), journey.has_index(t.relid, key.expression), false
      FROM pg_catalog.pg_partition_tree(s.relation) AS t WHERE t.isleaf;
    END IF;
    statement := format('CREATE INDEX %sON %s %s', CASE WHEN empty OR partitioned THEN '' ELSE 'CONCURRENTLY ' END, what, key.definition);
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION journey.source_statements(journey.pipeline_sources) IS
  'Internal: what a source needs: the statements, whether each is done, and whether add_source runs it';

CREATE FUNCTION journey.add_source(
  pipeline text, source regclass, preset journey.source_preset DEFAULT 'plain',
  ts text DEFAULT NULL, event_id text DEFAULT NULL, anonymous_id text DEFAULT NULL, user_id text DEFAULT NULL, ids jsonb DEFAULT '{}',
  event text DEFAULT NULL, page_url text DEFAULT NULL, referrer text DEFAULT NULL,
  condition text DEFAULT NULL, passive text DEFAULT 'false', conversions jsonb DEFAULT '{}', items text DEFAULT NULL, item_action text DEFAULT NULL, basket text DEFAULT NULL, traits text DEFAULT NULL,
  changes journey.change_mode DEFAULT 'column', received_at text DEFAULT NULL, overlap interval DEFAULT '24 hours',
  event_id_window interval DEFAULT '7 days', dry_run boolean DEFAULT false) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
  s journey.pipeline_sources;
  what text := journey.relation_name(source);
  given jsonb;
  x record;
  needed record;
  columns int2[];
BEGIN
  IF source IS NULL OR preset IS NULL OR ids IS NULL OR conversions IS NULL OR passive IS NULL OR changes IS NULL OR dry_run IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'source, preset, ids, passive, conversions, changes and dry_run must not be NULL';
  ELSIF overlap IS NULL OR NOT overlap > '0' OR extract('month' FROM overlap) + extract('year' FROM overlap) <> 0 THEN
    RAISE invalid_parameter_value USING MESSAGE = format('overlap must be a time greater than zero, without months: %s', coalesce(overlap::text, 'NULL'));
  ELSIF event_id_window IS NULL OR NOT event_id_window > '0' OR extract('month' FROM event_id_window) + extract('year' FROM event_id_window) <> 0 THEN
    RAISE invalid_parameter_value USING MESSAGE = format('event_id_window must be a time greater than zero, without months: %s', coalesce(event_id_window::text, 'NULL'));
  END IF;
  PERFORM journey.check_pipeline_owner(p);
  PERFORM journey.check_source(p, source, changes);

  given := (SELECT coalesce(jsonb_object_agg(e.argument, e.expression), '{}') FROM journey.preset_expressions(preset, source) AS e)
    || jsonb_strip_nulls(jsonb_build_object('ts', ts, 'event_id', event_id, 'anonymous_id', anonymous_id, 'user_id', user_id, 'event', event, 'page_url', page_url, 'referrer', referrer,
      'condition', condition, 'passive', passive, 'items', items, 'item_action', item_action, 'basket', basket, 'traits', traits, 'received_at', received_at));
  IF changes <> 'received_at' THEN given := given - 'received_at'; END IF;
  IF NOT given ? 'ts' THEN
    RAISE null_value_not_allowed USING MESSAGE = format('ts is needed: when the events in %s happened', what), HINT = 'Name its column: add_source(..., ts => ''created_at'').';
  ELSIF NOT (given ?| '{anonymous_id,user_id}' OR ids <> '{}') THEN
    RAISE null_value_not_allowed USING MESSAGE = format('an id is needed: whose the events in %s are', what), HINT = 'Give anonymous_id, user_id or ids.';
  ELSIF changes = 'received_at' AND NOT given ? 'received_at' THEN
    RAISE null_value_not_allowed USING MESSAGE = format('received_at is needed by the mode received_at: when the rows of %s arrived', what), HINT = 'Name its column: add_source(..., received_at => ''loaded_at'').';
  END IF;

  PERFORM journey.check_item_arguments(p, given);
  IF given ? 'traits' THEN PERFORM journey.check_keeps_target(p, 'traits'); END IF;

  s.pipeline := p.id; s.source := 0; s.relation := source; s.changes := changes; s.overlap := overlap; s.event_id_window := event_id_window;
  s.id_kinds := '{}'; s.ids := '{}'; s.conversion_kinds := '{}'; s.conversion_conditions := '{}'; s.conversion_values := '{}';
  s.mark_columns := '{}'; s.listed := false; s.ahead_until := 0; s.ignored := 0;
  columns := '{}';
  FOR x IN
    SELECT a.* FROM journey.source_arguments(source, given, ids, conversions) AS a
    ORDER BY coalesce(array_position(p.kinds, a.key), 1000), a.key COLLATE "C"  -- ids from the strongest, as resolve_aliases has it
  LOOP
    IF x.argument IN ('ts', 'received_at') AND x.type NOT IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) THEN
      RAISE datatype_mismatch USING MESSAGE = format('%s must be a timestamp: %s is of type %s', x.argument, quote_literal(given ->> x.argument), x.type),
        HINT = CASE WHEN x.type IN ('int8'::regtype, 'int4'::regtype, 'float8'::regtype, 'numeric'::regtype) THEN format('Seconds since 1970: %s => ''to_timestamp(%s)''.', x.argument, given ->> x.argument) ELSE 'Cast it.' END;
    ELSIF x.argument IN ('condition', 'passive', 'when') AND x.type <> 'boolean'::regtype THEN
      RAISE datatype_mismatch USING MESSAGE = format('%s must be boolean: %s is of type %s', concat_ws(': ', CASE WHEN x.argument = 'when' THEN 'conversions' END, x.key, x.argument), quote_literal(x.sql), x.type);
    ELSIF x.argument = 'value' AND (SELECT t.typcategory <> 'N' FROM pg_catalog.pg_type AS t WHERE t.oid = x.type) THEN
      RAISE datatype_mismatch USING MESSAGE = format('conversions: %s: value must be a number: %s is of type %s', x.key, quote_literal(x.sql), x.type);
    ELSIF x.argument IN ('event_id', 'id') AND NOT journey.has_order(x.type) THEN
      RAISE datatype_mismatch USING MESSAGE = format('%s can''t be looked up: %s is of type %s, which has no order', CASE WHEN x.argument = 'id' THEN 'ids: ' || x.key ELSE x.argument END, quote_literal(x.sql), x.type),
        HINT = 'Cast it to text.';
    ELSIF x.argument = 'id' AND p.mode = 'latest_user' AND NOT x.key = ANY (p.kinds) THEN
      RAISE invalid_parameter_value USING MESSAGE = format('the mode latest_user knows only ids of the kinds %s: "%s"', p.kinds, x.key);
    END IF;
    CASE x.argument
      WHEN 'ts' THEN s.ts := x.sql;
      WHEN 'event_id' THEN s.event_id := x.sql;
      WHEN 'event' THEN s.event := x.sql;
      WHEN 'page_url' THEN s.page_url := x.sql;
      WHEN 'referrer' THEN s.referrer := x.sql;
      WHEN 'condition' THEN s.condition := x.sql;
      WHEN 'passive' THEN s.passive := nullif(x.sql, 'false');
      WHEN 'received_at' THEN s.received_at := x.sql;
      WHEN 'items' THEN s.items := journey.item_list_of(x.sql, x.type);
      WHEN 'item_action' THEN s.item_action := x.sql;
      WHEN 'basket' THEN s.basket := x.sql;
      WHEN 'traits' THEN s.traits := journey.traits_of(x.sql, x.type);
      WHEN 'id' THEN s.id_kinds := s.id_kinds || x.key; s.ids := s.ids || x.sql;
      WHEN 'when' THEN s.conversion_kinds := s.conversion_kinds || x.key; s.conversion_conditions := s.conversion_conditions || x.sql;
      WHEN 'value' THEN s.conversion_values := s.conversion_values || x.sql;
    END CASE;
    IF x.argument <> 'event' THEN columns := columns || x.columns; END IF;
    IF x.argument IN ('ts', 'event_id', 'id') THEN s.mark_columns := s.mark_columns || x.columns; END IF;
  END LOOP;
  s.columns := ARRAY(
    SELECT ROW(a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))::journey.source_column
    FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = source AND a.attnum = ANY (columns) ORDER BY a.attnum);
  s.mark_columns := ARRAY(SELECT DISTINCT c FROM unnest(s.mark_columns) AS c ORDER BY c);
  SELECT a.attname INTO x FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = source AND a.attname = 'journey_xid' AND a.atttypid <> 'bigint'::regtype AND changes = 'column';
  IF FOUND THEN
    RAISE datatype_mismatch USING MESSAGE = format('column journey_xid of %s is not of type bigint', what), HINT = 'The mode column keeps the numbers of transactions there. Rename yours, or take changes => ''trigger''.';
  END IF;

  FOR needed IN SELECT * FROM journey.source_statements(s) AS n WHERE NOT n.done LOOP
    RETURN NEXT needed.statement;
    IF needed.runs AND NOT dry_run THEN EXECUTE needed.statement; END IF;
  END LOOP;
  IF NOT dry_run THEN PERFORM journey.save_source(s); END IF;
END $$;
COMMENT ON FUNCTION journey.add_source(text, regclass, journey.source_preset, text, text, text, text, jsonb, text, text, text, text, text, jsonb, text, text, text, text, journey.change_mode, text, interval, interval, boolean) IS
  'Makes a table a source of a pipeline, and returns the statements that it ran, or would run with dry_run. '
  'Those with CONCURRENTLY, and the one for the whole after those for partitions, are left to you: on a table with rows no index is built; nor is one on an expression, which could fail an insert. '
  'ts, event_id, the ids, event, page_url, referrer, condition, passive, and in conversions "when" and "value" are SQL expressions over the columns of the row: no subqueries, nothing volatile, not the clock; NULL where there is none. '
  'items: the items that a row is about, an item or an array of them (jsonb: of texts and numbers); item_action: what was done to them, bought (the default), added, viewed or removed; basket: the order in which they were bought, event_id where it is not given. '
  'traits: a JSON object of what the row says of the person, or of the company; the latest value of each key that is not null counts. '
  'In condition, passive, conversions, items, item_action, basket and traits the name event stands for the expression event. '
  'Only rows with condition count; rows with passive open and extend no session. '
  'conversions: kind -> {"when": condition, "value": expression}; sign_up is the kind that sessions and attribution know. '
  'ids: further kinds of ids -> expression. '
  'A row counts for its strongest id. '
  'An event id counts once within event_id_window. '
  'changes: see change_mode; overlap is for received_at. '
  'With the column a COPY without a list of columns fails, and SELECT * shows it: the mode trigger adds none. '
  'Errors name the argument';

CREATE FUNCTION journey.release_source(relation regclass) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
  what text := journey.relation_name(relation);
  named record;
BEGIN
  -- Of a table that is gone, or that another pipeline reads, nothing is to be taken away.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = relation) OR EXISTS (SELECT FROM journey.pipeline_sources AS s WHERE s.relation = release_source.relation) THEN RETURN; END IF;
  FOR named IN
    SELECT format('DROP TRIGGER %I ON %s', t.tgname, what) AS statement
    FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = relation AND t.tgname IN ('journey_change', 'journey_number', 'journey_insert') ORDER BY t.tgname
  LOOP
    RETURN NEXT named.statement;
    IF (SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class AS c WHERE c.oid = relation) THEN EXECUTE named.statement; END IF;
  END LOOP;
  RETURN QUERY SELECT format('ALTER TABLE %s DROP COLUMN journey_xid', what) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = relation AND a.attname = 'journey_xid' AND NOT a.attisdropped;
END $$;
COMMENT ON FUNCTION journey.release_source(regclass) IS 'Internal: drops the triggers of a table that is no source of any pipeline, if the caller owns it';

CREATE FUNCTION journey.drop_source(pipeline text, source regclass) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
  number int2 := (SELECT s.source FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id AND s.relation = drop_source.source);
  part text;
BEGIN
  IF number IS NULL THEN
    RAISE undefined_object USING MESSAGE = format('%s is no source of pipeline "%s"', journey.relation_name(source), p.name),
      HINT = coalesce('Its sources are: ' || (SELECT string_agg(journey.relation_name(s.relation), ', ' ORDER BY s.source) FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id) || '.', 'It has none.');
  END IF;
  -- A refresh at work finishes first, and so does a fill: it holds a slice.
  PERFORM journey.lock_pipeline(p.id, true);
  PERFORM journey.forget_source(p.id, number);
  FOREACH part IN ARRAY '{links,stale}'::text[] || journey.placed_parts(p) LOOP
    EXECUTE format('DELETE FROM %s WHERE source = $1', journey.pipeline_table(p, part)) USING number;
  END LOOP;
  RETURN QUERY SELECT journey.release_source(source);
END $$;
COMMENT ON FUNCTION journey.drop_source(text, regclass) IS
  'Takes a source away from a pipeline, with all that was read from it; the next refresh makes identity and targets without it. '
  'Triggers that no other pipeline needs are dropped; returns the statements that did it, and those that are left to you. '
  'A table that was dropped goes by its number, such as 16403';
