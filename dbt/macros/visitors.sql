{# Models by visitor: a visitor of whom anything changed is taken out whole and built again, since what is told of one visitor
   depends on their own rows, and on nobody else's. #}

{# A condition: the visitor has changed since the model was last built. To be given in the full refresh, too. #}
{% macro visitor_changed(column, this) %}
{%- set all_changes = ref('visitor_changes') -%}
{%- if is_incremental() -%}
{{ column }} in (select changes.visitor_id from {{ all_changes }} as changes where {{ journey.changed_since('changes.changed_at', this) }})
{%- else -%} true
{%- endif -%}
{% endmacro %}

{# The pre-hook of such a model. #}
{% macro forget_changed_visitors(this) %}
{%- if is_incremental() -%}
delete from {{ this }} where {{ journey.visitor_changed('visitor_id', this) }}
{%- endif -%}
{% endmacro %}
