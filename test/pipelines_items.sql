-- pipelines: items by row, by array and by JSON; orders that come, change and go; after every refresh the target is what plain SQL
-- makes of the tables.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
CREATE SCHEMA shop;
SELECT plan(39);
\ir support/attempt.sql

-- Lines of orders, a row an item; orders with an array; events with JSON.
CREATE TABLE shop.lines (line_id text, order_id text, customer text, item int, ts timestamptz);
CREATE TABLE shop.orders (order_id text, customer text, items text[], ts timestamptz);
CREATE TABLE shop.events (event_id text, device text, customer text, event text, properties jsonb, ts timestamptz);
CREATE TABLE shop.products (sku int, title text);
INSERT INTO shop.products SELECT i, 'Product ' || i FROM generate_series(1, 20) AS i;
CREATE VIEW shop.names AS SELECT sku::text AS item, title AS name FROM shop.products;
SELECT is(attempt($$SELECT journey.create_pipeline('web', 'shop', targets => '{items}', item_names => 'shop.products')$$), '42703 item_names must have the columns item and name, of type text: shop.products', 'names need two columns');
SELECT journey.create_pipeline('web', 'shop', slice => 'month', targets => '{items}', item_names => 'shop.names') \g /dev/null
SELECT journey.create_pipeline('bare', 'shop', targets => '{}') \g /dev/null

-- What is refused
SELECT is(attempt($$SELECT journey.add_source('bare', 'shop.lines', ts => 'ts', user_id => 'customer', items => 'item', basket => 'order_id', dry_run => true)$$), '55000 pipeline "bare" does not keep the target items', 'items without the target');
SELECT is(attempt($$SELECT journey.add_source('web', 'shop.lines', ts => 'ts', user_id => 'customer', items => 'item', dry_run => true)$$), '22004 basket is needed: which items are bought together', 'no basket');
SELECT is(attempt($$SELECT journey.add_source('web', 'shop.lines', ts => 'ts', user_id => 'customer', basket => 'order_id', dry_run => true)$$), '22004 items is needed: what item_action and basket are about', 'a basket of nothing');
SELECT is(attempt($$SELECT journey.add_source('web', 'shop.lines', ts => 'ts', user_id => 'customer', items => 'ts', basket => 'order_id', dry_run => true)$$),
  '42804 items must be an item or an array of items: ''ts'' is of type timestamp with time zone', 'a time is no item');
SELECT is(journey.json_items('["a", 7, null, {"b": 1}, ["c"], true, "a"]'), '{a,7,a}', 'texts and numbers of a JSON array');
SELECT is((SELECT string_agg(journey.json_items(j)::text, ' ' ORDER BY n) FROM unnest('{"\"a\"","1.50","{}","null","true"}'::jsonb[]) WITH ORDINALITY AS u (j, n)), '{a} {1.50} {} {} {}', 'one alone, or none');

SELECT count(*) FROM journey.add_source('web', 'shop.lines', ts => 'ts', event_id => 'line_id', user_id => 'customer', passive => 'true', items => 'item', basket => 'order_id') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.orders', ts => 'ts', event_id => 'order_id', user_id => 'customer', passive => 'true', items => 'items', changes => 'trigger') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'customer', event => 'event',
  items => $$jsonb_path_query_array(properties, '$.products[*].id')$$, item_action => $$CASE event WHEN 'Order Completed' THEN 'bought' WHEN 'Product Added' THEN 'added' WHEN 'Product Viewed' THEN 'viewed' WHEN 'Product Removed' THEN 'removed' END$$,
  basket => $$properties ->> 'order'$$) \g /dev/null
CALL journey.fill('web');
CALL journey.refresh('web');
SELECT is_empty('TABLE shop.web_item_pairs', 'nothing yet');

-- What the rows say, in other words: an event id counts for its first row (here they are unique); who by resolve_aliases.
CREATE VIEW shop.said AS
  SELECT 1 AS source, 'user' AS kind, customer AS alias, item::text AS item, 'bought' AS action, ts, order_id AS basket, NULL AS other FROM shop.lines
  UNION ALL SELECT 2, 'user', customer, item, 'bought', ts, order_id, NULL FROM shop.orders CROSS JOIN unnest(items) AS item
  UNION ALL SELECT 3, CASE WHEN customer IS NULL THEN 'anonymous' ELSE 'user' END, coalesce(customer, device), p #>> '{}',
    CASE event WHEN 'Order Completed' THEN 'bought' WHEN 'Product Added' THEN 'added' WHEN 'Product Viewed' THEN 'viewed' WHEN 'Product Removed' THEN 'removed' END, ts, CASE event WHEN 'Order Completed' THEN properties ->> 'order' END, device
  FROM shop.events CROSS JOIN jsonb_path_query(properties, '$.products[*].id') AS p;
CREATE VIEW shop.usable AS SELECT s.*, coalesce(v.visitor_id, s.alias) AS visitor_id
  FROM shop.said AS s LEFT JOIN journey.resolve_aliases('SELECT device, customer, ts FROM shop.events UNION ALL SELECT NULL, customer, ts FROM shop.lines UNION ALL SELECT NULL, customer, ts FROM shop.orders') AS v ON v.alias = s.alias AND v.is_user = (s.kind = 'user')
  WHERE s.alias IS NOT NULL AND isfinite(ts) AND item <> '' AND length(item) <= 500 AND action IS NOT NULL;
CREATE TABLE shop.wrong (batch int, what text);
CREATE PROCEDURE shop.compare(batch int) LANGUAGE plpgsql AS $$
BEGIN
  CREATE TEMP TABLE now AS SELECT * FROM shop.usable;
  INSERT INTO shop.wrong
  SELECT batch, 'items: missing ' || t::text FROM (SELECT visitor_id, item, action, ts, basket FROM now EXCEPT ALL SELECT visitor_id, item, action::text, at, basket FROM shop.web_items) AS t
  UNION ALL SELECT batch, 'items: extra ' || t::text FROM (SELECT visitor_id, item, action::text, at, basket FROM shop.web_items EXCEPT ALL SELECT visitor_id, item, action, ts, basket FROM now) AS t;
  CREATE TEMP TABLE pairs AS SELECT * FROM journey.item_pairs($q$SELECT source || ' ' || basket, item FROM now WHERE basket IS NOT NULL$q$, top => NULL, min_together => 1, max_basket => 200);
  INSERT INTO shop.wrong
  SELECT batch, 'pairs: missing ' || t::text FROM (SELECT item, with_item, together, item_orders, with_orders, orders, support, confidence, lift, jaccard, cosine, llr FROM pairs EXCEPT ALL TABLE shop.web_item_pairs) AS t
  UNION ALL SELECT batch, 'pairs: extra ' || t::text FROM (TABLE shop.web_item_pairs EXCEPT ALL SELECT item, with_item, together, item_orders, with_orders, orders, support, confidence, lift, jaccard, cosine, llr FROM pairs) AS t
  UNION ALL SELECT batch, 'marks are left' WHERE EXISTS (TABLE shop.web_g1_item_stale);
  INSERT INTO shop.compared SELECT batch, (SELECT count(*) FROM now), (SELECT count(*) FROM pairs);
  DROP TABLE now, pairs;
END $$;
CREATE TABLE shop.compared (batch int, items bigint, pairs bigint);
CREATE PROCEDURE shop.change() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop.lines SELECT 'l' || random(), 'o' || floor(random() * 40), CASE WHEN random() < 0.9 THEN 'u' || floor(random() * 9) END, CASE WHEN random() < 0.95 THEN floor(random() * random() * 20) END,
    CASE WHEN random() < 0.95 THEN timestamptz '2025-01-20' + random() * interval '20 days' ELSE 'infinity' END FROM generate_series(1, floor(random() * 30)::int);
  INSERT INTO shop.orders SELECT 'p' || random(), 'u' || floor(random() * 9), ARRAY(SELECT CASE WHEN random() < 0.9 THEN floor(random() * 20)::text END FROM generate_series(1, 1 + floor(random() * 6)::int) WHERE i > 0), timestamptz '2025-01-20' + random() * interval '20 days'
    FROM generate_series(1, floor(random() * 8)::int) AS i;
  INSERT INTO shop.events SELECT 'e' || random(), 'd' || floor(random() * 9), CASE WHEN random() < 0.2 THEN 'u' || floor(random() * 9) END, (ARRAY['Order Completed','Product Added','Product Viewed','Product Removed','page'])[1 + floor(random() * 5)::int],
    jsonb_build_object('order', 'q' || floor(random() * 30), 'products', (SELECT jsonb_agg(jsonb_build_object('id', floor(random() * 20 + g * 0))) FROM generate_series(1, 1 + floor(random() * 3)::int) AS g WHERE i > 0)), timestamptz '2025-01-20' + random() * interval '20 days'
    FROM generate_series(1, floor(random() * 20)::int) AS i;
  IF random() < 0.7 THEN
    DELETE FROM shop.lines WHERE random() < 0.1; UPDATE shop.lines SET item = item + 1 WHERE random() < 0.1; UPDATE shop.lines SET order_id = 'o1' WHERE random() < 0.05; UPDATE shop.lines SET customer = 'u1' WHERE random() < 0.05;
    DELETE FROM shop.orders WHERE random() < 0.1; UPDATE shop.orders SET items = items[2:] WHERE random() < 0.2;
    UPDATE shop.events SET event = 'Order Completed' WHERE random() < 0.1; UPDATE shop.events SET ts = ts + interval '15 days' WHERE random() < 0.05; UPDATE shop.events SET customer = NULL WHERE random() < 0.05; DELETE FROM shop.events WHERE random() < 0.1;
  END IF;
  IF random() < 0.15 THEN TRUNCATE shop.orders; END IF;
END $$;
CREATE PROCEDURE shop.run(batches int) LANGUAGE plpgsql AS $$
BEGIN
  FOR batch IN 1 .. batches LOOP
    CALL shop.change(); COMMIT;
    CALL journey.refresh('web');
    CALL shop.compare(batch); COMMIT;
  END LOOP;
END $$;
SELECT setseed(0.3) \g /dev/null
CALL shop.run(8);
SELECT is((SELECT string_agg(batch || ' ' || what, E'\n') FROM (SELECT * FROM shop.wrong LIMIT 5) AS w), NULL, 'after each refresh items and pairs are those of the tables');
SELECT cmp_ok((SELECT sum(pairs) FROM shop.compared), '>', 400::numeric, 'there were pairs to compare');

-- The parts by themselves
CREATE TABLE shop.kept AS TABLE shop.web_item_pairs;
SELECT journey.put_item_pairs(p, true) FROM journey.pipelines AS p WHERE name = 'web' \g /dev/null
SELECT bag_eq('TABLE shop.web_item_pairs', 'TABLE shop.kept', 'made anew the pairs are those that were kept up to date');
SELECT bag_eq(journey.items_query(p), 'TABLE shop.web_items', 'the view of items') FROM journey.pipelines AS p WHERE name = 'web';
SELECT bag_eq(journey.item_pairs_query(p), 'TABLE shop.kept', 'the view of pairs') FROM journey.pipelines AS p WHERE name = 'web';
SELECT bag_eq(format('SELECT a.item, b.item AS with_item, c.together FROM (%s) AS c JOIN shop.web_g1_item_orders AS a ON a.number = c.item JOIN shop.web_g1_item_orders AS b ON b.number = c.with_item', journey.counted_pairs(p)),
  'SELECT item, with_item, together FROM shop.kept', 'each pair from both sides, by number') FROM journey.pipelines AS p WHERE name = 'web';
SELECT is(journey.put_item_rows(p, NULL), '', 'a source without items stores none') FROM journey.pipelines AS p WHERE name = 'web';
SELECT is(attempt($$SELECT journey.make_item_tables(p) FROM journey.pipelines AS p WHERE name = 'web'$$), '42P07 relation "web_g1_items" already exists', 'the tables are there');
SELECT is(attempt($$SELECT journey.check_keeps_target(p, 'items') FROM journey.pipelines AS p WHERE name = 'web'$$), 'done', 'a pipeline that keeps items');
SELECT is(attempt($$SELECT journey.check_keeps_target(p, 'items') FROM journey.pipelines AS p WHERE name = 'bare'$$), '55000 pipeline "bare" does not keep the target items', 'one that does not');
SELECT is(attempt($$SELECT journey.check_item_arguments(p, '{"items": "x", "event_id": "y"}') FROM journey.pipelines AS p WHERE name = 'web'$$), 'done', 'a row may be an order');
SELECT is(journey.item_list_of('x', 'integer[]') || ' ' || journey.item_list_of('x', 'json') || ' ' || journey.item_list_of('x', 'uuid'), '(x)::text[] journey.json_items((x)::jsonb) ARRAY[(x)::text]', 'arrays, JSON, one item');
SELECT is(journey.most_basket_items(), 200, 'as many as item_pairs takes');

-- A fill that comes later, a rebuild from nothing, a source that goes
SELECT is((SELECT count(*) FROM shop.web_g1_item_stale), 0::bigint, 'no marks are left');
SELECT journey.create_pipeline('again', 'shop', slice => 'day', targets => '{items}') \g /dev/null
SELECT count(*) FROM journey.add_source('again', 'shop.orders', ts => 'ts', event_id => 'order_id', user_id => 'customer', items => 'items', passive => 'true', changes => 'trigger') \g /dev/null
SELECT count(*) FROM journey.add_source('again', 'shop.lines', ts => 'ts', event_id => 'line_id', user_id => 'customer', items => 'item', basket => 'order_id', passive => 'true') \g /dev/null
SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \gexec
CALL journey.fill('again', slices => 5);
CALL journey.refresh('again');
CALL journey.fill('again');
CALL journey.refresh('again');
SELECT results_eq($$SELECT item, with_item, together, orders FROM shop.again_item_pairs ORDER BY 1, 2$$,
  $$SELECT item, with_item, together, orders FROM journey.item_pairs('SELECT source || basket, item FROM shop.usable WHERE source < 3 AND basket IS NOT NULL', top => NULL, min_together => 1) ORDER BY 1, 2$$, 'filled in two parts');
SELECT count(*) FROM journey.drop_source('again', 'shop.lines') \g /dev/null
CALL journey.refresh('again');
SELECT results_eq($$SELECT item, with_item, together, orders FROM shop.again_item_pairs ORDER BY 1, 2$$,
  $$SELECT item, with_item, together, orders FROM journey.item_pairs('SELECT basket, item FROM shop.usable WHERE source = 2', top => NULL, min_together => 1) ORDER BY 1, 2$$, 'a source that goes takes its orders along');

-- By hand
TRUNCATE shop.lines, shop.orders, shop.events;
CALL journey.refresh('web');
SELECT is_empty('TABLE shop.web_items', 'no rows, no items');
SELECT is_empty('TABLE shop.web_item_pairs', 'no pairs');
INSERT INTO shop.orders VALUES ('1', 'ann', '{a,b,b,"",NULL}', '2025-03-01'), ('2', 'ben', '{a,b,c}', '2025-03-02'), ('3', 'cyd', '{c}', '2025-03-03'), ('4', 'dee', ARRAY(SELECT 'x' || i FROM generate_series(1, 201) AS i), '2025-03-04'),
  ('5', 'eli', ARRAY[repeat('long', 1000), 'a', 'd'], '2025-03-05');
CALL journey.refresh('web');
SELECT results_eq('SELECT item, with_item, together, item_orders, with_orders, orders FROM shop.web_item_pairs WHERE item < with_item ORDER BY 1, 2',
  $$VALUES ('a', 'b', 2::bigint, 3::bigint, 2::bigint, 5::bigint), ('a', 'c', 1, 3, 2, 5), ('a', 'd', 1, 3, 1, 5), ('b', 'c', 1, 2, 2, 5)$$, 'an item counts once an order; orders of 201 items make no pairs; what is too long is none');
UPDATE shop.orders SET items = '{a,c}' WHERE order_id = '2';
DELETE FROM shop.orders WHERE order_id = '5';
CALL journey.refresh('web');
SELECT results_eq('SELECT item, with_item, together, item_orders, with_orders, orders FROM shop.web_item_pairs WHERE item < with_item ORDER BY 1, 2',
  $$VALUES ('a', 'b', 1::bigint, 2::bigint, 1::bigint, 4::bigint), ('a', 'c', 1, 2, 2, 4)$$, 'an order that changed and one that is gone');
SELECT results_eq($$SELECT visitor_id, item, action::text, at, basket FROM shop.web_items WHERE visitor_id = 'ann' ORDER BY item$$,
  $$VALUES ('ann', 'a', 'bought', timestamptz '2025-03-01', '1'), ('ann', 'b', 'bought', '2025-03-01', '1'), ('ann', 'b', 'bought', '2025-03-01', '1')$$, 'the items of a visitor');
SELECT count(*) FROM journey.erase('web', 'ann', false) \g /dev/null
SELECT results_eq('SELECT item, with_item, together, item_orders, with_orders, orders FROM shop.web_item_pairs WHERE item < with_item ORDER BY 1, 2', $$VALUES ('a', 'c', 1::bigint, 1::bigint, 2::bigint, 3::bigint)$$, 'an erased person takes her orders along');
SELECT is((SELECT count(*) FROM shop.web_g1_items WHERE alias = 'ann') + (SELECT count(*) FROM shop.web_g1_item_baskets WHERE basket = '1'), 0::bigint, 'nothing of her is left');
-- More items than a list has numbers for, and an item that goes and comes again
INSERT INTO shop.orders SELECT 'many ' || o, 'flo', ARRAY(SELECT 'y' || o * 500 + i FROM generate_series(1, 500) AS i), '2025-03-06' FROM generate_series(0, 9) AS o;
CALL journey.refresh('web');
INSERT INTO shop.orders SELECT 'far ' || o, 'flo', ARRAY['a', 'y1', 'y' || o * 400 + 1000, 'y' || o * 400 + 1001, 'new ' || o % 2], '2025-03-07' FROM generate_series(0, 9) AS o;
CALL journey.refresh('web');
SELECT cmp_ok((SELECT count(DISTINCT part) FROM shop.web_g1_item_pairs), '>', 1::bigint, 'lists in parts');
PREPARE kept_pairs AS SELECT item, with_item, together, item_orders, with_orders, orders FROM shop.web_item_pairs ORDER BY 1, 2;
PREPARE counted_pairs AS SELECT item, with_item, together, item_orders, with_orders, orders
  FROM journey.item_pairs('SELECT order_id, item FROM shop.orders CROSS JOIN unnest(items) AS item WHERE length(item) BETWEEN 1 AND 500', top => NULL, min_together => 1) ORDER BY 1, 2;
SELECT results_eq('kept_pairs', 'counted_pairs', 'are those of the orders');
DELETE FROM shop.orders WHERE order_id LIKE 'far %' AND 'new 0' = ANY (items);
CALL journey.refresh('web');
SELECT results_eq('kept_pairs', 'counted_pairs', 'without an item');
INSERT INTO shop.orders VALUES ('again', 'flo', '{"new 0","new 1","new 2",y1}', '2025-03-08');
CALL journey.refresh('web');
SELECT results_eq('kept_pairs', 'counted_pairs', 'with it again');
SELECT is((SELECT count(*) FROM shop.web_g1_item_orders), (SELECT count(DISTINCT number) FROM shop.web_g1_item_orders), 'a number each');
INSERT INTO shop.orders SELECT 'more ' || o, 'flo', CASE WHEN o > 1 THEN '{m1,m2}'::text[] ELSE '{m1,a}' END, '2025-03-09' FROM generate_series(1, 1100) AS o;
CALL journey.refresh('web');
SELECT results_eq('kept_pairs', 'counted_pairs', 'a tenth of the orders at once');
SELECT results_eq('SELECT number, item FROM shop.web_g1_item_orders WHERE number BETWEEN 1 AND 2 ORDER BY 1', $$VALUES (1, 'm1'), (2, 'm2')$$, 'are counted with all others: numbers are by how often items are bought');
SELECT count(*) FROM (SELECT journey.drop_pipeline(name, false) FROM (VALUES ('web'), ('again'), ('bare')) AS v (name)) AS d \g /dev/null
SELECT is((SELECT string_agg(relname, ' ') FROM pg_class AS c WHERE relnamespace = 'shop'::regnamespace AND relname ~ '^(web|again|bare)_'), NULL, 'a dropped pipeline leaves none of its tables');
SELECT * FROM finish();
DROP SCHEMA shop CASCADE;
