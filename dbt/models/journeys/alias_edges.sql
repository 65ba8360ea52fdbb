{{ config(materialized='incremental', unique_key='edge_key') }}

with sightings as (
  select anonymous_id, user_id, ts, received_at
  from {{ ref('journey_tracks') }}
  {% if is_incremental() %}where {{ journey.arrived_since(this) }}{% endif %}
  {% if journey.has_input('identifies') %}
  union all
  -- identifies carry no arrival time of their own here: they are few, and read whole
  select
    {{ journey.input_column('identifies', 'anonymous_id', 'text') }},
    {{ journey.input_column('identifies', 'user_id', 'text') }},
    {{ journey.input_column('identifies', 'ts', 'timestamptz') }},
    null
  from {{ journey.input_relation('identifies') }}
  {% endif %}
  {% if is_incremental() %}
  union all
  select anonymous_id, user_id, unnest(array[first_seen_at, last_seen_at]), received_at from {{ this }}
  {% endif %}
)
select
  md5(row(anonymous_id, user_id)::text) as edge_key,
  anonymous_id,
  user_id,
  min(ts) as first_seen_at,
  max(ts) as last_seen_at,
  max(received_at) as received_at
from sightings
where anonymous_id is not null or user_id is not null
group by anonymous_id, user_id
