{{ config(enabled=journey.has_input('orders'), materialized='incremental', indexes=[{'columns': ['snapshot_at']}, {'columns': ['visitor_id']}],
          pre_hook="{{ journey.forget_changed_snapshots(this) }}") }}
{%- set bins = var('journey_rfm_bins') | int -%}
-- A snapshot stands at the end of each period: everything paid before the next one begins counts. The last one is the present. An incremental
-- run makes those that are not there: the new ones, the present, and what the hook took out since payments before it have changed.
-- depends_on: {{ ref('visitor_order_changes') }}
with {{ journey.snapshot_grid('paid_at', ref('visitor_orders'), this if is_incremental() else none) }},
states as (
  {{- journey.snapshot_states(ref('visitor_orders'), '(select snapshots from grid)', var('journey_rfm_window')) }}
),
scored as (
  select *
  from states
  where frequency > 0 -- who has only been refunded is no customer yet
),
ranked as (
  select
    *,
    {{ journey.rfm_bucket('last_paid_at', bins) }} as recency_score,
    {{ journey.rfm_bucket('frequency', bins) }} as frequency_score,
    {{ journey.rfm_bucket('monetary', bins) }} as monetary_score
  from scored
)
select
  *,
  {{ journey.rfm_segment(bins) }} as segment,
  snapshot_at = (select snapshots[cardinality(snapshots)] from grid) as is_current,
  {{ journey.this_run() }} as changed_at
from ranked
