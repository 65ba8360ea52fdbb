-- Each payment once, and beside it its refund, which may come under the same id and without the buyer's. A buyer without any event is a visitor
-- of their own.
{{ config(enabled=journey.has_input('orders')) }}
{%- set relation = journey.relation_named('journey_orders', var('journey_orders')) if journey.has_input('orders') %}
{%- set ids = journey.id_columns() %}
{%- set wanted = journey.preset_columns('orders') %}
{%- for column in ids.values() if column not in wanted %}{% do wanted.update({column: [column]}) %}{% endfor %}
{%- set columns = journey.columns_in(relation, 'journey_orders', wanted, var('journey_orders_columns') or {}, journey.column_types(), ['paid_at', 'amount']) if journey.has_input('orders') else {} %}
with orders as (
  select
    {%- for column in ['order_id'] + (ids.values() | list) + ['paid_at', 'amount'] %}
    {{ columns[column] }} as {{ column }}{{ "," if not loop.last }}
    {%- endfor %}
  from {{ relation }}
),
named as (
  select
    order_id,
    {{- journey.clean_ids() }},
    paid_at,
    amount
  from orders
  where paid_at is not null and isfinite(paid_at) and amount is not null
),
owned as (
  select *, {{ journey.strongest_id() }} as alias, {{ journey.strongest_kind() }} as kind
  from named
  where {{ journey.not_erased(this, 'named') }}
),
once as (
  select distinct on (coalesce(order_id, owned::text), amount < 0) *, coalesce(order_id, owned::text) as payment
  from owned
  order by coalesce(order_id, owned::text), amount < 0, alias is null, paid_at, alias, amount
),
told as (
  select order_id, paid_at, amount, coalesce(alias, max(alias) over one) as alias, coalesce(kind, max(kind) over one) as kind
  from once
  window one as (partition by payment)
)
select told.order_id, coalesce(mapping.visitor_id, told.alias) as visitor_id, told.paid_at, told.amount
from told
left join {{ ref('alias_visitors') }} as mapping using (alias, kind)
where told.alias is not null
