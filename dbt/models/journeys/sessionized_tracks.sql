{#- A visitor whose events or aliases changed is taken out whole and built again: the sessions of one visitor depend on
    each other, and on nobody else's. -#}
{{ config(materialized='incremental',
          indexes=[{'columns': ['visitor_id']}, {'columns': ['event_id']}],
          pre_hook="{% if is_incremental() %}{{ journey.forget_changed_visitors(this) }}{% endif %}") }}

with visitors as (
  select alias, is_user, visitor_id
  from {{ ref('alias_visitors') }} as mapping
  {% if is_incremental() %}
  where not exists (select from {{ this }} as done where done.visitor_id = mapping.visitor_id)
  {% endif %}
),
events as (
  {{ journey.events_once('join visitors using (alias, is_user)') }}
),
numbered as (
  select
    *,
    ts - lag(ts) over visitor as idle_time,
    journey.sessionize(ts, {{ dbt.string_literal(var('journey_timeout')) }}::interval) over visitor as session_number,
    journey.session_started_at(ts, {{ dbt.string_literal(var('journey_timeout')) }}::interval) over visitor as session_started_at,
    journey.session_event(ts, {{ dbt.string_literal(var('journey_timeout')) }}::interval) over visitor as track_sequence_number
  from events
  window visitor as (partition by visitor_id order by ts, event_id, alias, is_user, no_id)
)
select
  event_id,
  anonymous_id,
  user_id,
  visitor_id,
  event,
  ts,
  received_at,
  page_url,
  idle_time,
  session_number,
  session_started_at,
  track_sequence_number,
  '{{ run_started_at }}'::timestamptz as built_at
from numbered
