-- The R package rfm: its order data and what it makes of them.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA r_rfm;
SET search_path = r_rfm, public;
SELECT no_plan();

CREATE TABLE orders (customer_id text, order_date date, revenue numeric, first_name text, last_name text, email text);
\set file :shared /r_rfm/rfm_data_orders.csv
SELECT format('COPY orders FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE published (customer_id text, recency_days int, transaction_count bigint, amount numeric, recency_score int, frequency_score int,
  monetary_score int, rfm_score int, first_name text, last_name text, email text, PRIMARY KEY (customer_id));
\set file :shared /r_rfm/expected_rfm_orders_quintile_2006-12-31.csv
SELECT format('COPY published FROM %L (FORMAT csv, HEADER)', :'file') \gexec

SELECT is(count(*), 995::bigint, 'all customers') FROM published;
SELECT results_eq(
  $$SELECT customer_id, '2006-12-31' - (value).last_paid_at::date, (value).frequency, (value).monetary
    FROM (SELECT customer_id, journey.rfm(order_date, revenue) AS value FROM orders GROUP BY customer_id) g ORDER BY customer_id$$,
  'SELECT customer_id, recency_days, transaction_count, amount FROM published ORDER BY customer_id',
  'recency, frequency and monetary as of 2006-12-31');

SELECT * FROM finish();
