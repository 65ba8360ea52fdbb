-- What people write who want it right: for each step the start of the latest chain that has come so far, a window each.
WITH
first_step AS (
  SELECT visitor, ts, event, max(ts) FILTER (WHERE event = 'view') OVER so_far AS started_at FROM hits
  WINDOW so_far AS (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING)
),
second_step AS (
  SELECT *, max(started_at) FILTER (WHERE event = 'cart' AND ts - started_at <= interval '7 days') OVER so_far AS second_from FROM first_step
  WINDOW so_far AS (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING)
),
third_step AS (
  SELECT *, max(second_from) FILTER (WHERE event = 'checkout' AND ts - second_from <= interval '7 days') OVER so_far AS third_from FROM second_step
  WINDOW so_far AS (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING)
),
levels AS (
  SELECT
    CASE
      WHEN bool_or(event = 'order' AND ts - third_from <= interval '7 days') THEN 4 WHEN max(third_from) IS NOT NULL THEN 3
      WHEN max(second_from) IS NOT NULL THEN 2 WHEN max(started_at) IS NOT NULL THEN 1 ELSE 0 END AS level
  FROM third_step GROUP BY visitor
)
SELECT level, count(*) AS visitors FROM levels GROUP BY level;
