{# Models by snapshot: payments of a period change the snapshots from its end on, and none before. #}

{# The CTEs bounds and grid: the ends of all periods since the first time in a relation, and the present; but for those that `known` has. #}
{% macro snapshot_grid(first, relation, known=none) -%}
{%- set zone = dbt.string_literal(var('journey_time_zone')) -%}
{%- set grain = var('journey_snapshot_grain') -%}
{%- set step = "interval '3 months'" if grain == 'quarter' else "interval '1 " ~ grain ~ "'" -%}
{%- set end = 'period at time zone ' ~ zone ~ " - interval '1 microsecond'" -%}
bounds as (
  select
    date_trunc('{{ grain }}', min({{ first }}) at time zone {{ zone }}) as first_period,
    date_trunc('{{ grain }}', {{ journey.as_of() }} at time zone {{ zone }}) as current_period
  from {{ relation }}
),
grid as (
  select coalesce(array_agg({{ end }} order by period), '{}') || {{ journey.as_of() }} as snapshots
  from bounds, generate_series(first_period + {{ step }}, current_period, {{ step }}) as period
  {%- if known %}
  where not exists (select from {{ known }} as known where known.snapshot_at = {{ end }})
  {%- endif %}
)
{%- endmacro %}

{# The pre-hook of rfm_history: takes out the snapshots that changed payments concern, and what was the present. #}
{% macro forget_changed_snapshots(this) %}
{%- if is_incremental() -%}
delete from {{ this }}
where is_current or snapshot_at > {{ journey.as_of() }}
  or snapshot_at >= (select min(period) from {{ ref('visitor_order_changes') }} where {{ journey.changed_since('changed_at', this) }})
{%- endif -%}
{% endmacro %}

{# The first snapshot, of those that end a period, that was written since a model was built; infinity where there is none. #}
{% macro first_changed_snapshot(this) -%}
(select coalesce(min(snapshot_at), 'infinity') from {{ ref('rfm_history') }} where not is_current and {{ journey.changed_since('changed_at', this) }})
{%- endmacro %}

{# The pre-hook of customer_360: takes out whoever stands in another segment than before, or is worth another value. #}
{% macro forget_other_segments(this) %}
{%- if is_incremental() and journey.has_input('orders') -%}
delete from {{ this }} as known using {{ ref('rfm_current') }} as rfm
where rfm.visitor_id = known.visitor_id
  and (known.segment, known.first_paid_at, known.last_paid_at, known.orders, known.lifetime_value)
    is distinct from (rfm.segment, rfm.first_paid_at, rfm.last_paid_at, rfm.frequency, rfm.monetary)
{%- endif -%}
{% endmacro %}
