{{ config(enabled=journey.has_input('orders') and journey.has_input('contacts')) }}
-- Whom a campaign reached, by the segment they were in at the time, and where those customers were one, two and three snapshots later, beside
-- customers of the same segment at the same snapshot whom it did not reach.
with contacts as (
  select campaign, coalesce(mapping.visitor_id, contacts.user_id) as visitor_id, contacts.contacted_at
  from {{ ref('this_run_contacts') }} as contacts
  left join {{ ref('alias_visitors') }} as mapping on mapping.alias = contacts.user_id and mapping.kind = 'user'
),
snapshots as (
  select snapshot_at, row_number() over (order by snapshot_at) as number
  from (select distinct snapshot_at from {{ ref('rfm_history') }} where not is_current) as distinct_snapshots
),
reached as (
  select distinct contacts.campaign, contacts.visitor_id, snapshots.number
  from contacts
  join lateral (
    select number from snapshots where snapshots.snapshot_at <= contacts.contacted_at order by snapshot_at desc limit 1
  ) as snapshots on true
),
states as (
  select history.visitor_id, snapshots.number, snapshots.snapshot_at, history.segment, history.frequency, history.monetary
  from {{ ref('rfm_history') }} as history
  join snapshots using (snapshot_at)
),
campaigns as (
  select distinct campaign, number from reached
),
outcomes as (
  select
    campaigns.campaign,
    before.snapshot_at,
    before.segment as segment_then,
    exists (select from reached where reached.campaign = campaigns.campaign and reached.number = campaigns.number and reached.visitor_id = before.visitor_id) as contacted,
    later.number - before.number as snapshots_later,
    later.segment as segment_later,
    later.frequency - before.frequency as orders_since,
    later.monetary - before.monetary as spent_since
  from campaigns
  join states as before on before.number = campaigns.number
  join states as later on later.visitor_id = before.visitor_id and later.number between before.number + 1 and before.number + 3
)
select campaign, snapshot_at, segment_then, contacted, snapshots_later, segment_later, count(*) as visitors, sum(orders_since) as orders, sum(spent_since) as spent
from outcomes
group by campaign, snapshot_at, segment_then, contacted, snapshots_later, segment_later
