{#- The only model that reads the sources of events, and it reads each once, in one statement and so in one snapshot: the rows
    that may be new, and a census, by which the next run sees what was committed too late to be found. -#}
{%- set ids = journey.id_columns() -%}
{%- set extra = var('journey_extra_columns') or {} -%}
{%- set report = journey.built(this, 'load_report') -%}
with
{%- for source in journey.event_sources() %}
{%- set relation = journey.relation_named(source.setting, source.table) %}
{%- set columns = journey.event_columns(source, relation) %}
{%- set arrived = columns['received_at'] if columns['received_at'] != 'null::timestamptz' else columns['ts'] %}
{{ source.name }}_bounds as (
  select read_from, {{ journey.census_from(report, source.name, 'bounds.read_from') }} as census_from
  from (select {{ journey.read_from(report, source.name) }} as read_from) as bounds
),
{{ source.name }}_rows as (
  select
    {{ dbt.string_literal(source.name) }} as source,
    {%- for column in ['event_id', 'event', 'ts', 'page_url', 'referrer'] + (ids.values() | list) + (extra | list) %}
    {{ columns[column] }} as {{ column }},
    {%- endfor %}
    {{ arrived }} as received_at
  from {{ relation }}
  where {{ arrived }} is null or {{ arrived }} > (select read_from from {{ source.name }}_bounds)
),
{{ source.name }}_judged as (
  select *, coalesce({{ source.passive }}, false) as is_passive, coalesce({{ source.condition }}, false) as is_wanted
  from {{ source.name }}_rows
),
{{ source.name }}_census as (
  select {{ dbt.string_literal(source.name) }} as source, read_from as received_at,
    case when census_from is not null then
      (select count(*) from {{ relation }} where {{ arrived }} > census_from and {{ arrived }} <= read_from) end as rows_before
  from {{ source.name }}_bounds
),
{%- endfor %}
events as (
  {%- for source in journey.event_sources() %}
  select * from {{ source.name }}_judged
  {{ 'union all' if not loop.last }}
  {%- endfor %}
),
{{- journey.named_events(['source', "nullif(event_id, '') as event_id", 'event', 'ts', 'page_url', 'referrer'] + (extra | list) + ['is_passive', 'is_wanted', 'received_at']) }}
judged as (
  select
    *,
    coalesce({{ var('journey_passive') }}, false) or is_passive as passive,
    {{ journey.strongest_kind() }} as kind,
    {{ journey.strongest_id() }} as alias,
    case
      when not {{ journey.not_erased(this, 'named') }} then 'erased'
      when ts is null then 'no time'
      when not isfinite(ts) then 'infinite time'
      when {{ journey.strongest_id() }} is null then 'no id'
      when not is_wanted or not coalesce({{ var('journey_condition') }}, false) then 'condition'
    end as left_out
  from named
),
-- Rows that are counted, and of which nothing is kept.
counted as (
  select source, received_at, left_out, null::bigint as rows_before from judged where left_out = 'erased'
  {%- for source in journey.event_sources() %}
  union all
  select source, received_at, 'census', rows_before from {{ source.name }}_census
  {%- endfor %}
)
select
  md5(row(source, event_id, {{ ids.values() | join(', ') }}, event, extract(epoch from ts), page_url, referrer
    {%- for column in extra %}, {{ column }}{% endfor %})::text)::uuid as row_key,
  source,
  event_id,
  kind,
  alias,
  {%- for column in ids.values() %}
  {{ column }},
  {%- endfor %}
  event,
  ts,
  received_at,
  page_url,
  referrer,
  {%- for column in extra %}
  {{ column }},
  {%- endfor %}
  passive,
  left_out,
  null::bigint as rows_before
from judged
where left_out is distinct from 'erased'
union all
select null, source, null, null, null,{% for column in ids.values() %} null,{% endfor %} null, null, received_at, null, null,
  {%- for column, type in extra.items() %} null::{{ type }},{% endfor %} null, left_out, rows_before
from counted
