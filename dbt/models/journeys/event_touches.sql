{{ config(enabled=journey.may_be('sql'), materialized='incremental', unique_key='row_key', incremental_strategy='delete+insert',
          indexes=[{'columns': ['row_key'], 'unique': true}, {'columns': ['changed_at']}], pre_hook="set local enable_nestloop = off") }}
{#- The touch that an event is, where SQL computes; an event without one has no row. It depends on nothing but the event. The server can't
    tell how many rows its steps have: it would look each text up in all others. -#}
{%- if journey.on('sql') %}
with events as (
  select row_key, kind, alias, ts, page_url, coalesce(referrer, '') as referrer
  from {{ ref('journey_events') }} as events
  where not passive and page_url is not null and {{ journey.changed_since('events.changed_at', this) }}
),
pairs as materialized (
  select row_number() over () as pair, page_url, referrer
  from (select distinct page_url, referrer from events) as texts
),
{{ journey.touches_of_pairs() }}
select
  events.row_key,
  events.kind,
  events.alias,
  events.ts as touched_at,
  touched.source,
  touched.medium,
  touched.campaign,
  touched.term,
  touched.content,
  touched.channel,
  touched.referrer,
  touched.landing_page,
  touched.click_id,
  touched.is_direct,
  touched.is_paid,
  {{ journey.this_run() }} as changed_at
from events
join pairs using (page_url, referrer)
join touched using (pair)
{%- else %}
select
  null::uuid as row_key,
  {%- for column in ['kind', 'alias', 'source', 'medium', 'campaign', 'term', 'content', 'channel', 'referrer', 'landing_page', 'click_id'] %}
  null::text as {{ column }},
  {%- endfor %}
  null::timestamptz as touched_at,
  null::boolean as is_direct,
  null::boolean as is_paid,
  {{ journey.this_run() }} as changed_at
where false
{%- endif %}
