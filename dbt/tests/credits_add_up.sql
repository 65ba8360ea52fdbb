-- For each conversion and model the credits add up to one.
select kind, conversion_id, model, sum(credit) as credits
from {{ ref('attribution_credits') }}
group by kind, conversion_id, visitor_id, model
having abs(sum(credit) - 1) > 1e-9
