{{ config(enabled=journey.may_be('sql'), materialized='incremental', indexes=[{'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{#- The touches of each session that count, where SQL computes: its earliest, and where that is direct, its earliest that is not. As of a time
    the later of those that lie no later is the session's. Of touches at one instant the least counts, text by text, NULL first. -#}
{%- set texts = ['source', 'medium', 'campaign', 'term', 'content', 'channel', 'referrer', 'landing_page', 'click_id'] %}
with touches as (
  select distinct on (tracks.visitor_id, tracks.session_number, touches.is_direct)
    tracks.visitor_id,
    tracks.session_number,
    touches.*,
    min(touches.touched_at) filter (where not touches.is_direct) over (partition by tracks.visitor_id, tracks.session_number) as other_at
  from {{ ref('sessionized_tracks') }} as tracks
  join {{ ref('event_touches') }} as touches using (row_key)
  where {{ journey.visitor_changed('tracks.visitor_id', this) }}
  order by tracks.visitor_id, tracks.session_number, touches.is_direct, touches.touched_at
    {%- for text in texts %}, touches.{{ text }} collate "C" nulls first{% endfor %}
)
select
  visitor_id,
  session_number,
  touched_at,
  {%- for text in texts %}
  {{ text }},
  {%- endfor %}
  is_direct,
  is_paid,
  {{ journey.this_run() }} as changed_at
from touches
where not is_direct or other_at is null or touched_at < other_at
