{{ config(materialized='incremental', indexes=[{'columns': ['visitor_id'], 'unique': true}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
-- How far each visitor gets through the steps of journey_funnel, and what comes after.
with funnels as (
  {{- journey.funnels(journey.funnel_steps(), dbt.string_literal(var('journey_funnel_within')) ~ '::interval', this) }}
)
select visitor_id, times, went_to, {{ journey.this_run() }} as changed_at
from funnels
