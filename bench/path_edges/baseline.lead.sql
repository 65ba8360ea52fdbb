SELECT position::int AS position, step, next_step, count(*)::float8 AS visitors
FROM (
  SELECT event AS step, row_number() OVER way AS position, CASE WHEN row_number() OVER way < 10 THEN lead(event) OVER way END AS next_step
  FROM hits WINDOW way AS (PARTITION BY visitor ORDER BY ts)
) steps
WHERE position <= 10 GROUP BY position, step, next_step;
