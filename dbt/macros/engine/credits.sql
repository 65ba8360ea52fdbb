{# Conversions and the touches on the way to them. #}

{# The rows of attribution_credits before they are valued. #}
{% macro credits_of_conversions(this) -%}
{%- set models = var('journey_attribution_models') -%}
{%- set options = var('journey_attribution_options') or {} -%}
{%- set lookback = dbt.string_literal(var('journey_lookback')) ~ '::interval' -%}
{%- if journey.on('extension') %}
  select
    conversions.*, model::text as model, credit.position, credit.touches, credit.channel,
    (credit.touch).touched_at, (credit.touch).source, (credit.touch).medium, (credit.touch).campaign, credit.credit
  from {{ ref('conversions') }} as conversions
  left join {{ ref('visitor_trails') }} as trails using (visitor_id)
  cross join unnest(array[{% for model in models %}'{{ model }}'{{ ", " if not loop.last }}{% endfor %}]::journey.attribution_model[]) as model
  cross join lateral journey.attribute(
    trails.trail, conversions.converted_at, model,
    lookback => {{ lookback }}
    {%- for name, value in options.items() %}, {{ name }} => {{ value }}{% endfor %}) as credit
  where {{ journey.visitor_changed('conversions.visitor_id', this, 'conversions.converted_at') }}
{%- endif %}
{%- if journey.on('sql') %}
{%- set standing = {'first': 'position = 1', 'last': 'position = touches', 'first_non_direct': 'position = coalesce(first_other, 1)',
    'last_non_direct': 'position = coalesce(last_other, touches)', 'first_paid': 'position = first_paid', 'last_paid': 'position = last_paid',
    'linear': 'true', 'linear_unique': 'position = first_of_channel'} %}
  with asked as materialized (
    select row_number() over () as conversion, conversions.*
    from {{ ref('conversions') }} as conversions
    where {{ journey.visitor_changed('conversions.visitor_id', this, 'conversions.converted_at') }}
  ),
  candidates as (
    select distinct on (asked.conversion, touches.session_number)
      asked.conversion, asked.converted_at, touches.session_number, touches.touched_at, touches.source, touches.medium, touches.campaign, touches.channel, touches.is_direct, touches.is_paid
    from asked
    join {{ ref('session_touches') }} as touches on touches.visitor_id = asked.visitor_id and touches.touched_at <= asked.converted_at
    order by asked.conversion, touches.session_number, touches.touched_at desc
  ),
  standing as (
    select *, channel = any (coalesce({{ options.get('optional_channels', "'{}'") }}, '{}')::text[]) as is_optional,
      bool_and(channel = any (coalesce({{ options.get('optional_channels', "'{}'") }}, '{}')::text[])) over (partition by conversion) as all_optional
    from candidates
    where converted_at - touched_at <= {{ lookback }} and channel <> all (coalesce({{ options.get('excluded_channels', "'{}'") }}, '{}')::text[])
  ),
  placed as (
    select *, row_number() over (partition by conversion order by session_number)::int as position, (count(*) over (partition by conversion))::int as touches
    from standing
    where all_optional or not is_optional
  ),
  known as materialized (
    select
      *,
      min(position) filter (where not is_direct) over one as first_other,
      max(position) filter (where not is_direct) over one as last_other,
      min(position) filter (where is_paid) over one as first_paid,
      max(position) filter (where is_paid) over one as last_paid,
      min(position) over (partition by conversion, channel) as first_of_channel,
      max(touched_at) over one as youngest
    from placed
    window one as (partition by conversion)
  ),
  models as (
    select unnest(array[{% for model in models %}'{{ model }}'{{ ", " if not loop.last }}{% endfor %}]) as model
  ),
  weighed as (
    select
      known.*,
      model,
      (case model
        {%- for model in models if model in standing %}
        when '{{ model }}' then case when {{ standing[model] }} then 1 else 0 end
        {%- endfor %}
        when 'time_decay' then power(2::float8, -(extract(epoch from youngest - touched_at) * 1000000)::float8 / (extract(epoch from {{ options.get('half_life', "'7 days'") }}::interval) * 1000000)::float8)
        when 'position_based' then case
          when touches = 1 then 1
          when touches = 2 then case when position = 1 then first_weight else last_weight end + greatest(1 - first_weight - last_weight, 0) / 2
          when position = 1 then first_weight
          when position = touches then last_weight
          else greatest(1 - first_weight - last_weight, 0) / (touches - 2) end
      end)::float8 as weight
    from known
    cross join models
    cross join (select ({{ options.get('first_weight', '0.4') }})::float8 as first_weight, ({{ options.get('last_weight', '0.4') }})::float8 as last_weight) as own
  ),
  shares as materialized (
    select *, weight / nullif(sum(weight) over (partition by conversion, model order by position rows between unbounded preceding and unbounded following), 0) as credit
    from weighed
  )
  select
    asked.kind, asked.conversion_id, asked.visitor_id, asked.converted_at, asked.value,
    models.model, shares.position, coalesce(counts.touches, 0) as touches,
    case when shares.conversion is null then '(unattributed)' else shares.channel end as channel,
    shares.touched_at, shares.source, shares.medium, shares.campaign, coalesce(shares.credit, 1) as credit
  from asked
  cross join models
  left join (select distinct conversion, touches from known) as counts on counts.conversion = asked.conversion
  left join shares on shares.conversion = asked.conversion and shares.model = models.model and shares.credit > 0
{%- endif %}
{%- endmacro %}

{# Conversions with the channels on the way to each, one a session with a touch within journey_lookback, and the time of the first. #}
{% macro paths_of_conversions(this) -%}
{%- set lookback = dbt.string_literal(var('journey_lookback')) ~ '::interval' -%}
  select conversions.*, touched.path, touched.first_touch_at
  from {{ ref('conversions') }} as conversions
{%- if journey.on('extension') %}
  left join {{ ref('visitor_trails') }} as trails using (visitor_id)
{%- endif %}
  left join lateral (
    select array_agg(touch.channel order by touch.touched_at) as path, min(touch.touched_at) as first_touch_at
{%- if journey.on('extension') %}
    from journey.touches(trails.trail, conversions.converted_at, {{ lookback }}) as touch
{%- endif %}
{%- if journey.on('sql') %}
    from (
      select distinct on (touches.session_number) touches.channel, touches.touched_at
      from {{ ref('session_touches') }} as touches
      where touches.visitor_id = conversions.visitor_id and touches.touched_at <= conversions.converted_at
      order by touches.session_number, touches.touched_at desc
    ) as touch
    where conversions.converted_at - touch.touched_at <= {{ lookback }}
{%- endif %}
  ) as touched on true
  where {{ journey.visitor_changed('conversions.visitor_id', this, 'conversions.converted_at') }}
{%- endmacro %}

{# The distinct channels of a path. #}
{% macro channels_of_path(path) -%}
{%- if journey.on('extension') -%}journey.path_unique({{ path }}){%- endif -%}
{%- if journey.on('sql') -%}(select array_agg(distinct channel) from unnest({{ path }}) as channel){%- endif -%}
{%- endmacro %}
