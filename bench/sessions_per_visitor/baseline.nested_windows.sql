-- What people write: lag() finds the gaps, a second pass over the same order counts them.
WITH flagged AS (
  SELECT
    visitor_id, ts,
    CASE WHEN ts - lag(ts) OVER (PARTITION BY visitor_id ORDER BY ts) <= interval '30 minutes' THEN 0 ELSE 1 END AS starts
  FROM events
),
numbered AS (
  SELECT visitor_id, ts, sum(starts) OVER (PARTITION BY visitor_id ORDER BY ts ROWS UNBOUNDED PRECEDING) AS session_number
  FROM flagged
)
SELECT visitor_id, max(session_number) AS sessions, min(ts) AS started_at, max(ts) AS ended_at
FROM numbered
GROUP BY visitor_id;
