-- Each model a table, as dbt makes them. A session ends after more than 30 minutes; ties on time go by event_id, so
-- that there is one right answer.
CREATE UNLOGGED TABLE aliases_mapping AS
SELECT DISTINCT
  alias,
  coalesce(first_value(user_id) OVER (PARTITION BY alias ORDER BY user_id IS NULL, ts DESC, user_id), alias) AS visitor_id
FROM (
  SELECT anonymous_id AS alias, user_id, ts FROM events
  UNION
  SELECT user_id, NULL, ts FROM events WHERE user_id IS NOT NULL
) seen;

CREATE UNLOGGED TABLE mapped_tracks AS
SELECT
  e.event_id, e.anonymous_id, a.visitor_id, e.ts, e.event,
  e.ts - lag(e.ts) OVER (PARTITION BY a.visitor_id ORDER BY e.ts, e.event_id) AS idle
FROM events e JOIN aliases_mapping a ON a.alias = coalesce(e.user_id, e.anonymous_id);

CREATE UNLOGGED TABLE session_tracks AS
SELECT
  row_number() OVER by_time || ' - ' || visitor_id AS session_id, visitor_id, ts AS session_start_at,
  lead(ts) OVER by_time AS next_session_start_at
FROM mapped_tracks
WHERE idle > interval '30 minutes' OR idle IS NULL
WINDOW by_time AS (PARTITION BY visitor_id ORDER BY ts, event_id);

CREATE UNLOGGED TABLE track_facts AS
SELECT
  t.anonymous_id, t.ts, t.event_id, t.event, s.session_id, t.visitor_id,
  row_number() OVER (PARTITION BY s.session_id ORDER BY t.ts, t.event_id) AS track_sequence_number
FROM mapped_tracks t
JOIN session_tracks s
  ON s.visitor_id = t.visitor_id AND t.ts >= s.session_start_at AND (t.ts < s.next_session_start_at OR s.next_session_start_at IS NULL);

SELECT
  event_id, session_id, track_sequence_number, visitor_id, ts,
  first_value(event) OVER by_sequence AS event,
  nth_value(event, 2) OVER by_sequence AS event_2,
  nth_value(event, 3) OVER by_sequence AS event_3,
  nth_value(event, 4) OVER by_sequence AS event_4,
  nth_value(event, 5) OVER by_sequence AS event_5
FROM track_facts
WINDOW by_sequence AS (PARTITION BY session_id ORDER BY track_sequence_number);
