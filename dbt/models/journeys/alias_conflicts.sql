{{ config(enabled=journey.has_limits()) }}
-- The links that a limit has refused.
select
  {% if journey.has_more_kinds() -%}
  a_kind, a, b_kind, b,
  {%- else -%}
  'anonymous' as a_kind, alias as a, 'user' as b_kind, user_id as b,
  {%- endif %}
  reason,
  seen_at
from journey.alias_conflicts($edges${{ journey.edges_query() }}$edges$, {{ journey.alias_options() }})
