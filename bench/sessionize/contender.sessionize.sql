SELECT
  event_id, visitor_id,
  journey.sessionize(ts) OVER by_time AS session_number,
  journey.session_event(ts) OVER by_time AS session_event
FROM events
WINDOW by_time AS (PARTITION BY visitor_id ORDER BY ts, event_id);
