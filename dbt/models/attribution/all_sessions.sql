{{ config(materialized=journey.or_view('incremental'), indexes=[{'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{%- if journey.has_pipeline() %}
select
  session_id, visitor_id, session_number, started_at, ended_at, next_started_at, seconds, events, pages, sign_ups, signed_up_at,
  landing_page, exit_page, source, medium, campaign, channel, referrer, {{ journey.seen_at() }} as changed_at
from {{ journey.pipeline_view('all_sessions') }}
{%- else %}
{%- set extra = (var('journey_extra_columns') or {}) | list %}
with sessions as (
  {{- journey.sessions_of_visitors(this) }}
)
select
  {{ journey.session_id('visitor_id', 'sessions.started_at') }} as session_id,
  visitor_id,
  session_number,
  sessions.started_at,
  sessions.ended_at,
  lead(sessions.started_at) over (partition by visitor_id order by session_number) as next_started_at,
  extract(epoch from sessions.ended_at - sessions.started_at) as seconds,
  sessions.events,
  sessions.pages,
  sessions.conversions as sign_ups,
  sessions.converted_at as signed_up_at,
  sessions.landing_page,
  sessions.exit_page,
  sessions.source,
  sessions.medium,
  sessions.campaign,
  sessions.channel,
  sessions.referrer,
  {%- for column in extra %}
  carried.first_{{ column }},
  carried.last_{{ column }},
  {%- endfor %}
  {{ journey.this_run() }} as changed_at
from sessions
{%- if extra %}
left join (
  select
    visitor_id,
    session_number
    {%- for column in extra %},
    {{ journey.bookend('first', column) }} as first_{{ column }},
    {{ journey.bookend('last', column) }} as last_{{ column }}
    {%- endfor %}
  from {{ ref('sessionized_tracks') }} as tracks
  where {{ journey.visitor_changed('tracks.visitor_id', this) }}
  group by visitor_id, session_number
) as carried using (visitor_id, session_number)
{%- endif %}
{%- endif %}
