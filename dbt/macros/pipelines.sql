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

{# Models over a pipeline: with journey_pipeline, what the pipeline keeps up to date is read from there. #}

{% macro has_pipeline() %}{{ return(var('journey_pipeline') is not none) }}{% endmacro %}

{# For the config of a model: how it is stored, where the pipeline keeps it; and where what it is made of is the pipeline's, so that no run of dbt
   knows which visitors have changed. #}
{% macro or_view(materialized) %}{{ return('view' if journey.has_pipeline() else materialized) }}{% endmacro %}
{% macro or_table(materialized) %}{{ return('table' if journey.has_pipeline() else materialized) }}{% endmacro %}

{# For the config of a test that compares the two: rows may have come since the refresh. #}
{% macro or_warn() %}{{ return('warn' if journey.has_pipeline() else 'error') }}{% endmacro %}

{# One of the pipeline's views. #}
{% macro pipeline_view(part) %}
  {% set rows = run_query("select schema from journey.pipelines where name = " ~ dbt.string_literal(var('journey_pipeline'))).rows if execute else [] %}
  {{ return(api.Relation.create(database=target.database, schema=rows[0][0] if rows else 'none', identifier=var('journey_pipeline') ~ '_' ~ part)) }}
{% endmacro %}

{# As of when the pipeline's tables are: what stands in for changed_at. #}
{% macro seen_at() %}(select pipelines.seen_at from journey.pipelines where pipelines.name = {{ dbt.string_literal(var('journey_pipeline')) }}){% endmacro %}

{# Kinds of conversions of which a visitor's first counts, and all. #}
{% macro kinds_of_conversions(once=false) %}
  {% set kinds = [] %}
  {% for kind, conversion in journey.conversions().items() if conversion.get('once') or not once %}{% do kinds.append(kind) %}{% endfor %}
  {{ return(kinds + (['order'] if journey.has_input('orders') and not once else [])) }}
{% endmacro %}

{# Whether the pipeline's credits and scores are those that the settings ask for: it makes five models with the defaults of attribute, and scores
   all payments by the standard matrix. #}
{% macro credits_are_the_pipelines() %}
  {{ return(journey.has_pipeline() and var('journey_lookback') == '90 days' and not var('journey_attribution_options')
      and not var('journey_attribution_models') | reject('in', ['first', 'last', 'first_paid', 'last_paid', 'linear']) | list) }}
{% endmacro %}
{% macro scores_are_the_pipelines() %}
  {{ return(journey.has_pipeline() and not var('journey_rfm_window') and var('journey_rfm_bins') | int == 5 and var('journey_rfm_matrix') == 'standard') }}
{% endmacro %}

{# An error, unless the pipeline is there, has been filled, and goes by the rules of the settings. What its sources say can't be compared. #}
{% macro check_pipeline() %}
  {% set name = var('journey_pipeline') %}
  {% set who = dbt.string_literal(name | string) %}
  {% if not journey.on('extension') %}
    {{ journey.refuse('journey_pipeline', name, "Pipelines are the extension's: leave it out, or run CREATE EXTENSION journey; as a superuser.") }}
  {% endif %}
  {% for setting in ['journey_device_owners', 'journey_unmerge', 'journey_rapid_events', 'journey_extra_columns'] if var(setting) %}
    {{ journey.refuse(setting, var(setting), "A pipeline has no such rule: leave it out, or journey_pipeline.") }}
  {% endfor %}
  {% if (var('journey_max_users') or 1) | int != 1 %}
    {{ journey.refuse('journey_max_users', var('journey_max_users'), "A pipeline knows the limit 1 alone, by unique_kinds => '{user}'.") }}
  {% endif %}
  {% set names = run_query("select name from journey.pipelines order by name").columns[0].values() | list %}
  {% if name not in names %}
    {{ journey.refuse('journey_pipeline', name, "There is no such pipeline in database " ~ target.database ~ (" (there are: " ~ (names | join(', ')) ~ ")" if names else "")
        ~ ". Declare it with journey.create_pipeline, see docs/pipelines.md.") }}
  {% endif %}
  {% set unique_kinds = ['user'] if var('journey_max_users') else var('journey_unique_kinds') %}
  {% set rules = run_query(
      "select setting, theirs, ours from journey.pipelines as p cross join lateral (values"
      ~ " ('journey_timeout, journey_inclusive and journey_day_boundary', p.rule::text, (" ~ journey.session_rule() ~ ")::text),"
      ~ " ('journey_id_kinds', p.kinds::text, " ~ journey.texts(var('journey_id_kinds')) ~ "::text),"
      ~ " ('journey_unique_kinds', p.unique_kinds::text, " ~ journey.texts(unique_kinds) ~ "::text),"
      ~ " ('journey_max_members', p.max_members::text, " ~ (dbt.string_literal(var('journey_max_members') | string) if var('journey_max_members') else 'null') ~ "),"
      ~ " ('journey_alias_mode', p.mode::text, " ~ dbt.string_literal(var('journey_alias_mode')) ~ "),"
      ~ " ('journey_blocked_ids', p.blocked::text, (" ~ (journey.texts(var('journey_blocked_ids')) if var('journey_blocked_ids') is not none else 'journey.junk_ids()') ~ ")::text),"
      ~ " ('journey_own_hosts', array(select unnest(p.own_hosts) order by 1)::text, array(select unnest(" ~ journey.own_hosts() ~ ") order by 1)::text),"
      ~ " ('journey_blog_path', p.blog_path, " ~ dbt.string_literal(var('journey_blog_path')) ~ ")"
      ~ ") as rules(setting, theirs, ours) where p.name = " ~ who ~ " and theirs is distinct from ours").rows %}
  {% for rule in rules %}
    {{ journey.refuse(rule[0], rule[2], "Pipeline " ~ name ~ " has " ~ (rule[1] | tojson) ~ ": set the one as the other.") }}
  {% endfor %}
  {% set lacking = run_query(
      "select 'targets', string_agg(target, ',') from journey.pipelines as p cross join unnest('{all_sessions,attribution,attribution_credits,customer_360,rfm}'::text[]) as target"
      ~ " where p.name = " ~ who ~ " and target <> all (p.targets::text[])"
      ~ " union all select 'conversions', string_agg(kind, ',') from unnest(" ~ journey.texts(journey.kinds_of_conversions()) ~ ") as kind where not exists"
      ~ " (select from journey.pipelines as p join journey.pipeline_sources as s on s.pipeline = p.id where p.name = " ~ who ~ " and kind = any (s.conversion_kinds))").rows %}
  {% for row in lacking if row[1] %}
    {{ journey.refuse('journey_pipeline', name, "It lacks the " ~ row[0] ~ " " ~ row[1] ~ ": declare another one with them, and take that or put it in its place with journey.swap.") }}
  {% endfor %}
  {% set progress = run_query("select state, slices - filled, (select count(*) from journey.pipelines as p join journey.pipeline_sources as s on s.pipeline = p.id"
      ~ " where p.name = progress.pipeline and not s.listed) from journey.progress where pipeline = " ~ who).rows[0] %}
  {% if progress[1] or progress[2] %}
    {{ journey.refuse('journey_pipeline', name, "Its history is not filled: " ~ (progress[1] ~ " slices" if progress[1] else progress[2] ~ " sources") ~ " are left. Run: CALL journey.fill(" ~ who ~ ");") }}
  {% elif progress[0] != 'active' %}
    {{ journey.refuse('journey_pipeline', name, "It is " ~ progress[0] ~ ". See journey.health(" ~ who ~ ").") }}
  {% endif %}
{% endmacro %}
