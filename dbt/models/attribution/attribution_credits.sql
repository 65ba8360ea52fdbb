{{ config(materialized='incremental', indexes=[{'columns': ['visitor_id']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
-- For each conversion and each model: who earned which share. The credits of one conversion under one model add up to 1.
with credits as (
  {{- journey.credits_of_conversions(this) }}
)
select
  kind,
  conversion_id,
  visitor_id,
  converted_at,
  model,
  position,
  touches,
  channel,
  touched_at,
  source,
  medium,
  campaign,
  credit,
  credit::numeric * value as credited_value,
  {{ journey.this_run() }} as changed_at
from credits
