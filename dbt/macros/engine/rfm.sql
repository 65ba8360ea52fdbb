{# RFM: what payments came to at each snapshot, scores and segments. #}

{# The state of each customer at each snapshot. `snapshots` is a subquery of their array, `window` an interval or none. #}
{% macro snapshot_states(orders, snapshots, window) -%}
{%- if journey.on('extension') %}
  select visitor_id, (state).snapshot as snapshot_at, (state).first_paid_at, (state).last_paid_at, (state).frequency, (state).monetary
  from (
    select visitor_id, unnest(journey.rfm_history(paid_at, amount, {{ snapshots }}{% if window %}, interval '{{ window }}'{% endif %})) as state
    from {{ orders }}
    group by visitor_id
  ) as states
{%- endif %}
{%- if journey.on('sql') %}
  select
    visitor_id,
    snapshot_at,
    min(paid_at) filter (where amount >= 0) as first_paid_at,
    max(paid_at) filter (where amount >= 0) as last_paid_at,
    count(*) filter (where amount >= 0) as frequency,
    sum(amount) as monetary
  from {{ orders }}
  join unnest({{ snapshots }}) as listed(snapshot_at)
    on paid_at <= snapshot_at{% if window %} and paid_at > (snapshot_at at time zone 'UTC' - interval '{{ window }}') at time zone 'UTC'{% endif %}
  group by visitor_id, snapshot_at
{%- endif %}
{%- endmacro %}

{# The score of a measure among those of its snapshot. #}
{% macro rfm_bucket(measure, bins) -%}
{%- if journey.on('extension') -%}
journey.rfm_bucket({{ bins }}) over (partition by snapshot_at order by {{ measure }})
{%- endif -%}
{%- if journey.on('sql') -%}
{%- set rank = 'rank() over (partition by snapshot_at order by ' ~ measure ~ ')' -%}
{%- set rows_of = 'count(*) over (partition by snapshot_at)' -%}
(case when {{ rank }} = 1 then 1 when {{ rank }} = {{ rows_of }} then {{ bins }} else 1 + ({{ rank }} - 1) * {{ bins }} / ({{ rows_of }} - 1) end)::int
{%- endif -%}
{%- endmacro %}

{% macro rfm_segment(bins) -%}
{%- if journey.on('extension') -%}
journey.rfm_segment(recency_score, frequency_score, monetary_score, {{ dbt.string_literal(var('journey_rfm_matrix')) }}, {{ bins }})
{%- endif -%}
{%- if journey.on('sql') -%}
(array[
    {%- for row in journey.rfm_matrix() %}[{% for segment in row %}'{{ segment }}'{{ ", " if not loop.last }}{% endfor %}]{{ ", " if not loop.last }}{% endfor -%}
  ])[recency_score][frequency_score]
{%- endif -%}
{%- endmacro %}
