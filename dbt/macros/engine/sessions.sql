{# Sessions of the rows of a relation, by windows. #}

{# The rows of `events` with idle_time, session_number, session_started_at and track_sequence_number. #}
{% macro numbered_events(events, partition, order) -%}
{%- set window = 'window one as (partition by ' ~ partition ~ ' order by ' ~ order ~ ')' -%}
{%- if journey.on('extension') %}
  select
    *,
    ts - lag(ts) over one as idle_time,
    journey.sessionize(ts, {{ journey.session_rule() }}) over one as session_number,
    journey.session_started_at(ts, {{ journey.session_rule() }}) over one as session_started_at,
    journey.session_event(ts, {{ journey.session_rule() }}) over one as track_sequence_number
  from {{ events }}
  {{ window }}
{%- endif %}
{%- if journey.on('sql') %}
  select
    *,
    count(*) filter (where opens) over one as session_number,
    max(ts) filter (where opens) over one as session_started_at,
    place - max(place) filter (where opens) over one + 1 as track_sequence_number
  from (
    select
      *,
      ts - lag(ts) over one as idle_time,
      row_number() over one as place,
      coalesce({{ journey.opens_session('ts', 'lag(ts) over one') }}, true) as opens
    from {{ events }}
    {{ window }}
  ) as marked
  {{ window }}
{%- endif %}
{%- endmacro %}

{# A condition: an event at `ts` does not belong to the session of the one before, at `earlier`. #}
{% macro opens_session(ts, earlier) -%}
  {{ ts }} - {{ earlier }} {{ '>=' if var('journey_inclusive') else '>' }} {{ dbt.string_literal(var('journey_timeout')) }}::interval
  {%- if var('journey_day_boundary') %}
    {%- set zone = dbt.string_literal(var('journey_day_boundary')) %}
    or ({{ ts }} at time zone {{ zone }})::date <> ({{ earlier }} at time zone {{ zone }})::date
  {%- endif %}
{%- endmacro %}
