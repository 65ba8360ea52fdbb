{{ config(materialized='incremental', unique_key=['alias', 'is_user'],
          indexes=[{'columns': ['alias', 'is_user'], 'unique': true}]) }}

-- One trail an alias. An incremental run keeps what lies before the session in which the earliest new event falls, and
-- aggregates again from there on: late and repeated events come out as if they had always been there.
with
{% if is_incremental() %}
arrived as (
  select coalesce(user_id, anonymous_id) as alias, user_id is not null as is_user, min(ts) as since
  from {{ ref('journey_tracks') }}
  where {{ journey.arrived_since(this) }} and isfinite(ts) and coalesce(user_id, anonymous_id) is not null
  group by 1, 2
),
kept as (
  select
    arrived.alias,
    arrived.is_user,
    old.trail,
    old.first_page_at, old.first_page, old.first_blog_page_at, old.first_blog_page,
    coalesce(
      (select max(session.started_at) from journey.sessions(old.trail) as session where session.started_at <= arrived.since),
      '-infinity') as boundary
  from arrived
  left join {{ this }} as old using (alias, is_user)
),
{% endif %}
events as (
  {% if is_incremental() %}
  {{ journey.events_once('join kept using (alias, is_user)', 'ts >= kept.boundary') }}
  {% else %}
  {{ journey.events_once() }}
  {% endif %}
),
fresh as (
  select
    alias,
    is_user,
    journey.trail(
      ts, {{ dbt.string_literal(var('journey_timeout')) }}::interval,
      journey.touch(ts, page_url, referrer, {{ journey.own_hosts() }}),
      page_url,
      event = {{ dbt.string_literal(var('journey_signup_event')) }}) as trail,
    min(ts) filter (where page_url is not null) as first_page_at,
    journey.first(page_url, ts) filter (where page_url is not null) as first_page,
    min(ts) filter (where {{ journey.is_blog('page_url') }}) as first_blog_page_at,
    journey.first(page_url, ts) filter (where {{ journey.is_blog('page_url') }}) as first_blog_page,
    max(received_at) as received_at
  from events
  group by alias, is_user
)
{% if is_incremental() %}
select
  alias,
  is_user,
  case when kept.trail is null then fresh.trail
       else journey.clip(kept.trail, '-infinity', kept.boundary) operator(journey.||) fresh.trail end as trail,
  case when kept.first_page_at < kept.boundary then kept.first_page_at else fresh.first_page_at end as first_page_at,
  case when kept.first_page_at < kept.boundary then kept.first_page else fresh.first_page end as first_page,
  case when kept.first_blog_page_at < kept.boundary then kept.first_blog_page_at else fresh.first_blog_page_at end as first_blog_page_at,
  case when kept.first_blog_page_at < kept.boundary then kept.first_blog_page else fresh.first_blog_page end as first_blog_page,
  fresh.received_at
from fresh
join kept using (alias, is_user)
{% else %}
select * from fresh
{% endif %}
