{# The package's tables stand in a schema of their own, so that none of its names can clash with yours. #}
{% macro generate_schema_name(custom_schema_name, node) %}
  {{- var('journey_schema') or target.schema ~ '_journey' -}}
{% endmacro %}

{% macro generate_alias_name(custom_alias_name=none, node=none) %}
  {{- var('journey_prefix') ~ (custom_alias_name or node.name) -}}
{% endmacro %}
