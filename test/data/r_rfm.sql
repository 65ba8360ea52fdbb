-- The R package rfm: its order data, and what it makes of them.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA r_rfm;
SET search_path = r_rfm, public;
SELECT plan(17);

CREATE TABLE orders (customer_id text, order_date date, revenue numeric, first_name text, last_name text, email text);
\set file :shared /r_rfm/rfm_data_orders.csv
SELECT format('COPY orders FROM %L (FORMAT csv, HEADER)', :'file') \gexec

CREATE TABLE result (customer_id text, recency_days int, transaction_count bigint, amount numeric, recency_score int, frequency_score int,
  monetary_score int, rfm_score int, first_name text, last_name text, email text);
CREATE TABLE quintile () INHERITS (result);
\set file :shared /r_rfm/expected_rfm_orders_quintile_2006-12-31.csv
SELECT format('COPY quintile FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE custom () INHERITS (result);
\set file :shared /r_rfm/expected_rfm_orders_custom_2006-12-31.csv
SELECT format('COPY custom FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE thresholds (recency_lower float, recency_upper float, frequency_lower float, frequency_upper float, monetary_lower float, monetary_upper float);
\set file :shared /r_rfm/expected_rfm_orders_quintile_thresholds.csv
SELECT format('COPY thresholds FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE segments (customer_id text, segment text, rfm_score int, transaction_count bigint, recency_days int, amount numeric,
  recency_score int, frequency_score int, monetary_score int, first_name text, last_name text, email text);
\set file :shared /r_rfm/expected_rfm_orders_segments.csv
SELECT format('COPY segments FROM %L (FORMAT csv, HEADER)', :'file') \gexec

-- The values at every date for which there is an answer, in one pass
CREATE TABLE states AS
SELECT customer_id, s.snapshot::date AS as_of, s.snapshot::date - s.last_paid_at::date AS recency_days, s.frequency AS transaction_count, s.monetary AS amount
FROM (SELECT customer_id, journey.rfm_history(order_date, revenue, '{2004-12-31,2005-06-30,2005-12-31,2006-06-30,2006-12-31}') AS history FROM orders GROUP BY customer_id) h,
  unnest(history) s;

-- Cuts at the quantiles + 1; the most recent get the highest score
CREATE TABLE cuts AS
SELECT as_of, journey.rfm_quantiles(recency_days, 5, 1) AS recency, journey.rfm_quantiles(transaction_count, 5, 1) AS frequency, journey.rfm_quantiles(amount::float, 5, 1) AS monetary
FROM states GROUP BY as_of;
CREATE TABLE scores AS
SELECT as_of, customer_id, recency_days, transaction_count, amount, 6 - journey.rfm_bucket_at(recency_days, recency) AS recency_score,
  journey.rfm_bucket_at(transaction_count, frequency) AS frequency_score, journey.rfm_bucket_at(amount, monetary) AS monetary_score
FROM states JOIN cuts USING (as_of);

CREATE FUNCTION same(ours text, theirs text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE equal boolean;
BEGIN
  EXECUTE format('SELECT NOT EXISTS ((SELECT * FROM (%1$s) o EXCEPT SELECT * FROM (%2$s) t) UNION ALL (SELECT * FROM (%2$s) t EXCEPT SELECT * FROM (%1$s) o))', ours, theirs) INTO equal;
  RETURN equal;
END $$;
\set columns 'customer_id, recency_days, transaction_count, amount, recency_score, frequency_score, monetary_score'

SELECT is(count(*), 995::bigint, 'all customers') FROM quintile;
SELECT is((SELECT count(*) FROM scores WHERE as_of = '2006-12-31'), 995::bigint, 'all of them as of 2006-12-31');
SELECT ok(same($$SELECT customer_id, '2006-12-31' - (value).last_paid_at::date, (value).frequency, (value).monetary
    FROM (SELECT customer_id, journey.rfm(order_date, revenue) AS value FROM orders GROUP BY customer_id) g$$,
  'SELECT customer_id, recency_days, transaction_count, amount FROM quintile'), 'recency, frequency and monetary as of 2006-12-31');
SELECT results_eq($$SELECT recency || frequency || monetary FROM cuts WHERE as_of = '2006-12-31'$$,
  $$SELECT (array_agg(recency_lower ORDER BY recency_lower))[2:] || (array_agg(frequency_lower ORDER BY frequency_lower))[2:] || (array_agg(monetary_lower ORDER BY monetary_lower))[2:] FROM thresholds$$,
  'the thresholds, to the last digit');
SELECT ok(same(format('SELECT %s FROM scores WHERE as_of = %L', :'columns', '2006-12-31'), format('SELECT %s FROM quintile', :'columns')), 'quintile scores as of 2006-12-31');
SELECT ok(same('SELECT customer_id, 6 - journey.rfm_bucket_at(recency_days, ARRAY[115, 181, 297, 482]), journey.rfm_bucket_at(transaction_count, ARRAY[4, 5, 6, 8]), journey.rfm_bucket_at(amount, ARRAY[256, 382, 506, 666])
    FROM states WHERE as_of = ''2006-12-31''', 'SELECT customer_id, recency_score, frequency_score, monetary_score FROM custom'), 'scores by fixed cuts');

-- The same code as of four earlier dates
CREATE TABLE earlier (as_of date) INHERITS (result);
SELECT format('CREATE TABLE one () INHERITS (result); COPY one FROM %L (FORMAT csv, HEADER); INSERT INTO earlier SELECT *, %L FROM one; DROP TABLE one',
  :'shared' || '/r_rfm/derived_rfm_orders_quintile_asof_' || as_of || '.csv', as_of) FROM unnest('{2004-12-31,2005-06-30,2005-12-31,2006-06-30}'::date[]) as_of \gexec
SELECT ok(same(format('SELECT %s FROM scores WHERE as_of = %L', :'columns', as_of), format('SELECT %s FROM earlier WHERE as_of = %L', :'columns', as_of)), 'values and scores as of ' || as_of)
FROM (SELECT DISTINCT as_of FROM earlier) d ORDER BY as_of;
SELECT is(count(*), 775::bigint + 923 + 982 + 989, 'all customers of the earlier dates') FROM earlier;

-- Segments by ranges of all three scores, the first that holds (those of the package's own tests)
INSERT INTO journey.rfm_matrix (matrix, recency, frequency, monetary, segment)
SELECT DISTINCT ON (r, f, m) 'r_rfm', r, f, int4range(m, m, '[]'), segment
FROM generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m, (VALUES
  (1, 'Champions', int4range(4, 5, '[]'), int4range(4, 5, '[]'), int4range(4, 5, '[]')),
  (2, 'Loyal Customers', int4range(2, 5, '[]'), int4range(3, 5, '[]'), int4range(3, 5, '[]')),
  (3, 'Potential Loyalist', int4range(3, 5, '[]'), int4range(1, 3, '[]'), int4range(1, 3, '[]')),
  (4, 'New Customers', int4range(4, 5, '[]'), int4range(1, 1, '[]'), int4range(1, 1, '[]')),
  (5, 'Promising', int4range(3, 4, '[]'), int4range(1, 1, '[]'), int4range(1, 1, '[]')),
  (6, 'Need Attention', int4range(2, 3, '[]'), int4range(2, 3, '[]'), int4range(2, 3, '[]')),
  (7, 'About To Sleep', int4range(2, 3, '[]'), int4range(1, 2, '[]'), int4range(1, 2, '[]')),
  (8, 'At Risk', int4range(1, 2, '[]'), int4range(2, 5, '[]'), int4range(2, 5, '[]')),
  (9, 'Can''t Lose Them', int4range(1, 1, '[]'), int4range(4, 5, '[]'), int4range(4, 5, '[]')),
  (10, 'Lost', int4range(1, 2, '[]'), int4range(1, 2, '[]'), int4range(1, 2, '[]')),
  (11, 'Others', '(,)', '(,)', '(,)')) rule(position, segment, recencies, frequencies, monetaries)
WHERE r <@ recencies AND f <@ frequencies AND m <@ monetaries ORDER BY r, f, m, position;
SELECT ok(same($$SELECT customer_id, journey.rfm_segment(recency_score, frequency_score, monetary_score, 'r_rfm', buckets => 5) FROM scores
  WHERE as_of = '2006-12-31'$$, 'SELECT customer_id, segment FROM segments'), 'segments by ranges of three scores');
SELECT is(count(*), 158::bigint, 'as many Champions as the package''s own test says') FROM scores
WHERE as_of = '2006-12-31' AND journey.rfm_segment(recency_score, frequency_score, monetary_score, 'r_rfm') = 'Champions';

-- The customer data come with their values; only the scores are ours
CREATE TABLE customers (customer_id text, revenue numeric, most_recent_visit date, number_of_orders int, recency_days int, first_name text, last_name text, email text);
\set file :shared /r_rfm/rfm_data_customer.csv
SELECT format('COPY customers FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE customer_scores (customer_id text, recency_days int, transaction_count int, amount numeric, recency_score int, frequency_score int,
  monetary_score int, rfm_score int, most_recent_visit date, first_name text, last_name text, email text);
\set file :shared /r_rfm/expected_rfm_customer_quintile_2007-01-01.csv
SELECT format('COPY customer_scores FROM %L (FORMAT csv, HEADER)', :'file') \gexec
TRUNCATE thresholds;
\set file :shared /r_rfm/expected_rfm_customer_quintile_thresholds.csv
SELECT format('COPY thresholds FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE customer_cuts AS
SELECT journey.rfm_quantiles(recency_days, 5, 1) AS recency, journey.rfm_quantiles(number_of_orders, 5, 1) AS frequency, journey.rfm_quantiles(revenue::float, 5, 1) AS monetary FROM customers;
SELECT is(count(*), 39999::bigint, '39,999 customers') FROM customer_scores;
SELECT results_eq('SELECT recency || frequency || monetary FROM customer_cuts',
  $$SELECT (array_agg(recency_lower ORDER BY recency_lower))[2:] || (array_agg(frequency_lower ORDER BY frequency_lower))[2:] || (array_agg(monetary_lower ORDER BY monetary_lower))[2:] FROM thresholds$$,
  'the thresholds of the customer data');
SELECT ok(same('SELECT customer_id, 6 - journey.rfm_bucket_at(recency_days, recency), journey.rfm_bucket_at(number_of_orders, frequency), journey.rfm_bucket_at(revenue, monetary) FROM customers, customer_cuts',
  'SELECT customer_id, recency_score, frequency_score, monetary_score FROM customer_scores'), 'the scores of the customer data');

-- rfm_quantiles against the server's own percentiles
SELECT is(count(*), 0::bigint, 'quantiles equal percentile_cont')
FROM (SELECT journey.rfm_quantiles(amount::float, 7) AS ours, percentile_cont(ARRAY[1/7.0, 2/7.0, 3/7.0, 4/7.0, 5/7.0, 6/7.0]) WITHIN GROUP (ORDER BY amount) AS theirs FROM states GROUP BY as_of) q,
  unnest(ours, theirs) pair(our, their) WHERE abs(our - their) > 1e-9;

SELECT * FROM finish();
