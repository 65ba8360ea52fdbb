{{ config(materialized='incremental', unique_key='edge_key', incremental_strategy='delete+insert',
          indexes=[{'columns': ['edge_key'], 'unique': true}, {'columns': ['anonymous_id']}, {'columns': ['changed_at']}],
          post_hook="{{ journey.count_new_rows(this) }}") }}
{#- Which ids were seen together: each id of a row with the row's strongest one; an id that came alone with none. -#}
{%- set ids = journey.id_columns() %}
with events as (
  select * from {{ ref('journey_events') }}
  {% if is_incremental() %}where {{ journey.changed_since('changed_at', this) }}{% endif %}
),
sightings as (
  {%- for kind, column in ids.items() if kind != 'user' or journey.has_more_kinds() %}
  {{ 'union all' if not loop.first }}
  select {{ dbt.string_literal(kind) }} as a_kind, {{ column }} as a, nullif(kind, {{ dbt.string_literal(kind) }}) as b_kind,
    case when kind <> {{ dbt.string_literal(kind) }} then alias end as b, ts
  from events
  where {{ column }} is not null
  {%- endfor %}
  {%- if not journey.has_more_kinds() %}
  union all
  select null, null, 'user', user_id, ts from events where user_id is not null and anonymous_id is null
  {%- endif %}
),
grouped as (
  select md5(row(a_kind, a, b_kind, b)::text)::uuid as edge_key, a_kind, a, b_kind, b, min(ts) as first_seen_at, max(ts) as last_seen_at
  from sightings
  group by a_kind, a, b_kind, b
)
select
  grouped.edge_key,
  grouped.a_kind, grouped.a, grouped.b_kind, grouped.b,
  case when grouped.a_kind = 'anonymous' then grouped.a end as anonymous_id,
  case when grouped.b_kind = 'user' then grouped.b end as user_id,
  {% if is_incremental() -%}
  least(grouped.first_seen_at, known.first_seen_at) as first_seen_at,
  greatest(grouped.last_seen_at, known.last_seen_at) as last_seen_at,
  {%- else -%}
  grouped.first_seen_at,
  grouped.last_seen_at,
  {%- endif %}
  {{ journey.this_run() }} as changed_at
from grouped
{%- if is_incremental() %}
left join {{ this }} as known using (edge_key)
where known.edge_key is null or grouped.first_seen_at < known.first_seen_at or grouped.last_seen_at > known.last_seen_at
{%- endif %}
