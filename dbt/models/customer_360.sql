{{ config(materialized=journey.or_view('incremental'), indexes=[{'columns': ['visitor_id'], 'unique': true}, {'columns': ['changed_at']}],
          pre_hook=["{{ journey.forget_changed_visitors(this) }}", "{{ journey.forget_other_segments(this) }}"]) }}
{%- set orders = journey.has_input('orders') -%}
{%- set wanted = "where visitor_id in (select visitor_id from visitors)" if is_incremental() -%}
-- One row a visitor: who, when, where from, how valuable. An incremental run makes the rows that are not there: the hooks took out whoever has
-- changed, and who stands in another segment, since that depends on others as well.
{%- if journey.has_pipeline() %}
select
  visitor_id, user_ids, anonymous_ids, first_seen_at, last_seen_at, sessions, events::numeric as events, signed_up_at, sessions_before_sign_up,
  first_page, first_touch_channel, last_touch_channel, first_paid_at, last_paid_at, orders, lifetime_value, segment, {{ journey.seen_at() }} as changed_at
from {{ journey.pipeline_view('customer_360') }}
{%- else %}
-- depends_on: {{ ref('visitor_changes') }}
with visitors as (
  select visitor_id
  from (
    select visitor_id from {{ ref('alias_visitors') }}
    union
    select visitor_id from {{ ref('attribution') }}
    {%- if orders %}
    union
    select visitor_id from {{ ref('rfm_current') }}
    {%- endif %}
  ) as everybody
  {%- if is_incremental() %}
  where not exists (select from {{ this }} as known where known.visitor_id = everybody.visitor_id)
  {%- endif %}
),
aliases as (
  select
    visitor_id,
    count(*) filter (where is_user) as user_ids,
    count(*) filter (where not is_user) as anonymous_ids
  from {{ ref('alias_visitors') }}
  {{ wanted }}
  group by visitor_id
),
activity as (
  select
    visitor_id,
    count(*) as sessions,
    sum(events) as events,
    max(ended_at) as last_seen_at
  from {{ ref('all_sessions') }}
  {{ wanted }}
  group by visitor_id
)
select
  visitor_id,
  coalesce(aliases.user_ids, 0) as user_ids,
  coalesce(aliases.anonymous_ids, 0) as anonymous_ids,
  attribution.first_seen_at,
  activity.last_seen_at,
  coalesce(activity.sessions, 0) as sessions,
  coalesce(activity.events, 0) as events,
  attribution.signed_up_at,
  attribution.sessions_before_sign_up,
  attribution.first_page,
  attribution.first_touch_channel,
  attribution.last_touch_channel,
  {% if orders %}
  rfm.first_paid_at,
  rfm.last_paid_at,
  coalesce(rfm.frequency, 0) as orders,
  coalesce(rfm.monetary, 0) as lifetime_value,
  rfm.segment,
  {% else %}
  null::timestamptz as first_paid_at,
  null::timestamptz as last_paid_at,
  0::bigint as orders,
  0::numeric as lifetime_value,
  null::text as segment,
  {% endif %}
  {{ journey.this_run() }} as changed_at
from visitors
left join {{ ref('attribution') }} as attribution using (visitor_id)
left join aliases using (visitor_id)
left join activity using (visitor_id)
{% if orders %}left join {{ ref('rfm_current') }} as rfm using (visitor_id){% endif %}
{%- endif %}
