{%- set piped = journey.credits_are_the_pipelines() -%}
{%- set once = journey.texts(journey.kinds_of_conversions(once=true)) -%}
{{ config(materialized='view' if piped else journey.or_table('incremental'), indexes=[{'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this, 'converted_at') }}") }}
-- For each conversion and each model: who earned which share. The credits of one conversion under one model add up to 1.
with credits as (
  {%- if piped %}
  select
    *,
    dense_rank() over (partition by visitor_id, kind order by converted_at, conversion_id) as number
  from {{ journey.pipeline_view('attribution_credits') }}
  where model = any ({{ journey.texts(var('journey_attribution_models')) }}) and kind = any ({{ journey.texts(journey.kinds_of_conversions()) }})
  {%- else %}
  {{- journey.credits_of_conversions(this) }}
  {%- endif %}
)
select
  kind,
  {% if piped %}case when kind = any ({{ once }}) then visitor_id else conversion_id end as {% endif %}conversion_id,
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
  {{ 'coalesce(credited_value, 0)' if piped else 'credit::numeric * value' }} as credited_value,
  {{ journey.seen_at() if piped else journey.this_run() }} as changed_at
from credits
{%- if piped %}
where number = 1 or kind <> all ({{ once }})
{%- endif %}
