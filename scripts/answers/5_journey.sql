-- One visitor's journey
-- Somebody who came by several channels and on several devices before the sign-up, and bought something after it.
CREATE TEMP VIEW protagonist AS
SELECT visitor_id
FROM sessions
LEFT JOIN sign_ups USING (visitor_id)
LEFT JOIN (SELECT visitor_id, frequency FROM rfm) AS customers USING (visitor_id)
LEFT JOIN (SELECT visitor_id, count(*) AS ids FROM aliases GROUP BY 1) AS known USING (visitor_id)
GROUP BY visitor_id, frequency, ids
ORDER BY
  count(*) <= 9 DESC,
  least(count(DISTINCT (touch).channel) FILTER (WHERE started_at <= sign_ups.converted_at), 4) DESC,
  least(ids, 4) DESC, least(frequency, 2) DESC NULLS LAST, visitor_id
LIMIT 1;

WITH story AS (
  SELECT
    started_at AS at, 1 AS rank,
    format('session %s', session_number) AS what,
    concat_ws(', ',
      coalesce((touch).channel, 'no touch') || coalesce(' (' || concat_ws(' / ', nullif((touch).source, '(direct)'), nullif((touch).medium, '(none)'), (touch).campaign) || ')', ''),
      format('%s events', events)) AS details
  FROM sessions JOIN protagonist USING (visitor_id)
  UNION ALL
  SELECT
    converted_at, 2, 'SIGNS UP',
    string_agg(format('%s: %s', model, shares), '; ' ORDER BY model)
  FROM (
    SELECT converted_at, model, string_agg(format('%s %s%%', channel, round((100 * credit)::numeric)), ', ' ORDER BY position) AS shares
    FROM credits JOIN protagonist USING (visitor_id)
    GROUP BY 1, 2
  ) AS by_model
  GROUP BY 1
  UNION ALL
  SELECT DISTINCT
    paid_at, 3, 'pays',
    format('%s for %s%s', to_char(amount, 'FM999,990.00'), order_id, CASE WHEN refunded THEN ' (refunded later)' END)
  FROM payments JOIN aliases ON alias = user_id AND is_user JOIN protagonist USING (visitor_id)
)
SELECT to_char(at, 'YYYY-MM-DD HH24:MI'), rpad(what, 10), details
FROM story
ORDER BY at, rank;
