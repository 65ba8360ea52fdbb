"""The same question to DuckDB, as its users ask it."""

QUERY = """
WITH
first_step AS (
  SELECT visitor, ts, event, max(ts) FILTER (WHERE event = 'view') OVER so_far AS started_at FROM hits
  WINDOW so_far AS (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING)
),
second_step AS (
  SELECT *, max(started_at) FILTER (WHERE event = 'cart' AND ts - started_at <= INTERVAL 7 DAY) OVER so_far AS second_from FROM first_step
  WINDOW so_far AS (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING)
),
third_step AS (
  SELECT *, max(second_from) FILTER (WHERE event = 'checkout' AND ts - second_from <= INTERVAL 7 DAY) OVER so_far AS third_from FROM second_step
  WINDOW so_far AS (PARTITION BY visitor ORDER BY ts ROWS UNBOUNDED PRECEDING)
),
levels AS (
  SELECT
    CASE
      WHEN bool_or(event = 'order' AND ts - third_from <= INTERVAL 7 DAY) THEN 4 WHEN max(third_from) IS NOT NULL THEN 3
      WHEN max(second_from) IS NOT NULL THEN 2 WHEN max(started_at) IS NOT NULL THEN 1 ELSE 0 END AS level
  FROM third_step GROUP BY visitor
)
SELECT level, count(*) AS visitors FROM levels GROUP BY level"""

TABLES = {"hits (visitor INTEGER, ts TIMESTAMP, event VARCHAR)": "SELECT visitor, ts AT TIME ZONE 'UTC', event FROM hits"}
