-- Channels side by side under each model and for each kind of conversion: how many conversions, and how much money, each may claim.
-- Sums of numeric, so that they are the same in whatever order the rows come.
-- lifetime_value credits all that a visitor has paid so far to the channels of their sign-up.
with credits as (select * from {{ ref('attribution_credits') }})
{% if journey.has_input('orders') %},
lifetime as (
  select visitor_id, sum(amount) as value from {{ ref('visitor_orders') }} group by visitor_id
)
{% endif %}
select
  credits.model,
  credits.kind,
  credits.channel,
  sum(credits.credit::numeric) as conversions,
  sum(credits.credited_value) as value,
  {% if journey.has_input('orders') %}
  coalesce(sum(credits.credit::numeric * lifetime.value) filter (where credits.kind = 'sign_up'), 0) as lifetime_value
  {% else %}
  0::numeric as lifetime_value
  {% endif %}
from credits
{% if journey.has_input('orders') %}
left join lifetime using (visitor_id)
{% endif %}
group by credits.model, credits.kind, credits.channel
