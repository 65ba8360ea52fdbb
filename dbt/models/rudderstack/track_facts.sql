{{ config(materialized='view') }}
select
  anonymous_id,
  ts as "timestamp",
  event_id,
  event,
  session_number || ' - ' || visitor_id as session_id,
  visitor_id as dbt_visitor_id,
  track_sequence_number
from {{ ref('sessionized_tracks') }}
