{{ config(materialized=journey.or_view('incremental'), indexes=[{'columns': ['visitor_id'], 'unique': true}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{%- if journey.has_pipeline() %}
select
  visitor_id, first_seen_at, signed_up_at, sessions_before_sign_up, first_page, first_blog_page
  {%- for name in ['first_touch', 'last_touch', 'first_paid_touch', 'last_paid_touch'] %},
  {{ name }}_at, {{ name }}_channel, {{ name }}_source, {{ name }}_medium, {{ name }}_campaign, {{ name }}_referrer
  {%- endfor %},
  {{ journey.seen_at() }} as changed_at
from {{ journey.pipeline_view('attribution') }}
{%- else %}
{%- set touches = {'first_touch': 'any', 'last_touch': 'any', 'first_paid_touch': 'paid', 'last_paid_touch': 'paid'} -%}
-- One row a visitor. Touches count up to the sign-up; for a visitor who has not signed up, all of them.
with touched as (
  {{- journey.touched_visitors(this, touches) }}
)
select
  visitor_id,
  first_seen_at,
  signed_up_at,
  sessions_before_sign_up,
  first_page,
  first_blog_page,
  {% for name in touches %}
  {{ name }}_at,
  {{ name }}_channel,
  {{ name }}_source,
  {{ name }}_medium,
  {{ name }}_campaign,
  {{ name }}_referrer,
  {% endfor %}
  {{ journey.this_run() }} as changed_at
from touched
{%- endif %}
