-- The attribution table of Frame.io: one row for each alias that signed up, in one statement over trails, and as plain
-- SQL. For each alias its sign-up time, the sessions before (that of the sign-up included), the first page ever and the first blog page, the first
-- touch, the last one before sign-up, and the first and last paid one before it, each with time, source, campaign,
-- medium and referrer.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA frameio;
SET search_path = frameio, public;
SELECT no_plan();

-- 2,000 people, about 10 page views each in clusters that are minutes or days apart; two thirds sign up, some of them
-- twice, some on their first page, some at the very moment of a page view.
SELECT setseed(0.7) \gset seed_
CREATE TABLE events AS
  WITH views AS (
    SELECT alias, timestamptz '2024-01-01' + floor(random() * 60)::int * interval '1 day' + floor(random() * 100)::int * interval '1 minute' AS ts,
      'page' AS event,
      (ARRAY['/', '/pricing', '/blog/one', '/blog/two', '/features', '/blog/'])[1 + floor(random() * 6)::int] AS path,
      (ARRAY['', '', '', '?utm_source=google&utm_medium=cpc&utm_campaign=brand', '?utm_source=news&utm_medium=email&utm_campaign=weekly',
        '?gclid=abc', '?utm_source=meta&utm_medium=paid_social&utm_campaign=spring', '?fbclid=x'])[1 + floor(random() * 8)::int] AS query,
      (ARRAY[NULL, NULL, 'https://www.google.com/', 'https://news.ycombinator.com/item?id=1', 'https://frame.example/pricing',
        'https://l.facebook.com/'])[1 + floor(random() * 6)::int] AS referrer
    FROM generate_series(1, 2000) alias, generate_series(1, 20) nr WHERE random() < 0.5)
  SELECT alias, ts, event, 'https://frame.example' || path || query AS page_url, referrer FROM views
  UNION ALL
  SELECT alias, CASE WHEN random() < 0.3 THEN min(ts) WHEN random() < 0.5 THEN max(ts) ELSE min(ts) + random() * (max(ts) - min(ts)) END, 'signed_up', NULL, NULL
  FROM views, generate_series(1, 2) again WHERE alias % 3 > 0 AND (again = 1 OR alias % 7 = 0) GROUP BY alias, again;
CREATE VIEW touched AS SELECT *, journey.touch(ts, page_url, referrer) AS touch FROM events;

CREATE VIEW attribution AS
SELECT alias, signed_up_at,
  journey.session_count(trail, signed_up_at) AS sessions_before_sign_up,
  first_page, first_blog_page,
  first_touch.touched_at AS first_touched_at, first_touch.source AS first_source, first_touch.campaign AS first_campaign,
  first_touch.medium AS first_medium, first_touch.referrer AS first_referrer,
  last_touch.touched_at AS last_touched_at, last_touch.source AS last_source, last_touch.campaign AS last_campaign,
  last_touch.medium AS last_medium, last_touch.referrer AS last_referrer,
  first_paid.touched_at AS first_paid_at, first_paid.source AS first_paid_source, first_paid.campaign AS first_paid_campaign,
  first_paid.medium AS first_paid_medium, first_paid.referrer AS first_paid_referrer,
  last_paid.touched_at AS last_paid_at, last_paid.source AS last_paid_source, last_paid.campaign AS last_paid_campaign,
  last_paid.medium AS last_paid_medium, last_paid.referrer AS last_paid_referrer
FROM (
    SELECT alias,
      min(ts) FILTER (WHERE event = 'signed_up') AS signed_up_at,
      journey.trail(ts, interval '30 minutes', touch) AS trail,
      journey.first(page_url, ts) FILTER (WHERE page_url IS NOT NULL) AS first_page,
      journey.first(page_url, ts) FILTER (WHERE journey.url_path(page_url) LIKE '/blog/%') AS first_blog_page
    FROM touched GROUP BY alias) people,
  journey.first_touch(trail, signed_up_at) first_touch,
  journey.last_touch(trail, signed_up_at) last_touch,
  journey.first_touch(trail, signed_up_at, 'paid') first_paid,
  journey.last_touch(trail, signed_up_at, 'paid') last_paid
WHERE signed_up_at IS NOT NULL;

-- As one would write it without journey: sessions by lag and a running sum, then the touch of each session up to the sign-up:
-- the earliest that is not direct, else the earliest. At the same instant the smaller page or touch wins.
CREATE VIEW plain AS
WITH starts AS (
  SELECT *, ts - lag(ts) OVER (PARTITION BY alias ORDER BY ts) > interval '30 minutes' AS is_start FROM touched),
numbered AS (
  SELECT *, count(*) FILTER (WHERE is_start) OVER (PARTITION BY alias ORDER BY ts) AS session FROM starts),
sign_ups AS (SELECT alias, min(ts) AS signed_up_at FROM events WHERE event = 'signed_up' GROUP BY alias),
session_touches AS (
  SELECT DISTINCT ON (alias, session) alias, (touch).*,
    (touch).channel ~ '^(Paid |Display$|Cross-network$)' OR (touch).medium ~ '^(.*cp.*|ppc|retargeting|paid.*)$'
      OR (touch).click_id ~ '^(gclid|gbraid|wbraid|dclid|msclkid|ttclid|li_fat_id|twclid)=' AS paid
  FROM numbered JOIN sign_ups USING (alias) WHERE NOT touch IS NULL AND (touch).touched_at <= signed_up_at
  ORDER BY alias, session, (touch).source = '(direct)', (touch).touched_at,
    (touch).source COLLATE "C" NULLS FIRST, (touch).medium COLLATE "C" NULLS FIRST, (touch).campaign COLLATE "C" NULLS FIRST,
    (touch).term COLLATE "C" NULLS FIRST, (touch).content COLLATE "C" NULLS FIRST, (touch).channel COLLATE "C" NULLS FIRST,
    (touch).referrer COLLATE "C" NULLS FIRST, (touch).landing_page COLLATE "C" NULLS FIRST, (touch).click_id COLLATE "C" NULLS FIRST),
counts AS (
  SELECT alias, count(*) AS sessions_before_sign_up
  FROM (SELECT alias, session, min(ts) AS started_at FROM numbered GROUP BY alias, session) s JOIN sign_ups USING (alias)
  WHERE started_at <= signed_up_at GROUP BY alias),
pages AS (SELECT DISTINCT ON (alias) alias, page_url FROM events WHERE page_url IS NOT NULL ORDER BY alias, ts, page_url),
blog_pages AS (SELECT DISTINCT ON (alias) alias, page_url FROM events WHERE page_url ~ '^https://[^/]+/blog/' ORDER BY alias, ts, page_url),
ranked AS (
  SELECT t.*, row_number() OVER early AS place, row_number() OVER late AS from_end,
    row_number() OVER (PARTITION BY alias, paid ORDER BY touched_at) AS place_of_kind,
    row_number() OVER (PARTITION BY alias, paid ORDER BY touched_at DESC) AS from_end_of_kind
  FROM session_touches t
  WINDOW early AS (PARTITION BY alias ORDER BY touched_at), late AS (PARTITION BY alias ORDER BY touched_at DESC))
SELECT alias, signed_up_at, coalesce(sessions_before_sign_up, 0) AS sessions_before_sign_up, p.page_url AS first_page, b.page_url AS first_blog_page,
  f.touched_at AS first_touched_at, f.source AS first_source, f.campaign AS first_campaign, f.medium AS first_medium, f.referrer AS first_referrer,
  l.touched_at AS last_touched_at, l.source AS last_source, l.campaign AS last_campaign, l.medium AS last_medium, l.referrer AS last_referrer,
  fp.touched_at AS first_paid_at, fp.source AS first_paid_source, fp.campaign AS first_paid_campaign, fp.medium AS first_paid_medium,
  fp.referrer AS first_paid_referrer,
  lp.touched_at AS last_paid_at, lp.source AS last_paid_source, lp.campaign AS last_paid_campaign, lp.medium AS last_paid_medium,
  lp.referrer AS last_paid_referrer
FROM sign_ups LEFT JOIN counts USING (alias) LEFT JOIN pages p USING (alias) LEFT JOIN blog_pages b USING (alias)
LEFT JOIN (SELECT * FROM ranked WHERE place = 1) f USING (alias)
LEFT JOIN (SELECT * FROM ranked WHERE from_end = 1) l USING (alias)
LEFT JOIN (SELECT * FROM ranked WHERE paid AND place_of_kind = 1) fp USING (alias)
LEFT JOIN (SELECT * FROM ranked WHERE paid AND from_end_of_kind = 1) lp USING (alias);

CREATE TABLE ours AS SELECT * FROM attribution;
CREATE TABLE theirs AS SELECT * FROM plain;
SELECT cmp_ok(count(*), '>', 1200::bigint, 'aliases that signed up') FROM ours;
SELECT is_empty('SELECT * FROM ours EXCEPT ALL SELECT * FROM theirs', 'no row that plain SQL does not have');
SELECT is_empty('SELECT * FROM theirs EXCEPT ALL SELECT * FROM ours', 'and none is missing');
SELECT cmp_ok(least(count(*) FILTER (WHERE sessions_before_sign_up = 1), count(*) FILTER (WHERE first_blog_page IS NULL),
  count(*) FILTER (WHERE first_touched_at IS NULL), count(*) FILTER (WHERE first_paid_at IS NULL), count(*) FILTER (WHERE last_paid_at > first_paid_at),
  count(*) FILTER (WHERE last_touched_at = signed_up_at), count(*) FILTER (WHERE last_source = '(direct)')), '>', 0::bigint, 'the data have all cases') FROM ours;
SELECT * FROM finish();
