-- The summary of the Python package lifetimes, as the queries in docs/rfm.md make it from rfm.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA lifetimes_summary;
SET search_path = lifetimes_summary, public;
SELECT plan(5);

\set file :shared /lifetimes_summary_cases/cases.json
CREATE TABLE cases AS
SELECT c->>'name' AS name, c->'transactions' AS transactions, (c->>'observation_period_end')::date AS observed_until, c->'expected' AS expected,
  CASE c->>'freq' WHEN 'W' THEN 'week' ELSE 'day' END AS period, c->'expected_monetary_value' AS expected_monetary
FROM jsonb_array_elements(pg_read_file(:'file')::jsonb->'cases') c;

-- One payment a period: what was paid in it. Frequency counts the periods after the first, recency and T are in periods.
CREATE VIEW summaries AS
SELECT name, id, (value).frequency - 1 AS frequency, (extract(epoch FROM (value).last_paid_at - (value).first_paid_at) / length)::int AS recency,
  (extract(epoch FROM date_trunc(period, observed_until::timestamptz) - (value).first_paid_at) / length)::int AS t,
  coalesce(((value).monetary - first_amount) / nullif((value).frequency - 1, 0), 0) AS monetary
FROM (SELECT name, id, period, observed_until, CASE period WHEN 'week' THEN 604800 ELSE 86400 END AS length, journey.rfm(paid_in, amount) AS value,
    (array_agg(amount ORDER BY paid_in))[1] AS first_amount
  FROM (SELECT name, (row->>0)::int AS id, period, observed_until, date_trunc(period, (row->>1)::timestamptz) AS paid_in, sum((row->>2)::numeric) AS amount
    FROM (SELECT name, period, observed_until, jsonb_array_elements(transactions) AS raw FROM cases) c,
      LATERAL (SELECT CASE jsonb_array_length(raw) WHEN 2 THEN raw || '[1]' ELSE raw END AS row) r
    GROUP BY name, id, period, observed_until, paid_in) p
  GROUP BY name, id, period, observed_until) s;

SELECT results_eq(format('SELECT id, frequency, recency, t FROM summaries WHERE name = %L ORDER BY id', name),
  format('SELECT (row->>0)::int, (row->>1)::bigint, (row->>2)::int, (row->>3)::int FROM cases, jsonb_array_elements(expected) row WHERE name = %L ORDER BY 1', name),
  'frequency, recency and T: ' || name) FROM cases WHERE expected IS NOT NULL;
SELECT results_eq($$SELECT id, monetary FROM summaries WHERE name = 'monetary' ORDER BY id$$,
  $$SELECT (row->>0)::int, (row->>4)::numeric FROM cases, jsonb_array_elements(expected) row WHERE name = 'monetary' ORDER BY 1$$,
  'the mean of the periods after the first');
SELECT is(monetary, (SELECT expected_monetary::numeric FROM cases WHERE name = 'order_independent'), 'in any order') FROM summaries WHERE name = 'order_independent';

SELECT * FROM finish();
