-- Items: what is bought together. Orders and figures from the documentation of mlxtend (association_rules).
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET client_min_messages = notice;
CREATE TABLE orders (order_id int, items text[]);
INSERT INTO orders VALUES
  (1, '{Milk,Onion,Nutmeg,Kidney Beans,Eggs,Yogurt}'), (2, '{Dill,Onion,Nutmeg,Kidney Beans,Eggs,Yogurt}'), (3, '{Milk,Apple,Kidney Beans,Eggs}'),
  (4, '{Milk,Unicorn,Corn,Kidney Beans,Yogurt}'), (5, '{Corn,Onion,Onion,Kidney Beans,Ice cream,Eggs}');
CREATE VIEW lines AS SELECT order_id::text AS basket, unnest(items) AS item FROM orders;

SELECT item, with_item, together, item_orders, with_orders, orders, support, confidence, round(lift::numeric, 4) AS lift, round(jaccard::numeric, 4) AS jaccard,
  round(cosine::numeric, 4) AS cosine, round(llr::numeric, 4) AS llr
FROM journey.item_pairs('TABLE lines', min_together => 3);

-- By other measures
SELECT item, with_item, lift FROM journey.item_pairs('TABLE lines', 'lift', top => 1) ORDER BY lift DESC, item;
SELECT measure, string_agg(with_item, ', ' ORDER BY row) AS with_eggs
FROM unnest(enum_range(NULL::journey.pair_measure)) AS measure, journey.item_pairs('TABLE lines', measure, 3, 1) WITH ORDINALITY AS p (item, with_item, a, b, c, d, e, f, g, h, i, j, row)
WHERE item = 'Eggs' GROUP BY measure ORDER BY measure;

-- Rows that are left out, an item twice, an item alone, one that is in all; ties go by bytes
SELECT item, with_item, together, item_orders, with_orders, orders
FROM journey.item_pairs($$VALUES ('1', 'b'), ('1', 'a'), ('1', 'b'), ('1', NULL), (NULL, 'c'), ('2', 'B'), ('2', 'a'), ('3', 'a'), ('4', NULL)$$, min_together => 1);
SELECT count(*) FROM journey.item_pairs('SELECT NULL::text, NULL::text WHERE false');

-- All pairs, or few; baskets that are too large
SELECT count(*) FROM journey.item_pairs('TABLE lines', top => NULL, min_together => 1);
SELECT item, with_item, together, item_orders, orders FROM journey.item_pairs('TABLE lines', max_basket => 5, min_together => 1) WHERE item = 'Milk';

-- A measure by itself
SELECT journey.pair_score('lift', 3, 4, 3, 5), journey.pair_score('jaccard', 3, 4, 3, 5), journey.pair_score('llr', 0, 0, 0, 0), journey.pair_score('llr', NULL, 1, 1, 1) IS NULL AS nothing;
SELECT journey.pair_score('lift', 5, 4, 5, 9);
SELECT journey.pair_score('lift', -1, 4, 5, 9);
SELECT journey.pair_score('cosine', 1, 4, 5, 4);

-- Errors
SELECT * FROM journey.item_pairs(NULL);
SELECT * FROM journey.item_pairs('TABLE lines', NULL);
SELECT * FROM journey.item_pairs('TABLE lines', 'together', 0);
SELECT * FROM journey.item_pairs('TABLE lines', min_together => 0);
SELECT * FROM journey.item_pairs('TABLE lines', min_together => NULL);
SELECT * FROM journey.item_pairs('TABLE lines', max_basket => 1);
SELECT * FROM journey.item_pairs('TABLE lines', max_basket => 10001);
SELECT * FROM journey.item_pairs('lines');
SELECT * FROM journey.item_pairs('SELECT order_id, items FROM orders');
SELECT * FROM journey.item_pairs('SELECT order_id::text, items FROM orders');

-- Pairs that are kept, by the numbers of items: version 1, then of each the gap and twice the count (one less for what is taken back).
SELECT journey.pair_list('{5,2,5,9,2}', '{1,3,2,1,-3}'), journey.pair_list('{}', '{}'), journey.pair_list(NULL, '{1}') IS NULL AS nothing;
SELECT * FROM journey.listed_pairs(journey.merge_pair_lists(journey.pair_list('{1,5,300,9000}', '{1,1,70,2}'), journey.pair_list('{0,5,300,301}', '{4,-1,1,1}')));
SELECT * FROM journey.listed_pairs(journey.pair_list('{1,5,300}', '{1,2,3}'), '{300,1,1,7}');
SELECT count(*) FROM journey.listed_pairs(NULL);
-- 3 x (4, 1, 2) + (0, 5, 6) of items 1, 2, 3: 12, 8, 12; of item 4 less than nothing
SELECT * FROM journey.best_pairs(ARRAY[journey.pair_list('{1,2,3,4}', '{4,1,2,-1}'), journey.pair_list('{2,3}', '{5,6}')], '{3,1}', '{}', 9);
SELECT * FROM journey.best_pairs(ARRAY[journey.pair_list('{1,2,3,4}', '{4,1,2,-1}'), journey.pair_list('{2,3}', '{5,6}')], '{3,1}', '{}', 1);
SELECT * FROM journey.best_pairs(ARRAY[journey.pair_list('{1,2,3,4}', '{4,1,2,-1}'), journey.pair_list('{2,3}', '{5,6}')], '{3,1}', '{1,3}', 1);
SELECT * FROM journey.best_pairs('{}', '{}', '{}', 1);
SELECT * FROM journey.best_pairs(NULL, '{}', '{}', 1);
SELECT journey.pair_list('{1,2}', '{1}');
SELECT journey.pair_list('{1,NULL}', '{1,1}');
SELECT journey.pair_list('{-1}', '{1}');
SELECT journey.merge_pair_lists('\x01', '\x02');
SELECT journey.listed_pairs('\x010500');
SELECT journey.listed_pairs('\x01', '{NULL}');
SELECT journey.best_pairs(ARRAY['\x01'::bytea], '{1,2}', '{}', 1);
SELECT journey.best_pairs(ARRAY['\x01'::bytea], '{1}', '{}', 0);
DROP TABLE orders CASCADE;
