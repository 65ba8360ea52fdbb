-- One row a visitor: sign-up, sessions before it, first page, first blog page, first and last touch, any and paid.
--
-- Page views with their touches already parsed. The sign-up of a visitor is the first event under a user id, where
-- events without one came before.
CREATE UNLOGGED TABLE page_views AS
SELECT
  e.visitor_id, e.ts, e.page_url AS page, coalesce(e.ts = s.signed_up_at, false) AS signed_up,
  journey.touch(e.ts, e.page_url, e.referrer) AS touch
FROM events e
LEFT JOIN (
  SELECT visitor_id, min(ts) FILTER (WHERE user_id IS NOT NULL) AS signed_up_at
  FROM events
  GROUP BY visitor_id
  HAVING bool_or(user_id IS NULL)
) s USING (visitor_id);
