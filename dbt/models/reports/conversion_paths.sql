{{ config(enabled=journey.may_be('extension'), materialized='incremental', indexes=[{'columns': ['visitor_id']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{{- journey.needs_extension(this.name) }}
-- The channels on the way to each conversion, earliest first: one a session with a touch within journey_lookback.
select
  conversions.kind,
  conversions.conversion_id,
  conversions.visitor_id,
  conversions.converted_at,
  conversions.value,
  coalesce(touched.path, '{}') as path,
  coalesce(cardinality(touched.path), 0) as touches,
  touched.first_touch_at,
  extract(epoch from conversions.converted_at - touched.first_touch_at) / 86400 as days_from_first_touch,
  {{ journey.this_run() }} as changed_at
from {{ ref('conversions') }} as conversions
left join {{ ref('visitor_trails') }} as trails using (visitor_id)
left join lateral (
  select array_agg(touch.channel order by touch.touched_at) as path, min(touch.touched_at) as first_touch_at
  from journey.touches(trails.trail, conversions.converted_at, {{ dbt.string_literal(var('journey_lookback')) }}::interval) as touch
) as touched on true
where {{ journey.visitor_changed('conversions.visitor_id', this) }}
