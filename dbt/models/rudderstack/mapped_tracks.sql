{{ config(materialized='view') }}
select
  event_id,
  anonymous_id,
  visitor_id as dbt_visitor_id,
  ts as "timestamp",
  event,
  trunc(extract(epoch from idle_time) / 60)::bigint as idle_time_minutes
from {{ ref('sessionized_tracks') }}
