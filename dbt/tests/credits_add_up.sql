-- For each conversion and model the credits add up to one. A refund may have the id of its payment.
select kind, conversion_id, model, sum(credit) as credits
from {{ ref('attribution_credits') }}
group by kind, conversion_id, converted_at, credited_value < 0, visitor_id, model
having abs(sum(credit) - 1) > 1e-9
