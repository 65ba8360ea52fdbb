-- When the payments of a visitor in a period last changed: payments are read whole in each run, since any of them may be corrected.
{{ config(enabled=journey.has_input('orders'), materialized='incremental', unique_key=['visitor_id', 'period'], incremental_strategy='delete+insert',
          indexes=[{'columns': ['visitor_id', 'period'], 'unique': true}, {'columns': ['changed_at']}]) }}
with now as (
  select
    visitor_id,
    date_trunc('{{ var("journey_snapshot_grain") }}', paid_at, {{ dbt.string_literal(var('journey_time_zone')) }}) as period,
    md5(string_agg(row(order_id, extract(epoch from paid_at), amount)::text, ' ' order by order_id, paid_at, amount))::uuid as fingerprint
  from {{ ref('visitor_orders') }}
  group by visitor_id, period
)
{%- if is_incremental() %}
select visitor_id, period, now.fingerprint, {{ journey.this_run() }} as changed_at
from now
full join {{ this }} as known using (visitor_id, period)
where now.fingerprint is distinct from known.fingerprint
{%- else %}
select visitor_id, period, fingerprint, {{ journey.this_run() }} as changed_at from now
{%- endif %}
