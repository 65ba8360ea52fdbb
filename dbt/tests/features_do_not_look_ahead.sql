{{ config(enabled=journey.may_be('extension'), severity=journey.or_warn()) }}
{%- set columns = "sessions, sessions_7d, sessions_30d, sessions_90d, days_started_30d, hours_since_last_start, sessions_with_conversion, first_channel, last_channel, last_paid_channel, in_session" -%}
-- The features at a snapshot are those of the history cut off there: of some visitors, since all of their events are read for each. No snapshot
-- lacks a visitor who had come by then.
with told as (
  select *
  from {{ ref('customer_features') }}
  where visitor_id in (select visitor_id from {{ ref('visitor_trails') }} order by md5(visitor_id) limit 100)
),
histories as (
  select
    told.visitor_id,
    told.snapshot_at,
    journey.trail(
      events.ts, {{ journey.session_rule() }},
      journey.touch(events.ts, events.page_url, events.referrer, {{ journey.own_hosts() }}),
      events.page_url,
      coalesce({{ journey.conversions()['sign_up']['when'] }}, false)) as trail
  from told
  join {{ ref('alias_visitors') }} as mapping using (visitor_id)
  join {{ journey.counted_events() }} as events on events.alias = mapping.alias and events.kind = mapping.kind and events.ts <= told.snapshot_at
  group by told.visitor_id, told.snapshot_at
),
known_then as (
  select histories.visitor_id, histories.snapshot_at, {{ columns }}
  from histories
  cross join lateral journey.features(histories.trail, array[histories.snapshot_at]) as features
)
(select visitor_id, snapshot_at, {{ columns }} from told except select * from known_then)
union all
(select * from known_then except select visitor_id, snapshot_at, {{ columns }} from told)
union all
select trails.visitor_id, snapshots.snapshot_at, null, null, null, null, null, null, null, null, null, null, null
from {{ ref('visitor_trails') }} as trails
join (select distinct snapshot_at from {{ ref('customer_features') }}) as snapshots on journey.started_at(trails.trail) <= snapshots.snapshot_at
where not exists (
  select from {{ ref('customer_features') }} as features where features.visitor_id = trails.visitor_id and features.snapshot_at = snapshots.snapshot_at)
