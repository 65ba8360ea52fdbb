{%- set models = var('journey_attribution_models') -%}
-- For each conversion and each model: who earned which share. The credits of one conversion under one model add up to 1.
with conversions as (
  select
    'sign_up' as kind,
    visitor_id as conversion_id,
    visitor_id,
    signed_up_at as converted_at,
    0::numeric as value
  from {{ ref('sign_ups') }}
  {% if journey.has_input('orders') %}
  union all
  select 'order', order_id, visitor_id, paid_at, amount from {{ ref('visitor_orders') }}
  {% endif %}
)
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
  credit.credit::numeric * conversions.value as credited_value
from conversions
left join {{ ref('visitor_trails') }} as trails using (visitor_id)
cross join unnest(array[{% for model in models %}'{{ model }}'{{ ", " if not loop.last }}{% endfor %}]::journey.attribution_model[]) as model
cross join lateral journey.attribute(
  trails.trail, conversions.converted_at, model,
  lookback => {{ dbt.string_literal(var('journey_lookback')) }}::interval) as credit
