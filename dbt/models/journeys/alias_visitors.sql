{{ config(materialized='incremental', unique_key=['alias', 'kind'], incremental_strategy='delete+insert',
          indexes=[{'columns': ['alias', 'kind'], 'unique': true}, {'columns': ['visitor_id']}, {'columns': ['changed_at']}]) }}
{#- The visitor of each id. An incremental run looks at what new links touch, and no further; where limits or cuts make the
    order of all links matter, it resolves them all and keeps what differs. -#}
{%- set in_order = journey.has_limits() or var('journey_unmerge') -%}
{%- set new_edges = journey.changed_since('edges.changed_at', this) -%}
-- depends_on: {{ ref('alias_edges') }}
with resolved as (
  {%- if not is_incremental() or in_order %}
  select {{ journey.mapping_columns('resolved') }}
  from journey.resolve_aliases($edges${{ journey.edges_query() }}$edges$, {{ journey.alias_options() }}) as resolved
  {%- elif var('journey_alias_mode') == 'latest_user' %}
  select {{ journey.mapping_columns('resolved') }}
  from journey.resolve_aliases($edges${{ journey.edges_query('anonymous_id in (select edges.anonymous_id from ' ~ ref('alias_edges') ~ ' as edges where ' ~ new_edges ~ ') or (' ~ new_edges ~ ')') }}$edges$, {{ journey.alias_options() }}) as resolved
  {%- else %}
  select {{ journey.mapping_columns('merged') }}
  from journey.merge_aliases(
    $current$ select {{ 'kind, alias, visitor_kind' if journey.has_more_kinds() else 'alias, is_user' }}, visitor_id, members, first_seen_at, last_seen_at from {{ this }} $current$,
    $edges${{ journey.edges_query(new_edges) }}$edges$, {{ journey.alias_options(with_mode=false) }}) as merged
  {%- endif %}
)
select
  resolved.*,
  {% if is_incremental() %}known.visitor_id{% else %}null::text{% endif %} as previous_visitor_id,
  {{ journey.this_run() }} as changed_at
from resolved
{%- if is_incremental() %}
left join {{ this }} as known using (alias, kind)
where known.visitor_id is distinct from resolved.visitor_id
  {%- if var('journey_alias_mode') == 'connected' %}
  or (known.members, known.first_seen_at, known.last_seen_at) is distinct from (resolved.members, resolved.first_seen_at, resolved.last_seen_at)
  {%- endif %}
{%- endif %}
