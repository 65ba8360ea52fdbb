{{ config(enabled=journey.may_be('extension'), materialized='incremental', indexes=[{'columns': ['visitor_id']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{{- journey.needs_extension(this.name) }}
{%- set models = var('journey_attribution_models') %}
{%- set options = var('journey_attribution_options') or {} %}
-- For each conversion and each model: who earned which share. The credits of one conversion under one model add up to 1.
select
  conversions.kind,
  conversions.conversion_id,
  conversions.visitor_id,
  conversions.converted_at,
  model::text as model,
  credit.position,
  credit.touches,
  credit.channel,
  (credit.touch).touched_at,
  (credit.touch).source,
  (credit.touch).medium,
  (credit.touch).campaign,
  credit.credit,
  credit.credit::numeric * conversions.value as credited_value,
  {{ journey.this_run() }} as changed_at
from {{ ref('conversions') }} as conversions
left join {{ ref('visitor_trails') }} as trails using (visitor_id)
cross join unnest(array[{% for model in models %}'{{ model }}'{{ ", " if not loop.last }}{% endfor %}]::journey.attribution_model[]) as model
cross join lateral journey.attribute(
  trails.trail, conversions.converted_at, model,
  lookback => {{ dbt.string_literal(var('journey_lookback')) }}::interval
  {%- for name, value in options.items() %}, {{ name }} => {{ value }}{% endfor %}) as credit
where {{ journey.visitor_changed('conversions.visitor_id', this) }}
