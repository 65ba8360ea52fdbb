{{ config(materialized=journey.or_view('incremental'), indexes=[{'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{%- if journey.has_pipeline() %}
{%- set once = journey.texts(journey.kinds_of_conversions(once=true)) %}
select
  kind,
  case when kind = any ({{ once }}) then visitor_id else conversion_id end as conversion_id,
  visitor_id,
  at as converted_at,
  coalesce(value, 0) as value,
  {{ journey.seen_at() }} as changed_at
from (
  select *, row_number() over (partition by visitor_id, kind order by at, conversion_id, value) as number
  from {{ journey.pipeline_view('conversions') }}
  where kind = any ({{ journey.texts(journey.kinds_of_conversions()) }}){% if journey.has_input('orders') %} and (kind <> 'order' or value is not null){% endif %}
) as numbered
where number = 1 or kind <> all ({{ once }})
{%- else %}
-- Every conversion with its visitor: events that fulfil a condition of journey_conversions, and payments.
with events as (
  select events.*, mapping.visitor_id
  from {{ ref('alias_visitors') }} as mapping
  join {{ journey.counted_events(with_passive=true) }} as events using (alias, kind)
  where {{ journey.visitor_changed('mapping.visitor_id', this) }}
),
conversions as (
  {%- for kind, conversion in journey.conversions().items() %}
  {{ 'union all' if not loop.first }}
  (select {{ 'distinct on (visitor_id)' if conversion.get('once') }}
    {{ dbt.string_literal(kind) }} as kind,
    {{ 'visitor_id' if conversion.get('once') else 'row_key::text' }} as conversion_id,
    visitor_id,
    ts as converted_at,
    coalesce(({{ conversion.get('value', 0) }})::numeric, 0) as value
  from events
  where {{ conversion['when'] }}
  {{ 'order by visitor_id, ts, row_key' if conversion.get('once') }})
  {%- endfor %}
  {%- if journey.has_input('orders') %}
  union all
  select 'order', order_id, visitor_id, paid_at, amount
  from {{ ref('visitor_orders') }} as orders
  where {{ journey.visitor_changed('orders.visitor_id', this) }}
  {%- endif %}
)
select kind, conversion_id, visitor_id, converted_at, value, {{ journey.this_run() }} as changed_at
from conversions
{%- endif %}
