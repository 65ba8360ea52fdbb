-- For each channel and kind of conversion: how many conversions it was the last contact of, and how many it helped along earlier.
with contacts as (
  select paths.kind, paths.value, contact.channel, contact.channel = paths.path[paths.touches] as is_last
  from {{ ref('conversion_paths') }} as paths
  cross join lateral unnest({{ journey.channels_of_path('paths.path') }}) as contact(channel)
)
select
  kind,
  channel,
  count(*) filter (where is_last) as last_contacts,
  count(*) filter (where not is_last) as assists,
  coalesce(sum(value) filter (where is_last), 0) as last_contact_value,
  coalesce(sum(value) filter (where not is_last), 0) as assisted_value,
  count(*) filter (where not is_last)::numeric / nullif(count(*) filter (where is_last), 0) as assists_per_last_contact
from contacts
group by kind, channel
