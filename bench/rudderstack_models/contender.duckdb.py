"""The same five models to DuckDB, in one query: aliases, mapped tracks, sessions and track facts need no tables of their own there."""

QUERY = """
WITH aliases_mapping AS (
  SELECT alias, coalesce(arg_max(user_id, (ts, user_id)), alias) AS visitor_id
  FROM (SELECT anonymous_id AS alias, user_id, ts FROM events UNION ALL SELECT user_id, NULL, ts FROM events WHERE user_id IS NOT NULL)
  GROUP BY alias
),
mapped_tracks AS (
  SELECT event_id, visitor_id, ts, event, CASE WHEN ts - lag(ts) OVER w <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS starts
  FROM events JOIN aliases_mapping ON alias = coalesce(user_id, anonymous_id) WINDOW w AS (PARTITION BY visitor_id ORDER BY ts, event_id)
),
session_tracks AS (
  SELECT *, sum(starts) OVER (PARTITION BY visitor_id ORDER BY ts, event_id ROWS UNBOUNDED PRECEDING) AS session_number FROM mapped_tracks
)
SELECT
  event_id, session_number || ' - ' || visitor_id AS session_id, row_number() OVER (w ROWS UNBOUNDED PRECEDING) AS track_sequence_number, visitor_id, ts,
  first_value(event) OVER w AS event, nth_value(event, 2) OVER w AS event_2, nth_value(event, 3) OVER w AS event_3,
  nth_value(event, 4) OVER w AS event_4, nth_value(event, 5) OVER w AS event_5
FROM session_tracks
WINDOW w AS (PARTITION BY visitor_id, session_number ORDER BY ts, event_id)"""

TABLES = {
    "events (event_id BIGINT, anonymous_id VARCHAR, user_id VARCHAR, ts TIMESTAMP, event VARCHAR)": "SELECT event_id, anonymous_id, user_id, ts AT TIME ZONE 'UTC', event FROM events"
}
