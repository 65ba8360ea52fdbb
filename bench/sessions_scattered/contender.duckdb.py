"""The same question to DuckDB, as its users ask it."""

QUERY = """
WITH flagged AS (
  SELECT visitor_id, ts, CASE WHEN ts - lag(ts) OVER w <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS starts
  FROM scattered WINDOW w AS (PARTITION BY visitor_id ORDER BY ts)
),
numbered AS (
  SELECT visitor_id, ts, sum(starts) OVER (PARTITION BY visitor_id ORDER BY ts ROWS UNBOUNDED PRECEDING) AS session_number FROM flagged
)
SELECT visitor_id, session_number, min(ts), max(ts), count(*) FROM numbered GROUP BY visitor_id, session_number"""

TABLES = {"scattered (visitor_id VARCHAR, ts TIMESTAMP)": "SELECT visitor_id, ts AT TIME ZONE 'UTC' FROM scattered"}
