-- The rules of RudderStack's five models, each in plain SQL over shop.tracks, for comparison (schema rudderstack).
-- Where the original leaves the order of equal times open, the event id decides; the timeout is "more than 30 minutes",
-- as its README says. An event counts once, and only with a real id and a finite time.
DROP SCHEMA IF EXISTS rudderstack CASCADE;
CREATE SCHEMA rudderstack;

CREATE VIEW rudderstack.arrived AS
SELECT id, anonymous_id, nullif(user_id, 'undefined') AS user_id, event, "timestamp", received_at, context_page_url, context_page_referrer
FROM shop.tracks;

CREATE VIEW rudderstack.tracks AS
SELECT DISTINCT ON (id, "timestamp", coalesce(user_id, anonymous_id)) *
FROM rudderstack.arrived
WHERE isfinite("timestamp") AND coalesce(user_id, anonymous_id) IS NOT NULL
ORDER BY id, "timestamp", coalesce(user_id, anonymous_id), received_at;

CREATE TABLE rudderstack.aliases_mapping AS
WITH aliases AS (
  SELECT anonymous_id AS alias, user_id, "timestamp" FROM rudderstack.arrived
  UNION SELECT user_id, NULL, "timestamp" FROM rudderstack.arrived
)
SELECT DISTINCT ON (alias) alias, coalesce(user_id, alias) AS dbt_visitor_id
FROM aliases
WHERE alias IS NOT NULL
ORDER BY alias, user_id IS NULL, "timestamp" DESC NULLS LAST, user_id;

CREATE TABLE rudderstack.mapped_tracks AS
SELECT tracks.id AS event_id, tracks.anonymous_id, mapping.dbt_visitor_id, tracks."timestamp", tracks.event,
  floor(extract(epoch FROM tracks."timestamp" - lag(tracks."timestamp") OVER visitor) / 60)::bigint AS idle_time_minutes,
  tracks."timestamp" - lag(tracks."timestamp") OVER visitor AS idle_time
FROM rudderstack.tracks
JOIN rudderstack.aliases_mapping AS mapping ON mapping.alias = coalesce(tracks.user_id, tracks.anonymous_id)
WINDOW visitor AS (PARTITION BY mapping.dbt_visitor_id ORDER BY tracks."timestamp", tracks.id);

CREATE TABLE rudderstack.session_tracks AS
SELECT row_number() OVER visitor || ' - ' || dbt_visitor_id AS session_id, dbt_visitor_id,
  "timestamp" AS session_start_at, row_number() OVER visitor AS session_sequence_number,
  lead("timestamp") OVER visitor AS next_session_start_at
FROM rudderstack.mapped_tracks
WHERE idle_time > interval '30 minutes' OR idle_time IS NULL
WINDOW visitor AS (PARTITION BY dbt_visitor_id ORDER BY "timestamp", event_id);

CREATE TABLE rudderstack.track_facts AS
SELECT tracks.anonymous_id, tracks."timestamp", tracks.event_id, tracks.event, sessions.session_id, tracks.dbt_visitor_id,
  row_number() OVER (PARTITION BY sessions.session_id ORDER BY tracks."timestamp", tracks.event_id) AS track_sequence_number
FROM rudderstack.mapped_tracks AS tracks
JOIN rudderstack.session_tracks AS sessions
  ON sessions.dbt_visitor_id = tracks.dbt_visitor_id AND tracks."timestamp" >= sessions.session_start_at
  AND (sessions.next_session_start_at IS NULL OR tracks."timestamp" < sessions.next_session_start_at);

-- The first k named events of the session, once the row has reached them; and, as next_event_k, the tracks after this one.
CREATE TABLE rudderstack.tracks_flow AS
SELECT event_id, session_id, track_sequence_number, so_far[1] AS event, dbt_visitor_id, "timestamp",
  so_far[2] AS event_2, so_far[3] AS event_3, so_far[4] AS event_4, so_far[5] AS event_5,
  following[1] AS track_event, following[2] AS next_event_2, following[3] AS next_event_3, following[4] AS next_event_4,
  following[5] AS next_event_5
FROM (
  SELECT *,
    array_remove(array_agg(event) OVER (PARTITION BY session_id ORDER BY track_sequence_number), NULL) AS so_far,
    array_agg(event) OVER (PARTITION BY session_id ORDER BY track_sequence_number ROWS BETWEEN CURRENT ROW AND 4 FOLLOWING) AS following
  FROM rudderstack.track_facts
) AS flow;
