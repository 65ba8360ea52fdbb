-- Somebody who was in the shop lately opens another page.
INSERT INTO tracks (event_id, anonymous_id, user_id, event, ts, received_at, page_url)
SELECT gen_random_uuid(), anonymous_id, user_id, 'Page Viewed', clock_timestamp(), clock_timestamp(), page_url
FROM (SELECT * FROM tracks WHERE isfinite(ts) AND event = 'Page Viewed' ORDER BY ts DESC LIMIT 200) AS late
ORDER BY random() LIMIT 1;
