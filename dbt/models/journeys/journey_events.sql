{#- Every event that was read, with what it was read as. An event id counts once: a row counts unless another row of its source
    with the same event id precedes it, by time and then by value, within journey_event_id_window. All rows are kept, since an
    earlier one may still come. -#}
{{ config(
    materialized='incremental', unique_key='row_key', incremental_strategy='delete+insert',
    full_refresh=false if var('journey_keep_history') else none,
    on_schema_change='append_new_columns' if var('journey_keep_history') else 'fail', pre_hook="{{ journey.add_columns(this) }}",
    indexes=[{'columns': ['row_key'], 'unique': true}, {'columns': ['source', 'event_id']}, {'columns': ['source', 'received_at']},
             {'columns': ['alias', 'kind']}, {'columns': ['changed_at']}],
    post_hook="{{ journey.count_new_rows(this) }}") }}
{%- set columns = journey.stored_columns() %}
with arrived as (
  select distinct on (row_key) {{ columns | join(', ') }}
  from {{ ref('this_run_events') }}
  where left_out is null
  order by row_key, received_at
),
rows_of_same_ids as (
  {%- if is_incremental() %}
  select known.{{ columns | join(', known.') }}, known.counts as counted
  from {{ this }} as known
  join (
    select same_id.row_key
    from {{ this }} as same_id
    join (select distinct source, event_id from arrived where event_id is not null) as ids using (source, event_id)
    union
    select row_key from arrived
  ) as concerned using (row_key)
  union all
  select {{ columns | join(', ') }}, null
  from arrived
  where not exists (select from {{ this }} as known where known.row_key = arrived.row_key)
  {%- else %}
  select {{ columns | join(', ') }}, null::boolean as counted from arrived
  {%- endif %}
),
judged as (
  select
    *,
    event_id is null
      or coalesce(ts - lag(ts) over (partition by source, event_id order by ts, {{ journey.id_columns().values() | join(', ') }}, event, page_url, referrer, row_key) > interval '{{ var("journey_event_id_window") }}', true) as counts
  from rows_of_same_ids
)
select {{ columns | join(', ') }}, counts, {{ journey.this_run() }} as changed_at
from judged
where counts is distinct from counted
