{# Ids: which are none, and which belong together. #}

{# The id, or NULL where it means nobody. #}
{% macro real_id(id) -%}
{%- if journey.on('extension') -%}
journey.real_id({{ id }}, {{ 'journey.junk_ids()' if var('journey_blocked_ids') is none else journey.texts(var('journey_blocked_ids')) }})
{%- endif -%}
{%- if journey.on('sql') -%}
(select case when not coalesce({{ journey.is_junk(journey.junk_ids() if var('journey_blocked_ids') is none else var('journey_blocked_ids')) }}, false) then {{ id }} end
      from (select whole, btrim(whole, {{ journey.marks() }}) as core from (select lower(btrim({{ id }}, {{ journey.marks(blanks_only=true) }}) collate "C") as whole offset 0) as trimmed offset 0) as id)
{%- endif -%}
{%- endmacro %}

{# A condition: a list blocks a value, whole as it is or core without the punctuation around it. A number with a minus is another one. #}
{% macro is_junk(blocked) %}
  {%- set found = namespace(whole=[], words=[], numbers=[], minus=[], likes=[], regexes=[], kinds=[]) -%}
  {%- for entry in blocked -%}
    {%- set text = entry | string | trim | lower -%}
    {%- set texts = journey.spelled_out(text) -%}
    {%- if texts is none -%}{%- do found.regexes.append('^' ~ journey.as_regex(text) ~ '$') -%}
    {%- elif '*' in (texts | join) and '*' in modules.re.sub('\\[.[^\\]]*\\]', '', text) -%}{%- do found.likes.extend(texts) -%}
    {%- elif text == '' or modules.re.match('^[^a-z1-9\\x80-\\uffff]*0[^a-z1-9\\x80-\\uffff]*$', text) -%}{%- do found.kinds.append(text if text == '' else '0') -%}
    {%- else -%}
      {%- do found.whole.extend(texts) -%}
      {%- for one in texts -%}
        {%- if modules.re.match('^-[0-9]', one) -%}{%- do found.minus.append(one) -%}
        {%- elif modules.re.match('^[0-9]', one) -%}{%- do found.numbers.append(one) -%}
        {%- else -%}{%- do found.words.append(one) -%}
        {%- endif -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set conditions = ["whole = any (" ~ journey.text_list(found.whole) ~ ")", "core = any (" ~ journey.text_list(found.words) ~ ")",
      "core = any (" ~ journey.text_list(found.numbers) ~ ") and strpos(whole, '-' || core) = 0", "'-' || core = any (" ~ journey.text_list(found.minus) ~ ") and strpos(whole, '-' || core) > 0"] -%}
  {%- if '' in found.kinds -%}{%- do conditions.append("core = ''") -%}{%- endif -%}
  {%- if '0' in found.kinds -%}{%- do conditions.append("core like '0%' and translate(core, '0' || " ~ journey.marks() ~ ", '') = ''") -%}{%- endif -%}
  {%- if 'xxx' in found.whole -%}
    {%- do conditions.append("translate(core, left(core, 1) || " ~ journey.marks() ~ ", '') = '' and left(core, 1) between '1' and 'z' and length(translate(core, " ~ journey.marks()
        ~ ", '')) between case when core like 'x%' then 3 else 10 end and 64") -%}
  {%- endif -%}
  {%- for form in ['whole', 'core'] -%}
    {%- if found.likes -%}{%- do conditions.append(form ~ " like any (" ~ journey.text_list(found.likes | map('replace', '\\', '\\\\') | map('replace', '%', '\\%') | map('replace', '_', '\\_') | map('replace', '*', '%')) ~ ")") -%}{%- endif -%}
    {%- for regex in found.regexes -%}{%- do conditions.append(form ~ " ~ '" ~ regex | replace("'", "''") ~ "'") -%}{%- endfor -%}
  {%- endfor -%}
  {{ return(conditions | join(' or ')) }}
{% endmacro %}

{# All of ASCII that is no letter or digit, or blanks alone; with the wide blanks. #}
{% macro marks(blanks_only=false) %}
  {%- set escapes = [] -%}
  {%- for range_of in ([[1, 33]] if blanks_only else [[1, 48], [58, 65], [91, 97], [123, 128]]) -%}
    {%- for code in range(range_of[0], range_of[1]) -%}{%- do escapes.append('\\x%02x' | format(code)) -%}{%- endfor -%}
  {%- endfor -%}
  {{ return("e'" ~ escapes | join ~ "\\u00a0\\u200b\\ufeff'") }}
{% endmacro %}

{# A list of texts, as SQL. Of a constant like this one the server makes a hash table. #}
{% macro text_list(texts) %}
  {%- set quoted = [] -%}
  {%- for text in texts -%}{%- do quoted.append('"' ~ text | replace('\\', '\\\\') | replace('"', '\\"') ~ '"') -%}{%- endfor -%}
  {{ return("'{" ~ quoted | join(',') | replace("'", "''") ~ "}'::text[]") }}
{% endmacro %}

{# The parts of a pattern of ours: * is any text, [abc] and [a-z] one of these characters, [!abc] one of the others. #}
{% macro pattern_parts(pattern) %}{{ return(modules.re.findall('\\*|\\[.[^\\]]*\\]|.', pattern, modules.re.DOTALL)) }}{% endmacro %}

{# A pattern of ours as a regular expression, without its ends. #}
{% macro as_regex(pattern) %}
  {%- set parts = [] -%}
  {%- for part in journey.pattern_parts(pattern) -%}
    {%- if part == '*' -%}{%- do parts.append('.*') -%}
    {%- elif part | length == 1 -%}{%- do parts.append(modules.re.escape(part)) -%}
    {%- else -%}
      {%- set members = part[1:-1] | replace('\\', '\\\\') -%}
      {%- do parts.append('[' ~ (members | replace('!', '^', 1) if members.startswith('!') else members | replace('^', '\\^')) ~ ']') -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(parts | join) }}
{% endmacro %}

{# All that a pattern of ours stands for, with * for any text; none where that is too much. #}
{% macro spelled_out(pattern) %}
  {%- set so_far = namespace(texts=['']) -%}
  {%- for part in journey.pattern_parts(pattern) -%}
    {%- set members = part if part | length == 1 else part[1:-1] -%}
    {%- if part | length > 1 and (members.startswith('!') or modules.re.search('.-.', members) or (members == '*' and '*' in modules.re.sub('\\[.[^\\]]*\\]', '', pattern))) or so_far.texts | length * members | length > 64 -%}
      {{ return(none) }}
    {%- endif -%}
    {%- set longer = [] -%}
    {%- for text in so_far.texts -%}{%- for member in members -%}{%- do longer.append(text ~ member) -%}{%- endfor -%}{%- endfor -%}
    {%- set so_far.texts = longer -%}
  {%- endfor -%}
  {{ return(so_far.texts) }}
{% endmacro %}

{# The visitor of each id that new links concern, or of all. SQL has found them before, in settle_visitors. #}
{% macro resolved_aliases(this) -%}
{%- set in_order = journey.has_limits() or var('journey_unmerge') -%}
{%- set new_edges = journey.changed_since('edges.changed_at', this) -%}
{%- if journey.has_pipeline() %}
  select kind, alias, kind = 'user' as is_user, {{ 'visitor_kind' if journey.has_more_kinds() else 'null::text as visitor_kind' }}, visitor_id,
    count(*) over (partition by visitor_kind, visitor_id) as members, first_seen_at, last_seen_at
  from {{ journey.pipeline_view('aliases') }}
{%- elif journey.on('extension') %}
  {%- if not is_incremental() or in_order %}
  select {{ journey.mapping_columns('resolved') }}
  from journey.resolve_aliases($edges${{ journey.edges_query() }}$edges$, {{ journey.alias_options() }}) as resolved
  {%- elif var('journey_alias_mode') == 'latest_user' %}
  select {{ journey.mapping_columns('resolved') }}
  from journey.resolve_aliases($edges${{ journey.edges_query('anonymous_id in (select edges.anonymous_id from ' ~ ref('alias_edges') ~ ' as edges where ' ~ new_edges ~ ') or (' ~ new_edges ~ ')') }}$edges$, {{ journey.alias_options() }}) as resolved
  {%- else %}
  select {{ journey.mapping_columns('merged') }}
  from journey.merge_aliases(
    $current$ select {{ 'kind, alias, visitor_kind' if journey.has_more_kinds() else 'alias, is_user' }}, visitor_id, members, first_seen_at, last_seen_at from {{ this }} $current$,
    $edges${{ journey.edges_query(new_edges) }}$edges$, {{ journey.alias_options(with_mode=false) }}) as merged
  {%- endif %}
{%- endif %}
{%- if journey.on('sql') and not journey.has_pipeline() %}
  select * from visitors_settled
{%- endif %}
{%- endmacro %}

{# The pre-hook of alias_visitors: fills visitors_settled. Links are contracted, round by round: each set of ids joins the least of its
   neighbours, chains of such steps are cut short, and what is left are links between sets. A set that nobody joined has a lesser neighbour
   in the next round, so that two rounds halve those that have links: 64 are enough for 2^31 ids. #}
{% macro settle_visitors(this) -%}
{%- if execute and journey.on('sql') -%}
{%- set edges = ref('alias_edges') -%}
{%- set goes_on = is_incremental() and var('journey_alias_mode') == 'connected' and not var('journey_unmerge') -%}
{%- set wanted = journey.changed_since('edges.changed_at', this) if goes_on else 'true' -%}
{#- What tells the sets apart whose names are spelled alike: an anonymous id without a user names itself alone. -#}
{%- set set_of = 'visitor_id, ' ~ ('visitor_kind' if journey.has_more_kinds() else 'members = 1 and not is_user') -%}
do $settle$
declare
  round int := 0;
begin
  {%- if goes_on %}
  create temporary table known on commit drop as
  select kind, alias, first_seen_at, last_seen_at, first_value(kind) over one as head_kind, first_value(alias) over one as head
  from {{ this }}
  where ({{ set_of }}) in (
    select {{ set_of }}
    from {{ this }}
    join (
      select a_kind, a from {{ edges }} as edges where {{ wanted }}
      union
      select b_kind, b from {{ edges }} as edges where {{ wanted }}
    ) as ends(kind, alias) using (kind, alias))
  window one as (partition by {{ set_of }} order by kind, alias);
  {%- endif %}
  create temporary table ids on commit drop as
  select row_number() over ()::int as label, row_number() over ()::int as id, kind, alias, min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at
  from (
    select ends.kind, ends.alias, first_seen_at, last_seen_at
    from {{ edges }} as edges
    cross join lateral (values (a_kind, a), (b_kind, b)) as ends(kind, alias)
    where ends.alias is not null and {{ wanted }}
    {%- if goes_on %}
    union all
    select kind, alias, first_seen_at, last_seen_at from known
    {%- endif %}
  ) as ends
  group by kind, alias;
  analyze ids;
  create temporary table links on commit drop as
  select one.id as one, other.id as other
  from (
    {{ journey.links(edges, wanted) }}
    {%- if goes_on %}
    union all
    select kind, alias, head_kind, head from known
    {%- endif %}
  ) as pairs(a_kind, a, b_kind, b)
  join ids as one on one.kind = a_kind and one.alias = a
  join ids as other on other.kind = b_kind and other.alias = b
  where one.id <> other.id;
  create temporary table steps (id int, label int) on commit drop;
  while exists (select from links) loop
    round := round + 1;
    if round > 64 then
      raise exception 'links of ids are left after 64 rounds';
    end if;
    truncate steps;
    insert into steps
    select id, least(id, min(neighbour))
    from (select one, other from links union all select other, one from links) as both_ways(id, neighbour)
    group by id;
    analyze steps;
    loop
      update steps set label = next.label from steps as next where next.id = steps.label and next.label < steps.label;
      exit when not found;
    end loop;
    update ids set label = steps.label from steps where steps.id = ids.label and steps.label <> ids.label;
    with joined as (
      delete from links returning one, other
    )
    insert into links
    select distinct one.label, other.label
    from joined
    join steps as one on one.id = joined.one
    join steps as other on other.id = joined.other
    where one.label <> other.label;
  end loop;
  create temporary table visitors_settled on commit drop as
  select
    kind, alias, kind = 'user' as is_user,
    {{ 'first_value(kind) over one' if journey.has_more_kinds() else 'null::text' }} as visitor_kind,
    first_value(alias) over one as visitor_id,
    count(*) over (partition by label) as members,
    first_seen_at, last_seen_at
  from ids
  window one as (partition by label order by array_position({{ journey.texts(var('journey_id_kinds')) }}, kind), first_seen_at, alias collate "C");
end
$settle$
{%- endif -%}
{%- endmacro %}

{# Pairs of ids that belong together, of rows of alias_edges. #}
{% macro links(edges, wanted) -%}
{%- if journey.has_owners() -%}
  select null::text, null::text, null::text, null::text where false
{%- elif var('journey_alias_mode') == 'latest_user' -%}
  select distinct on (a) a_kind, a, b_kind, b
    from {{ edges }} as edges
    where a is not null and b is not null and {{ journey.not_cut('edges') }}
    order by a, last_seen_at desc, b collate "C" desc
{%- else -%}
  select a_kind, a, b_kind, b from {{ edges }} as edges where {{ wanted }} and {{ journey.not_cut('edges') }}
{%- endif -%}
{%- endmacro %}

{# A condition: journey_unmerge does not list the link. #}
{% macro not_cut(edges) -%}
{%- if var('journey_unmerge') -%}
not exists (select from {{ journey.relation_named('journey_unmerge', var('journey_unmerge')) }} as cut where cut.alias = {{ edges }}.anonymous_id and cut.user_id = {{ edges }}.user_id)
{%- else -%} true
{%- endif -%}
{%- endmacro %}

{# Whose a device is, and when, by rows of (anonymous_id, user_id, ts): from each log-in its user's, of two at one time the greater's, until
   another logs in; before the first for as long as `backfill` says. #}
{% macro owners_by_log_ins(log_ins, backfill) -%}
{%- if journey.on('extension') %}
  select alias as anonymous_id, user_id, owned
  from journey.alias_owners($edges${{ log_ins }}$edges$, {{ backfill }}, null)
{%- endif %}
{%- if journey.on('sql') %}
  select
    anonymous_id,
    user_id,
    tstzrange(case when owner_before is null then ts - make_interval(secs => extract(epoch from {{ backfill }})::float8) else ts end, lead(ts) over one) as owned
  from (
    select *, lag(user_id) over (partition by anonymous_id order by ts) as owner_before
    from (
      select distinct on (anonymous_id, ts) anonymous_id, user_id, ts
      from ({{ log_ins }}) as log_ins
      order by anonymous_id, ts, user_id collate "C" desc
    ) as stays
  ) as turns
  where owner_before is distinct from user_id
  window one as (partition by anonymous_id order by ts)
{%- endif %}
{%- endmacro %}
