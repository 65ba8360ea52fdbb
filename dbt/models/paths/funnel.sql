-- How many visitors reach each step of journey_funnel within journey_funnel_within, by the channel of their first touch; how long
-- the step took them, and what those did next who got no further.
{%- set listed = journey.funnel_steps() %}
with steps as (
  select *
  from unnest({{ journey.texts(listed.keys() | list) }}) with ordinality as names (step, step_number)
),
by_visitor as (
  select
    coalesce(attribution.first_touch_channel, '(none)') as channel,
    steps.step_number::int as step_number,
    steps.step,
    steps.step_number <= cardinality(reached.times) as is_reached,
    steps.step_number = cardinality(reached.times) and steps.step_number < {{ listed | length }} as is_left,
    reached.went_to,
    extract(epoch from reached.times[steps.step_number] - reached.times[steps.step_number - 1]) as seconds
  from {{ ref('visitor_funnels') }} as reached
  cross join steps
  left join {{ ref('attribution') }} as attribution using (visitor_id)
),
counted as (
  select
    channel,
    step_number,
    step,
    count(*) filter (where is_reached) as visitors,
    count(*) filter (where is_left) as left_here,
    mode() within group (order by went_to) filter (where is_left) as went_to,
    percentile_cont(0.5) within group (order by seconds) filter (where is_reached) as median_seconds
  from by_visitor
  group by channel, step_number, step
)
select
  channel,
  step_number,
  step,
  visitors,
  visitors::float8 / nullif(first_value(visitors) over steps_of_channel, 0) as share_of_first,
  visitors::float8 / nullif(lag(visitors) over steps_of_channel, 0) as share_of_previous,
  median_seconds,
  left_here,
  went_to
from counted
window steps_of_channel as (partition by channel order by step_number)
