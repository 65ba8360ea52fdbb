{{ config(enabled=journey.may_be('extension')) }}
{{- journey.needs_extension(this.name) }}
-- Who comes back: for each cohort of visitors, and for its parts by the channel or campaign of the first touch and by the segment of
-- today, how many were there in each of so many periods since their own first event. A visitor counts in the first period, and in each
-- other one that was over at the last event of all.
{%- set parts = {'channel': 'attribution.first_touch_channel', 'campaign': 'attribution.first_touch_campaign'} %}
{%- if journey.has_input('orders') %}{% do parts.update({'segment': 'rfm.segment'}) %}{% endif %}
{%- set length = dbt.string_literal(var('journey_retention_period')) ~ '::interval' %}
with events as (
  select visitor_id, ts, min(ts) over (partition by visitor_id) as since from {{ ref('sessionized_tracks') }}
),
visitors as (
  select
    visitor_id,
    date_trunc('{{ var("journey_snapshot_grain") }}', since, {{ dbt.string_literal(var('journey_time_zone')) }}) as cohort_at,
    journey.returned(ts, since, {{ length }}, {{ var('journey_retention_periods') | int }}) as returned,
    (select max(all_events.ts) from events as all_events) - since as known
  from events
  group by visitor_id, since
),
parts as (
  select cohort_at, returned, known, part.*
  from visitors
  left join {{ ref('attribution') }} as attribution using (visitor_id)
  {% if journey.has_input('orders') %}left join {{ ref('rfm_current') }} as rfm using (visitor_id){% endif %}
  cross join lateral (
    values ('all', 'all'){% for part, value in parts.items() %}, ('{{ part }}', coalesce({{ value }}::text, '(none)')){% endfor %}
  ) as part (cohort_by, cohort)
)
select
  cohort_at,
  cohort_by,
  cohort,
  period::int as period,
  count(*) as cohort_visitors,
  count(*) filter (where came) as visitors,
  (count(*) filter (where came))::float8 / count(*) as share
from parts
cross join lateral unnest(returned) with ordinality as periods (came, period)
where period = 1 or known >= period * {{ length }}
group by cohort_at, cohort_by, cohort, period
