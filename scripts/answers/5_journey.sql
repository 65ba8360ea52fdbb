-- One visitor's journey

-- Somebody with a short story, who came by several channels and devices before the sign-up, and bought.
SELECT visitor_id
FROM sessions
LEFT JOIN sign_ups USING (visitor_id)
LEFT JOIN (SELECT visitor_id, count(*) AS ids FROM aliases GROUP BY 1) AS known USING (visitor_id)
LEFT JOIN (
  SELECT visitor_id, count(*) AS orders FROM payments JOIN aliases ON alias = user_id AND is_user GROUP BY 1
) AS paid USING (visitor_id)
GROUP BY visitor_id, ids, orders
ORDER BY
  count(*) BETWEEN 4 AND 8 DESC,
  least(3, count(DISTINCT (touch).channel) FILTER (WHERE started_at <= sign_ups.converted_at)) DESC,
  coalesce(orders, 0) BETWEEN 1 AND 3 DESC,
  ids DESC, visitor_id
LIMIT 1
\gset

SELECT format(
  '%s, %s device%s, %s account%s', visitor_id, count(*) FILTER (WHERE NOT is_user),
  CASE WHEN count(*) FILTER (WHERE NOT is_user) <> 1 THEN 's' END, count(*) FILTER (WHERE is_user),
  CASE WHEN count(*) FILTER (WHERE is_user) <> 1 THEN 's' END)
FROM aliases
WHERE visitor_id = :'visitor_id'
GROUP BY visitor_id;

WITH story (at, place, what, details) AS (
  SELECT
    started_at, 1, 'session ' || session_number,
    format(
      '%3s event%-1s  %s', events, CASE WHEN events > 1 THEN 's' END,
      CASE
        WHEN (touch).channel IS NULL THEN 'no touch'
        ELSE format('%-15s %s', (touch).channel, concat_ws(' / ', (touch).source, (touch).medium, (touch).campaign))
      END)
  FROM sessions
  WHERE visitor_id = :'visitor_id'
  UNION ALL
  SELECT converted_at, 2, 'SIGNS UP', string_agg(share, E'\n' || repeat(' ', 31) ORDER BY model)
  FROM (
    SELECT
      converted_at, model,
      format('credit %-7s %s', model || ':', string_agg(format('%s %s%%', channel, round(100 * credit)), ', ' ORDER BY credit DESC, channel)) AS share
    FROM (
      SELECT converted_at, model, channel, sum(credit)::numeric AS credit
      FROM credits
      WHERE visitor_id = :'visitor_id'
      GROUP BY converted_at, model, channel
    ) AS by_channel
    GROUP BY converted_at, model
  ) AS by_model
  GROUP BY converted_at
  UNION ALL
  SELECT DISTINCT
    paid_at, 3, 'PAYS', format('%s (%s%s)', to_char(amount, 'FM999,990.00'), order_id, CASE WHEN refunded THEN ', refunded later' END)
  FROM payments JOIN aliases ON alias = user_id AND is_user
  WHERE visitor_id = :'visitor_id'
)
SELECT format('%s  %-11s %s', to_char(at, 'YYYY-MM-DD HH24:MI'), what, details)
FROM story
ORDER BY at, place
LIMIT 24;
