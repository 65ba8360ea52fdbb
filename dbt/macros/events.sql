{# The events of the aliases that `restriction` (a join or nothing) leaves, each once. An event without any id or
   without a finite time belongs to no journey. Delivered twice means: the same event id at the same time of the same alias. #}
{% macro events_once(restriction='', condition='true') %}
  select distinct on (alias, is_user, ts, event_id, no_id) *
  from (
    select
      coalesce(tracks.user_id, tracks.anonymous_id) as alias,
      tracks.user_id is not null as is_user,
      case when tracks.event_id is null then tracks::text end as no_id,
      tracks.*
    from {{ ref('journey_tracks') }} as tracks
    where isfinite(tracks.ts) and coalesce(tracks.user_id, tracks.anonymous_id) is not null
  ) as events
  {{ restriction }}
  where {{ condition }}
  order by alias, is_user, ts, event_id, no_id, received_at
{% endmacro %}

{# Rows that arrived since the last run of this model, and a little before: rows are not committed in the order of received_at. #}
{% macro arrived_since(relation) %}
  received_at > (select max(received_at) from {{ relation }}) - interval '{{ var("journey_overlap") }}'
{% endmacro %}

{% macro is_blog(url) %}journey.url_path({{ url }}) like {{ dbt.string_literal(var('journey_blog_path') | replace('\\', '\\\\') | replace('%', '\\%') | replace('_', '\\_') ~ '%') }}{% endmacro %}
