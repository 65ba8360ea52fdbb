-- How many sessions and visitors
SELECT
  count(DISTINCT visitor_id) AS visitors,
  count(*) AS sessions,
  round(count(*)::numeric / nullif(count(DISTINCT visitor_id), 0), 2) AS "sessions a visitor",
  round(avg(events), 1) AS "events a session",
  round(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY ended_at - started_at)) / 60, 1)
    AS "median minutes"
FROM sessions;
