{# The arguments of resolve_aliases and its kin behind the edges. #}
{% macro alias_options(with_mode=true) -%}
  {%- if journey.has_more_kinds() -%}
    priority => {{ journey.texts(var('journey_id_kinds')) }}, unique_kinds => {{ journey.texts(var('journey_unique_kinds')) }}, blocked => null
  {%- else -%}
    {{ "mode => '" ~ var('journey_alias_mode') ~ "', " if with_mode }}blocked => null
    {%- if var('journey_max_users') %}, max_users => {{ var('journey_max_users') | int }}{% endif %}
  {%- endif -%}
  {%- if var('journey_max_members') %}, max_members => {{ var('journey_max_members') | int }}{% endif %}
{%- endmacro %}

{# A query of edges, as resolve_aliases wants it, from rows of alias_edges. Links that journey_unmerge lists are two ids, each
   seen alone. `condition` says which rows. #}
{% macro edges_query(condition='true') -%}
  {%- set columns = 'a_kind, a, b_kind, b' if journey.has_more_kinds() else 'anonymous_id, user_id' -%}
  {%- if var('journey_unmerge') %}
  select {{ columns }}, seen_at from (
    select edges.*, unnest(array[first_seen_at, last_seen_at]) as seen_at,
      exists (select from {{ journey.relation_named('journey_unmerge', var('journey_unmerge')) }} as cut
              where cut.alias = edges.anonymous_id and cut.user_id = edges.user_id) as is_cut
    from {{ ref('alias_edges') }} as edges where {{ condition }}
  ) as kept where not is_cut
  union all
  select {{ "'anonymous', anonymous_id, null, null" if journey.has_more_kinds() else 'anonymous_id, null' }}, unnest(array[first_seen_at, last_seen_at])
  from {{ ref('alias_edges') }} as edges join {{ journey.relation_named('journey_unmerge', var('journey_unmerge')) }} as cut
    on cut.alias = edges.anonymous_id and cut.user_id = edges.user_id where {{ condition }}
  union all
  select {{ "'user', edges.user_id, null, null" if journey.has_more_kinds() else 'null, edges.user_id' }}, unnest(array[first_seen_at, last_seen_at])
  from {{ ref('alias_edges') }} as edges join {{ journey.relation_named('journey_unmerge', var('journey_unmerge')) }} as cut
    on cut.alias = edges.anonymous_id and cut.user_id = edges.user_id where {{ condition }}
  {%- else %}
  select {{ columns }}, unnest(array[first_seen_at, last_seen_at]) from {{ ref('alias_edges') }} as edges where {{ condition }}
  {%- endif -%}
{%- endmacro %}

{# The columns of a mapping from the rows of one of identity's functions. #}
{% macro mapping_columns(rows) -%}
  {%- if journey.has_more_kinds() -%}
  {{ rows }}.kind, {{ rows }}.alias, {{ rows }}.kind = 'user' as is_user, {{ rows }}.visitor_kind, {{ rows }}.visitor_id
  {%- else -%}
  case when {{ rows }}.is_user then 'user' else 'anonymous' end as kind, {{ rows }}.alias, {{ rows }}.is_user, null::text as visitor_kind, {{ rows }}.visitor_id
  {%- endif -%}
  , {{ rows }}.members, {{ rows }}.first_seen_at, {{ rows }}.last_seen_at
{%- endmacro %}
