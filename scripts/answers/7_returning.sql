-- Who comes back
WITH visits AS (
  SELECT visitor_id, ts, min(ts) OVER (PARTITION BY visitor_id) AS since
  FROM events JOIN aliases ON alias = coalesce(user_id, anonymous_id) AND is_user = (user_id IS NOT NULL)
),
visitors AS (
  -- Weeks that are not over yet tell nothing.
  SELECT since, journey.returned(ts, since, '7 days', 13) AS weeks, (SELECT max(ts) FROM visits) - since AS known
  FROM visits GROUP BY visitor_id, since
)
SELECT
  to_char(since AT TIME ZONE 'UTC', 'YYYY-MM') AS "first seen",
  count(*) AS visitors,
  round(100 * avg(weeks[2]::int) FILTER (WHERE known >= interval '14 days'), 1) AS "% after 1 week",
  round(100 * avg(weeks[3]::int) FILTER (WHERE known >= interval '21 days'), 1) AS "2 weeks",
  round(100 * avg(weeks[5]::int) FILTER (WHERE known >= interval '35 days'), 1) AS "4 weeks",
  round(100 * avg(weeks[9]::int) FILTER (WHERE known >= interval '63 days'), 1) AS "8 weeks",
  round(100 * avg(weeks[13]::int) FILTER (WHERE known >= interval '91 days'), 1) AS "12 weeks"
FROM visitors
GROUP BY 1
ORDER BY 1;
