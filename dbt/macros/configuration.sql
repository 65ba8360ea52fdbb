{# Settings: read here, and checked before anything else runs. #}

{% macro refuse(variable, value, hint) %}
  {% do exceptions.raise_compiler_error("variable " ~ variable ~ " is " ~ (value | tojson) ~ ". " ~ hint) %}
{% endmacro %}

{% macro texts(values) %}array[{% for value in values %}{{ dbt.string_literal(value | string) }}{{ ", " if not loop.last }}{% endfor %}]::text[]{% endmacro %}

{% macro own_hosts() %}{{ journey.texts(var('journey_own_hosts')) }}{% endmacro %}

{% macro session_rule() -%}
  journey.session_rule({{ dbt.string_literal(var('journey_timeout')) }}::interval, {{ 'true' if var('journey_inclusive') else 'false' }}, null,
    {{- dbt.string_literal(var('journey_day_boundary')) if var('journey_day_boundary') else 'null' }})
{%- endmacro %}

{% macro as_of() %}{% if var('journey_as_of') %}{{ dbt.string_literal(var('journey_as_of') | string) }}::timestamptz{% else %}now(){% endif %}{% endmacro %}

{# Whether there are ids of other kinds than users and anonymous ones. #}
{% macro has_more_kinds() %}{{ return(var('journey_id_kinds') | length > 2 or var('journey_id_kinds') | first != 'user') }}{% endmacro %}

{% macro this_run() %}{{ dbt.string_literal(run_started_at | string) }}::timestamptz{% endmacro %}

{# Every kind of conversion: {kind: {when, value, once}}. #}
{% macro conversions() %}
  {% set kinds = {'sign_up': {'when': 'event = ' ~ dbt.string_literal(var('journey_signup_event')), 'once': true}} %}
  {% do kinds.update(var('journey_conversions') or {}) %}
  {% for kind, conversion in kinds.items() %}
    {% if conversion is not mapping or not conversion.get('when') %}
      {{ journey.refuse('journey_conversions.' ~ kind, conversion, "Give {when: <a condition>, value: <an expression>, once: true or false}; when is needed.") }}
    {% elif kind == 'order' and journey.has_input('orders') %}
      {{ journey.refuse('journey_conversions', kind, "The rows of journey_orders are the conversions named order. Choose another name.") }}
    {% endif %}
    {% for key in conversion if key not in ['when', 'value', 'once'] %}
      {{ journey.refuse('journey_conversions.' ~ kind, key, "Known are when, value and once.") }}
    {% endfor %}
  {% endfor %}
  {{ return(kinds) }}
{% endmacro %}

{# Runs before anything else: every setting that can be wrong without a look at the sources is named here, with what to set
   instead. The sources themselves are looked at when they are read, since they may be models that are built first. #}
{% macro check_configuration() %}
  {% if execute and flags.WHICH in ('build', 'run') %}
    {{ journey.check_engine() }}
    {% if journey.has_pipeline() %}{{ journey.check_pipeline() }}{% endif %}
    {% if not journey.event_sources() | rejectattr('name', 'equalto', 'identifies') | list %}
      {{ journey.refuse('journey_tracks', none, "Set it to the table of your events, as schema.table, under vars: in dbt_project.yml.") }}
    {% endif %}
    {% do journey.preset_columns('tracks') %}
    {% do journey.conversions() %}
    {% do journey.funnel_steps() %}
    {% for variable in ['journey_timeout', 'journey_lookback', 'journey_overlap', 'journey_event_id_window', 'journey_funnel_within', 'journey_retention_period'] %}{{ journey.check_interval(variable) }}{% endfor %}
    {% if var('journey_rfm_window') %}{{ journey.check_interval('journey_rfm_window', units='second|minute|hour|day|week|month|year') }}{% endif %}
    {% if journey.has_rapid() %}
      {% set rapid = var('journey_rapid_events') %}
      {% if rapid is not mapping or rapid | list | sort != ['events', 'lag'] or not rapid.events is integer or rapid.events < 1 %}
        {{ journey.refuse('journey_rapid_events', rapid, "Give {events: <a number from 1>, lag: <an interval>}.") }}
      {% endif %}
      {{ journey.check_interval('journey_rapid_events.lag', rapid.lag) }}
    {% endif %}
    {{ journey.check_enum('journey_alias_mode', [var('journey_alias_mode')], 'alias_mode') }}
    {{ journey.check_enum('journey_attribution_models', var('journey_attribution_models'), 'attribution_model') }}
    {% if var('journey_snapshot_grain') not in ['day', 'week', 'month', 'quarter', 'year'] %}
      {{ journey.refuse('journey_snapshot_grain', var('journey_snapshot_grain'), "Set it to day, week, month, quarter or year.") }}
    {% endif %}
    {% for kind in var('journey_id_kinds') if not modules.re.match('^[a-z_][a-z0-9_]*$', kind) %}
      {{ journey.refuse('journey_id_kinds', kind, "A kind is a name in lower case, such as email.") }}
    {% endfor %}
    {% if 'user' not in var('journey_id_kinds') or 'anonymous' not in var('journey_id_kinds') %}
      {{ journey.refuse('journey_id_kinds', var('journey_id_kinds'), "List user and anonymous among them.") }}
    {% endif %}
    {% for setting in ['journey_lower_ids', 'journey_unique_kinds'] %}
      {% for kind in var(setting) if kind not in var('journey_id_kinds') %}
        {{ journey.refuse(setting, kind, "Choose from: " ~ (var('journey_id_kinds') | join(', ')) ~ ".") }}
      {% endfor %}
    {% endfor %}
    {% if journey.has_owners() %}
      {{ journey.check_interval('journey_device_owners') }}
      {% if journey.has_more_kinds() or journey.has_limits() or var('journey_unmerge') or var('journey_alias_mode') != 'connected' %}
        {{ journey.refuse('journey_device_owners', var('journey_device_owners'), "A device is its owner's for a time and joins nobody then: leave out journey_id_kinds, journey_alias_mode, journey_unmerge and the limits.") }}
      {% endif %}
    {% endif %}
    {% if journey.has_more_kinds() and var('journey_alias_mode') == 'latest_user' %}
      {{ journey.refuse('journey_alias_mode', 'latest_user', "It knows users and anonymous ids only: set connected, or leave other kinds out of journey_id_kinds.") }}
    {% elif journey.has_more_kinds() and var('journey_max_users') %}
      {{ journey.refuse('journey_max_users', var('journey_max_users'), "With kinds of ids, set journey_unique_kinds: [user].") }}
    {% elif not journey.has_more_kinds() and var('journey_unique_kinds') %}
      {{ journey.refuse('journey_unique_kinds', var('journey_unique_kinds'), "With users and anonymous ids alone, set journey_max_users: 1.") }}
    {% endif %}
  {% endif %}
{% endmacro %}

{# Lengths of months differ: they are among `units` where the calendar counts. #}
{% macro check_interval(variable, value=none, units='second|minute|hour|day|week') %}
  {% set value = (var(variable) if value is none else value) | string %}
  {% if not modules.re.match('^\\s*\\d+(\\.\\d+)?\\s*(' ~ units ~ ')s?\\s*$', value, modules.re.IGNORECASE) %}
    {{ journey.refuse(variable, value, "Give a number and a unit from seconds to " ~ units.split('|')[-1] ~ "s, such as '30 minutes'.") }}
  {% endif %}
{% endmacro %}

{% macro check_enum(variable, values, type) %}
  {% set labels = journey.labels(type) %}
  {% for value in values %}
    {% if value not in labels %}
      {{ journey.refuse(variable, value, "Choose from: " ~ (labels | join(', ')) ~ ".") }}
    {% endif %}
  {% endfor %}
{% endmacro %}
