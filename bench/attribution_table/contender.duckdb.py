"""The same question to DuckDB, as its users ask it: a touch is a struct, and arg_min and arg_max choose it."""

QUERY = """
WITH flagged AS (
  SELECT *, CASE WHEN ts - lag(ts) OVER w <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS starts, min(ts) FILTER (WHERE signed_up) OVER (PARTITION BY visitor_id) AS signed_up_at
  FROM page_views WINDOW w AS (PARTITION BY visitor_id ORDER BY ts)
),
numbered AS (
  SELECT *, sum(starts) OVER (PARTITION BY visitor_id ORDER BY ts ROWS UNBOUNDED PRECEDING) AS session_number FROM flagged
),
-- One touch a session: up to the sign-up the earliest that is not direct, else the earliest.
sessions AS (
  SELECT
    visitor_id, min(ts) AS started_at, any_value(signed_up_at) AS signed_up_at, arg_min(page, (ts, page)) AS page,
    arg_min(page, (ts, page)) FILTER (WHERE page LIKE '%/blog/%') AS blog_page,
    min((ts, page)) FILTER (WHERE page LIKE '%/blog/%') AS blog_key,
    arg_min(touch, (touch.source = '(direct)', ts, touch)) FILTER (WHERE touch.touched_at <= coalesce(signed_up_at, 'infinity')) AS touch
  FROM numbered GROUP BY visitor_id, session_number
),
judged AS (
  SELECT
    *,
    touch.channel LIKE 'Paid %' OR touch.channel IN ('Display', 'Cross-network')
      OR coalesce(regexp_matches(touch.medium, '^(.*cp.*|ppc|retargeting|paid.*)$'), false)
      OR coalesce(regexp_matches(touch.click_id, '^(gclid|gbraid|wbraid|dclid|gad_source|msclkid|ttclid|li_fat_id|twclid|rdt_cid|sccid|epik|yclid)='), false) AS paid
  FROM sessions
),
visitors AS (
  SELECT
    visitor_id, any_value(signed_up_at) AS signed_up_at,
    nullif(count(*) FILTER (WHERE started_at <= coalesce(signed_up_at, 'infinity')), 0) AS sessions,
    arg_min(page, started_at) AS first_page, arg_min(blog_page, blog_key) AS first_blog_page,
    arg_min(touch, touch.touched_at) AS f, arg_max(touch, touch.touched_at) AS l,
    arg_min(touch, touch.touched_at) FILTER (WHERE paid) AS fp, arg_max(touch, touch.touched_at) FILTER (WHERE paid) AS lp
  FROM judged GROUP BY visitor_id
)
SELECT
  visitor_id, signed_up_at, sessions, first_page, first_blog_page,
  f.touched_at, f.source, f.campaign, f.medium, f.referrer, l.touched_at, l.source, l.campaign, l.medium, l.referrer,
  fp.touched_at, fp.source, fp.campaign, fp.medium, fp.referrer, lp.touched_at, lp.source, lp.campaign, lp.medium, lp.referrer
FROM visitors"""

TABLES = {
    "page_views (visitor_id VARCHAR, ts TIMESTAMP, page VARCHAR, signed_up BOOLEAN, touch STRUCT(touched_at TIMESTAMP, source VARCHAR, medium VARCHAR, campaign VARCHAR, channel VARCHAR, referrer VARCHAR, click_id VARCHAR))": """
SELECT
  visitor_id, ts AT TIME ZONE 'UTC', page, signed_up,
  CASE WHEN touch IS DISTINCT FROM NULL THEN json_build_object('touched_at', (touch).touched_at AT TIME ZONE 'UTC', 'source', (touch).source, 'medium', (touch).medium,
    'campaign', (touch).campaign, 'channel', (touch).channel, 'referrer', (touch).referrer, 'click_id', (touch).click_id) END
FROM page_views"""
}
