{{ config(severity=journey.or_warn()) }}
-- Both ways to the sessions of a visitor, merged trails and numbered events, lead to the same sessions.
select visitor_id, session_number, started_at, events
from {{ ref('all_sessions') }}
except
select visitor_id, session_number, session_started_at, count(*)
from {{ ref('sessionized_tracks') }}
group by 1, 2, 3
