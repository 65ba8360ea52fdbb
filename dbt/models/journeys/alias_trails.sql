{{ config(enabled=journey.may_be('extension'), materialized=journey.or_view('incremental'), unique_key=['alias', 'kind'], incremental_strategy='delete+insert',
          indexes=[{'columns': ['alias', 'kind'], 'unique': true}, {'columns': ['changed_at']}],
          post_hook="{% if not journey.has_pipeline() %}delete from {{ this }} where journey.session_count(trail) = 0{% endif %}") }}
{%- if journey.has_pipeline() %}
select
  alias,
  kind,
  journey.rollup(trail) as trail,
  min((first_page).at) as first_page_at,
  journey.first((first_page).page, (first_page).at) filter (where first_page is not null) as first_page,
  min((first_blog_page).at) as first_blog_page_at,
  journey.first((first_blog_page).page, (first_blog_page).at) filter (where first_blog_page is not null) as first_blog_page,
  {{ journey.seen_at() }} as changed_at
from {{ journey.pipeline_view('trails') }}
group by alias, kind
having journey.session_count(journey.rollup(trail)) > 0
{%- else %}
{{- journey.needs_extension(this.name) }}
{#- One trail an alias. An incremental run keeps what lies before the session in which the earliest changed event falls, and
    aggregates again from there on: late, repeated and re-dated events come out as if they had always been so. -#}
{%- set new_owners = journey.ids_of_new_owners(this) if journey.has_owners() %}
with
{% if is_incremental() %}
changed as (
  select alias, kind, min(since) as since
  from (
    select events.alias, events.kind, events.ts as since
    from {{ journey.owned_events() }} as events
    where {{ journey.changed_since('events.changed_at', this) }} and not events.passive
    {%- if journey.has_owners() %}
    union all
    select alias, kind, '-infinity' from ({{ new_owners }}) as ids
    {%- endif %}
  ) as changes
  group by alias, kind
),
kept as (
  select
    changed.alias,
    changed.kind,
    old.trail,
    old.first_page_at, old.first_page, old.first_blog_page_at, old.first_blog_page,
    coalesce(
      (select max(session.started_at) from journey.sessions(old.trail) as session where session.started_at <= changed.since),
      '-infinity') as boundary
  from changed
  left join {{ this }} as old using (alias, kind)
),
events as (
  select events.*
  from kept
  join {{ journey.counted_events() }} as events on events.alias = kept.alias and events.kind = kept.kind and events.ts >= kept.boundary
),
{% else %}
events as (
  select * from {{ journey.counted_events() }} as events
),
{% endif %}
fresh as materialized (
  select
    alias,
    kind,
    journey.trail(
      ts, {{ journey.session_rule() }},
      journey.touch(ts, page_url, referrer, {{ journey.own_hosts() }}),
      page_url,
      coalesce({{ journey.conversions()['sign_up']['when'] }}, false)) as trail,
    min(ts) filter (where page_url is not null) as first_page_at,
    journey.first(page_url, ts) filter (where page_url is not null) as first_page,
    min(ts) filter (where {{ journey.is_blog('page_url') }}) as first_blog_page_at,
    journey.first(page_url, ts) filter (where {{ journey.is_blog('page_url') }}) as first_blog_page
  from events
  group by alias, kind
)
{% if is_incremental() %}
select
  kept.alias,
  kept.kind,
  case when kept.trail is null then fresh.trail
       when fresh.trail is null then journey.clip(kept.trail, '-infinity', kept.boundary)
       else journey.clip(kept.trail, '-infinity', kept.boundary) operator(journey.||) fresh.trail end as trail,
  case when kept.first_page_at < kept.boundary then kept.first_page_at else fresh.first_page_at end as first_page_at,
  case when kept.first_page_at < kept.boundary then kept.first_page else fresh.first_page end as first_page,
  case when kept.first_blog_page_at < kept.boundary then kept.first_blog_page_at else fresh.first_blog_page_at end as first_blog_page_at,
  case when kept.first_blog_page_at < kept.boundary then kept.first_blog_page else fresh.first_blog_page end as first_blog_page,
  {{ journey.this_run() }} as changed_at
from kept
left join fresh using (alias, kind)
where kept.trail is not null or fresh.trail is not null
{% else %}
select *, {{ journey.this_run() }} as changed_at from fresh
{% endif %}
{%- endif %}
