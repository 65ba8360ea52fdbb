-- No step of a funnel is reached by more visitors than the one before; everyone who is not through has left somewhere; in the first
-- period all of a cohort are there, and the parts of a cohort are the whole; sessions that come to a step go on from it.
select 'funnel: ' || channel as problem
from {{ ref('funnel') }}
group by channel
having bool_or(share_of_previous > 1)
  or sum(left_here) + (array_agg(visitors order by step_number desc))[1] <> (array_agg(visitors order by step_number))[1]
union all
select 'retention: not all of ' || cohort || ' there in the first period'
from {{ ref('retention') }}
where period = 1 and visitors <> cohort_visitors or visitors > cohort_visitors
union all
select 'retention: parts by ' || cohort_by
from {{ ref('retention') }}
group by cohort_by
having sum(visitors) <> (select sum(visitors) from {{ ref('retention') }} where cohort_by = 'all')
union all
select 'retention: visitors'
from {{ ref('retention') }}
where cohort_by = 'all' and period = 1
having sum(visitors) <> (select count(distinct visitor_id) from {{ ref('sessionized_tracks') }})
union all
select 'path_flows: step ' || arrived.next_step || ' at ' || arrived.position + 1
from (select position, next_step, sum(sessions) as sessions from {{ ref('path_flows') }} where next_step is not null group by 1, 2) as arrived
full join (select position, step, sum(sessions) as sessions from {{ ref('path_flows') }} where position > 1 group by 1, 2) as left_from
  on left_from.position = arrived.position + 1 and left_from.step = arrived.next_step
where arrived.sessions is distinct from left_from.sessions
