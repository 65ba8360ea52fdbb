-- The log that the workloads share: :events rows in order of time, the same ones for the same :seed.
--
-- One visitor in 20 events on average, very unevenly: the busiest has thousands. Sessions come in bursts with a
-- daily rhythm; about half of the visitors sign up some day and are logged in from then on; most have one device,
-- some two or three. A third of the sessions start with a campaign, a third with a referrer, the rest directly.
-- No column is NULL but user_id, referrer and the like; no window function is needed to make it.

-- A number in [0, 1) that depends on nothing but its arguments.
CREATE FUNCTION uniform(of bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (hashint8extended(of, seed) & 4503599627370495) / 4503599627370496.0::float8;

CREATE FUNCTION uuid_text(of text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN md5(of)::uuid::text;

CREATE UNLOGGED TABLE events AS
WITH
-- A few more sessions than needed, so that the log can be cut at exactly :events rows.
sessions AS (
  SELECT
    n,
    1 + floor(greatest(:events / 20, 1) * power(uniform(n, :seed), 2))::bigint AS visitor,
    1 + floor(3 * power(uniform(n, :seed + 1), 4))::int AS device,
    timestamptz '2025-01-01 00:00+00' + interval '1 day' * floor(365 * uniform(n, :seed + 2))
      + interval '12 hours' * (uniform(n, :seed + 3) + uniform(n, :seed + 4)) AS started_at,
    least(1 + floor(-4 * ln(1 - uniform(n, :seed + 5)))::int, 200) AS length,
    interval '1 second' * (5 - 120 * ln(1 - uniform(n, :seed + 6))) AS pace,
    floor(12 * uniform(n, :seed + 7))::int AS source
  FROM generate_series(1, (:events * 0.235)::bigint + 100) n
),
visits AS (
  SELECT
    *,
    'user-' || visitor AS person,
    uuid_text(visitor || '/' || device) AS anonymous_id,
    -- Signed up at some moment of two years, so that some have always been users, and some never are.
    timestamptz '2024-07-01 00:00+00' + interval '730 days' * uniform(visitor, :seed + 8) AS signed_up_at
  FROM sessions
)
SELECT
  v.n * 256 + k AS event_id,
  CASE WHEN v.signed_up_at < '2026-01-01' THEN v.person ELSE uuid_text(v.visitor || '/1') END AS visitor_id,
  v.anonymous_id,
  CASE WHEN e.ts >= v.signed_up_at THEN v.person END AS user_id,
  e.ts,
  CASE WHEN e.luck < 0.03 THEN 'order' WHEN e.luck < 0.08 THEN 'cart' ELSE 'page' END AS event,
  'https://www.shop.example' || CASE WHEN e.luck > 0.7 THEN '/blog/post-' ELSE '/product/' END || floor(1000 * e.luck * e.luck)
    || CASE WHEN k > 1 THEN '' ELSE coalesce(
      (ARRAY['?utm_source=google&utm_medium=cpc&utm_campaign=brand&gclid=Cj0KCQ',
             '?utm_source=facebook&utm_medium=paid_social&utm_campaign=spring',
             '?utm_source=newsletter&utm_medium=email&utm_campaign=week-' || v.n % 52,
             '?utm_source=partner&utm_medium=affiliate'])[v.source + 1], '') END AS page_url,
  CASE WHEN k > 1 THEN 'https://www.shop.example/' ELSE
    (ARRAY['https://www.google.com/', 'https://l.facebook.com/', NULL, 'https://partner.example/top-10',
           'https://www.google.com/', 'https://www.bing.com/', 'https://t.co/abc', 'https://news.example/article'])[v.source + 1]
    END AS referrer
FROM visits v,
  generate_series(1, v.length) k,
  LATERAL (SELECT v.started_at + v.pace * (k - 1 + uniform(v.n * 256 + k, :seed + 9)) AS ts, uniform(v.n * 256 + k, :seed + 10) AS luck) e
ORDER BY e.ts, event_id
LIMIT :events;
