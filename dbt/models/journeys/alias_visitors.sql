{{ config(materialized='incremental', unique_key=['alias', 'is_user'],
          indexes=[{'columns': ['alias', 'is_user'], 'unique': true}, {'columns': ['visitor_id']}]) }}

with resolved as (
  select *
  from journey.resolve_aliases(
    $edges$
      select anonymous_id, user_id, unnest(array[first_seen_at, last_seen_at])
      from {{ ref('alias_edges') }}
    $edges$,
    mode => {{ dbt.string_literal(var('journey_alias_mode')) }}
    {%- if var('journey_max_users') %},
    max_users => {{ var('journey_max_users') | int }}{% endif %})
)
select
  resolved.alias,
  resolved.is_user,
  resolved.visitor_id,
  {% if is_incremental() %}known.visitor_id{% else %}null::text{% endif %} as previous_visitor_id,
  '{{ run_started_at }}'::timestamptz as changed_at
from resolved
{% if is_incremental() %}
left join {{ this }} as known using (alias, is_user)
where known.visitor_id is distinct from resolved.visitor_id
{% endif %}
