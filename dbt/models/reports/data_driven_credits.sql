{{ config(enabled=journey.may_be('extension')) }}
{{- journey.needs_extension(this.name) }}
-- Credit as the data says: Markov chains and Shapley values over the paths of converters and of visitors who have not converted.
with paths as (
  select kind, path, 1 as conversions, value, 0 as nulls
  from {{ ref('conversion_paths') }}
  union all
  select kinds.kind, touched.path, 0, 0, 1
  from (select distinct kind from {{ ref('conversion_paths') }}) as kinds
  cross join {{ ref('visitor_trails') }} as trails
  cross join lateral (
    select array_agg(touch.channel order by touch.touched_at) as path
    from journey.touches(trails.trail) as touch
  ) as touched
  where touched.path is not null
    and not exists (select from {{ ref('conversions') }} as conversions where conversions.visitor_id = trails.visitor_id and conversions.kind = kinds.kind)
),
grouped as (
  select kind, path, sum(conversions)::float8 as conversions, sum(value)::float8 as value, sum(nulls)::float8 as nulls
  from paths
  group by kind, path
),
credits as (
  select kind, 'markov' as model, unnest(journey.markov(path, conversions, value, nulls)) as credit from grouped group by kind
  union all
  select kind, 'shapley', unnest(journey.shapley(path, conversions, value)) from grouped where conversions > 0 group by kind
)
select kind, model, (credit).channel, (credit).removal_effect, (credit).conversions, (credit).value
from credits
