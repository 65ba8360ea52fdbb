-- The log without what no journey can use: events of no time or of nobody, and second deliveries.

CREATE TABLE events AS
SELECT DISTINCT ON (event_id)
  event_id, anonymous_id, user_id, event, ts, page_url, referrer
FROM tracks
WHERE isfinite(ts) AND coalesce(user_id, anonymous_id) IS NOT NULL
ORDER BY event_id, received_at;
