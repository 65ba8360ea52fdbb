WITH flagged AS (
  SELECT
    visitor_id, ts,
    CASE WHEN ts - lag(ts) OVER (PARTITION BY visitor_id ORDER BY ts) <= interval '30 minutes' THEN 0 ELSE 1 END AS starts
  FROM scattered
),
numbered AS (
  SELECT visitor_id, ts, sum(starts) OVER (PARTITION BY visitor_id ORDER BY ts ROWS UNBOUNDED PRECEDING) AS session_number
  FROM flagged
)
SELECT visitor_id, session_number, min(ts) AS started_at, max(ts) AS ended_at, count(*) AS events
FROM numbered
GROUP BY visitor_id, session_number;
