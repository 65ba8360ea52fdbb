{# Models by visitor: a visitor of whom anything changed is taken out whole and built again, since what is told of one visitor
   depends on their own rows, and on nobody else's. #}

{# A condition: the visitor has changed since the model was last built; with `at`, from then on. To be given in the full refresh, too. What is known
   of `since` holds for a model that was built when visitor_changes was the time before. #}
{% macro visitor_changed(column, this, at=none) %}
{%- set all_changes = ref('visitor_changes') -%}
{%- if is_incremental() and at -%}
{%- set last = journey.last_built(this) -%}
exists (
    select from {{ all_changes }} as changes
    where changes.visitor_id = {{ column }} and changes.changed_at > {{ last }} and (changes.since_after > {{ last }} or {{ at }} >= changes.since))
{%- elif is_incremental() -%}
{{ column }} in (select changes.visitor_id from {{ all_changes }} as changes where {{ journey.changed_since('changes.changed_at', this) }})
{%- else -%} true
{%- endif -%}
{% endmacro %}

{# The pre-hook of such a model. #}
{% macro forget_changed_visitors(this, at=none) %}
{%- if is_incremental() -%}
delete from {{ this }} as known where {{ journey.visitor_changed('known.visitor_id', this, 'known.' ~ at if at else none) }}
{%- endif -%}
{% endmacro %}
