{{ config(severity=journey.or_warn()) }}
-- Every session is a visitor's, and every track is in a session that there is.
select 'all_sessions' as model, visitor_id from {{ ref('all_sessions') }}
where visitor_id not in (select visitor_id from {{ ref('alias_visitors') }})
union all
select 'track_facts', session_id from {{ ref('track_facts') }}
where session_id not in (select session_id from {{ ref('session_tracks') }})
