-- Of the rows of one source with one event id, no two that count lie within journey_event_id_window.
select source, event_id, ts
from (
  select *, lag(ts) over (partition by source, event_id order by ts) as earlier
  from {{ ref('journey_events') }}
  where counts and event_id is not null
) as counted
where ts - earlier <= interval '{{ var("journey_event_id_window") }}'
