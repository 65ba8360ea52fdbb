SELECT first_week, week::int - 1 - first_week AS weeks_later, count(*) AS visitors
FROM (
  SELECT weeks, array_position(weeks, true) - 1 AS first_week
  FROM (SELECT journey.returned(ts, '2025-01-01 00:00+00', '7 days', 13) AS weeks FROM hits GROUP BY visitor) visitors
) cohorts, unnest(weeks) WITH ORDINALITY came(came, week)
WHERE came GROUP BY first_week, weeks_later;
