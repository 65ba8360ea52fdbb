-- RFM: the same values in any plan, order and split, and the same as plain SQL.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA rfm_test;
SET search_path = rfm_test, public;
SELECT plan(63);

\ir support/plans.sql

-- Random payments with ties, refunds, zeros, NULLs and duplicates, some of which differ in time or amount.
SELECT setseed(0.6);
CREATE TABLE drawn AS
SELECT 'customer ' || (random() * random() * 2000)::int AS customer,
  CASE WHEN random() > 0.01 THEN '2022-12-15'::timestamptz + floor(random() * 400) * interval '1 day' + floor(random() * 2) * interval '12 hours' END AS paid_at,
  CASE WHEN random() > 0.01 THEN round((random() * 300 - 30)::numeric, (random() * 3)::int) END AS amount,
  'payment ' || n AS payment_id
FROM generate_series(1, 20000) n;
CREATE TABLE payments (customer text, paid_at timestamptz, amount numeric, payment_id text) PARTITION BY HASH (customer);
CREATE TABLE payments_0 PARTITION OF payments FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE payments_1 PARTITION OF payments FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO payments SELECT * FROM (
SELECT * FROM drawn
UNION ALL SELECT * FROM drawn WHERE random() < 0.1
UNION ALL SELECT customer, paid_at + floor(random() * 3 - 1) * interval '20 days', amount + floor(random() * 3), payment_id FROM drawn WHERE random() < 0.1
) rows ORDER BY random();
ANALYZE payments;

-- The rules in plain SQL
CREATE VIEW plain AS
SELECT customer, min(paid_at) FILTER (WHERE amount >= 0) AS first_paid_at, max(paid_at) FILTER (WHERE amount >= 0) AS last_paid_at, count(*) FILTER (WHERE amount >= 0) AS frequency, sum(amount) AS monetary
FROM payments WHERE paid_at IS NOT NULL AND amount IS NOT NULL GROUP BY customer;
CREATE VIEW plain_once AS
SELECT customer, min(paid_at) FILTER (WHERE amount >= 0) AS first_paid_at, max(paid_at) FILTER (WHERE amount >= 0) AS last_paid_at, count(*) FILTER (WHERE amount >= 0) AS frequency, sum(amount) AS monetary
FROM (
  SELECT DISTINCT ON (customer, payment_id, amount < 0) * FROM payments
  WHERE paid_at IS NOT NULL AND amount IS NOT NULL AND payment_id IS NOT NULL
  ORDER BY customer, payment_id, amount < 0, paid_at, amount, scale(amount)
) once GROUP BY customer;
CREATE TABLE expected AS SELECT * FROM plain;
CREATE TABLE expected_once AS SELECT * FROM plain_once;
CREATE VIEW computed AS SELECT customer, (value).* FROM (SELECT customer, journey.rfm(paid_at, amount) AS value FROM payments GROUP BY customer) g WHERE (value).frequency IS NOT NULL;
CREATE VIEW computed_once AS SELECT customer, (value).* FROM (SELECT customer, journey.rfm(paid_at, amount, payment_id) AS value FROM payments GROUP BY customer) g WHERE (value).frequency IS NOT NULL;

CREATE TABLE snapshots AS
SELECT '2023-01-01'::timestamptz + n * interval '1 month' AS snapshot FROM generate_series(-2, 14) n UNION ALL SELECT unnest('{2023-03-01,2023-03-01 12:00,2023-03-02}'::timestamptz[]);
CREATE VIEW plain_history AS
SELECT customer, snapshot, min(paid_at) FILTER (WHERE amount >= 0) AS first_paid_at, max(paid_at) FILTER (WHERE amount >= 0) AS last_paid_at, count(*) FILTER (WHERE amount >= 0) AS frequency, sum(amount) AS monetary
FROM payments JOIN (SELECT DISTINCT snapshot FROM snapshots) s ON paid_at <= snapshot WHERE amount IS NOT NULL GROUP BY customer, snapshot;
CREATE VIEW plain_window AS
SELECT customer, snapshot, min(paid_at) FILTER (WHERE amount >= 0) AS first_paid_at, max(paid_at) FILTER (WHERE amount >= 0) AS last_paid_at, count(*) FILTER (WHERE amount >= 0) AS frequency, sum(amount) AS monetary
FROM (SELECT DISTINCT ON (customer, payment_id, amount < 0) * FROM payments WHERE paid_at IS NOT NULL AND amount IS NOT NULL AND payment_id IS NOT NULL
  ORDER BY customer, payment_id, amount < 0, paid_at, amount, scale(amount)) once
JOIN (SELECT DISTINCT snapshot FROM snapshots) s ON paid_at <= snapshot AND paid_at > snapshot - interval '45 days' GROUP BY customer, snapshot;
CREATE TABLE expected_history AS SELECT * FROM plain_history;
CREATE TABLE expected_window AS SELECT * FROM plain_window;
CREATE VIEW computed_history AS SELECT customer, s.* FROM (
  SELECT customer, journey.rfm_history(paid_at, amount, (SELECT array_agg(snapshot) FROM snapshots)) AS history FROM payments GROUP BY customer) h, unnest(history) s;
CREATE VIEW computed_window AS SELECT customer, s.* FROM (
  SELECT customer, journey.rfm_history(paid_at, amount, (SELECT array_agg(snapshot) FROM snapshots), '45 days', payment_id) AS history FROM payments GROUP BY customer) h, unnest(history) s;

-- Rows of one but not of the other, in text, so that the decimal places shown count, too.
CREATE FUNCTION differences(one text, other text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
  EXECUTE format('WITH one AS MATERIALIZED (SELECT t::text FROM %1$s t), other AS MATERIALIZED (SELECT t::text FROM %2$s t)
    SELECT count(*) FROM ((SELECT * FROM one EXCEPT ALL SELECT * FROM other) UNION ALL (SELECT * FROM other EXCEPT ALL SELECT * FROM one)) d', one, other) INTO found;
  RETURN found;
END $$;
CREATE FUNCTION check_equal(plan text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT is(differences('computed', 'expected'), 0::bigint, 'rfm equals plain SQL: ' || plan)
  UNION ALL SELECT is(differences('computed_once', 'expected_once'), 0::bigint, 'rfm with payment_id equals plain SQL: ' || plan)
  UNION ALL SELECT is(differences('computed_history', 'expected_history'), 0::bigint, 'rfm_history equals the join with its snapshots: ' || plan)
  UNION ALL SELECT is(differences('computed_window', 'expected_window'), 0::bigint, 'rfm_history with window and payment_id equals the join, too: ' || plan) $$;

SELECT cmp_ok(count(*), '>', 1000::bigint, 'many customers') FROM expected;
SELECT cmp_ok(sum(e.frequency), '>', sum(o.frequency) + 1000, 'many duplicates') FROM expected e JOIN expected_once o USING (customer);

\set grouped computed_once
\set partial computed
\ir support/every_plan.sql
SELECT matches(explained('SELECT * FROM computed_once'), 'Gather', 'a parallel plan with payment_id');
SELECT matches(explained('SELECT customer, journey.rfm_history(paid_at, amount, ''{2023-06-01}'') FROM payments GROUP BY customer'), 'Partial', 'a parallel plan of a history');
SELECT is(differences($$(SELECT s.* FROM (SELECT journey.rfm_history(paid_at, amount, '{2023-02-01,2023-06-01}', '30 days') AS h FROM payments) g, unnest(h) s)$$,
  $$(SELECT snapshot, min(paid_at) FILTER (WHERE amount >= 0), max(paid_at) FILTER (WHERE amount >= 0), count(*) FILTER (WHERE amount >= 0), sum(amount) FROM payments JOIN unnest('{2023-02-01,2023-06-01}'::timestamptz[]) snapshot
    ON paid_at <= snapshot AND paid_at > snapshot - interval '30 days' WHERE amount IS NOT NULL GROUP BY snapshot)$$), 0::bigint, 'one large group, in parallel');
SELECT is(journey.rfm(paid_at, amount, payment_id)::text, NULL, 'over no rows, in parallel') FROM payments WHERE customer = 'nobody';
RESET max_parallel_workers_per_gather;

-- Sums of floating point amounts do not depend on the order
CREATE TABLE floats AS SELECT n, (random() - 0.5) * 10 ^ (random() * 12 - 2) AS amount FROM generate_series(1, 2000) n;
SELECT is(count(DISTINCT monetary), 1::bigint, 'double precision: one sum whatever the order') FROM (
  SELECT (journey.rfm(now(), amount ORDER BY n)).monetary FROM floats
  UNION ALL SELECT (journey.rfm(now(), amount ORDER BY n DESC)).monetary FROM floats
  UNION ALL SELECT (journey.rfm(now(), amount ORDER BY amount)).monetary FROM floats
  UNION ALL SELECT sum(amount::numeric) FROM floats) s;

-- As a moving aggregate the final function runs many times over one state
SELECT is(count(*), 0::bigint, 'rfm and rfm with payment_id as window functions')
FROM (SELECT journey.rfm(paid_at, amount) OVER w AS value, journey.rfm(paid_at, amount, n) OVER w AS once, count(*) OVER w AS frequency, sum(amount) OVER w AS monetary
  FROM (SELECT now() AS paid_at, n, n * 0.01 AS amount FROM generate_series(1, 300) n) p WINDOW w AS (ORDER BY n)) s
WHERE (value).frequency <> frequency OR (value).monetary <> monetary OR value <> once;

-- rfm_bucket: as the steps of percent_rank, in partitions with many ties
CREATE TABLE measures AS SELECT (random() * 40)::int AS p, floor(exp(random() * 3)) AS measure FROM generate_series(1, 5000);
SELECT is(count(*), 0::bigint, 'rfm_bucket(5) equals the recipe''s CASE over percent_rank')
FROM (SELECT journey.rfm_bucket(5) OVER w AS bucket, percent_rank() OVER w AS rank FROM measures WINDOW w AS (PARTITION BY p ORDER BY measure DESC)) s
WHERE bucket <> CASE WHEN rank >= 0.8 THEN 5 WHEN rank >= 0.6 THEN 4 WHEN rank >= 0.4 THEN 3 WHEN rank >= 0.2 THEN 2 ELSE 1 END;
SELECT matches(explained('SELECT * FROM (SELECT journey.rfm_bucket(5) OVER (PARTITION BY p ORDER BY measure) AS b FROM measures) s WHERE b <= 1'), 'Run Condition', 'the planner knows that buckets only grow');
SELECT doesnt_match(explained('SELECT * FROM (SELECT journey.rfm_bucket(5 + p) OVER (ORDER BY measure) AS b FROM measures) s WHERE b <= 1'), 'Run Condition', 'but not where their number changes');
SELECT is((SELECT count(*) FROM (SELECT journey.rfm_bucket(5) OVER (PARTITION BY p ORDER BY measure) AS b FROM measures) s WHERE b <= 2),
  (SELECT count(*) FROM (SELECT percent_rank() OVER (PARTITION BY p ORDER BY measure) AS r FROM measures) s WHERE r < 0.4), 'a run condition keeps the result');

-- Rows without a measure have no bucket, wherever ORDER BY puts them, and the others are ranked as without them
CREATE TABLE gaps AS SELECT n, n % 7 AS p, CASE WHEN random() < 0.3 THEN NULL WHEN n % 7 > 0 THEN floor(random() * 50) END AS measure FROM generate_series(1, 4000) n;
CREATE FUNCTION check_gaps(ordering text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM (SELECT n, journey.rfm_bucket(5) OVER (PARTITION BY p ORDER BY measure %1$s) AS bucket FROM gaps) ours
    LEFT JOIN (SELECT n, percent_rank() OVER (PARTITION BY p ORDER BY measure %1$s) AS rank FROM gaps WHERE measure IS NOT NULL) theirs USING (n)
    WHERE bucket IS DISTINCT FROM CASE WHEN rank >= 0.8 THEN 5 WHEN rank >= 0.6 THEN 4 WHEN rank >= 0.4 THEN 3 WHEN rank >= 0.2 THEN 2 WHEN rank >= 0 THEN 1 END', ordering) INTO wrong;
  RETURN is(wrong, 0::bigint, 'rows without a measure: ORDER BY measure ' || ordering);
END $$;
SELECT check_gaps(ordering) FROM unnest('{"","DESC","NULLS FIRST","DESC NULLS LAST"}'::text[]) ordering;
SET work_mem = '64kB';
SELECT check_gaps(ordering) FROM unnest('{"","NULLS FIRST"}'::text[]) ordering;
RESET work_mem;
SELECT doesnt_match(explained('SELECT * FROM (SELECT journey.rfm_bucket(5) OVER (ORDER BY measure DESC) AS b FROM gaps) s WHERE b <= 1'), 'Run Condition', 'no run condition where NULLs come first');
SELECT cmp_ok(count(*), '>', 0::bigint, 'so the buckets after them are found') FROM (SELECT journey.rfm_bucket(5) OVER (ORDER BY measure DESC) AS b FROM gaps) s WHERE b <= 1;

-- A window of months, in UTC and in a time zone, as plain SQL counts it; its snapshots at any time of day
CREATE TABLE moments AS SELECT array_agg('2023-02-01'::timestamptz + random() * interval '300 days') AS snapshots FROM generate_series(1, 40);
CREATE FUNCTION check_months(zone text, span interval) RETURNS text LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
  PERFORM set_config('timezone', zone, true);
  SELECT count(*) INTO wrong FROM (
    SELECT customer, s.snapshot, s.first_paid_at, s.last_paid_at, s.frequency, s.monetary
    FROM (SELECT customer, journey.rfm_history(paid_at, amount, snapshots, span, payment_id, zone) AS history FROM drawn, moments GROUP BY customer) h, unnest(history) s) ours
  FULL JOIN (
    SELECT customer, snapshot, min(paid_at) FILTER (WHERE amount >= 0) AS first_paid_at, max(paid_at) FILTER (WHERE amount >= 0) AS last_paid_at, count(*) FILTER (WHERE amount >= 0) AS frequency, sum(amount) AS monetary
    FROM drawn JOIN (SELECT unnest(snapshots) AS snapshot FROM moments) m ON paid_at <= snapshot AND paid_at > snapshot - span WHERE amount IS NOT NULL GROUP BY customer, snapshot) theirs
  USING (customer, snapshot) WHERE (ours.first_paid_at, ours.last_paid_at, ours.frequency, ours.monetary) IS DISTINCT FROM (theirs.first_paid_at, theirs.last_paid_at, theirs.frequency, theirs.monetary);
  PERFORM set_config('timezone', 'UTC', true);
  RETURN is(wrong, 0::bigint, format('a window of %s in %s equals the join', span, zone));
END $$;
SELECT check_months(zone, span) FROM (VALUES ('UTC', interval '1 month'), ('Europe/Berlin', '1 month'), ('America/New_York', '3 months 6 days 7 hours')) v(zone, span);

-- A property: the history at t is rfm of the payments up to t
CREATE VIEW up_to_snapshots AS
SELECT customer, snapshot, (value).* FROM (
  SELECT customer, snapshot, journey.rfm(paid_at, amount, payment_id) AS value
  FROM payments JOIN (SELECT DISTINCT snapshot FROM snapshots) t ON paid_at <= snapshot GROUP BY customer, snapshot) v WHERE (value).frequency IS NOT NULL;
CREATE VIEW history_once AS
SELECT customer, s.* FROM (SELECT customer, journey.rfm_history(paid_at, amount, (SELECT array_agg(snapshot) FROM snapshots), NULL, payment_id) AS history
  FROM payments GROUP BY customer) h, unnest(history) s;
SELECT is(differences('history_once', 'up_to_snapshots'), 0::bigint, 'the history at t equals rfm of the payments up to t');

-- Snapshots of each group's own, shared by none
SELECT is(count(*), 0::bigint, 'every customer with snapshots of its own')
FROM (SELECT customer, journey.rfm_history(paid_at, amount, ARRAY['2023-01-01'::timestamptz + hashtext(customer) % 400 * interval '1 day']) AS history,
    count(*) FILTER (WHERE paid_at <= '2023-01-01'::timestamptz + hashtext(customer) % 400 * interval '1 day' AND amount >= 0) AS frequency
  FROM payments GROUP BY customer) h WHERE frequency <> coalesce((history[1]).frequency, 0);

-- The recipe ("Building a historical user segmentation model with dbt", Jauregui, 2023) in plain SQL
CREATE TABLE paid AS SELECT customer AS user_id, paid_at AS payment_date, payment_id, amount AS payment_amount FROM drawn WHERE paid_at IS NOT NULL AND amount >= 0;
CREATE FUNCTION recipe_score(percentile float) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN percentile >= 0.8 THEN 5 WHEN percentile >= 0.6 THEN 4 WHEN percentile >= 0.4 THEN 3 WHEN percentile >= 0.2 THEN 2 ELSE 1 END $$;
CREATE FUNCTION recipe_segment(r int, f int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN r <= 2 AND f <= 2 THEN 'Hibernating'
    WHEN r <= 2 AND f <= 4 THEN 'At Risk'
    WHEN r <= 2 THEN 'Cannot Lose Them'
    WHEN r = 3 AND f <= 2 THEN 'About to Sleep'
    WHEN r = 3 AND f = 3 THEN 'Need Attention'
    WHEN r <= 4 AND f = 1 THEN 'Promising'
    WHEN r <= 4 AND f <= 3 THEN 'Potential Loyalists'
    WHEN r <= 4 THEN 'Loyal Customers'
    WHEN f = 1 THEN 'New Customers'
    WHEN f <= 3 THEN 'Potential Loyalists'
    ELSE 'Champions' END $$;
\set now '''2024-02-01 07:30+00'''
CREATE VIEW recipe_now AS
WITH rfm_values AS (
  SELECT user_id, :now::timestamptz - max(payment_date) AS recency, count(DISTINCT payment_id) AS frequency, sum(payment_amount) AS monetary FROM paid GROUP BY user_id
), scores AS (
  SELECT user_id, recipe_score(percent_rank() OVER (ORDER BY recency DESC)) AS r, recipe_score(percent_rank() OVER (ORDER BY frequency)) AS f,
    recipe_score(percent_rank() OVER (ORDER BY monetary)) AS m FROM rfm_values)
SELECT user_id, r, f, m, recipe_segment(r, f) AS segment FROM scores;
CREATE VIEW ours_now AS
SELECT user_id, r, f, m, journey.rfm_segment(r, f) AS segment FROM (
  SELECT user_id, journey.rfm_bucket() OVER (ORDER BY (value).last_paid_at) AS r, journey.rfm_bucket() OVER (ORDER BY (value).frequency) AS f,
    journey.rfm_bucket() OVER (ORDER BY (value).monetary) AS m
  FROM (SELECT user_id, journey.rfm(payment_date, payment_amount, payment_id) AS value FROM paid GROUP BY user_id) v) s;
SELECT is(differences('ours_now', 'recipe_now'), 0::bigint, 'the recipe''s model of the current segment');

CREATE VIEW recipe_values AS
SELECT user_id, date_month, date_month - max(payment_date) AS recency, count(DISTINCT payment_id) AS frequency, sum(payment_amount) AS monetary
FROM (SELECT '2023-01-01'::timestamptz + n * interval '1 month' AS date_month FROM generate_series(0, 13) n) months JOIN paid ON payment_date <= date_month
GROUP BY user_id, date_month;
CREATE VIEW recipe_as_published AS
SELECT user_id, date_month, recipe_score(percent_rank() OVER (ORDER BY recency DESC)) AS r, recipe_score(percent_rank() OVER (ORDER BY frequency)) AS f FROM recipe_values;
CREATE VIEW recipe_as_meant AS
SELECT user_id, date_month, recipe_score(percent_rank() OVER (PARTITION BY date_month ORDER BY recency DESC)) AS r,
  recipe_score(percent_rank() OVER (PARTITION BY date_month ORDER BY frequency)) AS f FROM recipe_values;
CREATE VIEW ours_by_month AS
SELECT user_id, snapshot, journey.rfm_bucket() OVER (PARTITION BY snapshot ORDER BY last_paid_at) AS r, journey.rfm_bucket() OVER (PARTITION BY snapshot ORDER BY frequency) AS f
FROM (SELECT user_id, s.* FROM (SELECT user_id, journey.rfm_history(payment_date, payment_amount,
    (SELECT array_agg('2023-01-01'::timestamptz + n * interval '1 month') FROM generate_series(0, 13) n), NULL, payment_id) AS history FROM paid GROUP BY user_id) h, unnest(history) s) v;
SELECT is(differences('ours_by_month', 'recipe_as_meant'), 0::bigint, 'the recipe''s history, ranked within each month');
SELECT cmp_ok(differences('ours_by_month', 'recipe_as_published'), '>', 1000::bigint, 'ranks over all months at once are others');

-- Cancelled at work, once the last row was read: what follows is the functions' own
\ir support/cancel.sql
SELECT is(cancelled(statement), '57014', name || ' can be cancelled') FROM (VALUES
  ('a history of many snapshots', $$SELECT cardinality(journey.rfm_history(paid_at, 1, snapshots, '1 month'))::text
    FROM (SELECT array_agg('2000-01-01'::timestamptz + n * interval '1 minute') AS snapshots FROM generate_series(1, 100000) n) s,
      (SELECT '2000-01-01'::timestamptz AS paid_at UNION ALL SELECT '2000-01-02' FROM cancel_soon()) p$$),
  ('cuts between many measures', $$SELECT cardinality(journey.rfm_quantiles(measure, 10000))::text
    FROM (SELECT random() AS measure FROM generate_series(1, 500000) UNION ALL SELECT 0 FROM cancel_soon()) m$$),
  ('a bucket among many rows', $$SELECT sum(bucket)::text FROM (SELECT journey.rfm_bucket(5) OVER (ORDER BY n) AS bucket
    FROM (SELECT n FROM generate_series(1, 200000) n UNION ALL SELECT NULL FROM cancel_soon()) m) b$$),
  ('a bucket by many cuts', $$SELECT sum(journey.rfm_bucket_at(measure, cuts))::text FROM (SELECT array_agg(n) AS cuts FROM generate_series(1, 500000) n) c,
    (SELECT 1 AS measure FROM cancel_soon() UNION ALL SELECT n FROM generate_series(1, 1000) n) m$$)) v(name, statement);

-- Dump and restore: the user's matrices travel, the shipped one comes with the extension
INSERT INTO journey.rfm_matrix VALUES ('travels', 1, 1, 'all');
\setenv DUMPED :DBNAME
\! dropdb --if-exists rfm_restored && createdb rfm_restored && pg_dump --extension=journey "$DUMPED" | psql -X -d rfm_restored >/dev/null
\set restored `psql -X -A -t -d rfm_restored -c "SELECT journey.rfm_segment(1, 1, 'travels') || ', ' || count(*) FILTER (WHERE matrix = 'standard') || ', ' || count(*) FROM journey.rfm_matrix"`
\! dropdb rfm_restored
SELECT is(:'restored'::text, 'all, 25, 26', 'matrices survive dump and restore');

SELECT * FROM finish();
