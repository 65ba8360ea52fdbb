{# Erasure of one person from every table of this package. Keyed hashes of the ids are all that stays, so that rows that come late, or are
   still in the sources, do not bring the person back. The sources themselves are yours to clean.
     dbt run-operation journey_erase --args '{visitor: VISITOR_ID}' #}
{% macro journey_erase(visitor, dry_run=false) %}
  {% set mapping = journey.table_of_package('alias_visitors') %}
  {% set who = dbt.string_literal(visitor | string) %}
  {% set ids = "select kind, alias from " ~ mapping ~ " where visitor_id = " ~ who %}
  {% if run_query("select count(*) from (" ~ ids ~ ") as ids").rows[0][0] == 0 %}
    {% do exceptions.raise_compiler_error("there is no visitor " ~ (visitor | tojson) ~ " in " ~ mapping ~ ". Look the visitor_id up there by one of their ids.") %}
  {% endif %}
  {% set deletes = [] %}
  {% set by_columns = run_query(
      "select table_name, array_agg(column_name::text) from information_schema.columns join information_schema.tables using (table_schema, table_name)"
      ~ " where table_schema = " ~ dbt.string_literal(mapping.schema) ~ " and table_type = 'BASE TABLE' group by table_name order by table_name = "
      ~ dbt.string_literal(mapping.identifier) ~ ", table_name") %}
  {% for row in by_columns.rows %}
    {% set conditions = [] %}
    {% if 'visitor_id' in row[1] %}{% do conditions.append("visitor_id in (select alias from erased_now)") %}{% endif %}
    {% if 'alias' in row[1] and 'kind' in row[1] %}{% do conditions.append("(kind, alias) in (select kind, alias from erased_now)") %}{% endif %}
    {% if 'a_kind' in row[1] %}{% do conditions.append("(a_kind, a) in (select kind, alias from erased_now) or (b_kind, b) in (select kind, alias from erased_now)") %}{% endif %}
    {% for kind, column in journey.id_columns().items() if column in row[1] and 'visitor_id' not in row[1] %}
      {% do conditions.append(column ~ " in (select alias from erased_now where kind = " ~ dbt.string_literal(kind) ~ ")") %}
    {% endfor %}
    {# Of ranks within a snapshot none holds without them: the next run makes it again. #}
    {% if 'snapshot_at' in row[1] and 'visitor_id' in row[1] %}
      {% set relation = api.Relation.create(database=mapping.database, schema=mapping.schema, identifier=row[0]) %}
      {% do conditions.append("snapshot_at >= (select min(snapshot_at) from " ~ relation ~ " where visitor_id in (select alias from erased_now))") %}
    {% endif %}
    {% if conditions %}{% do deletes.append((api.Relation.create(database=mapping.database, schema=mapping.schema, identifier=row[0]), conditions | join(' or '))) %}{% endif %}
  {% endfor %}
  {% do run_query("create temporary table erased_now as " ~ ids) %}
  {% if dry_run %}
    {% for relation, condition in deletes %}
      {% do log(relation ~ ": " ~ run_query("select count(*) from " ~ relation ~ " where " ~ condition).rows[0][0] ~ " rows would go", info=true) %}
    {% endfor %}
  {% else %}
    {% do run_query("create table if not exists " ~ journey.table_of_package('journey_erasure_key', mapping) ~ " (inner_key bytea not null, outer_key bytea not null)") %}
    {% do run_query("insert into " ~ journey.table_of_package('journey_erasure_key', mapping)
        ~ " select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"
        ~ " where not exists (select from " ~ journey.table_of_package('journey_erasure_key', mapping) ~ ")") %}
    {% do run_query("create table if not exists " ~ journey.table_of_package('journey_erased', mapping) ~ " (id_hash bytea primary key, erased_at timestamptz not null)") %}
    {% do run_query("insert into " ~ journey.table_of_package('journey_erased', mapping) ~ " select " ~ journey.id_hash('kind', 'alias', mapping)
        ~ ", now() from erased_now on conflict do nothing") %}
    {% for relation, condition in deletes %}
      {% set gone = run_query("with gone as (delete from " ~ relation ~ " where " ~ condition ~ " returning 1) select count(*) from gone").rows[0][0] %}
      {% do log(relation ~ ": " ~ gone ~ " rows erased", info=true) %}
    {% endfor %}
  {% endif %}
  {% do run_query("drop table erased_now") %}
  {% do run_query("commit") %}
{% endmacro %}

{# A table of this package, by the schema and the prefix of the settings or beside another one. #}
{% macro table_of_package(name, beside=none) %}
  {{ return(api.Relation.create(database=beside.database if beside else target.database,
      schema=beside.schema if beside else journey.generate_schema_name(none, none) | trim, identifier=var('journey_prefix') ~ name)) }}
{% endmacro %}

{# The relation of erased ids, or None: nobody has been erased. #}
{% macro erased_ids(this) %}
  {% if not execute %}{{ return(none) }}{% endif %}
  {{ return(adapter.get_relation(this.database, this.schema, var('journey_prefix') ~ 'journey_erased')) }}
{% endmacro %}

{# The keyed hash of an id: twice SHA-256 with two keys (NMAC), NULL for NULL. #}
{% macro id_hash(kind, id, beside) -%}
(select sha256(outer_key || sha256(inner_key || convert_to({{ kind }} || ' ' || {{ id }}, 'UTF8'))) from {{ journey.table_of_package('journey_erasure_key', beside) }})
{%- endmacro %}

{# A condition: none of the row's ids is an erased one. #}
{% macro not_erased(this, row) -%}
{%- if journey.erased_ids(this) -%}
not exists (
    select from {{ journey.erased_ids(this) }} as erased
    where erased.id_hash in (
      {%- for kind, column in journey.id_columns().items() %}{{ journey.id_hash(dbt.string_literal(kind), row ~ '.' ~ column, this) }}{{ ", " if not loop.last }}{% endfor %}))
{%- else -%} true
{%- endif -%}
{%- endmacro %}
