{{ config(materialized='incremental', indexes=[{'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
-- The first journey_flow_steps steps of each session, those in a row that are the same being one.
with paths as (
  {{- journey.paths_of_sessions(var('journey_flow_step'), var('journey_flow_steps') | int, this) }}
)
select visitor_id, session_number, path, {{ journey.this_run() }} as changed_at
from paths
