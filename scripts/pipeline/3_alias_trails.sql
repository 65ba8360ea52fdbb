-- When and where from: each alias's sessions and touches, as one small value. An event of a known user is that
-- user's on whatever device.

CREATE TABLE alias_trails AS
SELECT
  coalesce(user_id, anonymous_id) AS alias,
  user_id IS NOT NULL AS is_user,
  journey.trail(ts, '30 minutes', journey.touch(ts, page_url, referrer), page_url, event = :'signup') AS trail
FROM events
GROUP BY 1, 2;
