{# Refreshes a pipeline of the database (docs/pipelines.md) before models that read its views:
     on-run-start: "{{ journey.refresh_pipeline('web') }}"
   A refresh commits as it goes: the transaction that dbt has opened ends first, and what follows has its own. #}
{% macro refresh_pipeline(name) %}
  {% if execute and flags.WHICH in ('run', 'build', 'snapshot', 'run-operation') %}
    {% do run_query("commit") %}
    {% do run_query("call journey.refresh(" ~ dbt.string_literal(name) ~ ", wait => true)") %}
    {% do run_query("begin") %}
  {% endif %}
{% endmacro %}
