{{ config(enabled=journey.may_be('extension'), materialized=journey.or_view('incremental'), indexes=[{'columns': ['visitor_id'], 'unique': true}, {'columns': ['changed_at']}],
          pre_hook="{{ journey.forget_changed_visitors(this) }}") }}
{%- if journey.has_pipeline() %}
select visitor_id, trail, first_page, first_blog_page, {{ journey.seen_at() }} as changed_at
from {{ journey.pipeline_view('visitors') }}
where trail is not null
{%- else %}
{{- journey.needs_extension(this.name) }}
select
  visitor_id,
  journey.rollup(trail) as trail,
  journey.first(first_page, first_page_at) filter (where first_page is not null) as first_page,
  journey.first(first_blog_page, first_blog_page_at) filter (where first_blog_page is not null) as first_blog_page,
  {{ journey.this_run() }} as changed_at
from {{ ref('alias_trails') }}
join {{ ref('alias_visitors') }} as mapping using (alias, kind)
where {{ journey.visitor_changed('mapping.visitor_id', this) }}
group by visitor_id
{%- endif %}
