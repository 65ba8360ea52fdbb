{# What credited orders brought against what was spent, by model, month and some columns of spend. #}
{% macro return_on_spend(columns) -%}
{%- set names = columns | join(', ') -%}
{%- set zone = dbt.string_literal(var('journey_time_zone')) -%}
with earned as (
  select model, {{ names }}, date_trunc('month', converted_at, {{ zone }}) as month, sum(credit::numeric) as conversions, sum(credited_value) as value
  from {{ ref('attribution_credits') }}
  where kind = 'order'
  group by model, {{ names }}, month
),
spent as (
  select {{ names }}, date_trunc('month', spent_on::timestamp) at time zone {{ zone }} as month, sum(amount) as spend
  from {{ ref('this_run_spend') }}
  group by {{ names }}, month
)
select
  models.model,
  {% for column in columns -%}
  spent.{{ column }},
  {% endfor -%}
  spent.month,
  spent.spend,
  coalesce(earned.conversions, 0) as orders,
  coalesce(earned.value, 0) as value,
  coalesce(earned.value, 0) / nullif(spent.spend, 0) as roas,
  spent.spend / nullif(earned.conversions, 0) as cost_per_order
from spent
cross join unnest({{ journey.texts(var('journey_attribution_models')) }}) as models (model)
left join earned on earned.model = models.model and earned.month = spent.month
  {%- for column in columns %} and earned.{{ column }} is not distinct from spent.{{ column }}{% endfor %}
{%- endmacro %}
