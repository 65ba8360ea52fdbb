{{ config(enabled=journey.has_input('orders')) }}
with valued as (
  select visitor_id, journey.rfm(paid_at, amount) as rfm
  from {{ ref('visitor_orders') }}
  where paid_at <= {{ journey.as_of() }}
  group by visitor_id
),
scored as (
  select
    visitor_id,
    (rfm).first_paid_at,
    (rfm).last_paid_at,
    (rfm).frequency,
    (rfm).monetary,
    journey.rfm_bucket(5) over (order by (rfm).last_paid_at) as recency_score,
    journey.rfm_bucket(5) over (order by (rfm).frequency) as frequency_score,
    journey.rfm_bucket(5) over (order by (rfm).monetary) as monetary_score
  from valued
)
select
  *,
  extract(epoch from {{ journey.as_of() }} - last_paid_at) / 86400 as days_since_last_order,
  journey.rfm_segment(recency_score, frequency_score) as segment
from scored
