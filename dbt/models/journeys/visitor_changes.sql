{{ config(materialized='incremental', unique_key='visitor_id', incremental_strategy='delete+insert',
          indexes=[{'columns': ['visitor_id'], 'unique': true}, {'columns': ['changed_at']}],
          post_hook="{{ journey.count_new_rows(this) }}") }}
{#- When anything of a visitor last changed: events, ids, orders; and what the earliest change among those later than since_after concerns: all of the
    visitor's time from `since` on. A visitor who merged into another stays listed, so that the models by visitor can forget them. -#}
{%- set new_owners = journey.ids_of_new_owners(this) if journey.has_owners() %}
with changes as (
  select mapping.visitor_id, events.changed_at, {{ "'-infinity'::timestamptz" if journey.has_rapid() else 'events.ts' }} as since
  from {{ journey.owned_events() }} as events
  join {{ ref('alias_visitors') }} as mapping using (alias, kind)
  {% if is_incremental() %}where {{ journey.changed_since('events.changed_at', this) }}{% endif %}
  union all
  select unnest(array[visitor_id, previous_visitor_id]), changed_at, case when visitor_id = previous_visitor_id then 'infinity'::timestamptz else '-infinity' end
  from {{ ref('alias_visitors') }} as mapping
  {% if is_incremental() %}where {{ journey.changed_since('mapping.changed_at', this) }}{% endif %}
  {%- if journey.has_owners() and is_incremental() %}
  union all
  select mapping.visitor_id, {{ journey.this_run() }}, '-infinity'
  from ({{ new_owners }}) as ids
  join {{ ref('alias_visitors') }} as mapping using (alias, kind)
  {%- endif %}
  {%- if journey.has_input('orders') %}
  union all
  select visitor_id, changed_at, period
  from {{ ref('visitor_order_changes') }} as orders
  {% if is_incremental() %}where {{ journey.changed_since('orders.changed_at', this) }}{% endif %}
  {%- endif %}
)
select
  visitor_id,
  max(changed_at) as changed_at,
  {{ 'min(since)' if is_incremental() else "'-infinity'::timestamptz" }} as since,
  {{ journey.last_built(this) }} as since_after
from changes
where visitor_id is not null
group by visitor_id
