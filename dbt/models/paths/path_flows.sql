{{ config(enabled=journey.may_be('extension')) }}
{{- journey.needs_extension(this.name) }}
-- Which way sessions go: how many go from each of their first journey_flow_steps steps to the next, repeats in a row being one step.
with paths as (
  select (journey.path_collapse(journey.path(({{ var('journey_flow_step') }})::text, ts)))[1:{{ var('journey_flow_steps') | int }}] as path
  from {{ ref('sessionized_tracks') }}
  group by visitor_id, session_number
)
select edge.position, edge.step, edge.next_step, edge.visitors::bigint as sessions
from (select journey.path_edges(path) as edges from paths) as flows
cross join lateral unnest(edges) as edge
