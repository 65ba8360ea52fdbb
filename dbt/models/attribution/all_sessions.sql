{{ config(enabled=journey.may_be('extension'), materialized='incremental', indexes=[{'columns': ['visitor_id']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{{- journey.needs_extension(this.name) }}
{%- set extra = (var('journey_extra_columns') or {}) | list %}
select
  journey.session_id(visitor_id, session.started_at) as session_id,
  visitor_id,
  session.session_number,
  session.started_at,
  session.ended_at,
  lead(session.started_at) over (partition by visitor_id order by session.session_number) as next_started_at,
  extract(epoch from session.ended_at - session.started_at) as seconds,
  session.events,
  session.pages,
  session.conversions as sign_ups,
  session.converted_at as signed_up_at,
  session.landing_page,
  session.exit_page,
  (session.touch).source,
  (session.touch).medium,
  (session.touch).campaign,
  (session.touch).channel,
  (session.touch).referrer,
  {%- for column in extra %}
  carried.first_{{ column }},
  carried.last_{{ column }},
  {%- endfor %}
  {{ journey.this_run() }} as changed_at
from {{ ref('visitor_trails') }} as trails
cross join lateral journey.sessions(trail) as session
{%- if extra %}
left join (
  select
    visitor_id,
    session_number
    {%- for column in extra %},
    journey.first({{ column }}, ts, track_sequence_number) as first_{{ column }},
    journey.last({{ column }}, ts, track_sequence_number) as last_{{ column }}
    {%- endfor %}
  from {{ ref('sessionized_tracks') }} as tracks
  where {{ journey.visitor_changed('tracks.visitor_id', this) }}
  group by visitor_id, session_number
) as carried using (visitor_id, session_number)
{%- endif %}
where {{ journey.visitor_changed('trails.visitor_id', this) }}
