{{ config(enabled=journey.has_rapid(), materialized='incremental', unique_key=['alias', 'kind'], incremental_strategy='delete+insert',
          indexes=[{'columns': ['alias', 'kind'], 'unique': true}, {'columns': ['changed_at']}]) }}
{#- By the sessions of each id alone: a robot's pace is told by its own events, whoever it may belong to. -#}
{%- set rapid = var('journey_rapid_events') or {} -%}
with events as (
  select events.alias, events.kind, events.ts, events.row_key
  from {{ ref('journey_events') }} as events
  {%- if is_incremental() %}
  join (select distinct alias, kind from {{ ref('journey_events') }} where {{ journey.changed_since('changed_at', this) }}) as changed using (alias, kind)
  {%- endif %}
  where events.counts and not events.passive
),
numbered as (
  {{- journey.numbered_events('events', 'alias, kind', 'ts, row_key') }}
),
sessions as (
  select
    alias,
    kind,
    session_started_at as started_at,
    max(ts) as ended_at,
    count(*) as events,
    count(*) filter (where track_sequence_number > 1 and idle_time < {{ dbt.string_literal(rapid.lag) }}::interval) >= {{ rapid.events | default(1) | int }} as is_rapid
  from numbered
  group by alias, kind, session_started_at
)
select
  alias,
  kind,
  count(*) filter (where is_rapid) as sessions,
  coalesce(sum(events) filter (where is_rapid), 0)::bigint as events,
  coalesce(range_agg(tstzrange(started_at, ended_at, '[]')) filter (where is_rapid), '{}') as spans,
  {{ journey.this_run() }} as changed_at
from sessions
group by alias, kind
