WITH flagged AS (
  SELECT
    event_id, visitor_id, ts,
    CASE WHEN ts - lag(ts) OVER by_time <= interval '30 minutes' THEN 0 ELSE 1 END AS starts
  FROM events
  WINDOW by_time AS (PARTITION BY visitor_id ORDER BY ts, event_id)
),
numbered AS (
  SELECT event_id, visitor_id, ts, sum(starts) OVER (PARTITION BY visitor_id ORDER BY ts, event_id ROWS UNBOUNDED PRECEDING) AS session_number
  FROM flagged
)
SELECT
  event_id, visitor_id, session_number,
  row_number() OVER (PARTITION BY visitor_id, session_number ORDER BY ts, event_id) AS session_event
FROM numbered;
