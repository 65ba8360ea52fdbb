-- No event fulfils the condition of sign_up: journey_signup_event may be misspelt, or be the event's name in another form.
{{ config(severity='warn') }}
select (select string_agg(distinct event, ', ') from (select event from {{ ref('journey_events') }} where event is not null limit 1000) as sample) as events_are
where not exists (select from {{ ref('sign_ups') }})
  and exists (select from {{ ref('journey_events') }})
