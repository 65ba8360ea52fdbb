{{ config(materialized='view') }}

select
  {{ journey.input_column('tracks', 'event_id', 'text') }} as event_id,
  journey.real_id({{ journey.input_column('tracks', 'anonymous_id', 'text') }}) as anonymous_id,
  journey.real_id({{ journey.input_column('tracks', 'user_id', 'text') }}) as user_id,
  {{ journey.input_column('tracks', 'event', 'text') }} as event,
  {{ journey.input_column('tracks', 'ts', 'timestamptz') }} as ts,
  {{ journey.input_column('tracks', 'received_at', 'timestamptz') }} as received_at,
  {{ journey.input_column('tracks', 'page_url', 'text') }} as page_url,
  {{ journey.input_column('tracks', 'referrer', 'text') }} as referrer
from {{ journey.input_relation('tracks') }}
