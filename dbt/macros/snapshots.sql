{# Models by snapshot: payments of a period change the snapshots from its end on, and none before. #}

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
