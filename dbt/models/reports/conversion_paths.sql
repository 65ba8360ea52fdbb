{{ config(materialized=journey.or_table('incremental'), indexes=[{'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this, 'converted_at') }}") }}
-- The channels on the way to each conversion, earliest first: one a session with a touch within journey_lookback.
with paths as (
  {{- journey.paths_of_conversions(this) }}
)
select
  kind,
  conversion_id,
  visitor_id,
  converted_at,
  value,
  coalesce(path, '{}') as path,
  coalesce(cardinality(path), 0) as touches,
  first_touch_at,
  extract(epoch from converted_at - first_touch_at) / 86400 as days_from_first_touch,
  {{ journey.this_run() }} as changed_at
from paths
