-- The same by campaign; spend without a campaign stands against credit without one.
{{ config(enabled=journey.has_input('spend')) }}
with earned as (
  select model, channel, campaign, date_trunc('month', converted_at, {{ dbt.string_literal(var('journey_time_zone')) }}) as month,
    sum(credit::numeric) as conversions, sum(credited_value) as value
  from {{ ref('attribution_credits') }}
  where kind = 'order'
  group by model, channel, campaign, month
),
spent as (
  select channel, campaign, date_trunc('month', spent_on::timestamp) at time zone {{ dbt.string_literal(var('journey_time_zone')) }} as month, sum(amount) as spend
  from {{ ref('this_run_spend') }}
  group by channel, campaign, month
),
models as (
  select unnest(array[{% for model in var('journey_attribution_models') %}'{{ model }}'{{ ", " if not loop.last }}{% endfor %}]) as model
)
select
  models.model,
  spent.channel, spent.campaign,
  spent.month,
  spent.spend,
  coalesce(earned.conversions, 0) as orders,
  coalesce(earned.value, 0) as value,
  coalesce(earned.value, 0) / nullif(spent.spend, 0) as roas,
  spent.spend / nullif(earned.conversions, 0) as cost_per_order
from spent
cross join models
left join earned on earned.model = models.model and earned.month = spent.month and earned.channel is not distinct from spent.channel and earned.campaign is not distinct from spent.campaign
