{{ config(enabled=journey.has_input('orders'), materialized='incremental',
          pre_hook="{% if is_incremental() %}delete from {{ this }} where to_snapshot_at >= {{ journey.first_changed_snapshot(this) }}{% endif %}") }}
-- From each snapshot to the next: how many visitors moved from which segment to which. New customers come from (none).
with snapshots as (
  select snapshot_at, lead(snapshot_at) over (order by snapshot_at) as next_snapshot_at
  from (select distinct snapshot_at from {{ ref('rfm_history') }} where not is_current) as distinct_snapshots
),
later as (
  select history.visitor_id, snapshots.snapshot_at, snapshots.next_snapshot_at, history.segment
  from {{ ref('rfm_history') }} as history
  join snapshots on snapshots.next_snapshot_at = history.snapshot_at
)
select
  later.snapshot_at as from_snapshot_at,
  later.next_snapshot_at as to_snapshot_at,
  coalesce(earlier.segment, '(none)') as from_segment,
  later.segment as to_segment,
  count(*) as visitors,
  {{ journey.this_run() }} as changed_at
from later
left join {{ ref('rfm_history') }} as earlier
  on earlier.visitor_id = later.visitor_id and earlier.snapshot_at = later.snapshot_at
{%- if is_incremental() %}
where later.next_snapshot_at >= {{ journey.first_changed_snapshot(this) }}
{%- endif %}
group by 1, 2, 3, 4
