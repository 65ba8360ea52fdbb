-- In which session do visitors sign up
SELECT
  CASE WHEN session_number < 5 THEN session_number::text ELSE '5 and later' END AS session,
  count(*) AS "sign-ups",
  round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS "% of all"
FROM sign_ups
GROUP BY 1
ORDER BY 1;
