{{ config(enabled=journey.has_input('orders'), materialized='view') }}
-- The present of rfm_history.
{%- set is_kept = journey.scores_are_the_pipelines() %}
select
  visitor_id,
  first_paid_at,
  last_paid_at,
  frequency,
  monetary,
  recency_score,
  frequency_score,
  monetary_score,
  {{ 'days_since_last_order' if is_kept else 'extract(epoch from snapshot_at - last_paid_at) / 86400' }} as days_since_last_order,
  segment
{% if is_kept -%}
from {{ journey.pipeline_view('rfm') }}
{%- else -%}
from {{ ref('rfm_history') }}
where is_current
{%- endif %}
