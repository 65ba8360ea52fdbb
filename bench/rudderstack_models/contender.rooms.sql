-- One call for the aliases, one sort for the rest.
CREATE UNLOGGED TABLE aliases AS
SELECT alias, is_user, visitor_id
FROM journey.resolve_aliases('SELECT anonymous_id, user_id, ts FROM events', mode => 'latest_user', blocked => '{}');

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
  first_value(event) OVER by_sequence AS event,
  nth_value(event, 2) OVER by_sequence AS event_2,
  nth_value(event, 3) OVER by_sequence AS event_3,
  nth_value(event, 4) OVER by_sequence AS event_4,
  nth_value(event, 5) OVER by_sequence AS event_5
FROM tracks
WINDOW by_sequence AS (PARTITION BY visitor_id, session_number ORDER BY track_sequence_number);
