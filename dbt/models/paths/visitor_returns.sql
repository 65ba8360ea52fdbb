{{ config(materialized='incremental', indexes=[{'columns': ['visitor_id'], 'unique': true}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
-- For each visitor and each of journey_retention_periods since their first event: whether they were there.
{%- set length = dbt.string_literal(var('journey_retention_period')) ~ '::interval' %}
with events as (
  select visitor_id, ts, min(ts) over (partition by visitor_id) as since
  from {{ ref('sessionized_tracks') }} as tracks
  where {{ journey.visitor_changed('tracks.visitor_id', this) }}
)
select
  visitor_id,
  since,
  {{ journey.returned('ts', 'since', length, var('journey_retention_periods') | int) }} as returned,
  {{ journey.this_run() }} as changed_at
from events
group by visitor_id, since
