-- Each payment once, with the visitor who made it. A buyer without any event is a visitor of their own.
{{ config(enabled=journey.has_input('orders')) }}
with orders as (
  select
    {{ journey.input_column('orders', 'order_id', 'text') }} as order_id,
    {{ journey.input_column('orders', 'user_id', 'text') }} as user_id,
    {{ journey.input_column('orders', 'paid_at', 'timestamptz') }} as paid_at,
    {{ journey.input_column('orders', 'amount', 'numeric') }} as amount
  from {{ journey.input_relation('orders') }}
),
once as (
  select distinct on (coalesce(order_id, orders::text)) *
  from orders
  where user_id is not null and paid_at is not null and amount is not null
  order by coalesce(order_id, orders::text), paid_at, user_id, amount
)
select once.order_id, coalesce(mapping.visitor_id, once.user_id) as visitor_id, once.paid_at, once.amount
from once
left join {{ ref('alias_visitors') }} as mapping on mapping.alias = once.user_id and mapping.is_user
