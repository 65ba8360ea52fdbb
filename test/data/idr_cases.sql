-- Clusters published with sql-identity-resolution, and those of networkx over its sample data.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(6);

-- The published cases: entities with an e-mail and a phone, compared in lower case.
\set source :shared '/idr_cases/cases.json'
CREATE TEMP TABLE cases AS
  SELECT c.value->>'name' AS name, c.value->'entities' AS entities, c.value->'expected_clusters' AS clusters
  FROM jsonb_array_elements(pg_read_file(:'source')::jsonb->'cases') c;
SELECT is(count(*), 4::bigint, 'four published cases') FROM cases;
CREATE TEMP TABLE case_edges AS
  SELECT name, e.value->>'id' AS id, i.kind || ':' || lower(e.value->>i.kind) AS identifier
  FROM cases, jsonb_array_elements(entities) e, (VALUES ('email'), ('phone')) i(kind);
SELECT is(
    (SELECT jsonb_agg(cluster ORDER BY cluster) FROM (
      SELECT jsonb_agg(alias ORDER BY alias) AS cluster
      FROM journey.resolve_aliases(format('SELECT id, identifier FROM case_edges WHERE name = %L', name))
      WHERE NOT is_user GROUP BY visitor_id) found),
    (SELECT jsonb_agg(value ORDER BY value) FROM jsonb_array_elements(clusters)),
    name)
  FROM cases ORDER BY name;

-- The sample data under its own rules: e-mails in lower case, excluded values left out; loyalty cards as well.
\set crm :shared '/idr_cases/sample_crm_customers.csv'
\set orders :shared '/idr_cases/sample_orders.csv'
\set pos :shared '/idr_cases/sample_pos_transactions.csv'
\set excluded :shared '/idr_cases/idr_exclusions.csv'
\set clusters :shared '/idr_cases/derived_clusters_networkx.csv'
CREATE TEMP TABLE crm (id text, email text, phone text, first_name text, last_name text, loyalty text, at timestamptz);
CREATE TEMP TABLE orders (id text, email text, phone text, at date);
CREATE TEMP TABLE pos (id text, loyalty text, phone text, at date);
CREATE TEMP TABLE excluded (kind text, pattern text, match text, reason text);
CREATE TEMP TABLE clusters (entity text, cluster text, size bigint);
COPY crm FROM :'crm' (FORMAT csv, HEADER);
COPY orders FROM :'orders' (FORMAT csv, HEADER);
COPY pos FROM :'pos' (FORMAT csv, HEADER);
COPY excluded FROM :'excluded' (FORMAT csv, HEADER);
COPY clusters FROM :'clusters' (FORMAT csv, HEADER);
CREATE TEMP TABLE sample_edges AS
  SELECT entity, CASE WHEN NOT EXISTS (SELECT FROM excluded x WHERE x.kind = i.kind AND value LIKE x.pattern) THEN i.kind || ':' || value END AS identifier
  FROM (
    SELECT 'crm:' || id AS entity, 'EMAIL' AS kind, lower(email) AS value FROM crm UNION ALL SELECT 'crm:' || id, 'PHONE', phone FROM crm
    UNION ALL SELECT 'crm:' || id, 'LOYALTY', loyalty FROM crm
    UNION ALL SELECT 'orders:' || id, 'EMAIL', lower(email) FROM orders UNION ALL SELECT 'orders:' || id, 'PHONE', phone FROM orders
    UNION ALL SELECT 'pos:' || id, 'LOYALTY', loyalty FROM pos UNION ALL SELECT 'pos:' || id, 'PHONE', phone FROM pos) i;
SELECT bag_eq(
  $$SELECT alias, min(alias COLLATE "C") OVER w, count(*) OVER w
    FROM journey.resolve_aliases('TABLE sample_edges') WHERE NOT is_user WINDOW w AS (PARTITION BY visitor_id)$$,
  'TABLE clusters', 'clusters of the sample data, as networkx finds them');
SELECT * FROM finish();
