-- A visitor signs up once: at the first sign-up event.
{{ config(materialized='view') }}
select visitor_id, converted_at as signed_up_at
from {{ ref('conversions') }}
where kind = 'sign_up'
