{{ config(materialized='view') }}
select
  session_number || ' - ' || visitor_id as session_id,
  visitor_id as dbt_visitor_id,
  session_started_at as session_start_at,
  session_number as session_sequence_number,
  lead(session_started_at) over (partition by visitor_id order by session_number) as next_session_start_at
from {{ ref('sessionized_tracks') }}
where track_sequence_number = 1
