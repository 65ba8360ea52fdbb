-- Who comes back: for each cohort of visitors, and for its parts by the channel or campaign of the first touch and by the segment of
-- today, how many were there in each of so many periods since their own first event. A visitor counts in the first period, and in each
-- other one that was over at the last event of all.
{%- set parts = {'channel': 'attribution.first_touch_channel', 'campaign': 'attribution.first_touch_campaign'} %}
{%- if journey.has_input('orders') %}{% do parts.update({'segment': 'rfm.segment'}) %}{% endif %}
{%- set length = dbt.string_literal(var('journey_retention_period')) ~ '::interval' %}
with visitors as (
  select
    date_trunc('{{ var("journey_snapshot_grain") }}', since, {{ dbt.string_literal(var('journey_time_zone')) }}) as cohort_at,
    returned,
    div(extract(epoch from (select max(ended_at) from {{ ref('all_sessions') }}) - since), extract(epoch from {{ length }})) as periods_over
    {%- for part, value in parts.items() %},
    coalesce({{ value }}::text, '(none)') as {{ part }}
    {%- endfor %}
  from {{ ref('visitor_returns') }}
  left join {{ ref('attribution') }} as attribution using (visitor_id)
  {% if journey.has_input('orders') %}left join {{ ref('rfm_current') }} as rfm using (visitor_id){% endif %}
)
select
  cohort_at,
  case{% for part in parts %} when grouping({{ part }}) = 0 then '{{ part }}'{% endfor %} else 'all' end as cohort_by,
  coalesce({{ parts | join(', ') }}, 'all') as cohort,
  period::int as period,
  count(*) as cohort_visitors,
  count(*) filter (where came) as visitors,
  (count(*) filter (where came))::float8 / count(*) as share
from visitors
cross join lateral unnest(returned) with ordinality as periods (came, period)
where period = 1 or period <= periods_over
group by grouping sets ((cohort_at, period){% for part in parts %}, (cohort_at, period, {{ part }}){% endfor %})
