"""The same question to ClickHouse, in its package for Python (chdb), as its users ask it."""

QUERY = """
WITH
flagged AS (
  SELECT visitor_id, micros, if(micros - lagInFrame(micros) OVER (PARTITION BY visitor_id ORDER BY micros ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) <= 1800000000, 0, 1) AS starts
  FROM events
),
numbered AS (
  SELECT visitor_id, micros, sum(starts) OVER (PARTITION BY visitor_id ORDER BY micros ROWS UNBOUNDED PRECEDING) AS session_number FROM flagged
)
SELECT visitor_id, session_number, fromUnixTimestamp64Micro(min(micros), 'UTC'), fromUnixTimestamp64Micro(max(micros), 'UTC'), count()
FROM numbered GROUP BY visitor_id, session_number"""

TABLES = {
    "events (visitor_id String, micros Int64) ENGINE = MergeTree ORDER BY micros": "SELECT visitor_id, (extract(epoch FROM ts) * 1000000)::bigint FROM events"
}
