{# What sessions and touches tell of visitors who have changed. #}

{# Every session of these visitors, with its touch. #}
{% macro sessions_of_visitors(this) -%}
{%- if journey.on('extension') %}
  select
    trails.visitor_id,
    session.session_number, session.started_at, session.ended_at, session.events, session.pages, session.conversions, session.converted_at,
    session.landing_page, session.exit_page,
    (session.touch).source, (session.touch).medium, (session.touch).campaign, (session.touch).channel, (session.touch).referrer
  from {{ ref('visitor_trails') }} as trails
  cross join lateral journey.sessions(trail) as session
  where {{ journey.visitor_changed('trails.visitor_id', this) }}
{%- endif %}
{%- if journey.on('sql') %}
  select counted.*, touch.source, touch.medium, touch.campaign, touch.channel, touch.referrer
  from (
    select
      tracks.visitor_id,
      tracks.session_number,
      tracks.session_started_at as started_at,
      max(tracks.ts) as ended_at,
      count(*) as events,
      count(tracks.page_url) as pages,
      count(converted.row_key) as conversions,
      min(tracks.ts) filter (where converted.row_key is not null) as converted_at,
      (array_agg(tracks.page_url order by tracks.ts asc, {{ journey.event_class('touches') }} asc, tracks.page_url collate "C" asc) filter (where tracks.page_url is not null))[1] as landing_page,
      (array_agg(tracks.page_url order by tracks.ts desc, {{ journey.event_class('touches') }} desc, tracks.page_url collate "C" desc) filter (where tracks.page_url is not null))[1] as exit_page
    from {{ ref('sessionized_tracks') }} as tracks
    left join {{ ref('event_touches') }} as touches using (row_key)
    left join (
      select row_key from {{ ref('journey_events') }} where {{ journey.conversions()['sign_up']['when'] }}
    ) as converted using (row_key)
    where {{ journey.visitor_changed('tracks.visitor_id', this) }}
    group by tracks.visitor_id, tracks.session_number, tracks.session_started_at
  ) as counted
  left join lateral (
    select * from {{ ref('session_touches') }} as touches
    where touches.visitor_id = counted.visitor_id and touches.session_number = counted.session_number
    order by is_direct limit 1
  ) as touch on true
{%- endif %}
{%- endmacro %}

{# Of events at one instant those with a touch that is not direct come first, those without any last. #}
{% macro event_class(touches) %}{{ return("coalesce(" ~ touches ~ ".is_direct::int, 2)") }}{% endmacro %}

{# What is told of each of these visitors up to the sign-up; for one who has not signed up, of all. `kinds` names the touches. #}
{% macro touched_visitors(this, kinds) -%}
{%- if journey.on('extension') %}
  select
    visitor_id, signed_up_at, first_seen_at, sessions_before_sign_up, first_page, first_blog_page
    {%- for name in kinds %},
    ({{ name }}).touched_at as {{ name }}_at, ({{ name }}).channel as {{ name }}_channel, ({{ name }}).source as {{ name }}_source,
    ({{ name }}).medium as {{ name }}_medium, ({{ name }}).campaign as {{ name }}_campaign, ({{ name }}).referrer as {{ name }}_referrer
    {%- endfor %}
  from (
    select
      trails.visitor_id,
      sign_up.signed_up_at,
      journey.started_at(trails.trail) as first_seen_at,
      case when signed_up_at is not null then journey.session_count(trail, before => signed_up_at) end as sessions_before_sign_up,
      first_page,
      first_blog_page
      {%- for name, kind in kinds.items() %},
      journey.{{ 'first' if name.startswith('first') else 'last' }}_touch(trail, before => coalesce(signed_up_at, 'infinity'), kind => '{{ kind }}') as {{ name }}
      {%- endfor %}
    from {{ ref('visitor_trails') }} as trails
    left join {{ ref('sign_ups') }} as sign_up using (visitor_id)
    where {{ journey.visitor_changed('trails.visitor_id', this) }}
    offset 0
  ) as visitors
{%- endif %}
{%- if journey.on('sql') %}
  select
    visitor_id, signed_up_at, first_seen_at, sessions_before_sign_up, first_page, first_blog_page
    {%- for name in kinds %},
    {{ name }}.touched_at as {{ name }}_at, {{ name }}.channel as {{ name }}_channel, {{ name }}.source as {{ name }}_source,
    {{ name }}.medium as {{ name }}_medium, {{ name }}.campaign as {{ name }}_campaign, {{ name }}.referrer as {{ name }}_referrer
    {%- endfor %}
  from (
    select
      visitor_id,
      sign_up.signed_up_at,
      min(ts) as first_seen_at,
      case when sign_up.signed_up_at is not null then count(*) filter (where track_sequence_number = 1 and ts <= sign_up.signed_up_at) end as sessions_before_sign_up,
      (array_agg(page_url order by ts, page_url) filter (where page_url is not null))[1] as first_page,
      (array_agg(page_url order by ts, page_url) filter (where {{ journey.is_blog('page_url') }}))[1] as first_blog_page
    from {{ ref('sessionized_tracks') }} as tracks
    left join {{ ref('sign_ups') }} as sign_up using (visitor_id)
    where {{ journey.visitor_changed('tracks.visitor_id', this) }}
    group by visitor_id, sign_up.signed_up_at
  ) as visitors
  {%- for name, kind in kinds.items() %}
  left join (
    select distinct on (visitor_id) *
    from (
      select distinct on (touches.visitor_id, touches.session_number) touches.*
      from {{ ref('session_touches') }} as touches
      left join {{ ref('sign_ups') }} as sign_up using (visitor_id)
      where {{ journey.visitor_changed('touches.visitor_id', this) }} and touches.touched_at <= coalesce(sign_up.signed_up_at, 'infinity')
      order by touches.visitor_id, touches.session_number, touches.touched_at desc
    ) as sessions
    {{ 'where is_paid' if kind == 'paid' }}
    order by visitor_id, session_number {{ 'asc' if name.startswith('first') else 'desc' }}
  ) as {{ name }} using (visitor_id)
  {%- endfor %}
{%- endif %}
{%- endmacro %}

{# A name for a session that outlives its number: a UUID of version 8 of the visitor and the start. #}
{% macro session_id(visitor, started_at) -%}
{%- if journey.on('extension') -%}
journey.session_id({{ visitor }}, {{ started_at }})
{%- endif -%}
{%- if journey.on('sql') -%}
(select encode(set_byte(set_byte(substr(digest, 1, 16), 6, get_byte(digest, 6) & 15 | 128), 8, get_byte(digest, 8) & 63 | 128), 'hex')::uuid
   from (select sha256('\x6a6f75726e65790073657373696f6e73'::bytea || convert_to({{ visitor }}, 'UTF8') || timestamptz_send({{ started_at }})) as digest offset 0) as hashed)
{%- endif -%}
{%- endmacro %}

{# The value of a session's first or last track, be it NULL. #}
{% macro bookend(which, column) -%}
{%- if journey.on('extension') -%}
journey.{{ which }}({{ column }}, ts, track_sequence_number)
{%- endif -%}
{%- if journey.on('sql') -%}
(array_agg({{ column }} order by track_sequence_number {{ 'asc' if which == 'first' else 'desc' }}))[1]
{%- endif -%}
{%- endmacro %}
