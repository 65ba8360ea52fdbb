-- Who comes back: for each cohort of visitors, and for its parts by the channel or campaign of the first touch and by the segment of
-- today, how many were there in each of so many periods since their own first event. A visitor counts in the first period, and in each
-- other one that was over at the last event of all.
{%- set parts = {'channel': 'attribution.first_touch_channel', 'campaign': 'attribution.first_touch_campaign'} %}
{%- if journey.has_input('orders') %}{% do parts.update({'segment': 'rfm.segment'}) %}{% endif %}
{%- set length = dbt.string_literal(var('journey_retention_period')) ~ '::interval' %}
{%- set sets = ['cohort_at'] %}
{%- for part in parts %}{% do sets.append('cohort_at, ' ~ part) %}{% endfor %}
{%- set columns -%}
  cohort_at,
    case{% for part in parts %} when grouping({{ part }}) = 0 then '{{ part }}'{% endfor %} else 'all' end as cohort_by,
    coalesce({{ parts | join(', ') }}, 'all') as cohort,
{%- endset %}
with visitors as (
  select
    date_trunc('{{ var("journey_snapshot_grain") }}', since, {{ dbt.string_literal(var('journey_time_zone')) }}) as cohort_at,
    array_positions(returned, true) as returned,
    greatest(1, least(cardinality(returned), div(extract(epoch from (select max(ended_at) from {{ ref('all_sessions') }}) - since), extract(epoch from {{ length }}))))::int as periods
    {%- for part, value in parts.items() %},
    coalesce({{ value }}::text, '(none)') as {{ part }}
    {%- endfor %}
  from {{ ref('visitor_returns') }}
  left join {{ ref('attribution') }} as attribution using (visitor_id)
  {% if journey.has_input('orders') %}left join {{ ref('rfm_current') }} as rfm using (visitor_id){% endif %}
),
known as (
  select
    {{ columns }}
    periods,
    count(*) as visitors
  from visitors
  group by grouping sets ({% for columns_of_set in sets %}({{ columns_of_set }}, periods){{ ", " if not loop.last }}{% endfor %})
),
came as (
  select
    {{ columns }}
    period,
    count(*) as visitors
  from visitors
  cross join lateral unnest(returned) as period
  where period <= periods
  group by grouping sets ({% for columns_of_set in sets %}({{ columns_of_set }}, period){{ ", " if not loop.last }}{% endfor %})
),
cohorts as (
  select cohort_at, cohort_by, cohort, period, sum(known.visitors)::bigint as cohort_visitors
  from known
  cross join lateral generate_series(1, periods) as period
  group by cohort_at, cohort_by, cohort, period
)
select
  cohort_at,
  cohort_by,
  cohort,
  period,
  cohort_visitors,
  coalesce(came.visitors, 0) as visitors,
  coalesce(came.visitors, 0)::float8 / cohort_visitors as share
from cohorts
left join came using (cohort_at, cohort_by, cohort, period)
