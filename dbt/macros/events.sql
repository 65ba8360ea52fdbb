{# A relation of this package as the run before left it, or None: before the first run, and in a full refresh. By name: a ref
   would make a circle, since the model is made of what is read by it. #}
{% macro built(this, name) %}
  {% if not execute or (flags.FULL_REFRESH and not var('journey_keep_history')) %}{{ return(none) }}{% endif %}
  {{ return(adapter.get_relation(this.database, this.schema, var('journey_prefix') ~ name)) }}
{% endmacro %}

{# From where on a source is read: rows that arrived later may be new, and those a little before, since rows are not committed in
   the order of received_at. A row of the future tells nothing of what has arrived. #}
{% macro read_from(store, source) %}
  {%- if store is none -%} '-infinity'::timestamptz
  {%- else -%}
  coalesce(
    (select max(received_at) - interval '{{ var("journey_overlap") }}' from {{ store }}
     where source = {{ dbt.string_literal(source) }} and received_at <= {{ journey.this_run() }} and isfinite(received_at)),
    '-infinity')
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

{# Whether a row was written since this model was last built. Told as a constant, found before anything of the model changes. #}
{% macro changed_since(column, this) %}
  {%- set last = run_query("select coalesce(max(changed_at), '-infinity')::text from " ~ this).rows[0][0] if execute and is_incremental() else '-infinity' -%}
  {{ column }} > '{{ last }}'::timestamptz
{%- endmacro %}

{% macro is_blog(url) %}journey.url_path({{ url }}) like {{ dbt.string_literal(var('journey_blog_path') | replace('\\', '\\\\') | replace('%', '\\%') | replace('_', '\\_') ~ '%') }}{% endmacro %}

{# The events that make sessions: each once, and none that is passive. #}
{% macro counted_events() %}(select * from {{ ref('journey_events') }} where counts and not passive){% endmacro %}
