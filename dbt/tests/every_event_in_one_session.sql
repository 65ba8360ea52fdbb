{{ config(severity=journey.or_warn()) }}
-- Every event that counts and is not passive is in exactly one session: in the sessions of events and in those of trails.
with counts as (
  select
    (select count(*) from {{ journey.counted_events() }} as events) as events,
    (select count(*) from {{ ref('track_facts') }}) as facts,
    (select coalesce(sum(events), 0) from {{ ref('all_sessions') }}) as trail_events
)
select * from counts where events <> facts or facts <> trail_events
