{# Inputs: where each table of the user's is, and what its columns are called there. #}

{# A table by name: schema.table, source('schema', 'table') or ref('model'). The last two are edges of dbt's graph. #}
{% macro relation_named(setting, name) %}
  {% set words = modules.re.findall("'([^']*)'", name) %}
  {% if modules.re.match("^ref\\(\\s*'[^']+'\\s*(,\\s*'[^']+'\\s*)?\\)$", name) %}
    {{ return(ref(*words)) }}
  {% elif modules.re.match("^source\\(\\s*'[^']+'\\s*,\\s*'[^']+'\\s*\\)$", name) %}
    {{ return(source(*words)) }}
  {% elif modules.re.match("^[^.()']+(\\.[^.()']+){0,2}$", name) %}
    {% set parts = name.split('.') %}
    {{ return(api.Relation.create(
        database=parts[-3] if parts | length == 3 else target.database,
        schema=parts[-2] if parts | length > 1 else target.schema,
        identifier=parts[-1])) }}
  {% endif %}
  {{ journey.refuse(setting, name, "Give schema.table, source('schema', 'table') or ref('model').") }}
{% endmacro %}

{% macro has_input(input) %}{{ return(var('journey_' ~ input) is not none and var('journey_' ~ input) != '') }}{% endmacro %}

{# The columns of each vendor's tables, by our names: candidates in order, of which the first that is there is taken.
   `event` may be given as a text. #}
{% macro preset_columns(input) %}
  {% set preset = var('journey_preset') %}
  {% set tracker = {'event_id': ['id'], 'anonymous_id': ['anonymous_id'], 'user_id': ['user_id'], 'ts': ['timestamp'],
                    'received_at': ['received_at'], 'page_url': ['context_page_url'], 'referrer': ['context_page_referrer']} %}
  {% set vendor = {
    'tracks': dict(tracker, event=['event_text', 'event']),
    'pages': dict(tracker, page_url=['url', 'context_page_url'], referrer=['referrer', 'context_page_referrer']),
    'screens': dict(tracker, page_url=[], referrer=[]),
    'identifies': dict(tracker, page_url=[], referrer=[]),
    'orders': {'order_id': ['order_id', 'id'], 'user_id': ['user_id'], 'anonymous_id': ['anonymous_id'], 'paid_at': ['timestamp', 'paid_at'],
               'amount': ['revenue', 'amount']},
    'spend': {'channel': ['channel'], 'campaign': ['campaign'], 'spent_on': ['date', 'spent_on'], 'amount': ['spend', 'amount']},
    'contacts': {'user_id': ['user_id'], 'campaign': ['campaign'], 'contacted_at': ['contacted_at', 'timestamp']}
  } %}
  {% set plain = {'event_id': ['event_id'], 'anonymous_id': ['anonymous_id'], 'user_id': ['user_id'], 'event': ['event'], 'ts': ['ts'],
                  'received_at': ['received_at'], 'page_url': ['page_url'], 'referrer': ['referrer']} %}
  {% set presets = {
    'rudderstack': vendor,
    'segment': vendor,
    'snowplow': dict(vendor,
      tracks={'event_id': ['event_id'], 'anonymous_id': ['domain_userid'], 'user_id': ['user_id'], 'event': ['event_name', 'event'],
              'ts': ['derived_tstamp'], 'received_at': ['load_tstamp', 'collector_tstamp'], 'page_url': ['page_url'], 'referrer': ['page_referrer']},
      identifies={'anonymous_id': ['domain_userid', 'user_identifier'], 'user_id': ['user_id'], 'ts': ['end_tstamp'], 'received_at': ['end_tstamp']}),
    'plain': dict(vendor, tracks=plain, pages=plain, screens=plain, identifies=plain)
  } %}
  {% if preset not in presets %}
    {{ journey.refuse('journey_preset', preset, "Set it to rudderstack, segment, snowplow or plain.") }}
  {% endif %}
  {{ return(presets[preset].get(input, plain if preset == 'plain' else dict(tracker, event=['event_text', 'event']))) }}
{% endmacro %}

{# The kinds of ids beside user and anonymous, and their columns. #}
{% macro id_columns() %}
  {% set columns = {} %}
  {% for kind in var('journey_id_kinds') %}
    {% do columns.update({kind: kind ~ '_id' if kind in ['user', 'anonymous'] else kind}) %}
  {% endfor %}
  {{ return(columns) }}
{% endmacro %}

{# Every table of events: a list of {name, setting, table, columns, event, passive, condition}. #}
{% macro event_sources() %}
  {% set sources = [] %}
  {% set events = {'pages': 'Page Viewed', 'screens': 'Screen Viewed', 'identifies': 'Identified'} %}
  {% for input in ['tracks', 'pages', 'screens', 'identifies'] if journey.has_input(input) %}
    {% do sources.append({'name': input, 'setting': 'journey_' ~ input, 'table': var('journey_' ~ input),
                          'columns': var('journey_' ~ input ~ '_columns') or {}, 'event': events.get(input),
                          'passive': 'true' if input == 'identifies' else 'false', 'condition': 'true'}) %}
  {% endfor %}
  {% for name, source in (var('journey_sources') or {}).items() %}
    {% set setting = 'journey_sources.' ~ name %}
    {% if name in ['tracks', 'pages', 'screens', 'identifies'] %}
      {{ journey.refuse('journey_sources', name, "Set journey_" ~ name ~ " instead, or give it another name.") }}
    {% elif source is not mapping or not source.get('table') %}
      {{ journey.refuse(setting, source, "Give {table: schema.table, columns: {...}, event: <a text>, passive: <a condition>, condition: <a condition>}; table is needed.") }}
    {% endif %}
    {% for key in source if key not in ['table', 'columns', 'event', 'passive', 'condition'] %}
      {{ journey.refuse(setting, key, "Known are table, columns, event, passive and condition.") }}
    {% endfor %}
    {% do sources.append({'name': name, 'setting': setting, 'table': source['table'], 'columns': source.get('columns') or {},
                          'event': source.get('event'), 'passive': source.get('passive', 'false') | string | lower if source.get('passive', 'false') is boolean else source.get('passive', 'false'),
                          'condition': source.get('condition', 'true')}) %}
  {% endfor %}
  {{ return(sources) }}
{% endmacro %}

{# What our columns are in a table: {name: SQL expression}. A column that the preset names and the table lacks reads as
   NULL; one that the settings name must be there. A setting with more than letters, digits and _ in it is an expression. #}
{% macro columns_in(relation, setting, wanted, given, types, needed=[]) %}
  {% set expressions = {} %}
  {% set theirs = {} %}
  {% if execute %}
    {# Asked of the server, not of dbt's cache: that is not to be relied on for a schema which two models ask for at once. #}
    {% for column in adapter.get_columns_in_relation(relation) %}{% do theirs.update({column.name: column.dtype}) %}{% endfor %}
    {% if not theirs %}
      {{ journey.refuse(setting, relation | string | replace('"', ''), "There is no such table or view in database " ~ target.database ~ ".") }}
    {% endif %}
  {% endif %}
  {% for key in given if key not in wanted %}
    {{ journey.refuse(setting ~ '_columns', {key: given[key]}, "There is no such column of ours. Known are " ~ (wanted | list | join(', ')) ~ ".") }}
  {% endfor %}
  {% for ours, candidates in wanted.items() %}
    {% set type = types.get(ours, 'text') %}
    {% set choice = namespace(sql=none) %}
    {% if ours in given %}
      {% set name = given[ours] %}
      {% if name is none %}
      {% elif name in theirs or not execute %}
        {% set choice.sql = adapter.quote(name) %}
      {% elif modules.re.match("^\\w+$", name) %}
        {{ journey.refuse(setting ~ '_columns', {ours: name}, relation ~ " has no column " ~ name ~ " (it has: " ~ (theirs | list | join(', ')) ~ "). Set "
            ~ ours ~ " to one of them, to an SQL expression, or to null where there is none.") }}
      {% else %}
        {% set choice.sql = '(' ~ name ~ ')' %}
      {% endif %}
    {% else %}
      {% set there = candidates | select('in', theirs) | list %}
      {% if there %}{% set choice.sql = adapter.quote(there[0]) %}{% endif %}
    {% endif %}
    {% set plain = choice.sql | replace('"', '') if choice.sql else none %}
    {% if execute and ours in needed and choice.sql is none %}
      {{ journey.refuse(setting ~ '_columns', given, ours ~ " is needed. " ~ relation ~ " has: " ~ (theirs | list | join(', ')) ~ ".") }}
    {% elif plain in theirs and type == 'timestamptz' and not theirs[plain].startswith('timestamp') %}
      {{ journey.refuse(setting ~ '_columns', {ours: plain}, "Its type is " ~ theirs[plain] ~ "; " ~ ours ~ " must be a timestamp. Give an SQL expression, such as \"" ~ plain ~ "::timestamptz\".") }}
    {% elif plain in theirs and type == 'numeric' and theirs[plain].split('(')[0] not in ['numeric', 'integer', 'bigint', 'smallint', 'double precision', 'real'] %}
      {{ journey.refuse(setting ~ '_columns', {ours: plain}, "Its type is " ~ theirs[plain] ~ "; " ~ ours ~ " must be a number. Give an SQL expression, such as \"" ~ plain ~ "::numeric\".") }}
    {% endif %}
    {% do expressions.update({ours: (choice.sql or 'null') ~ '::' ~ type}) %}
  {% endfor %}
  {{ return(expressions) }}
{% endmacro %}

{# The types of our columns; all others are text. #}
{% macro column_types() %}
  {{ return(dict({'ts': 'timestamptz', 'received_at': 'timestamptz', 'paid_at': 'timestamptz', 'contacted_at': 'timestamptz', 'amount': 'numeric', 'spent_on': 'date'},
                 **(var('journey_extra_columns') or {}))) }}
{% endmacro %}

{# The SQL expressions of our columns in one source of events. #}
{% macro event_columns(source, relation) %}
  {% set wanted = dict(journey.preset_columns(source.name)) %}
  {% for column in ['event', 'event_id', 'page_url', 'referrer'] if column not in wanted %}{% do wanted.update({column: []}) %}{% endfor %}
  {% for column in journey.id_columns().values() if column not in wanted %}{% do wanted.update({column: [column]}) %}{% endfor %}
  {% for column in var('journey_extra_columns') or {} %}{% do wanted.update({column: [column]}) %}{% endfor %}
  {% set columns = journey.columns_in(relation, source.setting, wanted, source.columns, journey.column_types(), ['ts']) %}
  {% if source.event and 'event' not in source.columns %}{% do columns.update({'event': dbt.string_literal(source.event) ~ '::text'}) %}{% endif %}
  {% set ids = [] %}
  {% for column in journey.id_columns().values() if columns[column] != 'null::text' %}{% do ids.append(column) %}{% endfor %}
  {% if execute and not ids %}
    {{ journey.refuse(source.setting ~ '_columns', source.columns, relation ~ " has no column with an id. Name one of " ~ (journey.id_columns().values() | list | join(', ')) ~ ".") }}
  {% endif %}
  {{ return(columns) }}
{% endmacro %}
