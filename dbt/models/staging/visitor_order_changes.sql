-- When the payments of a visitor last changed: payments are read whole in each run, since any of them may be corrected.
{{ config(enabled=journey.has_input('orders'), materialized='incremental', unique_key='visitor_id', incremental_strategy='delete+insert',
          indexes=[{'columns': ['visitor_id'], 'unique': true}, {'columns': ['changed_at']}]) }}
with now as (
  select visitor_id, md5(string_agg(row(order_id, extract(epoch from paid_at), amount)::text, ' ' order by order_id, paid_at, amount))::uuid as fingerprint
  from {{ ref('visitor_orders') }}
  group by visitor_id
)
{%- if is_incremental() %}
select visitor_id, now.fingerprint, {{ journey.this_run() }} as changed_at
from now
full join {{ this }} as known using (visitor_id)
where now.fingerprint is distinct from known.fingerprint
{%- else %}
select visitor_id, fingerprint, {{ journey.this_run() }} as changed_at from now
{%- endif %}
