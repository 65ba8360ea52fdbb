{{ config(materialized='view') }}
select alias, is_user, visitor_id as dbt_visitor_id
from {{ ref('alias_visitors') }}
