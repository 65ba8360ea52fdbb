{# URLs in SQL. #}

{# The texts of a relation's column `url` with what matters of each as a URL: host, path, query and fragment; the site of its host, how many
   labels that has, and whether a registry's suffix ends it. All NULL where it is none. #}
{% macro parsed_urls(relation) -%}
  select url, host, path, query, fragment, {{ journey.site_of('host') }} as site, {{ journey.site_labels('host') }} as labels,
    {{ journey.last_labels('host', 2) }} <> all ({{ journey.text_list(journey.private_suffixes()) }}) as registered
  from (
    select url, host,
      case when host is not null then coalesce(nullif(substr(before_query, length(authority) + 1), ''), '/') when written like '/%' then before_query end as path,
      case when is_valid and strpos(before_fragment, '?') > 0 then substr(before_fragment, strpos(before_fragment, '?') + 1) end as query,
      case when is_valid and strpos(rest, '#') > 0 then substr(rest, strpos(rest, '#') + 1) end as fragment
    from (
      select *,
        case when is_host and host_and_port !~ '[][\s<>^|%@]' and host_and_port ~ '^[^:]+(:[0-9]{0,5})?$' then rtrim(lower(split_part(host_and_port, ':', 1) collate "C"), '.')
             when is_host and host_and_port ~ '^\[[0-9a-fA-F:.]+\](:[0-9]{0,5})?$' then lower(substring(host_and_port, '^[^]]*\]') collate "C") end as host
      from (
        select *,
          case when is_host then split_part(translate(before_query, '\', '/'), '/', 1) else '' end as authority,
          regexp_replace(case when is_host then split_part(translate(before_query, '\', '/'), '/', 1) end, '^.*@', '') as host_and_port
        from (
          select *, split_part(before_fragment, '?', 1) as before_query
          from (
            select url, written, kind < 4 as is_host, rest, split_part(rest, '#', 1) as before_fragment
            from (
              select url, written, kind,
                case kind when 1 then ltrim(substr(written, strpos(written, ':') + 1), '/\') when 2 then substr(written, strpos(written, '//') + 2) else written end as rest
              from (
                select url, written,
                  case when written ~* '^(https?|wss?|ftp):' then 1 when written ~* '^([a-z][a-z0-9+.-]*:)?//' then 2
                       when written ~* '^([a-z0-9_-]+\.)+({{ journey.top_levels() }})(:[0-9]*)?([/?#]|$)' then 3 else 4 end as kind
                from (
                  select url, case when trimmed ~ '&(amp|AMP|#0?38|#[xX]26);' then regexp_replace(trimmed, '&(amp;|AMP;|#0?38;|#[xX]26;)+', '&', 'g') else trimmed end as written
                  from (select url, translate(btrim(url, e' \t\n\r\f\x0b'), e'\t\n\r', '') as trimmed from {{ relation }} offset 0) as texts
                  offset 0
                ) as texts
                offset 0
              ) as kinds
              offset 0
            ) as rests
            offset 0
          ) as divided
          offset 0
        ) as divided
        offset 0
      ) as authorities
      offset 0
    ) as hosts
    cross join lateral (select not is_host or host is not null or authority = '' and written !~* '^(https?|wss?|ftp):' as is_valid) as validity
    offset 0
  ) as urls
{%- endmacro %}

{# The last labels of a host, and how many its site has: one more than what registries, or owners of hosts of all and sundry, register below. #}
{% macro last_labels(host, n) %}{{ return("array_to_string((string_to_array(" ~ host ~ ", '.'))[cardinality(string_to_array(" ~ host ~ ", '.')) - " ~ (n - 1) ~ ":], '.')") }}{% endmacro %}
{% macro site_labels(host) -%}
case when {{ host }} not like '%.%' or {{ host }} like '[%' or {{ journey.last_labels(host, 1) }} ~ '^[0-9]+$' then null
         when {{ journey.last_labels(host, 2) }} = any ({{ journey.text_list(journey.private_suffixes()) }})
           or length({{ journey.last_labels(host, 1) }}) = 2 and split_part({{ journey.last_labels(host, 2) }}, '.', 1) = any ({{ journey.text_list(journey.second_levels()) }}) then 3
         else 2 end
{%- endmacro %}
{% macro site_of(host) -%}
coalesce(case {{ journey.site_labels(host) }} when 3 then {{ journey.last_labels(host, 3) }} when 2 then {{ journey.last_labels(host, 2) }} end, {{ host }})
{%- endmacro %}

{# What follows a label under a country's code where registries register below it; the suffixes of hosts of pages of all and sundry; the
   last labels by which a host without a scheme is told from a file. In place of the public suffix list. #}
{% macro second_levels() %}{{ return('ac co com edu gob gouv gov go gr ltd me mil ne net nhs nom or org plc sch'.split()) }}{% endmacro %}
{% macro private_suffixes() %}{{ return('azurewebsites.net cloudfront.net firebaseapp.com github.io gitlab.io herokuapp.com myshopify.com netlify.app pages.dev vercel.app web.app workers.dev'.split()) }}{% endmacro %}
{% macro top_levels() %}{{ return('[a-z][a-z]|com|net|org|edu|gov|mil|int|info|biz|name|pro|mobi|app|dev|shop|store|online|site|blog|cloud|club|live|news|tech|top|xyz|agency|media|world|travel') }}{% endmacro %}

{# The text that a form-encoded one stands for. Escapes that would not give valid text stay as they are. #}
{% macro form_decoded(text) -%}
{%- set next = '%[89ab][0-9a-f]' -%}
{%- set character = '%0[1-9a-f]|%[1-7][0-9a-f]|(?:%c[2-9a-f]|%d[0-9a-f])' ~ next ~ '|(?:%e0%[ab][0-9a-f]|(?:%e[1-9a-cef])' ~ next ~ '|%ed%[89][0-9a-f])' ~ next
    ~ '|(?:%f0%[9ab][0-9a-f]|%f[1-3]' ~ next ~ '|%f4%8[0-9a-f])' ~ next ~ next -%}
case when strpos({{ text }}, '%') = 0 then translate({{ text }}, '+', ' ') else (
    select convert_from(string_agg(case when piece[1] like '\%__%' then decode(replace(piece[1], '%', ''), 'hex') else convert_to(piece[1], 'UTF8') end, ''::bytea order by place), 'UTF8')
    from regexp_matches(translate({{ text }}, '+', ' '), '(?i)((?:{{ character }})+|[^%]+|%)', 'g') with ordinality as pieces(piece, place)) end
{%- endmacro %}

{# A name as rules compare it. #}
{% macro normal(text) %}{{ return("lower(btrim(" ~ text ~ ", e' \\t\\n\\r\\f\\x0b') collate \"C\")") }}{% endmacro %}

{# A condition: what trackers send for a value they don't have. #}
{% macro is_absent(text) %}{{ return(journey.normal(text) ~ " in ('', 'null')") }}{% endmacro %}
