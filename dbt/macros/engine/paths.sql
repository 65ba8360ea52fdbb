{# Paths: how far visitors get, who comes back, and which way sessions go. #}

{# An aggregate over one visitor's rows: for each of so many periods since `since`, whether there is one in it. #}
{% macro returned(ts, since, length, periods) -%}
{%- if journey.on('extension') -%}
journey.returned({{ ts }}, {{ since }}, {{ length }}, {{ periods }})
{%- endif -%}
{%- if journey.on('sql') -%}
(select array_agg(period = any (array_agg(div(extract(epoch from {{ ts }} - {{ since }}), extract(epoch from {{ length }})))) order by period)
   from generate_series(0, {{ periods }} - 1) as period)
{%- endif -%}
{%- endmacro %}

{# The first steps of each session of visitors who have changed, those in a row that are the same being one. Steps at one time are in the order of
   their bytes. #}
{% macro paths_of_sessions(step, steps, this) -%}
{%- if journey.on('extension') %}
  select visitor_id, session_number, (journey.path_collapse(journey.path(({{ step }})::text, ts)))[1:{{ steps }}] as path
  from {{ ref('sessionized_tracks') }} as tracks
  where {{ journey.visitor_changed('tracks.visitor_id', this) }}
  group by visitor_id, session_number
{%- endif %}
{%- if journey.on('sql') %}
  select visitor_id, session_number, coalesce((array_agg(step order by ts, step collate "C") filter (where step is not null and step is distinct from step_before))[1:{{ steps }}], '{}') as path
  from (
    select *, lag(step) over (partition by visitor_id, session_number order by (step is null), ts, step collate "C") as step_before
    from (
      select visitor_id, session_number, ts, ({{ step }})::text as step
      from {{ ref('sessionized_tracks') }} as tracks
      where {{ journey.visitor_changed('tracks.visitor_id', this) }}
    ) as steps
  ) as ordered
  group by visitor_id, session_number
{%- endif %}
{%- endmacro %}

{# How far each visitor gets through steps, {name: condition}, the last at most `within` after the first: the times of the longest chain, of
   several the one that starts first, of these that ends first, each step as early as it can be; and the event after it. One row serves one step,
   and rows at one time have no order: a run of steps may stand at one instant. Here e_i is the last step of the longest one from step i on, s_k
   when the chains start that reach step k, the latest of them, and u_k when the rest of a chain from step k on ends, the earliest. #}
{% macro funnels(steps, within, this) -%}
{%- set conditions = steps.values() | map('string') | list -%}
{%- if journey.on('extension') %}
  select
    visitor_id,
    journey.funnel_times(ts, {{ within }}, ({{ conditions | join('), (') }})) as times,
    journey.funnel_event(event::text, ts, {{ within }}, ({{ conditions | join('), (') }})) as went_to
  from {{ ref('sessionized_tracks') }} as tracks
  where {{ journey.visitor_changed('tracks.visitor_id', this) }}
  group by visitor_id
{%- endif %}
{%- if journey.on('sql') %}
{%- set all = range(1, conditions | length + 1) | list %}
  with recursive tracks as materialized (
    select visitor_id, ts, event,
      {%- for condition in conditions %}
      coalesce(({{ condition }}), false) as c_{{ loop.index }},
      {%- endfor %}
      count(*) over instant as rows_there,
      row_number() over instant_in_order as number
    from {{ ref('sessionized_tracks') }} as tracks
    where {{ journey.visitor_changed('tracks.visitor_id', this) }}
    window instant as (partition by visitor_id, ts), instant_in_order as (partition by visitor_id, ts order by row_key)
  ),
  servants as (
    select visitor_id, ts, number, step
    from (
      select *, row_number() over (partition by visitor_id, ts, step order by number) as place
      from tracks
      cross join lateral (values {% for i in all %}({{ i }}, c_{{ i }}){{ ", " if not loop.last }}{% endfor %}) as met(step, is_met)
      where is_met and rows_there > 1
    ) as placed
    where place <= {{ all | length }} -- of more rows one would be free
  ),
  runs as (
    select visitor_id, ts, step as first_step, step as last_step, array[number] as used from servants
    union
    select runs.visitor_id, runs.ts, first_step, last_step + 1, array(select one from unnest(used || number) as one order by one)
    from runs
    join servants on servants.visitor_id = runs.visitor_id and servants.ts = runs.ts and step = last_step + 1 and number <> all (used)
  ),
  instants as (
    select visitor_id, ts{% for i in all %}, {{ i }} as e_{{ i }}{% endfor %} from tracks where false
    union all
    select visitor_id, ts{% for i in all %}, case when c_{{ i }} then {{ i }} end{% endfor %} from tracks where rows_there = 1
    union all
    select visitor_id, ts{% for i in all %}, max(last_step) filter (where first_step = {{ i }}){% endfor %} from runs group by visitor_id, ts
  ),
  forward as (
    {%- set chain = namespace(sql='instants') %}
    {%- for k in all %}
      {%- set chain.sql %}
    (select *, max(s_{{ k }}) over earlier as s_{{ k }}_before from (select *, greatest(
      {%- for i in all if i <= k %}{{ ", " if i > 1 }}case when e_{{ i }} >= {{ k }}{% if i > 1 %} and ts - s_{{ i - 1 }}_before <= {{ within }}{% endif %} then {{ 'ts' if i == 1 else 's_' ~ (i - 1) ~ '_before' }} end
      {%- endfor %}) as s_{{ k }} from {{ chain.sql }} as b_{{ k }}) as a_{{ k }} window earlier as (partition by visitor_id order by ts rows between unbounded preceding and 1 preceding))
      {%- endset %}
    {%- endfor %}
    select *, coalesce({% for k in all | reverse %}case when count(s_{{ k }}) over (partition by visitor_id) > 0 then {{ k }} end, {% endfor %}0) as level
    from {{ chain.sql }} as chains
  ),
  backward as (
    {%- set chain = namespace(sql='forward') %}
    {%- for k in all | reverse %}
      {%- set chain.sql %}
    (select *, min(u_{{ k }}) over later as u_{{ k }}_after from (select *, least(case when level >= {{ k }} and e_{{ k }} >= level then ts end
      {%- for j in all if j > k %}, case when level >= {{ j }} and e_{{ k }} >= {{ j - 1 }} then u_{{ j }}_after end{% endfor %}
      ) as u_{{ k }} from {{ chain.sql }} as b_{{ k }}) as a_{{ k }} window later as (partition by visitor_id order by ts desc rows between unbounded preceding and 1 preceding))
      {%- endset %}
    {%- endfor %}
    select visitor_id, ts, level{% for i in all %}, e_{{ i }}{% endfor %},
      min(ts) filter (where u_1 - ts <= {{ within }}) over (partition by visitor_id) as t_1
    from {{ chain.sql }} as chains
  ),
  times as (
    {%- set chain = namespace(sql='backward') %}
    {%- for k in all if k > 1 %}
      {%- set chain.sql %}
    (select *, min(ts) filter (where e_1 >= {{ k }} and ts = t_1{% for i in all if 1 < i <= k %} or e_{{ i }} >= {{ k }} and ts > t_{{ i - 1 }}{% endfor %}) over (partition by visitor_id) as t_{{ k }} from {{ chain.sql }} as b_{{ k }})
      {%- endset %}
    {%- endfor %}
    select distinct visitor_id, (array[{% for i in all %}t_{{ i }}{{ ", " if not loop.last }}{% endfor %}])[1:level] as times, (array[{% for i in all %}t_{{ i }}{{ ", " if not loop.last }}{% endfor %}])[level] as reached_at
    from {{ chain.sql }} as chains
  )
  select distinct on (tracks.visitor_id) tracks.visitor_id, coalesce(times.times, '{}') as times, case when tracks.ts > reached_at then event::text end as went_to
  from tracks
  left join times using (visitor_id)
  order by tracks.visitor_id asc, (tracks.ts > reached_at and event is not null) is true desc, tracks.ts asc,
    case{% for i in all %} when c_{{ i }} then {{ i }}{% endfor %} end asc, event::text collate "C" asc
{%- endif %}
{%- endmacro %}
