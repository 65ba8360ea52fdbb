{# The ids of a row, without what is no id, and in lower case where journey_lower_ids says so. #}
{% macro clean_ids() -%}
  {%- for kind, column in journey.id_columns().items() %}
    {{ journey.real_id('lower(' ~ column ~ ')' if kind in var('journey_lower_ids') else column) }} as {{ column }}{{ "," if not loop.last }}
  {%- endfor %}
{%- endmacro %}

{# CTEs that end with `named`: the rows of `events`, which tell all that `columns` names, their ids cleaned. SQL looks at each id once: it takes
   longer over it than over a row. #}
{% macro named_events(columns) -%}
{%- if journey.on('sql') %}
real_ids as materialized (
  select written, {{ journey.real_id('written') }} as id
  from (
    {%- for kind, column in journey.id_columns().items() %}
    {{ 'union ' if not loop.first }}select {{ 'lower(' ~ column ~ ')' if kind in var('journey_lower_ids') else column }} as written from events
    {%- endfor %}
  ) as ids
),
{%- endif %}
named as (
  select
    {%- if journey.on('sql') %}
    {%- for column in journey.id_columns().values() %}
    {{ column }}_ids.id as {{ column }},
    {%- endfor %}
    {%- else %}
    {{- journey.clean_ids() }},
    {%- endif %}
    {{ columns | join(',\n    ') }}
  from events
  {%- if journey.on('sql') %}
  {%- for kind, column in journey.id_columns().items() %}
  left join real_ids as {{ column }}_ids on {{ column }}_ids.written = {{ 'lower(events.' ~ column ~ ')' if kind in var('journey_lower_ids') else 'events.' ~ column }}
  {%- endfor %}
  {%- endif %}
),
{%- endmacro %}

{# The strongest id that a row has, and its kind. #}
{% macro strongest_id(row=none) %}
  {%- set prefix = row ~ '.' if row else '' -%}
  coalesce({% for column in journey.id_columns().values() %}{{ prefix }}{{ column }}{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro strongest_kind(row=none) -%}
    case
      {%- for kind, column in journey.id_columns().items() %}
      when {{ row ~ '.' if row else '' }}{{ column }} is not null then {{ dbt.string_literal(kind) }}
      {%- endfor %}
    end
{%- endmacro %}

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

{# Whether links may be refused: the order of all links matters then. #}
{% macro has_limits() %}{{ return(true if var('journey_max_users') or var('journey_max_members') or var('journey_unique_kinds') else false) }}{% endmacro %}

{# A query of edges, as resolve_aliases wants it, from rows of alias_edges. Links that journey_unmerge lists are two ids, each
   seen alone; so are all where devices are their owners' for a time. `condition` says which rows. #}
{% macro edges_query(condition='true') -%}
  {%- set columns = 'a_kind, a, b_kind, b' if journey.has_more_kinds() else 'anonymous_id, user_id' -%}
  {%- if journey.has_owners() %}
  select ids.alias, ids.user_id, unnest(array[first_seen_at, last_seen_at])
  from {{ ref('alias_edges') }} as edges cross join lateral (values (anonymous_id, null), (null, user_id)) as ids(alias, user_id)
  where (ids.alias is not null or ids.user_id is not null) and ({{ condition }})
  {%- elif var('journey_unmerge') %}
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
