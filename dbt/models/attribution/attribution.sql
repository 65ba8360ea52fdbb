{{ config(enabled=journey.may_be('extension'), materialized='incremental', indexes=[{'columns': ['visitor_id'], 'unique': true}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{{- journey.needs_extension(this.name) }}
{%- set touches = {
  'first_touch': "journey.first_touch(trail, before => until)",
  'last_touch': "journey.last_touch(trail, before => until)",
  'first_paid_touch': "journey.first_touch(trail, before => until, kind => 'paid')",
  'last_paid_touch': "journey.last_touch(trail, before => until, kind => 'paid')"} -%}
-- One row a visitor. Touches count up to the sign-up; for a visitor who has not signed up, all of them.
with visitors as (
  select
    trails.visitor_id,
    trails.trail,
    trails.first_page,
    trails.first_blog_page,
    sign_up.signed_up_at,
    coalesce(sign_up.signed_up_at, 'infinity') as until
  from {{ ref('visitor_trails') }} as trails
  left join {{ ref('sign_ups') }} as sign_up using (visitor_id)
  where {{ journey.visitor_changed('trails.visitor_id', this) }}
),
touched as materialized (
  select
    visitor_id,
    signed_up_at,
    journey.started_at(trail) as first_seen_at,
    case when signed_up_at is not null then journey.session_count(trail, before => signed_up_at) end as sessions_before_sign_up,
    first_page,
    first_blog_page,
    {% for name, call in touches.items() %}
    {{ call }} as {{ name }}{{ "," if not loop.last }}
    {% endfor %}
  from visitors
)
select
  visitor_id,
  first_seen_at,
  signed_up_at,
  sessions_before_sign_up,
  first_page,
  first_blog_page,
  {% for name in touches %}
  ({{ name }}).touched_at as {{ name }}_at,
  ({{ name }}).channel as {{ name }}_channel,
  ({{ name }}).source as {{ name }}_source,
  ({{ name }}).medium as {{ name }}_medium,
  ({{ name }}).campaign as {{ name }}_campaign,
  ({{ name }}).referrer as {{ name }}_referrer,
  {% endfor %}
  {{ journey.this_run() }} as changed_at
from touched
