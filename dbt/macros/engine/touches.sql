{# Touches in SQL: parameters, sources and rules are looked up once for each text. The rules are those of docs/channels.md. #}

{# CTEs that end with `touched`: for each row of `pairs` (pair, page_url, referrer; '' for none) that is a contact, what it tells. #}
{% macro touches_of_pairs() -%}
touch_params(rank, name, field, source, medium, category) as (values
  {{- journey.touch_params() }}
),
known(kind, key, path, rank, source, category, grouped, term_params) as (values
  {{- journey.known_sources() }}
),
texts as (
  select page_url as url from pairs union select referrer from pairs where referrer <> ''
),
urls as materialized (
  {{ journey.parsed_urls('texts') }}
),
params as materialized (
  select url, in_fragment, n, {{ journey.form_decoded("split_part(pair, '=', 1)") }} as name, case when strpos(pair, '=') > 0 then substr(pair, strpos(pair, '=') + 1) else '' end as raw
  from urls
  cross join lateral (
    values (false, query), (true, case when fragment like '%=%' then substr(fragment, strpos(fragment, '?') + 1) end)
  ) as part(in_fragment, text)
  cross join lateral string_to_table(text, '&') with ordinality as pieces(pair, n)
  where text <> '' and pair <> ''
),
chosen as materialized (
  select distinct on (url, touch_params.field) url, touch_params.*, value
  from params
  join touch_params on touch_params.name = {{ journey.normal('params.name') }}
  cross join lateral (select {{ journey.form_decoded('raw') }} as value offset 0) as decoded
  where not {{ journey.is_absent('value') }} and not (in_fragment and touch_params.field = 'referrer')
  order by url, touch_params.field, in_fragment, touch_params.rank, n
),
given as materialized (
  select
    url,
    {%- for field in ['source', 'medium', 'campaign', 'term', 'content'] %}
    max(value) filter (where field = '{{ field }}') as {{ field }},
    {%- endfor %}
    max(value) filter (where field = 'referrer') as sender,
    max(name || '=' || value) filter (where field = 'click_id') as click_id,
    max(name) filter (where field = 'click_id') as click_name,
    max(source) filter (where field = 'click_id') as click_source,
    max(medium) filter (where field = 'click_id') as click_medium,
    max(category) filter (where field = 'click_id') as click_category
  from chosen
  group by url
),
asked as materialized (
  select url, {{ journey.normal('url') }} as name
  from (
    select case when text ~ '%3[aA]' then {{ journey.form_decoded('text') }} else text end as url
    from (select source as text from given union select sender from given) as texts
    where text is not null
  ) as texts
),
asked_urls as materialized (
  {{ journey.parsed_urls('asked') }}
),
hosts_asked as (
  select host, path, labels, registered from urls where url in (select referrer from pairs) and host is not null
  union
  select coalesce(host, asked.name), coalesce(path, ''), labels, registered from asked_urls join asked using (url) where asked.name like '%.%'
),
-- The longest match of a host wins, a path ahead of its whole host, patterns of hosts come last.
keys as materialized (
  select host, path, depth, key
  from (select *, string_to_array(host, '.') as parts, cardinality(string_to_array(host, '.')) as n from hosts_asked) as hosts
  cross join lateral generate_series(1, n) as i
  cross join lateral (values
    (3 * i, array_to_string(parts[i:], '.')),
    (3 * i + 1, case when registered and i <= n - labels + 1 then array_to_string(parts[i:n - labels + 1], '.') || '.*' end),
    (3 * i + 2, case when i < n then '*.' || array_to_string(parts[i + 1:], '.') end)
  ) as candidates(depth, key)
  where key is not null
),
known_hosts as materialized (
  select distinct on (keys.host, keys.path) keys.host, keys.path, known.source, known.category, known.grouped, known.term_params
  from keys
  join known on known.kind = 'host' and known.key = keys.key
  where known.path is null or known.path = '/' and keys.path in ('', '/')
    or known.path <> '/' and starts_with(lower(keys.path) || '/', known.path || '/')
  order by keys.host, keys.path, depth, known.path is null, length(known.path) desc, known.rank
),
sites as materialized (
  select hosts_asked.host, hosts_asked.path, coalesce(known_hosts.source, pattern.source) as source, coalesce(known_hosts.category, pattern.category) as category,
    coalesce(known_hosts.grouped, pattern.grouped) as grouped, known_hosts.term_params, known_hosts.source is not null or pattern.source is not null as is_known
  from (select distinct host, path from hosts_asked) as hosts_asked
  left join known_hosts using (host, path)
  left join lateral (
    select source, category, grouped from known where known_hosts.source is null and kind = 'pattern' and hosts_asked.host like key order by rank limit 1
  ) as pattern on true
),
-- A source by its name, else as a host, else as the ads of a name.
names as materialized (
  select
    asked.url,
    coalesce(by_name.source, sites.source, brand.source) as known,
    case when by_name.source is not null then by_name.category when sites.is_known then sites.category else brand.category end as category,
    case when by_name.source is not null then by_name.grouped when sites.is_known then sites.grouped else brand.grouped end as grouped,
    case when by_name.source is not null then by_name.category = 'ad' when sites.is_known then sites.category = 'ad' else brand.source is not null end is true as ad,
    case when by_name.source is null and asked_urls.host is not null then regexp_replace(asked_urls.host, '^www\.', '') end as host,
    asked_urls.host as its_host, sites.source as its_source, sites.category as its_category, sites.grouped as its_grouped
  from asked
  left join asked_urls using (url)
  left join known as by_name on by_name.kind = 'name' and by_name.key = translate(asked.name, ' -_', '')
  left join sites on asked.name like '%.%' and sites.host = coalesce(asked_urls.host, asked.name) and sites.path = coalesce(asked_urls.path, '')
  left join known as brand on by_name.source is null and asked.name !~ '\.' and asked.name ~ '(ads|ad)$' and brand.kind = 'name' and brand.category <> 'excluded'
    and brand.key = translate(regexp_replace(asked.name, '(ads|ad)$', ''), ' -_', '')
),
terms as materialized (
  select distinct on (referrers.url) referrers.url, value as term
  from urls as referrers
  join sites on sites.host = referrers.host and sites.path = referrers.path and sites.term_params is not null
  cross join lateral unnest(sites.term_params::text[]) with ordinality as wanted(name, place)
  cross join lateral (
    select {{ journey.form_decoded('raw') }} as value from params
    where params.url = referrers.url and params.name = wanted.name and not in_fragment order by n limit 1
  ) as found
  where not {{ journey.is_absent('value') }}
  order by referrers.url, place
),
own(site) as (
  select {{ journey.site_of('host') }}
  from unnest({{ journey.own_hosts() }}) as host
),
-- What the referrer tells, unless it is the own site's or a step on the way.
contacts as materialized (
  select
    pairs.pair, pairs.page_url, pairs.referrer,
    given.source, given.medium, given.campaign, given.term, given.content, given.click_id, given.click_name, given.click_source, given.click_medium, given.click_category,
    {{ journey.normal("coalesce(given.medium, '')") }} as given_medium,
    origin.host as origin_host,
    sites.grouped as origin_grouped,
    terms.term as sought,
    origin.host is not null and not withdrawn as referred,
    case when origin.host is not null and not withdrawn then coalesce(sites.source, regexp_replace(origin.host, '^www\.', '')) end as from_source,
    case when origin.host is not null and not withdrawn then {{ journey.sent_medium('sites.source', 'sites.category', 'sites.grouped') }} end as from_medium,
    case when (origin.host is null or withdrawn) and not is_given then given.sender end as sender
  from pairs
  join urls as page on page.url = pairs.page_url
  left join urls as origin on origin.url = pairs.referrer and origin.host is not null
  left join sites on sites.host = origin.host and sites.path = origin.path
  left join terms on terms.url = pairs.referrer
  left join given on given.url = pairs.page_url
  cross join lateral (
    select coalesce(given.source, given.medium, given.campaign, given.term, given.content, given.click_id) is not null as is_given,
      coalesce(sites.category = 'excluded', false) or coalesce(origin.site = page.site, false) or origin.site in (select site from own) as withdrawn
  ) as facts
  where is_given or origin.host is null or not withdrawn
),
-- A way of contact of its own: a click id on such a link was copied. A sender counts where nothing else tells.
told as materialized (
  select
    contacts.*,
    names.known, names.category as name_category, names.grouped as name_grouped, coalesce(names.ad, false) as ad, names.host as name_host,
    medium is not null and {{ journey.is_way('given_medium') }} as on_its_way,
    case when sender is null or sender.url is null then from_source
         when sender.its_host is not null then coalesce(sender.its_source, regexp_replace(sender.its_host, '^www\.', ''))
         else coalesce(sender.known, regexp_replace({{ journey.normal('contacts.sender') }}, '^www\.', '')) end as sent_source,
    case when sender is null or sender.url is null then from_medium
         when sender.its_host is not null then {{ journey.sent_medium('sender.its_source', 'sender.its_category', 'sender.its_grouped') }}
         else {{ journey.sent_medium('sender.known', 'sender.category', 'sender.grouped') }} end as sent_medium
  from contacts
  left join names on names.url = case when contacts.source ~ '%3[aA]' then {{ journey.form_decoded('contacts.source') }} else contacts.source end
  left join names as sender on sender.url = case when contacts.sender ~ '%3[aA]' then {{ journey.form_decoded('contacts.sender') }} else contacts.sender end
),
origins as materialized (
  select
    *,
    source is null and click_source is not null and (not on_its_way or given_medium = click_medium) as by_network,
    case
      when source is not null and medium is null and click_medium is not null
        and (coalesce(known, {{ journey.normal('source') }}) = click_source
          or (click_medium not in ('social', 'organic') and name_category is distinct from 'email' and not {{ journey.is_way(journey.normal('source')) }})) then click_medium
      when source is not null and medium is null and ad then case when name_grouped = 'ad' then 'display' else 'cpc' end
      else medium
    end as own_medium,
    not ad or medium is null or {{ journey.is_ads('given_medium') }} or on_its_way as is_named
  from told
),
whole as materialized (
  select
    *,
    case when source is not null then case when is_named then coalesce(known, name_host, source) else source end
         when by_network then click_source
         when sent_source is not null then sent_source
         when coalesce(medium, campaign, term, content, click_id) is null then '(direct)' end as whole_source,
    case when source is not null then own_medium
         when by_network then coalesce(medium, click_medium)
         when sent_source is not null then coalesce(medium, sent_medium)
         when coalesce(medium, campaign, term, content, click_id) is null then '(none)'
         else medium end as whole_medium,
    case when source is null and not by_network and sent_source is not null then coalesce(term, sought) else term end as whole_term
  from origins
),
-- An ad is one whatever its medium is called, unless that names a way of its own.
seen as materialized (
  select
    whole.*,
    {{ journey.normal("coalesce(whole_source, '')") }} as rule_source,
    {{ journey.normal("coalesce(campaign, '')") }} as rule_campaign,
    {{ journey.normal("coalesce(whole_medium, '')") }} as written_medium,
    case when rule_source = regexp_replace(origin_host, '^www\.', '') then origin_grouped
         when by_name.source is not null then by_name.grouped
         when whole.source = whole_source then name_grouped end as its_grouped,
    case when rule_source = regexp_replace(origin_host, '^www\.', '') then false
         when by_name.source is not null then by_name.category = 'ad'
         else whole.source is not null and whole.source = whole_source and ad end is true as its_ad,
    case when rule_source = regexp_replace(origin_host, '^www\.', '') or by_name.source is null then null else by_name.grouped end as ad_grouped,
    coalesce({{ journey.is_ads('click_medium') }}, false) as by_click
  from whole
  cross join lateral (select {{ journey.normal("coalesce(whole_source, '')") }} as key) as text
  cross join lateral (select text.key as rule_source) as rule
  left join known as by_name on by_name.kind = 'name' and by_name.key = translate(text.key, ' -_', '') and text.key <> ''
),
grouped as materialized (
  select
    *,
    case when by_click and {{ journey.is_way('written_medium') }} then ''
         when by_click and written_medium <> '' and its_grouped is null then coalesce(click_category, '')
         else coalesce(its_grouped, '') end as rule_category,
    case when (by_click or its_ad) and written_medium <> '' and not (by_click and {{ journey.is_way('written_medium') }})
           and not {{ journey.is_ads('written_medium') }} and written_medium not in ('banner', 'expandable', 'interstitial')
           then case when by_click then click_medium when coalesce(ad_grouped, name_grouped) = 'ad' then 'display' else 'cpc' end
         else written_medium end as rule_medium
  from seen
),
channels as materialized (
  select rule_source, rule_category, rule_medium, rule_campaign,
    case
      {%- for rule in journey.channel_rules() %}
      when {% for field in ['source', 'category', 'medium', 'campaign'] if field in rule %}{{ journey.matches_any('rule_' ~ field, rule[field]) }}{{ " and " if not loop.last }}{% endfor %} then '{{ rule.channel }}'
      {%- endfor %}
      else 'Unassigned'
    end as channel
  from (select distinct rule_source, rule_category, rule_medium, rule_campaign from grouped) as distinct_texts
),
touched as (
  select pair, whole_source as source, whole_medium as medium, campaign, whole_term as term, content, channel,
    case when not {{ journey.is_absent('referrer') }} then referrer end as referrer, page_url as landing_page, click_id,
    click_id is null and (whole_source = '(direct)' or (whole_source is null and whole_medium is null and campaign is null and channel = 'Direct')) is true as is_direct,
    case
      when channel like 'Paid %' or channel in ('Display', 'Cross-network') or {{ journey.is_paid_medium('written_medium') }} then true
      when channel like 'Organic %' or channel in ('AI Assistant', 'Affiliates', 'Audio', 'Direct', 'Email', 'Mobile Push Notifications', 'Referral', 'SMS') then false
      else coalesce(click_medium in ('cpc', 'display'), false)
    end as is_paid
  from grouped
  join channels using (rule_source, rule_category, rule_medium, rule_campaign)
)
{%- endmacro %}

{# The medium of what a source sent; NULL for `source`: no known one. #}
{% macro sent_medium(source, category, grouped) %}
  {{ return("case when " ~ source ~ " is null then 'referral' when " ~ category ~ " = 'ad' then case when " ~ grouped ~ " = 'ad' then 'display' else 'cpc' end when " ~ category
      ~ " = 'search' then 'organic' when " ~ category ~ " = 'ai' then 'ai-assistant' when " ~ category ~ " = 'local' then 'referral' else coalesce(" ~ category ~ ", 'referral') end") }}
{% endmacro %}

{% macro is_way(name) %}{{ return(name ~ " ~ 'e-?_?mail|e mail|newsletter|^mail$|^affiliate|^sms$|push$|notification|^organic$|^referral$|^app$|^link$|^audio$|^ai-assistant$'") }}{% endmacro %}
{% macro is_paid_medium(name) %}{{ return("(" ~ name ~ " like '%cp%' or " ~ name ~ " in ('ppc', 'retargeting') or " ~ name ~ " like 'paid%')") }}{% endmacro %}
{% macro is_ads(name) %}{{ return("(" ~ journey.is_paid_medium(name) ~ " or " ~ name ~ " = 'display')") }}{% endmacro %}

{# A condition: one of the patterns holds. Texts alone are compared as such. #}
{% macro matches_any(text, patterns) %}
  {%- set texts = [] -%}{%- set regexes = [] -%}
  {%- for pattern in patterns -%}
    {%- if modules.re.search('[*[]', pattern) -%}{%- do regexes.append('^' ~ journey.as_regex(pattern) ~ '$') -%}{%- else -%}{%- do texts.append("'" ~ pattern ~ "'") -%}{%- endif -%}
  {%- endfor -%}
  {%- set conditions = [] -%}
  {%- if texts -%}{%- do conditions.append(text ~ ' in (' ~ texts | join(', ') ~ ')') -%}{%- endif -%}
  {%- if regexes -%}{%- do conditions.append(text ~ " ~ '" ~ regexes | join('|') ~ "'") -%}{%- endif -%}
  {{ return('(' ~ conditions | join(' or ') ~ ')') }}
{% endmacro %}
