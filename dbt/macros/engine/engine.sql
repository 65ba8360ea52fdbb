{# Two engines give the same tables: the extension, and SQL alone where the database loads none. What differs between them is in
   this folder, an operation a macro, with one branch for each. #}

{# Whether an engine is, or may turn out to be, the one at work: which of two is told by the database under auto, and so not while dbt
   reads the project. Refs of either are edges of its graph then. #}
{% macro on(engine) %}
  {% set wanted = var('journey_engine') %}
  {% if wanted != 'auto' or not execute %}{{ return(wanted in ['auto', engine]) }}{% endif %}
  {{ return((engine == 'extension') == journey.extension_is_installed()) }}
{% endmacro %}

{# For the config of a model that one engine alone has. #}
{% macro may_be(engine) %}{{ return(var('journey_engine') in ['auto', engine]) }}{% endmacro %}

{% macro extension_is_installed() %}
  {{ return(run_query("select 1 from pg_catalog.pg_extension where extname = 'journey'").rows | length > 0) }}
{% endmacro %}

{# For a model that SQL does not make: an error, where it is built all the same. #}
{% macro needs_extension(model) %}
  {%- if execute and flags.WHICH in ('build', 'run') and not journey.on('extension') -%}
    {%- do exceptions.raise_compiler_error(model ~ " needs the extension journey, which is not in database " ~ target.database
        ~ ". Set journey_engine: sql, which leaves such models out, or run CREATE EXTENSION journey; as a superuser.") -%}
  {%- endif -%}
{% endmacro %}

{# Settings that only the extension can heed. #}
{% macro check_engine() %}
  {% if var('journey_engine') not in ['auto', 'extension', 'sql'] %}
    {{ journey.refuse('journey_engine', var('journey_engine'), "Set it to auto, extension or sql.") }}
  {% elif var('journey_engine') == 'extension' and not journey.extension_is_installed() %}
    {% do exceptions.raise_compiler_error(
      "The extension journey is not installed in database " ~ target.database
      ~ ". Run CREATE EXTENSION journey; in it once, as a superuser, or set journey_engine: sql.") %}
  {% endif %}
  {% if journey.on('sql') %}
    {% set encoding = run_query("select current_setting('server_encoding')").rows[0][0] %}
    {% if encoding != 'UTF8' %}
      {{ journey.refuse('journey_engine', var('journey_engine'), "Without the extension the database must be in UTF8; it is in " ~ encoding ~ ".") }}
    {% endif %}
    {% for setting in ['journey_max_users', 'journey_max_members', 'journey_unique_kinds'] if var(setting) %}
      {{ journey.refuse(setting, var(setting), "It takes links one by one, which needs the extension: leave it out, or set journey_engine: extension.") }}
    {% endfor %}
    {% for option in var('journey_attribution_options') or {} if option not in ['half_life', 'first_weight', 'last_weight', 'optional_channels', 'excluded_channels'] %}
      {{ journey.refuse('journey_attribution_options', option, "Without the extension there are half_life, first_weight, last_weight, optional_channels and excluded_channels.") }}
    {% endfor %}
    {% if var('journey_rfm_matrix') != 'standard' or var('journey_rfm_bins') | int != 5 %}
      {{ journey.refuse('journey_rfm_matrix', var('journey_rfm_matrix'), "Without the extension there is the matrix standard, with journey_rfm_bins: 5.") }}
    {% endif %}
  {% endif %}
{% endmacro %}

{# The values of an enum of the extension. #}
{% macro labels(type) %}
  {{ return({
    'alias_mode': ['connected', 'latest_user'],
    'attribution_model': ['first', 'last', 'first_non_direct', 'last_non_direct', 'first_paid', 'last_paid', 'linear', 'linear_unique', 'position_based', 'time_decay']
  }[type]) }}
{% endmacro %}
