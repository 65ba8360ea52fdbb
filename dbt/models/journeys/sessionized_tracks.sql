{{ config(materialized='incremental',
          indexes=[{'columns': ['visitor_id']}, {'columns': ['event_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{%- set extra = var('journey_extra_columns') or {} %}
with events as (
  select events.*, mapping.visitor_id
  from {{ ref('alias_visitors') }} as mapping
  join {{ journey.counted_events() }} as events using (alias, kind)
  where {{ journey.visitor_changed('mapping.visitor_id', this) }}
),
numbered as (
  {{- journey.numbered_events('events', 'visitor_id', 'ts, event_id, row_key') }}
)
select
  row_key,
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
