-- Items: pairs are those of a self-join, by every measure, in any order of the rows and under any plan of the query.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE SCHEMA items_test;
SET search_path = items_test, public;
SELECT plan(19);

\ir support/plans.sql

SELECT setseed(0.2);
CREATE TABLE lines AS
SELECT (random() * 700)::int::text AS basket, CASE WHEN random() > 0.02 THEN 'item ' || floor(60 * random() * random()) END AS item FROM generate_series(1, 6000);
INSERT INTO lines SELECT 'large', 'item ' || i FROM generate_series(1, 40) AS i;
INSERT INTO lines SELECT NULL, 'item 1' FROM generate_series(1, 5);
ANALYZE lines;

-- The rule in plain SQL
CREATE TABLE expected AS
WITH l AS (SELECT DISTINCT basket, item FROM lines WHERE basket IS NOT NULL AND item IS NOT NULL),
  usable AS (SELECT basket FROM l GROUP BY basket HAVING count(*) <= 30),
  n AS (SELECT item, count(*) AS n FROM l GROUP BY item),
  p AS (SELECT a.item, b.item AS with_item, count(*) AS n_ab FROM l AS a JOIN l AS b USING (basket) JOIN usable USING (basket) WHERE a.item <> b.item GROUP BY 1, 2)
SELECT p.item, with_item, n_ab, a.n AS n_a, b.n AS n_b, (SELECT count(DISTINCT basket) FROM l) AS n
FROM p JOIN n AS a ON a.item = p.item JOIN n AS b ON b.item = with_item;
CREATE FUNCTION cell(count float8, expected float8) RETURNS float8 LANGUAGE sql AS $$ SELECT CASE WHEN count = 0 THEN 0 ELSE 2 * count * ln(count / expected) END $$;
CREATE VIEW measured AS
SELECT item, with_item, n_ab, n_a, n_b, n, n_ab / n::float8 AS support, n_ab / n_a::float8 AS confidence, n_ab * n / (n_a * n_b)::float8 AS lift, n_ab / (n_a + n_b - n_ab)::float8 AS jaccard,
  n_ab / sqrt(n_a * n_b) AS cosine,
  sign((n_ab * n - n_a * n_b)::float8) * (cell(n_ab, n_a * n_b / n::float8) + cell(n_a - n_ab, n_a * (n - n_b) / n::float8) + cell(n_b - n_ab, (n - n_a) * n_b / n::float8) + cell(n - n_a - n_b + n_ab, (n - n_a) * (n - n_b) / n::float8)) AS llr
FROM expected;
CREATE FUNCTION rounded(l float8) RETURNS numeric LANGUAGE sql AS $$ SELECT round(l::numeric, 8) + 0 $$;
CREATE VIEW found AS SELECT * FROM journey.item_pairs('TABLE lines', top => NULL, min_together => 1, max_basket => 30);
CREATE FUNCTION check_equal(plan text) RETURNS text LANGUAGE sql AS $$
  SELECT is_empty($q$
    (SELECT item, with_item, n_ab, n_a, n_b, n, support, confidence, lift, jaccard, cosine, rounded(llr) FROM measured
      EXCEPT ALL SELECT item, with_item, together, item_orders, with_orders, orders, support, confidence, lift, jaccard, cosine, rounded(llr) FROM found)
    UNION ALL
    (SELECT item, with_item, together, item_orders, with_orders, orders, support, confidence, lift, jaccard, cosine, rounded(llr) FROM found
      EXCEPT ALL SELECT item, with_item, n_ab, n_a, n_b, n, support, confidence, lift, jaccard, cosine, rounded(llr) FROM measured)$q$, plan || ': the pairs of a self-join') $$;
SELECT cmp_ok((SELECT count(*) FROM measured), '>', 2000::bigint, 'there are many pairs');
SELECT cmp_ok((SELECT count(*) FROM measured WHERE llr < 0), '>', 200::bigint, 'some are rarer than by chance');
SELECT check_equal('as the rows come');

-- The best few by each measure; ties in byte order
SELECT is_empty(format($q$
  SELECT item, with_item FROM (SELECT *, row_number() OVER (PARTITION BY item ORDER BY %1$s DESC, with_item COLLATE "C") AS place FROM measured WHERE n_ab >= 3) AS m WHERE place <= 5
  EXCEPT SELECT item, with_item FROM journey.item_pairs('TABLE lines', %2$L, top => 5, min_together => 3, max_basket => 30)$q$,
  CASE measure WHEN 'together' THEN 'n_ab' ELSE measure::text END, measure), 'the best by ' || measure)
FROM unnest(enum_range(NULL::journey.pair_measure)) AS measure WHERE measure <> 'llr';
SELECT is_empty($q$
  SELECT item, rounded(llr) FROM (SELECT *, row_number() OVER (PARTITION BY item ORDER BY llr DESC) AS place FROM measured WHERE n_ab >= 3) AS m WHERE place <= 5
  EXCEPT SELECT item, rounded(llr) FROM journey.item_pairs('TABLE lines', 'llr', top => 5, min_together => 3, max_basket => 30)$q$, 'the best by llr');
SELECT is((SELECT array_agg(item || with_item ORDER BY row) FROM journey.item_pairs('TABLE lines', 'jaccard', 5) WITH ORDINALITY AS p (item, with_item, t, i, w, o, s, c, l, jaccard, co, ll, row)),
  (SELECT array_agg(item || with_item ORDER BY item COLLATE "C", jaccard DESC, with_item COLLATE "C") FROM journey.item_pairs('TABLE lines', 'jaccard', 5)), 'in order of item and measure');

-- Any order of the rows, and parallel workers
CREATE VIEW turned AS SELECT * FROM lines ORDER BY item DESC, basket;
SELECT is_empty($$(SELECT * FROM journey.item_pairs('TABLE lines') EXCEPT ALL SELECT * FROM journey.item_pairs('TABLE turned'))
  UNION ALL (SELECT * FROM journey.item_pairs('TABLE turned') EXCEPT ALL SELECT * FROM journey.item_pairs('TABLE lines'))$$, 'whatever the order');
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT matches(explained('SELECT basket, item FROM lines'), 'Gather', 'a parallel plan');
SELECT check_equal('parallel');
RESET max_parallel_workers_per_gather;
SET work_mem = '64kB';
SELECT check_equal('little memory');
RESET work_mem;

-- Large baskets
SELECT is((SELECT count(*) FROM journey.item_pairs($$SELECT 'one', i::text FROM generate_series(1, 10000) AS i$$, max_basket => 9999)), 0::bigint, 'of 10,000 items in one basket none');
SELECT is((SELECT sum(together) FROM journey.item_pairs($$SELECT 'one', i::text FROM generate_series(1, 2000) AS i$$, top => 2, min_together => 1, max_basket => 2000)), 4000::numeric, '2,000 items in one basket');
SELECT is((SELECT count(*) FROM journey.item_pairs($$SELECT i::text, 'all' FROM generate_series(1, 100) AS i UNION ALL SELECT i::text, i::text FROM generate_series(1, 100) AS i$$, 'lift', NULL, 1) WHERE lift = 1), 200::bigint, 'with an item that is in all baskets the lift is 1');
SELECT is((SELECT count(*) FROM generate_series(1, 20) AS i, LATERAL journey.item_pairs(format($$VALUES ('a', '%s'), ('a', 'x')$$, i), min_together => 1)), 40::bigint, 'any number of calls in a query');

-- Cancelled in the midst of it
\ir support/cancel.sql
SELECT is(cancelled($$SELECT count(*)::text FROM journey.item_pairs('SELECT CASE WHEN b = 2000 AND i = 100 THEN cancel_soon()::text || b ELSE b::text END, (b * 7919 % 5003 + i * 31 % 4001)::text FROM generate_series(1, 2000) AS b, generate_series(1, 100) AS i', top => NULL)$$),
  '57014', 'a cancel is answered');
SELECT * FROM finish();
DROP SCHEMA items_test CASCADE;
