{# Deletes the rows of every visitor who got new events, or gained or lost an alias, since the relation was last built. #}
{% macro forget_changed_visitors(relation) %}
delete from {{ relation }}
where visitor_id in (
  select unnest(array[mapping.visitor_id, mapping.previous_visitor_id])
  from {{ ref('alias_visitors') }} as mapping
  where mapping.changed_at > (select max(built_at) from {{ relation }})
  union all
  select mapping.visitor_id
  from {{ ref('journey_tracks') }} as tracks
  join {{ ref('alias_visitors') }} as mapping
    on mapping.alias = coalesce(tracks.user_id, tracks.anonymous_id) and mapping.is_user = (tracks.user_id is not null)
  where tracks.{{ journey.arrived_since(relation) }}
)
{% endmacro %}
