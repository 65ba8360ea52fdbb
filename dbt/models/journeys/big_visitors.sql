{{ config(materialized='view') }}
-- Visitors of at least journey_big_visitor ids, and which of these is linked to most others: a shared device, or a value that is no id.
with big as (
  select visitor_id, count(*) as ids, count(*) filter (where is_user) as user_ids, min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at
  from {{ ref('alias_visitors') }}
  group by visitor_id
  having count(*) >= {{ var('journey_big_visitor') | int }}
),
ends as (
  select a_kind as kind, a as alias from {{ ref('alias_edges') }} where b is not null
  union all
  select b_kind, b from {{ ref('alias_edges') }} where a is not null
),
hubs as (
  select distinct on (visitor_id) visitor_id, kind as hub_kind, alias as hub, count(*) as hub_links
  from big
  join {{ ref('alias_visitors') }} using (visitor_id)
  join ends using (kind, alias)
  group by visitor_id, kind, alias
  order by visitor_id asc, hub_links desc, hub_kind asc, hub asc
)
select * from big left join hubs using (visitor_id)
