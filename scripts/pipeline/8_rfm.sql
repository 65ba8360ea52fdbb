-- How valuable: recency, frequency and monetary value of each visitor who paid, and the segment that follows.

CREATE TABLE rfm AS
WITH paid AS (
  SELECT DISTINCT order_id, user_id, paid_at, amount
  FROM payments
  WHERE NOT refunded
), by_visitor AS (
  SELECT visitor_id, (journey.rfm(paid_at, amount)).*
  FROM paid JOIN aliases ON alias = user_id AND is_user
  GROUP BY visitor_id
), in_buckets AS (
  SELECT
    *,
    journey.rfm_bucket(5) OVER (ORDER BY last_paid_at) AS recency_bucket,
    journey.rfm_bucket(5) OVER (ORDER BY frequency) AS frequency_bucket
  FROM by_visitor
)
SELECT *, journey.rfm_segment(recency_bucket, frequency_bucket) AS segment
FROM in_buckets;
