-- A cancel ends every function in the midst of its work: it comes a moment after the last row has been read.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT no_plan();
CREATE SCHEMA cancel_tests;
SET search_path = cancel_tests, public, journey;
\ir support/cancel.sql
CREATE FUNCTION is_cancelled(statement text, what text) RETURNS text LANGUAGE sql AS $$
  SELECT is(cancelled(statement), '57014', what) $$;

-- Identity: the last edge gives the sign.
CREATE TABLE edges AS
  SELECT 'a' || i AS alias, 'u' || i / 3 AS user_id, timestamptz '2026-01-01' + i * 7919::bigint % 300007 * interval '1 second' AS seen_at, i = 300000 AS is_last
  FROM generate_series(1, 300000) i;
CREATE VIEW signing AS SELECT alias, user_id, CASE WHEN is_last AND cancel_soon() THEN seen_at ELSE seen_at END AS seen_at FROM edges;
CREATE VIEW signing_kinds AS SELECT 'device' AS a_kind, alias AS a, 'user' AS b_kind, user_id AS b, seen_at FROM signing;
CREATE TABLE stored AS SELECT * FROM resolve_aliases($$SELECT 'a' || i * 2, 'u' || i * 2 / 3, timestamptz '2025-01-01' FROM generate_series(1, 150000) i$$);
SELECT is_cancelled($$SELECT count(*) FROM resolve_aliases('TABLE signing')$$, 'resolve_aliases');
SELECT is_cancelled($$SELECT count(*) FROM resolve_aliases('TABLE signing', 'latest_user')$$, 'in the mode latest_user');
SELECT is_cancelled($$SELECT count(*) FROM resolve_aliases('TABLE signing', max_users => 1, max_members => 2)$$, 'with limits');
SELECT is_cancelled($$SELECT count(*) FROM resolve_aliases('TABLE signing_kinds', priority => '{user}', unique_kinds => '{user}')$$, 'with kinds');
SELECT is_cancelled($$SELECT count(*) FROM alias_conflicts('TABLE signing', max_members => 2)$$, 'alias_conflicts');
SELECT is_cancelled($$SELECT count(*) FROM alias_graph_stats('TABLE signing')$$, 'alias_graph_stats');
SELECT is_cancelled($$SELECT count(*) FROM alias_owners('TABLE signing')$$, 'alias_owners');
SELECT is_cancelled($$SELECT count(*) FROM merge_aliases('TABLE stored', 'TABLE signing')$$, 'merge_aliases');
SELECT is_cancelled($$SELECT count(*) FROM unmerge_aliases('TABLE signing', 'SELECT alias, user_id FROM edges WHERE alias < $q$a2$q$')$$, 'unmerge_aliases');

-- Trails: one of many sessions, given once the sign is.
CREATE TABLE trails AS
  SELECT trail(ts, '30 minutes', ROW(ts, 's' || i % 50, 'm', NULL, NULL, NULL, 'c', NULL, NULL, NULL)::touch) AS trail
  FROM generate_series(1, 300000) i, LATERAL (SELECT timestamptz '2000-01-01' + i * interval '1 hour' AS ts) t;
SELECT is_cancelled(format('SELECT count(*) FROM (SELECT CASE WHEN cancel_soon() THEN trail END AS trail FROM trails) t, %s', rows), rows)
  FROM unnest(ARRAY['sessions(trail)', 'touches(trail)', $$attribute(trail, timestamptz '2100-01-01', 'linear', NULL)$$]) rows;

-- Paths: a group of many events, out of order, the last of which gives the sign.
CREATE VIEW events AS
  SELECT timestamptz '2000-01-01' + i * 7919::bigint % 2000003 * interval '1 second' AS ts, i % 3 = 0 AS one, i % 3 = 1 OR (i = 2000000 AND cancel_soon()) AS two
  FROM generate_series(1, 2000000) i;
SELECT is_cancelled(format('SELECT %s FROM events', aggregate), aggregate)
  FROM unnest(ARRAY[$$funnel_level(ts, interval '1 hour', one, two, one AND two)$$, $$funnel_times(ts, interval '1 hour', one, two, one AND two)$$,
    $$sequence_match('(?1)(?2)', ts, one, one AND two)$$, $$sequence_count('(?1)(?2)', ts, one, two)$$, $$sequence_times('(?1)(?2)', ts, one, one AND two)$$,
    $$path(CASE WHEN two THEN 'a' ELSE 'b' END, ts)$$, $$next_event(one, ts, two, one)$$, $$previous_event(one, ts, two, one)$$, $$funnel_level_by('all', ts, interval '1 hour', one, two)$$,
    $$funnel_event(one, ts, interval '1 hour', one, two, one AND two)$$]) aggregate;
SELECT is_cancelled($$SELECT path_edges(path) FROM (SELECT array_agg(chr(97 + i % 2)) AS path FROM generate_series(1, 2000000) i) paths WHERE cancel_soon()$$, 'path_edges');

SELECT * FROM finish();
DROP SCHEMA cancel_tests CASCADE;
