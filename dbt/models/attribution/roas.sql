-- Return on advertising spend: what a channel's credited orders brought against what it cost, by month and model.
{{ config(enabled=journey.has_input('spend')) }}
with earned as (
  select model, channel, date_trunc('month', converted_at, {{ dbt.string_literal(var('journey_time_zone')) }}) as month, sum(credited_value) as value
  from {{ ref('attribution_credits') }}
  where kind = 'order'
  group by 1, 2, 3
),
spent as (
  select
    {{ journey.input_column('spend', 'channel', 'text') }} as channel,
    date_trunc('month', {{ journey.input_column('spend', 'spent_on', 'date') }}::timestamp) at time zone {{ dbt.string_literal(var('journey_time_zone')) }} as month,
    sum({{ journey.input_column('spend', 'amount', 'numeric') }}) as spend
  from {{ journey.input_relation('spend') }}
  group by 1, 2
),
models as (
  select unnest(array[{% for model in var('journey_attribution_models') %}'{{ model }}'{{ ", " if not loop.last }}{% endfor %}]) as model
)
select
  models.model,
  spent.channel,
  spent.month,
  spent.spend,
  coalesce(earned.value, 0) as value,
  coalesce(earned.value, 0) / nullif(spent.spend, 0) as roas
from spent
cross join models
left join earned using (model, channel, month)
