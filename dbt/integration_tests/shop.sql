-- A shop's events, the same each time: people with several devices, one device shared, log-ins that come late, events
-- that arrive late, twice, from the user "undefined", or without an id or a time. `arrivals` holds all; `tracks` is what has arrived so far.
CREATE SCHEMA shop;

CREATE FUNCTION shop.dice(seed text, sides int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT (('x' || substr(md5(seed), 1, 7))::bit(28)::int % sides) $$;

CREATE TABLE shop.arrivals AS
WITH visits AS (
  SELECT person, visit,
    timestamptz '2026-01-01 00:00+00' + shop.dice('day' || person || visit, 150) * interval '1 day'
      + shop.dice('second' || person || visit, 86400) * interval '1 second' AS began,
    -- person 7 uses the device of person 6, too
    CASE WHEN person = 7 AND visit % 3 = 0 THEN 'device-6-0' ELSE 'device-' || person || '-' || shop.dice('device' || person || visit, 3) END AS device,
    shop.dice('from' || person || visit, 8) AS came_from,
    shop.dice('login' || person || visit, 3) = 0 AND person % 5 <> 0 AS logs_in
  FROM generate_series(1, 240) person, generate_series(1, 6) visit
),
events AS (
  SELECT
    format('event-%s-%s-%s', person, visit, step) AS id,
    device AS anonymous_id,
    CASE WHEN logs_in AND step >= 2 THEN 'user-' || person WHEN shop.dice('junk' || person || visit || step, 30) = 0 THEN 'undefined' END AS user_id,
    CASE WHEN logs_in AND step = 2 AND shop.dice('signup' || person, 4) < 3 THEN 'Signed Up'
         WHEN shop.dice('noname' || person || visit || step, 40) = 0 THEN NULL
         ELSE (ARRAY['Page Viewed', 'Product Viewed', 'Product Added', 'Search'])[1 + shop.dice('event' || person || visit || step, 4)] END AS event,
    began + step * interval '1 second' * shop.dice('gap' || person || visit, 900) AS ts,
    'https://shop.example' || (ARRAY['/', '/blog/shoes', '/products/7', '/pricing'])[1 + shop.dice('page' || person || visit || step, 4)]
      || CASE WHEN step > 0 THEN '' ELSE (ARRAY['', '?utm_source=newsletter&utm_medium=email&utm_campaign=spring', '?gclid=abc' || visit,
           '?utm_source=facebook&utm_medium=paid_social&utm_campaign=run', '', '', '', ''])[1 + came_from] END AS page_url,
    CASE WHEN step > 0 THEN 'https://shop.example/' ELSE (ARRAY[NULL, NULL, 'https://www.google.com/', 'https://www.facebook.com/',
           'https://www.google.com/', 'https://news.ycombinator.com/item?id=1', 'https://chatgpt.com/', NULL])[1 + came_from] END AS referrer,
    shop.dice('late' || person || visit || step, 20) AS late,
    shop.dice('twice' || person || visit || step, 25) = 0 AS twice
  FROM visits, generate_series(0, 6) step
  WHERE step <= shop.dice('steps' || person || visit, 7)
),
arrived AS (
  SELECT id, anonymous_id, user_id, event, ts, page_url, referrer,
    ts + CASE WHEN late = 0 THEN interval '9 days' WHEN late = 1 THEN interval '2 hours' ELSE interval '3 seconds' END AS received_at, twice
  FROM events
)
SELECT id, anonymous_id, user_id, event,
  CASE WHEN shop.dice('notime' || id, 200) = 0 THEN NULL ELSE ts END AS "timestamp",
  received_at, page_url AS context_page_url, referrer AS context_page_referrer
FROM arrived
UNION ALL  -- delivered again, two days later
SELECT id, anonymous_id, user_id, event, ts, received_at + interval '2 days', page_url, referrer FROM arrived WHERE twice
UNION ALL  -- without any id; without an id of the event
SELECT 'nobody-' || n, NULL, NULL, 'Page Viewed', timestamptz '2026-02-01 00:00+00' + n * interval '1 day', timestamptz '2026-02-01 00:00+00' + n * interval '1 day', NULL, NULL FROM generate_series(1, 20) n
UNION ALL
SELECT NULL, 'device-' || n || '-0', NULL, 'Page Viewed', CASE WHEN n = 3 THEN 'infinity' ELSE timestamptz '2026-02-01 00:00+00' + n * interval '1 day' END, timestamptz '2026-02-01 00:00+00' + n * interval '1 day', NULL, NULL FROM generate_series(1, 20) n;

CREATE TABLE shop.tracks (LIKE shop.arrivals);
CREATE TABLE shop.identifies (anonymous_id text, user_id text, "timestamp" timestamptz);
CREATE TABLE shop.all_orders AS
SELECT format('order-%s-%s', person, n) AS order_id, 'user-' || person AS user_id,
  timestamptz '2026-01-10 00:00+00' + shop.dice('paid' || person || n, 165) * interval '1 day' AS paid_at,
  (shop.dice('amount' || person || n, 20000) - 500) / 100.0 AS amount
FROM generate_series(1, 240) person, generate_series(1, 9) n
WHERE n <= shop.dice('orders' || person, 10) AND shop.dice('buys' || person, 3) > 0;
CREATE TABLE shop.orders (LIKE shop.all_orders);
CREATE TABLE shop.spend AS
SELECT channel, date '2026-01-01' + month * interval '1 month' AS spent_on, 100.0 + 10 * month AS amount
FROM generate_series(0, 5) month, unnest(ARRAY['Paid Search', 'Paid Social']) channel;

-- What has arrived until a moment: the source as the next run of dbt will find it.
CREATE PROCEDURE shop.arrive(until timestamptz) LANGUAGE sql AS $$
  INSERT INTO shop.tracks SELECT * FROM shop.arrivals
  WHERE received_at <= until AND received_at > (SELECT coalesce(max(received_at), '-infinity') FROM shop.tracks);
  INSERT INTO shop.identifies
  SELECT 'device-' || n || '-0', 'user-' || n, until FROM generate_series(1, 240, 17) n
  WHERE until >= '2026-04-01' AND NOT EXISTS (SELECT FROM shop.identifies);
  TRUNCATE shop.orders;
  INSERT INTO shop.orders SELECT * FROM shop.all_orders WHERE paid_at <= until;
$$;
