SELECT
  visitor_id, nullif(signed_up_at, 'infinity') AS signed_up_at, sessions, first_page, first_blog_page,
  (f).touched_at AS first_at, (f).source AS first_source, (f).campaign AS first_campaign,
  (f).medium AS first_medium, (f).referrer AS first_referrer,
  (l).touched_at AS last_at, (l).source AS last_source, (l).campaign AS last_campaign,
  (l).medium AS last_medium, (l).referrer AS last_referrer,
  (fp).touched_at AS first_paid_at, (fp).source AS first_paid_source, (fp).campaign AS first_paid_campaign,
  (fp).medium AS first_paid_medium, (fp).referrer AS first_paid_referrer,
  (lp).touched_at AS last_paid_at, (lp).source AS last_paid_source, (lp).campaign AS last_paid_campaign,
  (lp).medium AS last_paid_medium, (lp).referrer AS last_paid_referrer
FROM (
  SELECT
    visitor_id, signed_up_at, first_page, first_blog_page,
    journey.session_count(trail, signed_up_at) AS sessions,
    journey.first_touch(trail, signed_up_at) AS f,
    journey.last_touch(trail, signed_up_at) AS l,
    journey.first_touch(trail, signed_up_at, 'paid') AS fp,
    journey.last_touch(trail, signed_up_at, 'paid') AS lp
  FROM (
    SELECT
      visitor_id,
      journey.trail(ts, '30 minutes', touch) AS trail,
      coalesce(min(ts) FILTER (WHERE signed_up), 'infinity') AS signed_up_at,
      journey.first(page, ts) AS first_page,
      journey.first(page, ts) FILTER (WHERE page LIKE '%/blog/%') AS first_blog_page
    FROM page_views
    GROUP BY visitor_id
  ) trails
  OFFSET 0 -- a touch is looked up once, not once for each of its columns
) touches;
