{# A relation of this package as the run before left it, or None: before the first run, and in a full refresh. By name: a ref
   would make a circle, since the model is made of what is read by it. #}
{% macro built(this, name) %}
  {% if not execute or (flags.FULL_REFRESH and not var('journey_keep_history')) %}{{ return(none) }}{% endif %}
  {{ return(adapter.get_relation(this.database, this.schema, var('journey_prefix') ~ name)) }}
{% endmacro %}

{# From where on the next run reads a source: rows that arrived later may be new, and those a little before, since rows are not
   committed in the order of received_at. A row of the future tells nothing of what has arrived. #}
{% macro read_until(store, source) -%}
  coalesce(
    (select max(received_at) - interval '{{ var("journey_overlap") }}' from {{ store }}
     where source = {{ dbt.string_literal(source) }} and received_at <= {{ journey.this_run() }} and isfinite(received_at)),
    '-infinity')
{%- endmacro %}

{# From where on this run reads: where the last one has said, to the microsecond, since it has counted the rows up to there. #}
{% macro read_from(report, source) %}
  {%- if report is none -%} '-infinity'::timestamptz
  {%- else -%}
  coalesce((select report.read_until from {{ report }} as report where report.source = {{ dbt.string_literal(source) }} order by report.changed_at desc limit 1), '-infinity')
  {%- endif -%}
{% endmacro %}

{# From where on the rows before that are counted again: what the runs of the last seven days read. #}
{% macro census_from(report, source, read_from) %}
  {%- if report is none -%} null::timestamptz
  {%- else -%}
  (select min(report.read_from) from {{ report }} as report
   where report.source = {{ dbt.string_literal(source) }} and isfinite(report.read_from) and report.read_from >= {{ read_from }} - interval '7 days')
  {%- endif -%}
{% endmacro %}

{# When this model was last built. Told as a constant, found before anything of the model changes. #}
{% macro last_built(this) %}
  {%- set last = run_query("select coalesce(max(changed_at), '-infinity')::text from " ~ this).rows[0][0] if execute and is_incremental() else '-infinity' -%}
  {{ return("'" ~ last ~ "'::timestamptz") }}
{%- endmacro %}

{# Whether a row was written since then. #}
{% macro changed_since(column, this) -%} {{ column }} > {{ journey.last_built(this) }} {%- endmacro %}

{# A post-hook: how many rows are new is known to the server. By what it knew before there would be none: changed_at is greater than ever, and plans
   for one row take hours for many. #}
{% macro count_new_rows(this) %}{% if is_incremental() %}set local default_statistics_target = 10; analyze {{ this }} (changed_at){% endif %}{% endmacro %}

{% macro is_blog(url) -%}
{%- if journey.on('extension') -%}
journey.url_path({{ url }}) like {{ dbt.string_literal(var('journey_blog_path') | replace('\\', '\\\\') | replace('%', '\\%') | replace('_', '\\_') ~ '%') }}
{%- endif -%}
{%- if journey.on('sql') -%}
btrim({{ url }}) ~ {{ dbt.string_literal('^(?:(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//+[^/?#]*)?' ~ modules.re.escape(var('journey_blog_path'))) }}
{%- endif -%}
{%- endmacro %}

{# The columns of journey_events, without what it adds of its own. #}
{% macro stored_columns() %}
  {{ return(['row_key', 'source', 'event_id', 'kind', 'alias'] + (journey.id_columns().values() | list)
      + ['event', 'ts', 'received_at', 'page_url', 'referrer'] + ((var('journey_extra_columns') or {}) | list) + ['passive']) }}
{% endmacro %}

{# The pre-hook of journey_events where history is kept, which no full refresh makes anew: columns of journey_extra_columns that it has not. What
   is there and was read again by this run comes as it is now; all else has NULL in them. #}
{% macro add_columns(this) %}
{%- if execute and var('journey_keep_history') and is_incremental() -%}
  {%- set known = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
  {%- set added = (var('journey_extra_columns') or {}).items() | rejectattr(0, 'in', known) | list -%}
  {%- if added -%}
    {%- set told = ['source', 'event_id'] + (journey.id_columns().values() | list) + ['event', 'ts', 'page_url', 'referrer'] -%}
    alter table {{ this }} {% for column, type in added %}add column {{ column }} {{ type }}{{ ", " if not loop.last }}{% endfor %};
    delete from {{ this }} as known using {{ ref('this_run_events') }} as arrived
    where arrived.left_out is null and arrived.ts = known.ts and (known.{{ told | join(', known.') }}) is not distinct from (arrived.{{ told | join(', arrived.') }})
  {%- endif -%}
{%- endif -%}
{% endmacro %}

{# Events by the id they go by: where journey_device_owners is set, those of a device go by the user who owned it at the time. #}
{% macro owned_events() -%}
  {%- if journey.has_owners() -%}
  (select
    {%- for column in journey.stored_columns() + ['counts', 'changed_at'] %}
    {{ "coalesce(owners.user_id, events.alias) as alias" if column == 'alias'
       else "case when owners.user_id is null then events.kind else 'user' end as kind" if column == 'kind' else 'events.' ~ column }}{{ "," if not loop.last }}
    {%- endfor %}
   from {{ ref('journey_events') }} as events
   left join {{ ref('device_owners') }} as owners
     on events.kind = 'anonymous' and owners.anonymous_id = events.alias and owners.owned @> events.ts)
  {%- else -%} {{ ref('journey_events') }}
  {%- endif -%}
{%- endmacro %}

{# The events that make sessions: each once, none that is passive, and none of a session that is left out for its pace. #}
{% macro counted_events(with_passive=false) -%}
  (select events.* from {{ journey.owned_events() }} as events
   {%- if journey.has_rapid() %} left join {{ ref('rapid_sessions') }} as rapid
     on rapid.kind = {{ journey.strongest_kind('events') }} and rapid.alias = {{ journey.strongest_id('events') }}{% endif %}
   where events.counts{% if not with_passive %} and not events.passive{% endif %}
   {%- if journey.has_rapid() %} and (events.passive or not coalesce(rapid.spans @> events.ts, false)){% endif %})
{%- endmacro %}

{% macro has_owners() %}{{ return(var('journey_device_owners') is not none) }}{% endmacro %}

{# The ids whose events may go by another id since a model was built: those seen on a device whose owners have changed. #}
{% macro ids_of_new_owners(this) -%}
  select ids.kind, ids.alias
  from (select distinct anonymous_id from {{ ref('device_owners') }} where {{ journey.changed_since('changed_at', this) }}) as changed
  join {{ ref('alias_edges') }} as edges using (anonymous_id)
  cross join lateral (values ('anonymous', edges.anonymous_id), ('user', edges.user_id)) as ids(kind, alias)
  where ids.alias is not null
{%- endmacro %}

{% macro has_rapid() %}{{ return(var('journey_rapid_events') is not none) }}{% endmacro %}
