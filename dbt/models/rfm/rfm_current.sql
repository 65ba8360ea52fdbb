{{ config(enabled=journey.has_input('orders'), materialized='view') }}
-- The present of rfm_history.
select
  visitor_id,
  first_paid_at,
  last_paid_at,
  frequency,
  monetary,
  recency_score,
  frequency_score,
  monetary_score,
  extract(epoch from snapshot_at - last_paid_at) / 86400 as days_since_last_order,
  segment
from {{ ref('rfm_history') }}
where is_current
