-- A visitor signs up once: at the first sign-up event.
select visitor_id, min(signed_up_at) as signed_up_at
from {{ ref('all_sessions') }}
where sign_ups > 0
group by visitor_id
