{{ config(enabled=journey.may_be('extension'), materialized=journey.or_table('incremental'),
          indexes=[{'columns': ['visitor_id', 'snapshot_at'], 'unique': true}, {'columns': ['snapshot_at']}],
          pre_hook=["{{ journey.forget_changed_visitors(this) }}",
                    "{% if is_incremental() %}delete from {{ this }} where is_current or snapshot_at > {{ journey.as_of() }}{% endif %}"]) }}
{{- journey.needs_extension(this.name) }}
-- What was known of each visitor at the end of each period, and what is known at present: nothing that came later. An incremental run makes
-- those that are not there: all of whoever has changed, whom the hook took out; of the others the new ones and the present.
-- depends_on: {{ ref('visitor_changes') }}
with {{ journey.snapshot_grid('journey.started_at(trail)', ref('visitor_trails')) }},
{%- if is_incremental() %}
known as (
  select made.visitor_id, made.snapshot_at
  from {{ this }} as made
  where made.snapshot_at = (select max(latest.snapshot_at) from {{ this }} as latest)
),
later as (
  select array(select snapshot from unnest(snapshots) as snapshot where snapshot > (select max(snapshot_at) from known)) as snapshots
  from grid
),
{%- endif %}
wanted as (
  select
    trails.visitor_id,
    trails.trail,
    {{ 'case when known.visitor_id is null then grid.snapshots else later.snapshots end' if is_incremental() else 'grid.snapshots' }} as snapshots
  from {{ ref('visitor_trails') }} as trails
  cross join grid
  {%- if is_incremental() %}
  cross join later
  left join known on known.visitor_id = trails.visitor_id
  {%- endif %}
)
select
  wanted.visitor_id,
  features.as_of as snapshot_at,
  features.sessions,
  features.sessions_7d,
  features.sessions_30d,
  features.sessions_90d,
  features.days_started_30d,
  features.hours_since_last_start,
  features.sessions_with_conversion,
  features.first_channel,
  features.last_channel,
  features.last_paid_channel,
  features.in_session,
  features.as_of = {{ journey.as_of() }} as is_current,
  {{ journey.this_run() }} as changed_at
from wanted
cross join lateral journey.features(wanted.trail, wanted.snapshots) as features
where features.sessions > 0
