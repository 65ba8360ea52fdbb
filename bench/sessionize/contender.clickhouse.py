"""The same question to ClickHouse, in its package for Python (chdb), as its users ask it."""

QUERY = """
WITH
flagged AS (
  SELECT
    event_id, visitor_id, micros,
    if(micros - lagInFrame(micros) OVER (PARTITION BY visitor_id ORDER BY micros, event_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) <= 1800000000, 0, 1) AS starts
  FROM events
),
numbered AS (
  SELECT event_id, visitor_id, micros, sum(starts) OVER (PARTITION BY visitor_id ORDER BY micros, event_id ROWS UNBOUNDED PRECEDING) AS session_number FROM flagged
)
SELECT event_id, visitor_id, session_number, row_number() OVER (PARTITION BY visitor_id, session_number ORDER BY micros, event_id) FROM numbered"""

TABLES = {
    "events (event_id Int64, visitor_id String, micros Int64) ENGINE = MergeTree ORDER BY micros": "SELECT event_id, visitor_id, (extract(epoch FROM ts) * 1000000)::bigint FROM events"
}
