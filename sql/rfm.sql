-- The SQL contract of the room rfm.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET search_path = public, journey;

CREATE TABLE payments (customer text, paid_at timestamptz, amount numeric, payment_id text);
INSERT INTO payments VALUES
  ('ada', '2024-01-05 10:00', 20.50, 'p1'),
  ('ada', '2024-03-01 09:00', 9.5, 'p2'),
  ('ada', '2024-03-01 09:00', 9.5, 'p2'),
  ('bob', '2024-02-10 12:00', 100, 'p3'),
  ('bob', '2024-02-12 12:00', -40.00, 'p4'),
  ('bob', NULL, 7, 'p5'),
  ('bob', '2024-02-13 12:00', NULL, 'p6'),
  ('cyd', '2024-02-29 23:59:59.999999', 0, 'p7'),
  ('dan', NULL, NULL, NULL);

-- rfm: values, refunds, NULLs, a customer without a whole row
SELECT customer, (rfm(paid_at, amount)).* FROM payments GROUP BY customer ORDER BY customer;
SELECT customer, (rfm(paid_at, amount, payment_id)).* FROM payments GROUP BY customer ORDER BY customer;
SELECT rfm(paid_at, amount), rfm(paid_at, amount, payment_id) FROM payments WHERE false;

-- Refunds lower the sum, are no payments and move no time: a full one, a partial one before its payment, one alone, twice the same
CREATE TABLE refunds (customer text, paid_at timestamptz, amount numeric, payment_id text);
INSERT INTO refunds VALUES
  ('full', '2024-01-01', 50, 'a'), ('full', '2024-01-05', -50, 'a'),
  ('early', '2024-01-01', -20.5, 'b'), ('early', '2024-01-03', 100, 'c'), ('early', '2024-01-04', 0, 'd'),
  ('alone', '2024-01-02', -7, 'e'),
  ('twice', '2024-01-02', 30, 'f'), ('twice', '2024-01-03', -30, 'f'), ('twice', '2024-01-03', -30, 'f'), ('twice', '2024-01-02', 30, 'f');
SELECT customer, (rfm(paid_at, amount)).* FROM refunds GROUP BY customer ORDER BY customer;
SELECT customer, (rfm(paid_at, amount, payment_id)).* FROM refunds GROUP BY customer ORDER BY customer;
SELECT customer, s.* FROM (SELECT customer, rfm_history(paid_at, amount, '{2024-01-01,2024-01-03,2024-01-05}', '2 days', payment_id) AS history FROM refunds GROUP BY customer) h,
  unnest(history) s ORDER BY customer, snapshot;
SELECT (rfm('2024-01-01', amount)).frequency FROM unnest('{-0,0,-0.0}'::double precision[]) amount;
SELECT rfm('2024-01-01', -1::bigint), rfm('2024-01-01', -1::integer), rfm('2024-01-01', -0.5::double precision);

-- Amounts of every type
SELECT rfm(now(), amount::double precision) IS NOT NULL AS floats, pg_typeof((rfm(now(), 1.5::double precision)).monetary),
  (rfm(paid_at, amount::double precision)).monetary FROM payments;
SELECT (rfm(paid_at, 0.1::double precision)).monetary FROM payments;
SELECT (rfm(now(), i)).monetary FROM (VALUES (2147483647), (2147483647), (-2147483648)) v(i);
SELECT (rfm(now(), b)).monetary FROM (VALUES (9223372036854775807), (9223372036854775807), (-9223372036854775808)) v(b);
SELECT (rfm(now(), s)).monetary FROM (VALUES (1::smallint), (2::smallint)) v(s);
SELECT (rfm(now(), n)).monetary FROM (VALUES (1e30), (0.000000000000000000000000000001), (-1e30), (1.00)) v(n);
SELECT (rfm(now(), n)).monetary FROM (VALUES (-0.01), (0.003)) v(n);

-- Ids of any type; of rows with one id the earliest stands, then the one with the smallest amount
SELECT rfm('2024-01-01'::timestamptz + day * interval '1 day', amount, id)
FROM (VALUES (3, 10, 1), (1, 30, 1), (1, 20, 1), (2, 5, 2), (9, 99, NULL)) v(day, amount, id);
SELECT (rfm(now(), 1, id)).frequency FROM (VALUES ('6e0b6ad4-0a8c-4a3b-a7ec-6a1b53c4c0d1'::uuid), ('6E0B6AD4-0A8C-4A3B-A7EC-6A1B53C4C0D1')) v(id);
SELECT (rfm(now(), 1, id)).frequency FROM (VALUES ('ä'::varchar), ('a'), ('A'), (''), ('ä')) v(id);

-- A type that somebody altered
BEGIN;
ALTER TYPE rfm_value ADD ATTRIBUTE more int;
SELECT rfm(now(), 1);
ROLLBACK;

-- Bad payments
SELECT rfm('infinity'::timestamptz, 1.0);
SELECT rfm('-infinity'::timestamptz, 1, 'p1'::text);
SELECT rfm(now(), 'NaN'::numeric);
SELECT rfm(now(), '-Infinity'::numeric);
SELECT rfm(now(), 'NaN'::double precision);
SELECT rfm(now(), 'Infinity'::double precision, 1);

-- rfm_history: snapshots in any order, twice, before the first payment, at it, and after the last
SELECT customer, s.* FROM (
  SELECT customer, rfm_history(paid_at, amount, ARRAY['2024-03-01 09:00', '2024-02-01', '2024-03-01 08:59:59.999999', '2023-01-01', '2025-01-01', '2024-02-01']::timestamptz[]) AS history
  FROM payments GROUP BY customer) h, unnest(history) s ORDER BY customer, snapshot;
SELECT customer, rfm_history(paid_at, amount, ARRAY['2024-02-12', '2023-01-01']::timestamptz[]) FROM payments GROUP BY customer ORDER BY customer;
SELECT rfm_history(paid_at, amount, '{}'), rfm_history(paid_at, amount, '{}', '1 day', payment_id) FROM payments;
SELECT rfm_history(paid_at, amount, '{}') FROM payments WHERE false;

-- A window: after its beginning, up to and at the snapshot
SELECT s.snapshot, s.frequency, s.monetary
FROM (SELECT rfm_history('2024-01-01'::timestamptz + hour * interval '1 hour', hour, ARRAY['2024-01-01 01:00', '2024-01-01 04:00', '2024-01-01 05:00', '2024-01-01 09:00', '2024-01-01 11:00']::timestamptz[], '2 hours') AS history
  FROM generate_series(1, 8) hour) h, unnest(history) s;
SELECT rfm_history(paid_at, amount, ARRAY['2024-03-01 09:00']::timestamptz[], NULL) = rfm_history(paid_at, amount, ARRAY['2024-03-01 09:00']::timestamptz[]) AS no_window FROM payments;

-- Months are those of the calendar: 31 March less a month is 29 February (2024), 28 February (2023), and hours come after days
SELECT w AS "window", s.snapshot, s.first_paid_at
FROM (SELECT w, rfm_history(day, 1, ARRAY['2024-03-31', '2023-03-31', '2024-02-29', '2024-01-31 12:00']::timestamptz[], w) AS history
  FROM generate_series('2022-01-01'::timestamptz, '2024-12-31', '1 day') day, unnest('{1 month,1 year,1 month 1 day,12 months 6 hours}'::interval[]) w GROUP BY w) h, unnest(history) s ORDER BY w, snapshot;
-- By hand, in Berlin: 30 days of April have 720 hours, the 31 of March 743, since the clocks went forward
SELECT s.snapshot AT TIME ZONE 'Europe/Berlin' AS local, s.first_paid_at AT TIME ZONE 'Europe/Berlin' AS first_paid_at, s.frequency
FROM (SELECT rfm_history(hour, 1, ARRAY[timestamp '2024-05-01' AT TIME ZONE 'Europe/Berlin', timestamp '2024-04-01' AT TIME ZONE 'Europe/Berlin'], '1 month', hour, 'Europe/Berlin') AS history
  FROM generate_series('2024-02-01'::timestamptz, '2024-06-01', '1 hour') hour) h, unnest(history) s;
SELECT s.snapshot, s.first_paid_at FROM (SELECT rfm_history('4700-01-01 BC'::timestamptz, 1, '{4700-01-02 BC,2024-01-01}', '200000 years') AS history) h, unnest(history) s;

-- Each payment once: at its earliest time, whatever the window
SELECT s.snapshot, s.frequency, s.monetary
FROM (SELECT rfm_history('2024-01-01'::timestamptz + day * interval '1 day', amount, ARRAY['2024-01-03', '2024-01-06', '2024-01-11']::timestamptz[], span, id) AS history
  FROM (VALUES (1, 10, 'a'), (4, 11, 'a'), (4, 20, 'b'), (9, 20, 'b'), (9, 5, 'c'), (9, 4, 'c'), (9, 4, NULL)) v(day, amount, id),
    (VALUES (NULL::interval), ('3 days')) w(span) GROUP BY span) h, unnest(history) s ORDER BY history, snapshot;

-- Amounts of every type
SELECT rfm_history('2024-01-01'::timestamptz, n, dates) = rfm_history('2024-01-01'::timestamptz, n::double precision, dates) AS floats,
  rfm_history('2024-01-01'::timestamptz, n::bigint, dates) = rfm_history('2024-01-01'::timestamptz, n::integer, dates) AS integers,
  rfm_history('2024-01-01'::timestamptz, n::bigint, dates, '1 day') = rfm_history('2024-01-01'::timestamptz, n::integer, dates, '1 day') AS windows,
  rfm_history('2024-01-01'::timestamptz, n::double precision, dates, NULL, n) = rfm_history('2024-01-01'::timestamptz, n, dates, NULL, n) AS ids,
  rfm_history('2024-01-01'::timestamptz, n::bigint, dates, NULL, n) = rfm_history('2024-01-01'::timestamptz, n::integer, dates, NULL, n) AS integer_ids
FROM (VALUES (1::numeric), (2), (-7)) v(n), (VALUES (ARRAY['2024-01-01'::timestamptz])) d(dates);

-- Snapshots may differ from group to group, not within one
SELECT customer, rfm_history(paid_at, amount, CASE WHEN customer = 'ada' THEN ARRAY['2024-02-01'::timestamptz] ELSE ARRAY['2024-02-11'::timestamptz] END)
FROM payments GROUP BY customer ORDER BY customer;
SELECT rfm_history(paid_at, amount, ARRAY[paid_at]) FROM payments WHERE customer = 'ada';
SELECT rfm_history(paid_at, amount, '{2024-01-01}', amount * interval '1 day') FROM payments WHERE customer = 'ada';

-- Bad snapshots and windows
SELECT rfm_history(paid_at, amount, NULL::timestamptz[]) FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-01-01,NULL}') FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-01-01,infinity}') FROM payments;
SELECT rfm_history(paid_at, amount, '{-infinity}') FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-01-01}', '0 days') FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-01-01}', '-1 day') FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-01-01}', '-1 month') FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-03-01}', '1 month -29 days') FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-01-01}', '1 month', payment_id, 'Europe/Bonn') FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-01-01}', '1 month', payment_id, '') FROM payments;
SELECT rfm_history(paid_at, amount, '{2024-01-01}', '1 month', payment_id, NULL) FROM payments;
SELECT rfm_history(paid_at, amount, '{{2024-01-01},{2024-02-01}}') FROM payments;
SELECT rfm_history('infinity'::timestamptz, 1, '{2024-01-01}');
SELECT rfm_history(now(), 'NaN'::numeric, '{2024-01-01}');

-- rfm_bucket: steps of the percent rank, ties together
SELECT measure, rfm_bucket(5) OVER (ORDER BY measure), rfm_bucket() OVER (ORDER BY measure DESC) AS reversed,
  percent_rank() OVER (ORDER BY measure)
FROM (VALUES (1), (1), (1), (1), (2), (3), (3), (4), (5), (6), (7)) v(measure) ORDER BY measure;
SELECT rfm_bucket(5) OVER () AS no_order, rfm_bucket(buckets => 3) OVER (PARTITION BY measure ORDER BY measure) AS alone
FROM generate_series(1, 3) measure;
SELECT measure, rfm_bucket(3) OVER (ORDER BY measure) AS nulls_last, rfm_bucket(3) OVER (ORDER BY measure DESC) AS nulls_first,
  rfm_bucket(3) OVER (ORDER BY measure ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS with_a_frame
FROM (VALUES (1), (2), (3), (NULL), (NULL)) v(measure) ORDER BY measure;
-- A customer who never paid has no bucket and shifts nobody: the others are scored as without them
SELECT customer, last_paid_at, rfm_bucket(5) OVER (ORDER BY last_paid_at) AS r, rfm_bucket(5) OVER (ORDER BY last_paid_at NULLS FIRST) AS nulls_first,
  rfm_bucket(5) OVER (ORDER BY last_paid_at DESC, customer) AS reversed, rfm_segment(rfm_bucket(5) OVER (ORDER BY last_paid_at), 5) AS segment
FROM (VALUES ('a', '2024-01-01'::date), ('b', NULL), ('c', '2024-01-02'), ('d', NULL), ('e', '2024-01-03'), ('f', NULL)) v(customer, last_paid_at) ORDER BY customer;
SELECT p, measure, rfm_bucket(2) OVER (PARTITION BY p ORDER BY measure, tie) AS bucket
FROM (VALUES (1, NULL::int, 1), (1, NULL, 2), (2, NULL, 1), (2, 7, NULL), (3, 5, NULL), (3, 5, 1), (3, 6, 2)) v(p, measure, tie) ORDER BY p, measure, tie;
SELECT rfm_bucket(0) OVER ();
SELECT rfm_bucket(NULL) OVER ();
SELECT rfm_bucket(10001) OVER ();
SELECT rfm_bucket(5);

-- rfm_segment
SELECT recency, string_agg(rfm_segment(recency, frequency), ', ' ORDER BY frequency)
FROM generate_series(1, 5) recency, generate_series(1, 5) frequency GROUP BY recency ORDER BY recency;
SELECT rfm_segment(NULL, 1), rfm_segment(1, NULL);
SELECT rfm_segment(4, 4), rfm_segment(4, 4, buckets => 5), rfm_segment(4, 4, buckets => NULL);
SELECT rfm_segment(4, 4, buckets => 4);
SELECT rfm_segment(0, 1);
SELECT rfm_segment(5, 6);

-- rfm_bucket_at: half-open between ascending cuts, for any type with an order
SELECT measure, rfm_bucket_at(measure, ARRAY[10, 20, 20, 30]) FROM unnest(ARRAY[-5, 9, 10, 19, 20, 29, 30, 99]) measure;
SELECT rfm_bucket_at(9.99, ARRAY[10, 20]) AS numerics, rfm_bucket_at(10, ARRAY[10.5, 20]::double precision[]) AS mixed,
  rfm_bucket_at(interval '40 days', ARRAY['30 days', '90 days']::interval[]) AS intervals, rfm_bucket_at('b'::text, '{a,b,c}'::text[]) AS texts;
SELECT rfm_bucket_at(1, '{}'::int[]) AS no_cuts, rfm_bucket_at(NULL, ARRAY[1]) AS no_measure, rfm_bucket_at(1, NULL::int[]) AS null_cuts;
SELECT measure, rfm_bucket_at(measure, CASE WHEN measure % 2 = 0 THEN ARRAY[2] ELSE ARRAY[2, 3] END) FROM generate_series(1, 5) measure;
SELECT rfm_bucket_at(1, ARRAY[3, 2]);
SELECT rfm_bucket_at(1, ARRAY[1, NULL]);
SELECT rfm_bucket_at(json '1', ARRAY[json '2']);

-- rfm_quantiles: by hand, positions 1.6, 3.2, 4.8 and 6.4 of 0 to 8; 9 measures of like value; one; none
SELECT rfm_quantiles(measure, 5), rfm_quantiles(measure, 5, 1) FROM unnest(ARRAY[1, 1, 2, 3, 5, 8, 13, 21, 34]) measure;
SELECT rfm_quantiles(7, 3) FROM generate_series(1, 9);
SELECT rfm_quantiles(measure, 4), rfm_quantiles(measure, 1) FROM (VALUES (2.5), (NULL)) v(measure);
SELECT rfm_quantiles(measure, 4) FROM (VALUES (NULL::int)) v(measure);
SELECT rfm_quantiles(1, 4) WHERE false;
SELECT rfm_quantiles(1, 0);
SELECT rfm_quantiles(1, NULL);
SELECT rfm_quantiles(1.0, 2147483647);
SELECT rfm_quantiles(1, 5, NULL);
SELECT rfm_quantiles(1, 5, 'Infinity');
SELECT rfm_quantiles('NaN', 5);
SELECT rfm_quantiles(1, buckets) FROM generate_series(4, 5) buckets;

-- Matrices of one's own
SELECT count(*), count(*) FILTER (WHERE segment = rfm_segment(recency, frequency) AND segment = rfm_segment(recency, frequency, 'standard'))
FROM rfm_matrix WHERE matrix = 'standard';
INSERT INTO rfm_matrix VALUES ('ours', 1, 1, 'cold'), ('ours', 1, 2, 'lost'), ('ours', 2, 1, 'new'), ('ours', 2, 2, 'core'), ('ours', 3, 1, 'new');
SELECT rfm_segment(1, 1, 'ours');
INSERT INTO rfm_matrix VALUES ('ours', 3, 2, 'core');
SELECT recency, frequency, rfm_segment(recency, frequency, 'ours') FROM generate_series(1, 3) recency, generate_series(1, 2) frequency;
SELECT rfm_segment(1, 3, 'ours');
SELECT rfm_segment(4, 1, 'ours');
SELECT rfm_segment(1, 1, 'theirs');
SELECT rfm_segment(1, 1, NULL);
SELECT rfm_segment(2, 2, matrix) FROM (VALUES ('ours'), ('standard'), ('ours')) v(matrix);
-- The number of buckets, where it is told, must be the matrix's
SELECT rfm_segment(2, 2, 'standard', 5), rfm_segment(2, 2, 'standard', buckets => 5), rfm_segment(2, 2, 'ours', NULL::int);
SELECT rfm_segment(2, 2, 'standard', buckets => 4);
SELECT rfm_segment(2, 2, 'ours', buckets => 2);
-- Ranges of monetary scores
SELECT rfm_segment(2, 2, 9, 'ours') AS not_looked_at, rfm_segment(2, 2, NULL::int, 'ours') AS no_score, rfm_segment(2, 2, 1, NULL::text) AS no_matrix;
INSERT INTO rfm_matrix (matrix, recency, frequency, monetary, segment) VALUES
  ('money', 1, 1, '(,)', 'gone'), ('money', 1, 2, '[1,2]', 'small'), ('money', 1, 2, '[3,4]', 'large'), ('money', 2, 1, '(,3)', 'new'), ('money', 2, 1, '[3,3]', 'newly rich'), ('money', 2, 1, '[4,)', 'rich');
SELECT rfm_segment(1, 1, 1, 'money');
INSERT INTO rfm_matrix (matrix, recency, frequency, monetary, segment) VALUES ('money', 2, 2, '[1,3]', 'core'), ('money', 2, 2, '[4,4]', 'best');
SELECT recency, frequency, string_agg(rfm_segment(recency, frequency, monetary, 'money'), ', ' ORDER BY monetary)
FROM generate_series(1, 2) recency, generate_series(1, 2) frequency, generate_series(1, 4) monetary GROUP BY recency, frequency ORDER BY recency, frequency;
SELECT rfm_segment(1, 1, 'money');
SELECT rfm_segment(1, 1, 5, 'money');
SELECT rfm_segment(1, 1, 0, 'ours');
SELECT rfm_segment(1, 1, 4, 'money', buckets => 4);
BEGIN;
DELETE FROM rfm_matrix WHERE segment = 'best';
SELECT rfm_segment(1, 1, 1, 'money');
ROLLBACK;
BEGIN;
UPDATE rfm_matrix SET monetary = '[2,3]' WHERE segment = 'core';
SELECT rfm_segment(1, 1, 1, 'money');
ROLLBACK;
BEGIN;
UPDATE rfm_matrix SET monetary = '[3,4]' WHERE segment = 'best';
SELECT rfm_segment(1, 1, 1, 'money');
ROLLBACK;
INSERT INTO rfm_matrix (matrix, recency, frequency, monetary, segment) VALUES ('money', 1, 1, 'empty', 'none');
DELETE FROM rfm_matrix WHERE matrix = 'money';
-- A change is seen by the next statement, also inside a function
DO $$
BEGIN
  FOR i IN 1..3 LOOP
    UPDATE journey.rfm_matrix SET segment = 'core ' || i WHERE matrix = 'ours' AND recency = 2 AND frequency = 2;
    RAISE WARNING '%', journey.rfm_segment(2, 2, 'ours');
  END LOOP;
END $$;
-- As a STABLE function in SQL over the table: what another function reads in the same transaction
CREATE FUNCTION asked() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN journey.rfm_segment(1, 1, 'ours'); END $$;
BEGIN;
SELECT asked();
UPDATE rfm_matrix SET segment = 'cooler' WHERE matrix = 'ours' AND segment = 'cold';
SELECT asked(), rfm_segment(1, 1, 'ours');
ROLLBACK;
SELECT asked();
-- The shipped matrix stays what it is
UPDATE rfm_matrix SET segment = 'Friends' WHERE matrix = 'standard' AND recency = 5 AND frequency = 5;
UPDATE rfm_matrix SET matrix = 'standard' WHERE matrix = 'ours';
INSERT INTO rfm_matrix VALUES ('standard', 6, 1, 'none');
DELETE FROM rfm_matrix;
TRUNCATE rfm_matrix;
INSERT INTO rfm_matrix VALUES ('ours', 0, 1, 'none');
INSERT INTO rfm_matrix VALUES ('ours', 1, 1, 'twice');
DELETE FROM rfm_matrix WHERE matrix = 'ours';
