-- Every event with an id and a time is in exactly one session: as many tracks as the source has distinct events, and as
-- many in the sessions of the trails.
with counts as (
  select
    (select count(*) from ({{ journey.events_once() }}) as events) as source_events,
    (select count(*) from {{ ref('track_facts') }}) as facts,
    (select sum(events) from {{ ref('all_sessions') }}) as trail_events
)
select * from counts where source_events <> facts or facts <> coalesce(trail_events, 0)
