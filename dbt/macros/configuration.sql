{# The column names of an input, by preset. None: the input may do without it. #}
{% macro input_columns(input) %}
  {% set presets = {
    'tracks': {
      'rudderstack': {'event_id': 'id', 'anonymous_id': 'anonymous_id', 'user_id': 'user_id', 'event': 'event',
                      'ts': 'timestamp', 'received_at': 'received_at',
                      'page_url': 'context_page_url', 'referrer': 'context_page_referrer'},
      'segment':     {'event_id': 'id', 'anonymous_id': 'anonymous_id', 'user_id': 'user_id', 'event': 'event_text',
                      'ts': 'timestamp', 'received_at': 'received_at',
                      'page_url': 'context_page_url', 'referrer': 'context_page_referrer'}},
    'identifies': {
      'rudderstack': {'anonymous_id': 'anonymous_id', 'user_id': 'user_id', 'ts': 'timestamp'},
      'segment':     {'anonymous_id': 'anonymous_id', 'user_id': 'user_id', 'ts': 'timestamp'}},
    'orders': {
      'rudderstack': {'order_id': 'order_id', 'user_id': 'user_id', 'paid_at': 'timestamp', 'amount': 'revenue'},
      'segment':     {'order_id': 'order_id', 'user_id': 'user_id', 'paid_at': 'timestamp', 'amount': 'revenue'}},
    'spend': {
      'rudderstack': {'channel': 'channel', 'spent_on': 'date', 'amount': 'spend'},
      'segment':     {'channel': 'channel', 'spent_on': 'date', 'amount': 'spend'}}
  } %}
  {% set columns = presets[input].get(var('journey_preset')) %}
  {% if columns is none %}
    {{ journey.refuse("journey_preset", var('journey_preset'), "Set it to rudderstack or segment.") }}
  {% endif %}
  {% do columns.update(var('journey_' ~ input ~ '_columns') or {}) %}
  {{ return(columns) }}
{% endmacro %}

{% macro refuse(variable, value, hint) %}
  {% do exceptions.raise_compiler_error("variable " ~ variable ~ " is " ~ (value | tojson) ~ ". " ~ hint) %}
{% endmacro %}

{# The relation that an input's variable names, or None where it is not set. #}
{% macro input_relation(input) %}
  {% set name = var('journey_' ~ input) %}
  {% if not name %}{{ return(none) }}{% endif %}
  {% set parts = name.split('.') %}
  {% if parts | length > 3 %}
    {{ journey.refuse('journey_' ~ input, name, "Give schema.table.") }}
  {% endif %}
  {{ return(api.Relation.create(
      database=parts[-3] if parts | length == 3 else target.database,
      schema=parts[-2] if parts | length > 1 else target.schema,
      identifier=parts[-1])) }}
{% endmacro %}

{# The SQL expression of one of our columns in an input; a column that is mapped to nothing reads as NULL. #}
{% macro input_column(input, column, type) %}
  {%- set name = journey.input_columns(input)[column] -%}
  {%- if name is none -%} null::{{ type }} {%- else -%} {{ adapter.quote(name) }}::{{ type }} {%- endif -%}
{% endmacro %}

{% macro has_input(input) %}{{ return(var('journey_' ~ input) is not none and var('journey_' ~ input) != '') }}{% endmacro %}

{% macro own_hosts() %}array[{% for host in var('journey_own_hosts') %}{{ dbt.string_literal(host) }}{{ ", " if not loop.last }}{% endfor %}]::text[]{% endmacro %}

{% macro as_of() %}{% if var('journey_as_of') %}{{ dbt.string_literal(var('journey_as_of') | string) }}::timestamptz{% else %}now(){% endif %}{% endmacro %}

{# Runs before anything else: every setting that can be wrong is named here, with what to set instead. #}
{% macro check_configuration() %}
  {% if execute and flags.WHICH in ('build', 'run') %}
    {{ journey.check_extension() }}
    {% if not journey.has_input('tracks') %}
      {{ journey.refuse('journey_tracks', none, "Set it to the table of your events, as schema.table, under vars: in dbt_project.yml.") }}
    {% endif %}
    {% for input in ['tracks', 'identifies', 'orders', 'spend'] if journey.has_input(input) %}
      {{ journey.check_input(input) }}
    {% endfor %}
    {{ journey.check_interval('journey_timeout') }}
    {{ journey.check_interval('journey_lookback') }}
    {{ journey.check_interval('journey_overlap') }}
    {{ journey.check_enum('journey_alias_mode', [var('journey_alias_mode')], 'alias_mode') }}
    {{ journey.check_enum('journey_attribution_models', var('journey_attribution_models'), 'attribution_model') }}
    {% if var('journey_snapshot_grain') not in ['day', 'week', 'month', 'quarter', 'year'] %}
      {{ journey.refuse('journey_snapshot_grain', var('journey_snapshot_grain'), "Set it to day, week, month, quarter or year.") }}
    {% endif %}
  {% endif %}
{% endmacro %}

{% macro check_extension() %}
  {% if run_query("select 1 from pg_catalog.pg_extension where extname = 'journey'").rows | length == 0 %}
    {% do exceptions.raise_compiler_error(
      "The extension journey is not installed in database " ~ target.database
      ~ ". Run CREATE EXTENSION journey; in it once, as a superuser.") %}
  {% endif %}
{% endmacro %}

{% macro check_input(input) %}
  {% set relation = journey.input_relation(input) %}
  {% set found = adapter.get_relation(relation.database, relation.schema, relation.identifier) %}
  {% if found is none %}
    {{ journey.refuse('journey_' ~ input, var('journey_' ~ input), "There is no such table or view in database " ~ target.database ~ ".") }}
  {% endif %}
  {% set given = {} %}
  {% for column in adapter.get_columns_in_relation(found) %}{% do given.update({column.name: column.dtype}) %}{% endfor %}
  {% set wanted = journey.input_columns(input) %}
  {% set optional = ['page_url', 'referrer', 'order_id'] %}
  {% for ours, theirs in wanted.items() %}
    {% if theirs is none and ours not in optional %}
      {{ journey.refuse('journey_' ~ input ~ '_columns', wanted, ours ~ " is needed. Name its column in " ~ found ~ ".") }}
    {% elif theirs is not none and theirs not in given %}
      {{ journey.refuse('journey_' ~ input ~ '_columns', {ours: theirs},
          found ~ " has no column " ~ theirs ~ " (it has: " ~ (given.keys() | join(', ')) ~ "). Set journey_" ~ input ~ "_columns: {" ~ ours ~ ": <its column>}" ~ (" or null, if there is none." if ours in optional else ".")) }}
    {% elif ours in ['ts', 'received_at', 'paid_at'] and not given[theirs].startswith('timestamp') %}
      {{ journey.refuse('journey_' ~ input ~ '_columns', {ours: theirs}, "Its type is " ~ given[theirs] ~ "; " ~ ours ~ " must be a timestamp. Cast it in a view and set journey_" ~ input ~ " to that.") }}
    {% elif ours == 'amount' and given[theirs] not in ['numeric', 'integer', 'bigint', 'smallint', 'double precision', 'real'] and not given[theirs].startswith('numeric') %}
      {{ journey.refuse('journey_' ~ input ~ '_columns', {ours: theirs}, "Its type is " ~ given[theirs] ~ "; amount must be a number. Cast it in a view and set journey_" ~ input ~ " to that.") }}
    {% endif %}
  {% endfor %}
{% endmacro %}

{% macro check_interval(variable) %}
  {% set value = var(variable) | string %}
  {% set good = run_query(
      "select " ~ dbt.string_literal(value) ~ " ~* '^\\s*\\d+(\\.\\d+)?\\s*(second|minute|hour|day|week)s?\\s*$'").rows[0][0] %}
  {% if not good %}
    {{ journey.refuse(variable, value, "Give a number and a unit from seconds to weeks, such as '30 minutes'.") }}
  {% endif %}
{% endmacro %}

{% macro check_enum(variable, values, type) %}
  {% set labels = run_query("select enumlabel from pg_catalog.pg_enum where enumtypid = 'journey." ~ type ~ "'::pg_catalog.regtype order by enumsortorder").columns[0].values() %}
  {% for value in values %}
    {% if value not in labels %}
      {{ journey.refuse(variable, value, "Choose from: " ~ (labels | join(', ')) ~ ".") }}
    {% endif %}
  {% endfor %}
{% endmacro %}
