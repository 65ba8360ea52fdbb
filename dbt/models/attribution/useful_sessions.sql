{{ config(materialized=journey.or_view('incremental'), indexes=[{'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
with marked as (
  select
    session.*,
    session.session_number = 1 as is_first,
    coalesce(session.started_at <= sign_up.signed_up_at
             and (session.next_started_at is null or session.next_started_at > sign_up.signed_up_at), false) as is_sign_up
  from {{ ref('all_sessions') }} as session
  left join {{ ref('sign_ups') }} as sign_up using (visitor_id)
  where {{ journey.visitor_changed('session.visitor_id', this) }}
)
select * from marked where is_first or is_sign_up
