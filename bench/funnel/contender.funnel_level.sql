SELECT level, count(*) AS visitors
FROM (
  SELECT journey.funnel_level(ts, '7 days', event = 'view', event = 'cart', event = 'checkout', event = 'order') AS level
  FROM hits GROUP BY visitor
) levels
GROUP BY level;
