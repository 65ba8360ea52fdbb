WITH active AS (
  SELECT DISTINCT visitor, floor(extract(epoch FROM ts - timestamptz '2025-01-01 00:00+00') / 604800)::int AS week FROM hits
)
SELECT first_week, week - first_week AS weeks_later, count(*) AS visitors
FROM (SELECT week, min(week) OVER (PARTITION BY visitor) AS first_week FROM active) a
GROUP BY first_week, weeks_later;
