-- Room: pipelines. The target items: what visitors bought, added, viewed and removed, and what is bought together.
--   items          the rows, by place, as the sources say them
--   item_stale     baskets whose rows changed since the last step
--   item_baskets   each basket with its items, as they are counted in the next two
--   item_orders    items by number, and in how many baskets each is; '' has number 0 and says how many baskets there are
--   item_pairs     what an item is together with and how often, by number, a list for every 4,096 numbers

CREATE TYPE journey.item_action AS ENUM ('bought', 'added', 'viewed', 'removed');
COMMENT ON TYPE journey.item_action IS 'What a visitor does to an item: buys it, adds it to the cart, looks at it, or takes it out again';

CREATE FUNCTION journey.most_basket_items() RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 200;
COMMENT ON FUNCTION journey.most_basket_items() IS 'A larger basket counts among all baskets but makes no pairs in a pipeline, as is the default of item_pairs';

CREATE FUNCTION journey.json_items(items jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE jsonb_typeof(items)
    WHEN 'array' THEN ARRAY(SELECT e #>> '{}' FROM jsonb_array_elements(items) WITH ORDINALITY AS i (e, number) WHERE jsonb_typeof(e) IN ('string', 'number') ORDER BY number)
    WHEN 'string' THEN ARRAY[items #>> '{}'] WHEN 'number' THEN ARRAY[items #>> '{}'] ELSE '{}' END;
COMMENT ON FUNCTION journey.json_items(jsonb) IS 'The texts and numbers in a JSON array, or the one that is given, as texts; what else it holds is left out';

CREATE FUNCTION journey.item_list_of(expression text, type regtype) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF type IN ('jsonb'::regtype, 'json'::regtype) THEN
    RETURN format('journey.json_items((%s)::jsonb)', expression);
  ELSIF (SELECT t.typcategory = 'A' FROM pg_catalog.pg_type AS t WHERE t.oid = type) THEN
    RETURN format('(%s)::text[]', expression);
  ELSIF type IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'uuid'::regtype) THEN
    RETURN format('ARRAY[(%s)::text]', expression);
  END IF;
  RAISE datatype_mismatch USING MESSAGE = format('items must be an item or an array of items: %s is of type %s', quote_literal(expression), type),
    HINT = 'Of JSON objects take the ids: jsonb_path_query_array(properties, ''$.products[*].product_id'').';
END $$;
COMMENT ON FUNCTION journey.item_list_of(text, regtype) IS 'Internal: the expression of type text[] for what add_source was told of items';

CREATE FUNCTION journey.check_item_arguments(p journey.pipelines, given jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF given ? 'items' THEN PERFORM journey.check_keeps_target(p, 'items'); END IF;
  IF NOT given ? 'items' AND given ?| '{item_action,basket}' THEN
    RAISE null_value_not_allowed USING MESSAGE = 'items is needed: what item_action and basket are about';
  ELSIF given ? 'items' AND NOT given ?| '{item_action,basket,event_id}' THEN
    RAISE null_value_not_allowed USING MESSAGE = 'basket is needed: which items are bought together', HINT = 'Name the column of the order: add_source(..., basket => ''order_id''); or event_id, if a row is an order.';
  END IF;
END $$;
COMMENT ON FUNCTION journey.check_item_arguments(journey.pipelines, jsonb) IS 'Internal: the errors of add_source that are about items';

-- Any change of items, by whatever step, marks the baskets whose rows it touched.
CREATE FUNCTION journey.note_baskets() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('INSERT INTO %I.%I (source, basket) SELECT DISTINCT source, basket FROM changed WHERE basket IS NOT NULL', TG_TABLE_SCHEMA, TG_ARGV[0]);
  RETURN NULL;
END $$;
COMMENT ON FUNCTION journey.note_baskets() IS 'Internal: statement trigger on the items of a pipeline: marks their baskets in the table that its argument names';

CREATE FUNCTION journey.make_item_tables(p journey.pipelines) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  items text := journey.pipeline_table(p, 'items');
BEGIN
  EXECUTE format($q$CREATE TABLE %s (
    slice date NOT NULL, source int2 NOT NULL, kind text NOT NULL, alias text NOT NULL, item text NOT NULL, action journey.item_action NOT NULL, at timestamptz NOT NULL, basket text)$q$, items);
  EXECUTE format('CREATE INDEX ON %s (alias, kind, slice, source)', items);
  EXECUTE format('CREATE INDEX ON %s (basket, source) WHERE basket IS NOT NULL', items);
  EXECUTE format('CREATE INDEX ON %s USING brin (slice)', items);
  EXECUTE format('CREATE TABLE %s (source int2 NOT NULL, basket text NOT NULL)', journey.pipeline_table(p, 'item_stale'));
  EXECUTE format('CREATE TRIGGER added AFTER INSERT ON %s REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION journey.note_baskets(%L)', items, p.tables || '_item_stale');
  EXECUTE format('CREATE TRIGGER deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION journey.note_baskets(%L)', items, p.tables || '_item_stale');
  EXECUTE format('CREATE TABLE %s (source int2, basket text, items text[] NOT NULL, PRIMARY KEY (basket, source))', journey.pipeline_table(p, 'item_baskets'));
  -- Orders change with each refresh, their magnitude seldom, and then the indexes are left alone.
  EXECUTE format($q$CREATE TABLE %s (
    item text PRIMARY KEY, number int NOT NULL UNIQUE, orders bigint NOT NULL, magnitude int GENERATED ALWAYS AS (log(greatest(orders, 1)::float8) * 3) STORED) WITH (fillfactor = 80)$q$,
    journey.pipeline_table(p, 'item_orders'));
  EXECUTE format('CREATE INDEX ON %s (magnitude)', journey.pipeline_table(p, 'item_orders'));
  EXECUTE format('CREATE TABLE %s (item int, part int, pairs bytea NOT NULL, PRIMARY KEY (item, part)) WITH (fillfactor = 60, toast_tuple_target = 8160)', journey.pipeline_table(p, 'item_pairs'));
  EXECUTE format('ALTER TABLE %s ALTER pairs SET STORAGE EXTERNAL', journey.pipeline_table(p, 'item_pairs'));
END $$;
COMMENT ON FUNCTION journey.make_item_tables(journey.pipelines) IS 'Internal: the tables of the target items';

-- An item or order whose name no index could hold counts as none.
CREATE FUNCTION journey.put_item_rows(p journey.pipelines, s journey.pipeline_sources) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN s.items IS NULL THEN '' ELSE format($q$,
    put_items AS (
      INSERT INTO %s (slice, source, kind, alias, item, action, at, basket)
      SELECT r.slice, %s, r.kind, r.alias, i.item, r.item_action::journey.item_action, r.ts, CASE WHEN r.item_action = 'bought' AND octet_length(r.basket) <= 500 THEN r.basket END
      FROM input AS r CROSS JOIN LATERAL unnest(r.items) AS i (item)
      WHERE r.alias IS NOT NULL AND i.item <> '' AND octet_length(i.item) <= 500 AND r.item_action IN ('bought', 'added', 'viewed', 'removed'))$q$,
    journey.pipeline_table(p, 'items'), s.source) END;
COMMENT ON FUNCTION journey.put_item_rows(journey.pipelines, journey.pipeline_sources) IS 'Internal: the part of a statement that stores the items of the rows input';

CREATE FUNCTION journey.counted_pairs(p journey.pipelines) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('SELECT l.item, c.with_item, c.together FROM %s AS l CROSS JOIN LATERAL journey.listed_pairs(l.pairs) AS c', journey.pipeline_table(p, 'item_pairs'));
COMMENT ON FUNCTION journey.counted_pairs(journey.pipelines) IS 'Internal: the query of the pairs of items of a pipeline by number, each from both sides';

CREATE FUNCTION journey.items_query(p journey.pipelines) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('SELECT a.visitor_id, i.item, i.action, i.at, i.basket FROM %s AS i JOIN %s AS a USING (alias, kind)', journey.pipeline_table(p, 'items'), journey.pipeline_table(p, 'aliases'));
COMMENT ON FUNCTION journey.items_query(journey.pipelines) IS 'Internal: what the view of items says';

CREATE FUNCTION journey.item_pairs_query(p journey.pipelines) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format($q$
    SELECT a.item, b.item AS with_item, p.together, a.orders AS item_orders, b.orders AS with_orders, n.orders, p.together / n.orders::float8 AS support, m.*
    FROM (%1$s) AS p JOIN %2$s AS a ON a.number = p.item JOIN %2$s AS b ON b.number = p.with_item CROSS JOIN (SELECT orders FROM %2$s WHERE item = '') AS n
    CROSS JOIN LATERAL (SELECT %3$s) AS m$q$,
    journey.counted_pairs(p), journey.pipeline_table(p, 'item_orders'),
    (SELECT string_agg(format('journey.pair_score(%L, p.together, a.orders, b.orders, n.orders) AS %I', measure, measure), ', ' ORDER BY measure)
     FROM unnest(enum_range(NULL::journey.pair_measure)) AS measure WHERE measure <> 'together'));
COMMENT ON FUNCTION journey.item_pairs_query(journey.pipelines) IS 'Internal: what the view of pairs of items says';

-- The pairs follow from the baskets: a basket that changed takes back what it counted and counts anew.
CREATE FUNCTION journey.put_item_pairs(p journey.pipelines, of_all boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  items text := journey.pipeline_table(p, 'items');
  stale text := journey.pipeline_table(p, 'item_stale');
  baskets text := journey.pipeline_table(p, 'item_baskets');
  orders text := journey.pipeline_table(p, 'item_orders');
  pairs text := journey.pipeline_table(p, 'item_pairs');
  -- In order, so that the memory of one group is all that a list takes.
  lists constant text := 'SELECT item, part, journey.pair_list(array_agg(with_item), array_agg(n)) AS pairs FROM (SELECT item, with_item / 4096 AS part, with_item, n FROM (%s) AS c ORDER BY 1, 2) AS c GROUP BY item, part';
BEGIN
  -- A basket that changed costs many times what it does among all of them.
  IF NOT of_all THEN
    EXECUTE format('SELECT count(*) > 1000 AND count(*) * 10 > coalesce((SELECT orders FROM %s WHERE item = ''''), 0) FROM %s', orders, stale) INTO of_all;
  END IF;
  IF of_all THEN
    EXECUTE format('DELETE FROM %s', stale);
    EXECUTE format('DELETE FROM %s', baskets);
    EXECUTE format('DELETE FROM %s', orders);
    EXECUTE format('DELETE FROM %s', pairs);
    EXECUTE format('INSERT INTO %s SELECT source, basket, array_agg(DISTINCT item) FROM %s WHERE basket IS NOT NULL GROUP BY source, basket', baskets, items);
    EXECUTE format($q$
      INSERT INTO %s (item, number, orders)
      SELECT item, row_number() OVER (ORDER BY count(*) DESC, item COLLATE "C"), count(*) FROM %s CROSS JOIN unnest(items) AS item GROUP BY item UNION ALL SELECT '', 0, count(*) FROM %2$s$q$, orders, baskets);
    EXECUTE format('INSERT INTO %s %s', pairs, format(lists, format(
      'SELECT i.item::int AS item, i.with_item::int AS with_item, i.together::int AS n FROM journey.item_pairs(%L, top => NULL, min_together => 1, max_basket => %s) AS i',
      format('SELECT b.row::text, o.number::text FROM (SELECT row_number() OVER () AS row, items FROM %s WHERE cardinality(items) BETWEEN 2 AND %s) AS b CROSS JOIN unnest(b.items) AS i (item) JOIN %s AS o USING (item)',
        baskets, journey.most_basket_items(), orders),
      journey.most_basket_items())));
    RETURN;
  END IF;
  -- Look-ups one by one: the planner knows nothing of how few they are. A side below 0 is what a basket was. An item that is in no basket any more keeps a list of nothing.
  PERFORM journey.perform(true, format($q$
    WITH taken AS (DELETE FROM %1$s RETURNING source, basket),
    changed AS MATERIALIZED (
      SELECT t.source, t.basket, w.items AS was, n.items AS now
      FROM (SELECT DISTINCT source, basket FROM taken) AS t
      LEFT JOIN LATERAL (SELECT b.items FROM %2$s AS b WHERE b.basket = t.basket AND b.source = t.source OFFSET 0) AS w ON true
      CROSS JOIN LATERAL (SELECT array_agg(DISTINCT i.item) AS items FROM %3$s AS i WHERE i.basket = t.basket AND i.source = t.source) AS n
      WHERE w.items IS DISTINCT FROM n.items),
    gone AS (DELETE FROM %2$s AS b WHERE (b.basket, b.source) IN (SELECT basket, source FROM changed WHERE now IS NULL)),
    put AS (
      INSERT INTO %2$s AS b (source, basket, items) SELECT source, basket, now FROM changed WHERE now IS NOT NULL
      ON CONFLICT (basket, source) DO UPDATE SET items = excluded.items),
    sides AS MATERIALIZED (
      SELECT items, n * row_number() OVER () AS side FROM (SELECT was AS items, -1 AS n FROM changed WHERE was IS NOT NULL UNION ALL SELECT now, 1 FROM changed WHERE now IS NOT NULL) AS s),
    counts AS MATERIALIZED (
      SELECT d.item, d.n, d.sides, o.orders + d.n AS left_over, o.place, coalesce(o.number, m.last + row_number() OVER (ORDER BY o.number IS NOT NULL))::int AS number
      FROM (
        SELECT item, sum(sign(side))::bigint AS n, array_agg(side) AS sides
        FROM (SELECT item, side FROM sides CROSS JOIN unnest(items) AS item UNION ALL SELECT '', side FROM sides) AS s GROUP BY item) AS d
      LEFT JOIN LATERAL (SELECT o.number, o.orders, o.ctid AS place FROM %4$s AS o WHERE o.item = d.item OFFSET 0) AS o ON true
      CROSS JOIN (SELECT max(number) AS last FROM %4$s) AS m),
    no_orders AS (DELETE FROM %4$s WHERE ctid = ANY (ARRAY(SELECT place FROM counts WHERE left_over = 0 AND item <> ''))),
    put_orders AS (UPDATE %4$s AS o SET orders = c.left_over FROM counts AS c WHERE o.ctid = c.place AND c.n <> 0 AND (c.left_over > 0 OR c.item = '')),
    new_orders AS (INSERT INTO %4$s (item, number, orders) SELECT item, number, n FROM counts WHERE place IS NULL),
    numbered AS (SELECT side, array_agg(number) AS numbers FROM counts CROSS JOIN unnest(sides) AS side WHERE item <> '' GROUP BY side),
    pairs AS MATERIALIZED (
      SELECT d.item, d.part, l.place, coalesce(journey.merge_pair_lists(l.pairs, d.pairs), d.pairs) AS pairs
      FROM (%6$s) AS d LEFT JOIN LATERAL (SELECT l.pairs, l.ctid AS place FROM %5$s AS l WHERE l.item = d.item AND l.part = d.part OFFSET 0) AS l ON true),
    put_pairs AS (UPDATE %5$s AS l SET pairs = d.pairs FROM pairs AS d WHERE l.ctid = d.place)
    INSERT INTO %5$s (item, part, pairs) SELECT item, part, pairs FROM pairs WHERE place IS NULL$q$,
    stale, baskets, items, orders, pairs,
    format(lists, 'SELECT a AS item, b AS with_item, sign(side)::int AS n FROM numbered CROSS JOIN unnest(numbers) AS a CROSS JOIN unnest(numbers) AS b WHERE a <> b AND cardinality(numbers) <= $1')),
    journey.most_basket_items());
END $$;
COMMENT ON FUNCTION journey.put_item_pairs(journey.pipelines, boolean) IS 'Internal: the pairs of items, made anew, or where baskets changed since the last step; anew, too, where that is more than a tenth of them';
