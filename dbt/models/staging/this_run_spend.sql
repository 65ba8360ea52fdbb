-- What was spent on advertising, as the source has it now.
{{ config(enabled=journey.has_input('spend')) }}
{%- set relation = journey.relation_named('journey_spend', var('journey_spend')) if journey.has_input('spend') %}
{%- set columns = journey.columns_in(relation, 'journey_spend', journey.preset_columns('spend'), var('journey_spend_columns') or {}, journey.column_types(), ['channel', 'spent_on', 'amount']) if journey.has_input('spend') else {} %}
select
  {%- for column in ['channel', 'campaign', 'spent_on', 'amount'] %}
  {{ columns[column] }} as {{ column }}{{ "," if not loop.last }}
  {%- endfor %}
from {{ relation }}
