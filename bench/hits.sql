-- Rows of a shop in order of time, 20 a visitor on average, within 90 days: no two at one time. Four events of five are
-- steps on the way to the order.
CREATE UNLOGGED TABLE hits AS
SELECT
  1 + floor(greatest(:events / 20, 1) * uniform(n, :seed))::int AS visitor,
  timestamptz '2025-01-01 00:00+00' + n * (interval '90 days' / :events) AS ts,
  CASE
    WHEN luck < 0.45 THEN 'view' WHEN luck < 0.6 THEN 'cart' WHEN luck < 0.7 THEN 'checkout'
    WHEN luck < 0.76 THEN 'order' ELSE 'help' END AS event
FROM generate_series(1, :events) n, LATERAL (SELECT uniform(n, :seed + 1) AS luck) l
ORDER BY n;
