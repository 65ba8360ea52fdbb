-- Which way sessions go: how many go from each of their first journey_flow_steps steps to the next.
with paths as (
  select path, count(*) as sessions
  from {{ ref('session_paths') }}
  group by path
)
select position, path[position] as step, path[position + 1] as next_step, sum(sessions)::bigint as sessions
from paths
cross join lateral generate_subscripts(path, 1) as position
group by position, step, next_step
