-- What the extension ships, as macros for the engine that does without it:
--   psql -XAtq -f dbt/integration_tests/shipped_rules.sql > dbt/macros/engine/shipped_rules.sql
-- in a database with the extension and no rules of one's own. A test compares the two.
\pset format unaligned
\pset tuples_only on
\set ON_ERROR_STOP on

CREATE TEMPORARY TABLE listed AS
WITH sources AS (
  SELECT row_number() OVER (ORDER BY category IS NOT DISTINCT FROM 'ad', source COLLATE "C") AS rank, lower(btrim(source)) AS source, category, names, term_params
  FROM journey.sources
  WHERE shipped
),
names AS (
  SELECT rank, source, category, term_params, n, lower(btrim(name)) AS name, n > cardinality(names) AS is_own
  FROM sources, unnest(names || sources.source) WITH ORDINALITY AS each (name, n)
),
kinds AS (
  SELECT *, split_part(name, '/', 1) AS host,
    CASE WHEN is_own THEN 'name'
         WHEN regexp_replace(split_part(name, '/', 1), '^\*\.|\.\*$', '', 'g') ~ '[*[]' THEN 'pattern'
         WHEN name NOT LIKE '%.%' THEN 'name' ELSE 'host' END AS kind
  FROM names
)
SELECT kind, CASE kind WHEN 'name' THEN translate(name, ' -_', '') WHEN 'host' THEN host
    ELSE replace(replace(name, '_', '\_'), '*', '%') END AS key,
  CASE WHEN kind = 'host' AND host <> name THEN coalesce(nullif(rtrim(substr(name, length(host) + 1), '/'), ''), '/') END AS path,
  row_number() OVER (ORDER BY rank, n) AS rank, source, category, term_params
FROM kinds;

CREATE TEMPORARY TABLE known AS
SELECT DISTINCT ON (kind, key, path) listed.kind, listed.key, path, listed.rank, listed.source, listed.category,
  CASE WHEN listed.category = 'ad' THEN coalesce(brand.category, 'ad') ELSE listed.category END AS grouped, term_params
FROM listed
LEFT JOIN LATERAL (
  SELECT category FROM listed AS brand WHERE kind = 'name' AND brand.key = translate(listed.source, ' -_', '') ORDER BY rank LIMIT 1
) AS brand ON true
ORDER BY kind, key, path, rank;

\echo '{# Made from what the extension ships by dbt/integration_tests/shipped_rules.sql: not to be changed by hand. #}'

\echo
\echo '{# journey.junk_ids(). #}'
SELECT '{% macro junk_ids() %}{{ return(' || replace(replace(replace(to_json(journey.junk_ids())::text, '{', '\u007b'), '}', '\u007d'), '%', '\u0025') || ') }}{% endmacro %}';

\echo
\echo '{# Rules of channels, in order: {channel, and the patterns of each field that matters}. #}'
\echo '{% macro channel_rules() %}{{ return(['
SELECT '  ' || json_strip_nulls(json_build_object('channel', channel, 'source', source, 'category', category, 'medium', medium, 'campaign', campaign)) || ','
FROM journey.channel_rules
WHERE shipped
ORDER BY position, channel COLLATE "C", source, category, medium, campaign;
\echo ']) }}{% endmacro %}'

\echo
\echo '{# Parameters of a page that tell of a touch, the first that has a value first: (rank, name, field, source, medium, category of the source). #}'
\echo '{% macro touch_params() %}'
SELECT format('  (%s, %L, %L, %L, %L, %L)', row_number() OVER rule, name, field, params.source, params.medium, known.grouped)
  || CASE WHEN lead(name) OVER rule IS NULL THEN '' ELSE ',' END
FROM journey.touch_params AS params
LEFT JOIN known ON kind = 'name' AND key = translate(params.source, ' -_', '')
WHERE shipped
WINDOW rule AS (ORDER BY position, name COLLATE "C");
\echo '{% endmacro %}'

\echo
\echo '{# Sources: (kind of key: name, host or pattern for LIKE; key; path; rank; source; category; the category that rules see; parameters of search terms). #}'
\echo '{% macro known_sources() %}'
SELECT format('  (%L, %L, %L, %s, %L, %L, %L, %L)', kind, key, path, rank, source, category, grouped, nullif(term_params, '{}'))
  || CASE WHEN lead(rank) OVER rule IS NULL THEN '' ELSE ',' END
FROM known
WINDOW rule AS (ORDER BY rank);
\echo '{% endmacro %}'

\echo
\echo '{# The matrix standard: a list a recency score, in it a segment a frequency score. #}'
SELECT '{% macro rfm_matrix() %}{{ return(' || json_agg(segments ORDER BY recency) || ') }}{% endmacro %}'
FROM (SELECT recency, json_agg(segment ORDER BY frequency) AS segments FROM journey.rfm_matrix WHERE matrix = 'standard' GROUP BY recency) AS rows;
