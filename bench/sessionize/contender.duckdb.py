"""The same question to DuckDB, as its users ask it."""

QUERY = """
WITH flagged AS (
  SELECT event_id, visitor_id, ts, CASE WHEN ts - lag(ts) OVER w <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS starts
  FROM events WINDOW w AS (PARTITION BY visitor_id ORDER BY ts, event_id)
),
numbered AS (
  SELECT event_id, visitor_id, ts, sum(starts) OVER (PARTITION BY visitor_id ORDER BY ts, event_id ROWS UNBOUNDED PRECEDING) AS session_number FROM flagged
)
SELECT event_id, visitor_id, session_number, row_number() OVER (PARTITION BY visitor_id, session_number ORDER BY ts, event_id) AS session_event FROM numbered"""

TABLES = {"events (event_id BIGINT, visitor_id VARCHAR, ts TIMESTAMP)": "SELECT event_id, visitor_id, ts AT TIME ZONE 'UTC' FROM events"}
