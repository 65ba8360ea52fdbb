-- Where do people leave on the way to the order
WITH visits AS (
  SELECT visitor_id, ts, event, journey.url_path(page_url) AS page
  FROM events JOIN aliases ON alias = coalesce(user_id, anonymous_id) AND is_user = (user_id IS NOT NULL)
),
reached AS (
  SELECT
    journey.funnel_level(ts, '7 days', page LIKE '/bikes/%', page = '/cart', page = '/checkout', event = 'Order Completed') AS level,
    journey.funnel_event(coalesce(page, event), ts, '7 days', page LIKE '/bikes/%', page = '/cart', page = '/checkout', event = 'Order Completed') AS went_to
  FROM visits GROUP BY visitor_id
)
SELECT
  step,
  count(*) FILTER (WHERE level >= number) AS visitors,
  round(100.0 * count(*) FILTER (WHERE level >= number) / nullif(count(*) FILTER (WHERE level >= 1), 0), 1) AS "% of the first",
  count(*) FILTER (WHERE level = number AND number < 4) AS "left here",
  mode() WITHIN GROUP (ORDER BY went_to) FILTER (WHERE level = number AND number < 4) AS "most went to"
FROM reached, (VALUES (1, 'a bike'), (2, 'the cart'), (3, 'the checkout'), (4, 'the order')) AS steps (number, step)
GROUP BY number, step
ORDER BY number;
