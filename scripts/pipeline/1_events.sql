-- The log without what no journey can use: junk in place of ids, events of no time or of nobody, second deliveries.

CREATE TABLE events AS
SELECT DISTINCT ON (event_id)
  event_id, journey.real_id(anonymous_id) AS anonymous_id, journey.real_id(user_id) AS user_id, event, ts, page_url, referrer
FROM tracks
WHERE isfinite(ts) AND coalesce(journey.real_id(user_id), journey.real_id(anonymous_id)) IS NOT NULL
ORDER BY event_id, received_at;
