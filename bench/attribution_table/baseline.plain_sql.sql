WITH flagged AS (
  SELECT
    *, CASE WHEN ts - lag(ts) OVER (PARTITION BY visitor_id ORDER BY ts) <= interval '30 minutes' THEN 0 ELSE 1 END AS starts
  FROM page_views
),
numbered AS (
  SELECT *, sum(starts) OVER (PARTITION BY visitor_id ORDER BY ts ROWS UNBOUNDED PRECEDING) AS session_number
  FROM flagged
),
visitors AS (
  SELECT visitor_id, coalesce(min(ts) FILTER (WHERE signed_up), 'infinity') AS signed_up_at
  FROM page_views
  GROUP BY visitor_id
),
session_counts AS (
  SELECT visitor_id, count(*) AS sessions
  FROM (SELECT visitor_id, session_number, min(ts) AS started_at FROM numbered GROUP BY visitor_id, session_number) s
  JOIN visitors v USING (visitor_id)
  WHERE s.started_at <= v.signed_up_at
  GROUP BY visitor_id
),
first_pages AS (
  SELECT DISTINCT ON (visitor_id) visitor_id, page FROM page_views ORDER BY visitor_id, ts, page COLLATE "C"
),
first_blog_pages AS (
  SELECT DISTINCT ON (visitor_id) visitor_id, page
  FROM page_views
  WHERE page LIKE '%/blog/%'
  ORDER BY visitor_id, ts, page COLLATE "C"
),
-- One touch a session: up to the sign-up the earliest that is not direct, else the earliest.
session_touches AS (
  SELECT DISTINCT ON (visitor_id, session_number) visitor_id, touch
  FROM numbered
  JOIN visitors USING (visitor_id)
  WHERE (touch).touched_at <= signed_up_at
  ORDER BY visitor_id, session_number, (touch).source = '(direct)', ts, touch
),
touches AS (
  SELECT
    visitor_id, touch,
    (touch).channel LIKE 'Paid %' OR (touch).channel IN ('Display', 'Cross-network')
      OR coalesce((touch).medium ~ '^(.*cp.*|ppc|retargeting|paid.*)$', false)
      OR coalesce((touch).click_id ~ '^(gclid|gbraid|wbraid|dclid|gad_source|msclkid|ttclid|li_fat_id|twclid|rdt_cid|sccid|epik|yclid)=', false) AS paid
  FROM session_touches
),
first_touches AS (
  SELECT DISTINCT ON (visitor_id) visitor_id, touch FROM touches ORDER BY visitor_id, (touch).touched_at
),
last_touches AS (
  SELECT DISTINCT ON (visitor_id) visitor_id, touch FROM touches ORDER BY visitor_id, (touch).touched_at DESC
),
first_paid AS (
  SELECT DISTINCT ON (visitor_id) visitor_id, touch FROM touches WHERE paid ORDER BY visitor_id, (touch).touched_at
),
last_paid AS (
  SELECT DISTINCT ON (visitor_id) visitor_id, touch FROM touches WHERE paid ORDER BY visitor_id, (touch).touched_at DESC
)
SELECT
  v.visitor_id, nullif(v.signed_up_at, 'infinity') AS signed_up_at, c.sessions, p.page AS first_page, b.page AS first_blog_page,
  (f.touch).touched_at AS first_at, (f.touch).source AS first_source, (f.touch).campaign AS first_campaign,
  (f.touch).medium AS first_medium, (f.touch).referrer AS first_referrer,
  (l.touch).touched_at AS last_at, (l.touch).source AS last_source, (l.touch).campaign AS last_campaign,
  (l.touch).medium AS last_medium, (l.touch).referrer AS last_referrer,
  (fp.touch).touched_at AS first_paid_at, (fp.touch).source AS first_paid_source, (fp.touch).campaign AS first_paid_campaign,
  (fp.touch).medium AS first_paid_medium, (fp.touch).referrer AS first_paid_referrer,
  (lp.touch).touched_at AS last_paid_at, (lp.touch).source AS last_paid_source, (lp.touch).campaign AS last_paid_campaign,
  (lp.touch).medium AS last_paid_medium, (lp.touch).referrer AS last_paid_referrer
FROM visitors v
LEFT JOIN session_counts c USING (visitor_id)
LEFT JOIN first_pages p USING (visitor_id)
LEFT JOIN first_blog_pages b USING (visitor_id)
LEFT JOIN first_touches f USING (visitor_id)
LEFT JOIN last_touches l USING (visitor_id)
LEFT JOIN first_paid fp USING (visitor_id)
LEFT JOIN last_paid lp USING (visitor_id);
