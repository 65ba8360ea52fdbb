{{ config(materialized='incremental',
          indexes=[{'columns': ['visitor_id']}, {'columns': ['event_id']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{%- set extra = var('journey_extra_columns') or {} %}
with events as (
  select events.*, mapping.visitor_id
  from {{ ref('alias_visitors') }} as mapping
  join {{ journey.counted_events() }} as events using (alias, kind)
  where {{ journey.visitor_changed('mapping.visitor_id', this) }}
),
numbered as (
  select
    *,
    ts - lag(ts) over visitor as idle_time,
    journey.sessionize(ts, {{ journey.session_rule() }}) over visitor as session_number,
    journey.session_started_at(ts, {{ journey.session_rule() }}) over visitor as session_started_at,
    journey.session_event(ts, {{ journey.session_rule() }}) over visitor as track_sequence_number
  from events
  window visitor as (partition by visitor_id order by ts, event_id, row_key)
)
select
  event_id,
  anonymous_id,
  user_id,
  visitor_id,
  source,
  event,
  ts,
  received_at,
  page_url,
  {%- for column in extra %}
  {{ column }},
  {%- endfor %}
  idle_time,
  session_number,
  session_started_at,
  track_sequence_number,
  {{ journey.this_run() }} as changed_at
from numbered
