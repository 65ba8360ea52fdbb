{{ config(indexes=[{'columns': ['visitor_id'], 'unique': true}]) }}

select
  visitor_id,
  journey.rollup(trail) as trail,
  journey.first(first_page, first_page_at) filter (where first_page is not null) as first_page,
  journey.first(first_blog_page, first_blog_page_at) filter (where first_blog_page is not null) as first_blog_page
from {{ ref('alias_trails') }}
join {{ ref('alias_visitors') }} using (alias, is_user)
group by visitor_id
