{{ config(enabled=journey.has_owners(), materialized='incremental', unique_key='anonymous_id', incremental_strategy='delete+insert',
          indexes=[{'columns': ['anonymous_id']}, {'columns': ['changed_at']}]) }}
{#- From each log-in a device is that user's, until another logs in. A device is looked at again when it has new log-ins. -#}
{%- set log_ins -%}
  select anonymous_id, user_id, ts from {{ ref('journey_events') }} as events
  where anonymous_id is not null and user_id is not null
  {%- if is_incremental() %}
    and anonymous_id in (select anonymous_id from {{ ref('journey_events') }} where user_id is not null and {{ journey.changed_since('changed_at', this) }})
  {%- endif %}
{%- endset %}
with owners as (
  {{- journey.owners_by_log_ins(log_ins, dbt.string_literal(var('journey_device_owners') or '0 days') ~ '::interval') }}
)
select owners.*, {{ journey.this_run() }} as changed_at
from owners
{%- if is_incremental() %}
where anonymous_id in (
  select anonymous_id
  from owners
  full join (select * from {{ this }} where anonymous_id in (select anonymous_id from owners)) as known using (anonymous_id, user_id, owned)
  where owners.user_id is null or known.changed_at is null)
{%- endif %}
