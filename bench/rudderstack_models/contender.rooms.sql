-- One call for the aliases, one pass over the events for the rest; a window of rows asks for no peers.
CREATE UNLOGGED TABLE aliases AS
SELECT alias, is_user, visitor_id
FROM journey.resolve_aliases('SELECT anonymous_id, user_id, ts FROM events', mode => 'latest_user', blocked => '{}');
ANALYZE aliases;

WITH tracks AS (
  SELECT
    e.event_id, a.visitor_id, e.ts, e.event,
    journey.sessionize(e.ts) OVER by_time AS session_number,
    journey.session_event(e.ts) OVER by_time AS track_sequence_number
  FROM events e JOIN aliases a ON a.alias = coalesce(e.user_id, e.anonymous_id) AND a.is_user = (e.user_id IS NOT NULL)
  WINDOW by_time AS (PARTITION BY a.visitor_id ORDER BY e.ts, e.event_id)
)
SELECT
  event_id, session_number || ' - ' || visitor_id AS session_id, track_sequence_number, visitor_id, ts,
  max(event) FILTER (WHERE track_sequence_number = 1) OVER by_sequence AS event,
  max(event) FILTER (WHERE track_sequence_number = 2) OVER by_sequence AS event_2,
  max(event) FILTER (WHERE track_sequence_number = 3) OVER by_sequence AS event_3,
  max(event) FILTER (WHERE track_sequence_number = 4) OVER by_sequence AS event_4,
  max(event) FILTER (WHERE track_sequence_number = 5) OVER by_sequence AS event_5
FROM tracks
WINDOW by_sequence AS (PARTITION BY visitor_id, session_number ORDER BY track_sequence_number ROWS UNBOUNDED PRECEDING);
