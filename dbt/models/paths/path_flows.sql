-- Which way sessions go: how many go from each of their first journey_flow_steps steps to the next.
select position, path[position] as step, path[position + 1] as next_step, count(*) as sessions
from {{ ref('session_paths') }}
cross join lateral generate_subscripts(path, 1) as position
group by position, step, next_step
