{{ config(materialized='incremental', unique_key=['alias', 'kind'], incremental_strategy='delete+insert',
          indexes=[{'columns': ['alias', 'kind'], 'unique': true}, {'columns': ['visitor_id']}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.settle_visitors(this) }}", post_hook="{{ journey.count_new_rows(this) }}") }}
{#- The visitor of each id. An incremental run looks at what new links touch, and no further; where limits or cuts make the
    order of all links matter, it resolves them all and keeps what differs. -#}
-- depends_on: {{ ref('alias_edges') }}
with resolved as (
  {{- journey.resolved_aliases(this) }}
)
select
  resolved.*,
  {% if is_incremental() %}known.visitor_id{% else %}null::text{% endif %} as previous_visitor_id,
  {{ journey.this_run() }} as changed_at
from resolved
{%- if is_incremental() %}
left join {{ this }} as known using (alias, kind)
where known.visitor_id is distinct from resolved.visitor_id
  {%- if var('journey_alias_mode') == 'connected' %}
  or (known.members, known.first_seen_at, known.last_seen_at) is distinct from (resolved.members, resolved.first_seen_at, resolved.last_seen_at)
  {%- endif %}
{%- endif %}
