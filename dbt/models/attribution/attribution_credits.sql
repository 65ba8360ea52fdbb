{{ config(materialized='view' if journey.credits_are_the_pipelines() else journey.or_table('incremental'), indexes=[{'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this, 'converted_at') }}") }}
-- For each conversion and each model: who earned which share. The credits of one conversion under one model add up to 1.
{%- if journey.credits_are_the_pipelines() %}
{%- set once = journey.texts(journey.kinds_of_conversions(once=true)) %}
select
  kind,
  case when kind = any ({{ once }}) then visitor_id else conversion_id end as conversion_id,
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
  coalesce(credited_value, 0) as credited_value,
  {{ journey.seen_at() }} as changed_at
from (
  select *, dense_rank() over (partition by visitor_id, kind order by converted_at, conversion_id) as number
  from {{ journey.pipeline_view('attribution_credits') }}
  where model = any ({{ journey.texts(var('journey_attribution_models')) }}) and kind = any ({{ journey.texts(journey.kinds_of_conversions()) }})
) as numbered
where number = 1 or kind <> all ({{ once }})
{%- else %}
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
{%- endif %}
