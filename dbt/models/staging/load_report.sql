{{ config(materialized='incremental') }}
-- What each run read, and what it left out: a row a run and source. `late` counts rows that were committed too long after rows with a
-- later received_at to be found: those before read_from that no run of the last seven days has read. A full refresh takes them in.
with
{%- for source in journey.event_sources() %}
{{ source.name }} as (
  select
    {{ dbt.string_literal(source.name) }} as source,
    max(arrived.received_at) filter (where left_out = 'census') as read_from,
    max(rows_before) as rows_before,
    {{ journey.read_until(ref('journey_events'), source.name) }} as read_until
  from {{ ref('this_run_events') }} as arrived
  where source = {{ dbt.string_literal(source.name) }}
),
{%- endfor %}
bounds as (
  {%- for source in journey.event_sources() %}
  {{ 'union all' if not loop.first }} select * from {{ source.name }}
  {%- endfor %}
),
counts as (
  select
    bounds.source,
    bounds.read_from,
    bounds.read_until,
    bounds.rows_before,
    count(arrived.source) as rows_read,
    count(*) filter (where arrived.received_at > bounds.read_from and arrived.received_at <= bounds.read_until) as rows_settled,
    count(*) filter (where left_out = 'no id') as no_id,
    count(*) filter (where left_out in ('no time', 'infinite time')) as no_time,
    count(*) filter (where left_out = 'condition') as filtered,
    count(*) filter (where left_out = 'erased') as erased,
    count(arrived.source) filter (where arrived.received_at is null) as no_arrival,
    count(*) filter (where arrived.received_at > {{ journey.this_run() }}) as of_the_future
  from bounds
  left join {{ ref('this_run_events') }} as arrived on arrived.source = bounds.source and arrived.left_out is distinct from 'census'
  group by bounds.source, bounds.read_from, bounds.read_until, bounds.rows_before
)
select
  {{ journey.this_run() }} as changed_at,
  source,
  rows_read,
  (select count(*) from {{ ref('journey_events') }} as events where events.source = counts.source and events.changed_at = {{ journey.this_run() }}) as new_rows,
  no_id,
  no_time,
  filtered,
  {% if journey.has_rapid() -%}
  (select count(*) from {{ ref('journey_events') }} as events join {{ ref('rapid_sessions') }} as rapid using (alias, kind)
   where events.source = counts.source and events.changed_at = {{ journey.this_run() }} and events.counts and not events.passive and rapid.spans @> events.ts)
  {%- else -%} 0::bigint {%- endif %} as rapid,
  erased,
  no_arrival,
  of_the_future,
  {% if is_incremental() -%}
  greatest(0, coalesce(rows_before, 0) - coalesce((
    select sum(known.rows_settled + known.late) from {{ this }} as known
    where known.source = counts.source and isfinite(known.read_from) and known.read_from >= counts.read_from - interval '7 days'), 0))::bigint
  {%- else -%} 0::bigint {%- endif %} as late,
  read_from,
  read_until,
  rows_settled
from counts
