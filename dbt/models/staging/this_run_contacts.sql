-- Who was contacted by which campaign, and when, as the source has it now.
{{ config(enabled=journey.has_input('contacts')) }}
{%- set relation = journey.relation_named('journey_contacts', var('journey_contacts')) if journey.has_input('contacts') %}
{%- set columns = journey.columns_in(relation, 'journey_contacts', journey.preset_columns('contacts'), var('journey_contacts_columns') or {}, journey.column_types(), ['user_id', 'contacted_at']) if journey.has_input('contacts') else {} %}
select
  {%- for column in ['user_id', 'campaign', 'contacted_at'] %}
  {{ columns[column] }} as {{ column }}{{ "," if not loop.last }}
  {%- endfor %}
from {{ relation }}
