-- How many contacts conversions took.
select kind, touches, count(*) as conversions, sum(value) as value
from {{ ref('conversion_paths') }}
group by kind, touches
