-- Two meanings of "flow". event and event_2..5 are what the original computes: the session's first events that have a name,
-- each NULL until the row has reached it. next_event_2..5 are what its README promises: the four tracks after this one,
-- whose own event is track_event.
{{ config(materialized='view') }}
with named as (
  select *, count(event) over (partition by visitor_id, session_number order by track_sequence_number rows unbounded preceding) as names
  from {{ ref('sessionized_tracks') }}
)
select
  event_id,
  session_number || ' - ' || visitor_id as session_id,
  track_sequence_number,
  max(event) filter (where event is not null and names = 1) over session as event,
  visitor_id as dbt_visitor_id,
  ts as "timestamp",
  {% for n in [2, 3, 4, 5] %}
  max(event) filter (where event is not null and names = {{ n }}) over session as event_{{ n }},
  {% endfor %}
  event as track_event,
  {% for n in [2, 3, 4, 5] %}
  lead(event, {{ n - 1 }}) over session as next_event_{{ n }}{{ "," if not loop.last }}
  {% endfor %}
from named
window session as (partition by visitor_id, session_number order by track_sequence_number rows unbounded preceding)
