-- The state of every customer at the end of each of 36 months: last payment, number of payments, amount.
--
-- A payment for every five events, and a customer for every fifty.
CREATE UNLOGGED TABLE payments AS
SELECT
  n AS payment_id,
  'customer-' || floor(greatest(:events / 50, 1) * power(uniform(n, :seed + 41), 1.5)) AS customer_id,
  timestamptz '2023-01-01 00:00+00' + interval '3 years' * uniform(n, :seed + 42) AS paid_at,
  round((5 - 40 * ln(1 - uniform(n, :seed + 43)))::numeric, 2) AS amount
FROM generate_series(1, greatest(:events / 5, 1)::bigint) n;

CREATE UNLOGGED TABLE month_ends AS
SELECT snapshot FROM generate_series(timestamptz '2023-02-01 00:00+00', timestamptz '2026-01-01 00:00+00', interval '1 month') snapshot;
