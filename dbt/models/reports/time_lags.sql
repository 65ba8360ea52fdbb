-- How many whole days lay between the first contact within journey_lookback and the conversion; NULL: there was no contact.
select kind, floor(days_from_first_touch)::int as days, count(*) as conversions, sum(value) as value
from {{ ref('conversion_paths') }}
group by kind, days
