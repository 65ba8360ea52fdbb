-- identity: equal to plain SQL on graphs of every shape, in every plan; cancellable; its errors are the query's own.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(63);
CREATE SCHEMA identity_tests;
SET search_path = identity_tests, public;

-- The closure as plain SQL: the smallest user id, or else alias, that can be reached.
CREATE FUNCTION closure(rows text) RETURNS TABLE (alias text, is_user boolean, members bigint, first_seen_at timestamptz, last_seen_at timestamptz, visitor_id text)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format($q$
    WITH RECURSIVE edges(a, u, t) AS (%s),
    ids(is_user, id, seen) AS (
      SELECT false, a, t FROM edges WHERE a IS NOT NULL UNION ALL SELECT true, u, t FROM edges WHERE u IS NOT NULL),
    nodes AS (SELECT is_user, id, min(seen) AS first_seen, max(seen) AS last_seen FROM ids GROUP BY is_user, id),
    links AS (
      SELECT DISTINCT false AS is_user, a AS id, true AS to_user, u AS to_id FROM edges WHERE a IS NOT NULL AND u IS NOT NULL
      UNION SELECT DISTINCT true, u, false, a FROM edges WHERE a IS NOT NULL AND u IS NOT NULL),
    reached(is_user, id, to_user, to_id) AS (
      SELECT is_user, id, is_user, id FROM nodes
      UNION
      SELECT r.is_user, r.id, l.to_user, l.to_id FROM reached r JOIN links l ON l.is_user = r.to_user AND l.id = r.to_id)
    SELECT n.id, n.is_user, count(*), n.first_seen, n.last_seen,
      (array_agg(m.id ORDER BY m.is_user DESC, m.first_seen NULLS LAST, m.id COLLATE "C"))[1]
    FROM nodes n JOIN reached r USING (is_user, id) JOIN nodes m ON m.is_user = r.to_user AND m.id = r.to_id
    GROUP BY n.id, n.is_user, n.first_seen, n.last_seen
  $q$, rows);
END $$;

CREATE TABLE graphs (graph text, a text, u text, t timestamptz);
SELECT setseed(0.4) AS seeded \gset
-- Random graphs, sparse to dense, with NULLs, ties and duplicates.
INSERT INTO graphs
  SELECT 'random ' || g, CASE WHEN random() < 0.9 THEN 'id' || (random() * g * 10)::int END,
    CASE WHEN random() < 0.7 THEN 'id' || (random() * 40)::int END,
    CASE WHEN random() < 0.9 THEN timestamptz '2026-01-01' + (random() * 20)::int * interval '1 hour' END
  FROM generate_series(1, 8) g, generate_series(1, 120) i;
INSERT INTO graphs
  SELECT 'star', 'a' || i, 'hub', timestamptz '2026-01-01' + i * interval '1 minute' FROM generate_series(1, 300) i
  UNION ALL SELECT 'ring', 'a' || (i + 1) / 2 % 40, 'u' || i / 2 % 40, '2026-01-01' FROM generate_series(0, 79) i
  UNION ALL SELECT 'clique', 'a' || i, 'u' || j, '2026-01-01' FROM generate_series(1, 15) i, generate_series(1, 15) j
  UNION ALL SELECT 'loops', 'x' || i, 'x' || i, NULL FROM generate_series(1, 20) i
  UNION ALL SELECT 'chain', 'a' || (i + 1) / 2, 'u' || i / 2, timestamptz '2026-01-01' - i * interval '1 second' FROM generate_series(0, 200) i;

CREATE FUNCTION resolved(rows text, OUT differing bigint) LANGUAGE sql AS $$
  WITH ours AS (SELECT alias, is_user, members, first_seen_at, last_seen_at, visitor_id FROM journey.resolve_aliases(rows)),
    plain AS (SELECT * FROM closure(rows))
  SELECT (SELECT count(*) FROM (TABLE ours EXCEPT ALL TABLE plain) d) + (SELECT count(*) FROM (TABLE plain EXCEPT ALL TABLE ours) d) $$;
SELECT is(resolved(format('SELECT a, u, t FROM graphs WHERE graph = %L', graph)), 0::bigint, graph || ' equals the recursive closure')
  FROM (SELECT DISTINCT graph FROM graphs) g ORDER BY graph;

-- A long chain: one visitor, named by the user id seen first, which is the one at the far end.
CREATE TABLE chain AS
  SELECT 'a' || (i + 1) / 2 AS a, 'u' || i / 2 AS u, timestamptz '2026-01-01' - i * interval '1 second' AS t FROM generate_series(0, 100000) i;
SELECT results_eq(
  $$SELECT count(*), count(DISTINCT visitor_id), min(visitor_id), max(members) FROM journey.resolve_aliases('SELECT * FROM chain')$$,
  $$VALUES (100002::bigint, 1::bigint, 'u50000', 100002::bigint)$$, 'a chain of 100,000 links');

-- latest_user equals the window function that people write for it (the RudderStack models), ties to the greater user id.
SELECT bag_eq(
  $$SELECT alias, is_user, visitor_id FROM journey.resolve_aliases('SELECT a, u, t FROM graphs', 'latest_user')$$,
  $$SELECT DISTINCT a, false, coalesce(first_value(u) OVER (PARTITION BY a ORDER BY u IS NULL, t DESC NULLS LAST, u COLLATE "C" DESC), a)
      FROM graphs WHERE a IS NOT NULL
    UNION ALL SELECT DISTINCT u, true, u FROM graphs WHERE u IS NOT NULL$$,
  'latest_user equals the window function');

-- Any order of rows, any plan
CREATE FUNCTION fingerprint(query text, arguments text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  EXECUTE format('SELECT md5(string_agg(r::text, chr(10) ORDER BY n)) FROM journey.resolve_aliases(%L %s) WITH ORDINALITY r(a, i, v, m, f, l, n)', query, arguments) INTO result;
  RETURN result;
END $$;
SELECT is(fingerprint('SELECT a, u, t FROM graphs ORDER BY md5(a || u)', arguments), fingerprint('SELECT a, u, t FROM graphs ORDER BY t, u, a', arguments),
  'any order of rows gives the same rows in the same order ' || arguments)
  FROM unnest(ARRAY['', ', max_users => 2', ', max_members => 7', $$, 'latest_user', max_members => 3$$]) arguments;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT is(fingerprint('SELECT DISTINCT a, u, t FROM graphs'), fingerprint('SELECT a, u, t FROM graphs ORDER BY 1, 2, 3'), 'a parallel plan of the inner query gives the same');
RESET max_parallel_workers_per_gather;

-- Ids of many kinds: two of them are the same as aliases and users, in either direction.
CREATE VIEW two_kinds AS
  SELECT k.* FROM (SELECT *, row_number() OVER () % 2 = 0 AS swapped FROM graphs) g,
    LATERAL (SELECT 'alias' AS a_kind, a, 'user' AS b_kind, u AS b, t WHERE NOT swapped UNION ALL SELECT 'user', u, 'alias', a, t WHERE swapped) k;
SELECT bag_eq(
  $$SELECT alias, kind = 'user', visitor_id, members, first_seen_at, last_seen_at FROM journey.resolve_aliases('TABLE two_kinds', priority => '{user}', unique_kinds => '{}')$$,
  $$SELECT * FROM journey.resolve_aliases('SELECT a, u, t FROM graphs')$$, 'two kinds are as aliases and users');
SELECT bag_eq(
  $$SELECT alias, kind = 'user', visitor_id, members, first_seen_at, last_seen_at FROM journey.resolve_aliases('TABLE two_kinds', priority => '{user}', unique_kinds => '{user}', max_members => 5)$$,
  $$SELECT * FROM journey.resolve_aliases('SELECT a, u, t FROM graphs', max_users => 1, max_members => 5)$$, 'a unique kind is one of at most one');
SELECT results_eq(
  $$SELECT a, b, replace(reason, 'unique_kinds', 'max_users'), seen_at FROM journey.alias_conflicts('TABLE two_kinds', priority => '{user}', unique_kinds => '{user}', max_members => 5)$$,
  $$SELECT * FROM journey.alias_conflicts('SELECT a, u, t FROM graphs', max_users => 1, max_members => 5)$$, 'with the same conflicts');
SELECT is(
  (SELECT (ids, links, refused, visitors, mean_members, p99_members, most_members)::text FROM journey.alias_graph_stats('TABLE two_kinds', priority => '{user}', unique_kinds => '{user}')),
  (SELECT (ids, links, refused, visitors, mean_members, p99_members, most_members)::text FROM journey.alias_graph_stats('SELECT a, u, t FROM graphs', max_users => 1)),
  'and the same health');

-- Limits against the rule, step by step in plain SQL: each edge in its order, refused if its visitor would be too large.
CREATE FUNCTION greedy(most_users int, most_members int) RETURNS TABLE (alias text, user_id text, seen_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE e record; v int; w int; new_users int; new_members int;
BEGIN
  DROP TABLE IF EXISTS node;
  CREATE TEMP TABLE node AS
    SELECT is_user, id, row_number() OVER ()::int AS visitor
    FROM (SELECT DISTINCT false AS is_user, a AS id FROM graphs WHERE a IS NOT NULL UNION ALL SELECT DISTINCT true, u FROM graphs WHERE u IS NOT NULL) n;
  CREATE INDEX ON node (id, is_user);
  CREATE INDEX ON node (visitor);
  FOR e IN SELECT a, u, min(t) AS t FROM graphs WHERE a IS NOT NULL AND u IS NOT NULL GROUP BY a, u ORDER BY min(t) NULLS LAST, a COLLATE "C", u COLLATE "C" LOOP
    SELECT visitor INTO v FROM node n WHERE n.id = e.a AND NOT n.is_user;
    SELECT visitor INTO w FROM node n WHERE n.id = e.u AND n.is_user;
    CONTINUE WHEN v = w;
    SELECT count(*) FILTER (WHERE n.is_user), count(*) INTO new_users, new_members FROM node n WHERE visitor IN (v, w);
    IF new_users > most_users OR new_members > most_members THEN
      alias := e.a; user_id := e.u; seen_at := e.t;
      RETURN NEXT;
    ELSE
      UPDATE node SET visitor = v WHERE visitor = w;
    END IF;
  END LOOP;
END $$;
SELECT results_eq(
  format('SELECT alias, user_id, seen_at FROM journey.alias_conflicts(%L, max_users => %s, max_members => %s)', 'SELECT a, u, t FROM graphs', most_users, most_members),
  format('SELECT * FROM greedy(%s, %s)', most_users, most_members),
  format('refuses what the rule refuses and no more: max_users %s, max_members %s', most_users, most_members))
  FROM (VALUES (1, 1000), (2, 9), (1000, 4)) l(most_users, most_members);
SELECT is(max(n), 2::bigint, 'no visitor has more users than max_users')
  FROM (SELECT count(*) FILTER (WHERE is_user) AS n FROM journey.resolve_aliases('SELECT a, u, t FROM graphs', max_users => 2) GROUP BY visitor_id) v;
SELECT is(max(members), 4::bigint, 'and no more members than max_members') FROM journey.resolve_aliases('SELECT a, u, t FROM graphs', max_members => 4);

-- Owners in plain SQL
CREATE FUNCTION plain_owners(backfill interval) RETURNS TABLE (alias text, user_id text, owned tstzrange) LANGUAGE sql AS $$
  WITH log_ins AS (SELECT a, t, max(u COLLATE "C") AS u FROM graphs WHERE a IS NOT NULL AND u IS NOT NULL AND t IS NOT NULL GROUP BY a, t),
    steps AS (SELECT *, lag(u) OVER (PARTITION BY a ORDER BY t) AS before FROM log_ins)
  SELECT a, u, tstzrange(CASE WHEN before IS NULL THEN t - backfill ELSE t END, lead(t) OVER (PARTITION BY a ORDER BY t))
  FROM steps WHERE before IS DISTINCT FROM u $$;
SELECT results_eq(format('SELECT * FROM journey.alias_owners(%L, %L)', 'SELECT a, u, t FROM graphs', backfill),
  format('SELECT * FROM plain_owners(%L) ORDER BY alias COLLATE "C", owned', backfill), 'owners, with a back-fill of ' || coalesce(backfill::text, 'any time'))
  FROM unnest(ARRAY[NULL, '0', '36 hours']::interval[]) backfill;

-- Health in plain SQL
CREATE TABLE mapping AS SELECT * FROM journey.resolve_aliases('SELECT a, u, t FROM graphs', max_users => 3);
SELECT results_eq(
  $$SELECT ids, users, links, refused, visitors, mean_members, p99_members, most_members FROM journey.alias_graph_stats('SELECT a, u, t FROM graphs', max_users => 3)$$,
  $$WITH visitors AS (SELECT visitor_id, members FROM mapping GROUP BY visitor_id, members, CASE WHEN members = 1 THEN is_user END)
    SELECT count(*), count(*) FILTER (WHERE is_user), (SELECT count(DISTINCT (a, u)) FROM graphs WHERE a IS NOT NULL AND u IS NOT NULL),
      (SELECT count(*) FROM journey.alias_conflicts('SELECT a, u, t FROM graphs', max_users => 3)),
      (SELECT count(*) FROM visitors), (SELECT avg(members)::float8 FROM visitors),
      (SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY members) FROM visitors), max(members) FROM mapping$$, 'the figures of a graph');
SELECT results_eq(
  $$SELECT h.alias, h.is_user, h.neighbours FROM journey.alias_graph_stats('SELECT a, u, t FROM graphs'), unnest(hubs) h$$,
  $$SELECT id, is_user, count(DISTINCT other) FROM (SELECT a AS id, false AS is_user, u AS other FROM graphs UNION ALL SELECT u, true, a FROM graphs) e
    WHERE id IS NOT NULL AND other IS NOT NULL GROUP BY id, is_user ORDER BY count(DISTINCT other) DESC, id COLLATE "C", NOT is_user LIMIT 10$$, 'its hubs');

-- Merging batch by batch into a stored mapping equals resolving all at once.
CREATE TABLE stored (alias text, is_user boolean, visitor_id text, members bigint, first_seen_at timestamptz, last_seen_at timestamptz, PRIMARY KEY (alias, is_user));
CREATE INDEX ON stored (visitor_id);
CREATE TABLE batches (batch int, a text, u text, t timestamptz);
CREATE FUNCTION merge_batches(arguments text DEFAULT '') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE b int; idle bigint; idle_in_all bigint := 0;
BEGIN
  TRUNCATE stored;
  FOR b IN SELECT DISTINCT batch FROM batches ORDER BY batch LOOP
    DROP TABLE IF EXISTS changes;
    EXECUTE format('CREATE TEMP TABLE changes AS SELECT * FROM journey.merge_aliases(%L, %L %s)',
      'TABLE stored', 'SELECT a, u, t FROM batches WHERE batch = ' || b, arguments);
    SELECT count(*) INTO idle FROM changes c LEFT JOIN stored s USING (alias, is_user)
      WHERE c.old_visitor_id IS DISTINCT FROM s.visitor_id
         OR (c.visitor_id, c.members, c.first_seen_at, c.last_seen_at) IS NOT DISTINCT FROM (s.visitor_id, s.members, s.first_seen_at, s.last_seen_at);
    idle_in_all := idle_in_all + idle;
    INSERT INTO stored SELECT c.alias, c.is_user, c.visitor_id, c.members, c.first_seen_at, c.last_seen_at FROM changes c
      ON CONFLICT (alias, is_user) DO UPDATE
      SET visitor_id = excluded.visitor_id, members = excluded.members, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at;
  END LOOP;
  RETURN idle_in_all;
END $$;
INSERT INTO batches SELECT (random() * 12)::int, a, u, t FROM graphs;
SELECT is(merge_batches(), 0::bigint, 'every row given changes, and from the visitor it says');
SELECT bag_eq('TABLE stored', $$SELECT * FROM journey.resolve_aliases('SELECT a, u, t FROM graphs')$$, 'merging random batches equals resolving all edges');
TRUNCATE batches;
INSERT INTO batches SELECT ntile(12) OVER (ORDER BY t NULLS LAST, a COLLATE "C", u COLLATE "C"), a, u, t FROM graphs;
SELECT is(merge_batches(', max_users => 2, max_members => 9'), 0::bigint, 'with limits, too');
SELECT bag_eq('TABLE stored', $$SELECT * FROM journey.resolve_aliases('SELECT a, u, t FROM graphs', max_users => 2, max_members => 9)$$,
  'merging batches in order of time equals resolving all edges with limits');

-- The same for many kinds
CREATE TABLE stored_kinds (kind text, alias text, visitor_kind text, visitor_id text, members bigint, first_seen_at timestamptz, last_seen_at timestamptz, PRIMARY KEY (kind, alias));
CREATE VIEW three_kinds AS
  SELECT substr('abc', 1 + (hashtext(a) & 1), 1) AS a_kind, a, substr('abc', 2 + (hashtext(u || '.') & 1), 1) AS b_kind, u AS b, t, batch FROM batches;
DO $$
BEGIN
  FOR i IN 1..12 LOOP
    INSERT INTO stored_kinds
      SELECT kind, alias, visitor_kind, visitor_id, members, first_seen_at, last_seen_at
      FROM journey.merge_aliases('TABLE stored_kinds', format('SELECT a_kind, a, b_kind, b, t FROM three_kinds WHERE batch = %s', i), priority => '{b}', unique_kinds => '{}')
      ON CONFLICT (kind, alias) DO UPDATE
      SET visitor_kind = excluded.visitor_kind, visitor_id = excluded.visitor_id, members = excluded.members, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at;
  END LOOP;
END $$;
SELECT bag_eq('TABLE stored_kinds', $$SELECT * FROM journey.resolve_aliases('SELECT a_kind, a, b_kind, b, t FROM three_kinds', priority => '{b}', unique_kinds => '{}')$$,
  'merging ids of three kinds equals resolving all edges');

-- Only what is touched is looked up, by index: two visitors of eleven ids out of two thousand become one.
TRUNCATE stored;
INSERT INTO stored SELECT * FROM journey.resolve_aliases($$SELECT 'a' || i, 'u' || i / 10, timestamptz '2026-01-01' + i * interval '1 second' FROM generate_series(0, 19999) i$$);
ANALYZE stored;
BEGIN;
SELECT seq_tup_read AS by_scan, idx_tup_fetch AS by_index FROM pg_stat_xact_user_tables WHERE relname = 'stored' \gset
SELECT results_eq(
  $$SELECT count(*), min(visitor_id), min(old_visitor_id), max(old_visitor_id), min(members), max(members) FROM journey.merge_aliases('TABLE stored', $q$VALUES ('a5', 'u1', timestamptz '2026-02-01')$q$)$$,
  $$VALUES (22::bigint, 'u0', 'u0', 'u1', 22::bigint, 22::bigint)$$, 'two visitors become one');
SELECT is((seq_tup_read - :by_scan, idx_tup_fetch - :by_index)::text, '(0,24)', 'after reading their rows and no others')
  FROM pg_stat_xact_user_tables WHERE relname = 'stored';
ROLLBACK;

-- From few new edges, whose ids are looked up, to many, for which the mapping is scanned; 'ü7' and others are ids of both kinds.
CREATE FUNCTION spelled(prefix text, i float8) RETURNS text LANGUAGE sql RETURN CASE WHEN i::int % 7 = 0 THEN 'ü' ELSE prefix END || i::int;
DO $$
BEGIN
  TRUNCATE batches;
  INSERT INTO batches SELECT 0, spelled('a', i), spelled('u', i / 10), timestamptz '2026-01-01' + i * interval '1 second' FROM generate_series(0, 19999) i;
  FOR i IN 1..5 LOOP
    INSERT INTO batches SELECT i, spelled('a', random() * 30000), spelled('u', random() * 3000), timestamptz '2026-02-01' - random() * interval '60 days'
    FROM generate_series(1, (10 ^ i / 5)::int);
  END LOOP;
END $$;
CREATE VIEW device_edges AS SELECT 'device' AS a_kind, a, 'user' AS b_kind, u AS b, t, batch FROM batches;
CREATE FUNCTION wrong_after(merged int) RETURNS TABLE (sequential bigint, parallel bigint, kinds bigint) LANGUAGE plpgsql AS $$
DECLARE
  before text := 'SELECT a, u, t FROM batches WHERE batch < ' || merged;
  new text := 'SELECT a, u, t FROM batches WHERE batch = ' || merged;
  expected text := format($q$SELECT n.*, o.visitor_id FROM journey.resolve_aliases(%L) n LEFT JOIN stored o USING (alias, is_user)
    WHERE (n.visitor_id, n.members, n.first_seen_at, n.last_seen_at) IS DISTINCT FROM (o.visitor_id, o.members, o.first_seen_at, o.last_seen_at)$q$,
    'SELECT a, u, t FROM batches WHERE batch <= ' || merged);
  wrong text := $q$SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d$q$;
BEGIN
  TRUNCATE stored, stored_kinds;
  INSERT INTO stored SELECT * FROM journey.resolve_aliases(before);
  INSERT INTO stored_kinds SELECT CASE WHEN is_user THEN 'user' ELSE 'device' END, alias, CASE WHEN is_user OR members > 1 THEN 'user' ELSE 'device' END, visitor_id, members, first_seen_at, last_seen_at FROM stored;
  ANALYZE stored; ANALYZE stored_kinds;
  SET LOCAL max_parallel_workers_per_gather = 0;
  EXECUTE format(wrong, expected, format('SELECT * FROM journey.merge_aliases(%L, %L)', 'TABLE stored', new)) INTO sequential;
  EXECUTE format(wrong, expected, format($q$SELECT alias, kind = 'user', visitor_id, members, first_seen_at, last_seen_at, old_visitor_id FROM journey.merge_aliases(%L, %L, priority => '{user}', unique_kinds => '{}')$q$,
    'TABLE stored_kinds', 'SELECT a_kind, a, b_kind, b, t FROM device_edges WHERE batch = ' || merged)) INTO kinds;
  SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0;
  EXECUTE format(wrong, expected, format('SELECT * FROM journey.merge_aliases(%L, %L)', 'TABLE stored', new)) INTO parallel;
  RETURN NEXT;
END $$;
SELECT results_eq('SELECT * FROM wrong_after(' || i || ')', 'VALUES (0::bigint, 0::bigint, 0::bigint)',
  'merging ' || 10 ^ i / 5 || ' edges into a mapping of 20,000 ids gives the rows that differ after a rebuild') FROM generate_series(1, 5) i;
BEGIN;
SELECT seq_tup_read AS by_scan, idx_tup_fetch AS by_index FROM pg_stat_xact_user_tables WHERE relname = 'stored' \gset
SELECT isnt_empty($$SELECT * FROM journey.merge_aliases('TABLE stored', 'SELECT a, u, t FROM batches WHERE batch = 5')$$, 'many ids');
SELECT ok(seq_tup_read > :by_scan AND idx_tup_fetch = :by_index, 'are not looked up one by one') FROM pg_stat_xact_user_tables WHERE relname = 'stored';
-- What others have put on the search_path is not called, and rows that are none of ours may hold NULL.
CREATE TABLE plainly AS SELECT * FROM journey.merge_aliases('TABLE stored', 'SELECT a, u, t FROM batches WHERE batch = 5');
CREATE VIEW with_strangers AS SELECT * FROM stored UNION ALL SELECT 'stranger ' || i, false, 'stranger', NULL, NULL, NULL FROM generate_series(1, 1000) i;
CREATE FUNCTION nothing(bigint, int) RETURNS bigint LANGUAGE sql RETURN 0;
CREATE OPERATOR & (LEFTARG = bigint, RIGHTARG = int, FUNCTION = nothing);
CREATE FUNCTION get_bit(bytea, bigint) RETURNS int LANGUAGE sql RETURN 0;
CREATE FUNCTION hashtextextended(pg_catalog.text, bigint) RETURNS bigint LANGUAGE sql RETURN 0;
SET LOCAL search_path = identity_tests, public, pg_catalog;
SELECT bag_eq($$SELECT * FROM journey.merge_aliases('TABLE with_strangers', 'SELECT a, u, t FROM batches WHERE batch = 5')$$, 'TABLE plainly',
  'operators and functions of others are not called, and rows that are none of ours may hold NULL');
ROLLBACK;
SELECT throws_ok($$SELECT * FROM journey.merge_aliases($q$SELECT 1 AS alias, false AS is_user, 'u' AS visitor_id, 1::bigint AS members, now() AS first_seen_at, now() AS last_seen_at$q$, $q$VALUES ('1', 'u')$q$)$$,
  '42804', NULL, 'current with an alias that is no text: an error that says what it must return');

-- Un-merging equals resolving with the pairs turned into lone sightings.
SELECT bag_eq(
  $$SELECT alias, is_user, visitor_id, members, first_seen_at, last_seen_at FROM journey.unmerge_aliases('SELECT a, u, t FROM graphs', 'SELECT a, u FROM graphs WHERE hashtext(a || u) % 3 = 0', max_members => 50)$$,
  $$SELECT n.* FROM journey.resolve_aliases($q$SELECT a, u, t FROM graphs WHERE (hashtext(a || u) % 3 = 0) IS NOT TRUE
      UNION ALL SELECT a, NULL, t FROM graphs WHERE hashtext(a || u) % 3 = 0 UNION ALL SELECT NULL, u, t FROM graphs WHERE hashtext(a || u) % 3 = 0$q$, max_members => 50) n
    JOIN journey.resolve_aliases('SELECT a, u, t FROM graphs', max_members => 50) o USING (alias, is_user)
    WHERE (n.visitor_id, n.members) <> (o.visitor_id, o.members)$$, 'un-merging equals resolving without the pairs');

-- A list that changes between the calls of one place in a query is read again.
CREATE FUNCTION real_ids(entries text[], OUT kept text[]) LANGUAGE plpgsql AS $$
DECLARE
  list text[];
BEGIN
  FOR i IN 1 .. cardinality(entries) LOOP
    list := ARRAY[entries[i]];
    kept[i] := journey.real_id('b', list);
  END LOOP;
END $$;
SELECT is(real_ids('{a,b,a,b}')::text || array_agg(journey.real_id('b', ARRAY[entry]) ORDER BY n)::text, '{b,NULL,b,NULL}{b,NULL,b,NULL}', 'blocked may be a variable or a column')
  FROM unnest('{a,b,a,b}'::text[]) WITH ORDINALITY e(entry, n);

-- Text of any length
SELECT results_eq(
  $$SELECT length(alias), is_user, length(visitor_id), members FROM journey.resolve_aliases($q$SELECT repeat('é', 1000000), repeat('u', 1000000)$q$) ORDER BY 1, 2$$,
  $$VALUES (1000000, false, 1000000, 2::bigint), (1000000, true, 1000000, 2::bigint)$$, 'ids of megabytes');

-- More rows than work_mem holds
SET work_mem = '64kB';
SELECT is(count(*), 100002::bigint, 'a result larger than work_mem') FROM journey.resolve_aliases('SELECT * FROM chain');
RESET work_mem;

-- The inner query may run in parallel.
CREATE FUNCTION my_pid() RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN RETURN pg_backend_pid(); END $$;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SELECT is(count(*), 0::bigint, 'parallel workers run the inner query')
  FROM journey.resolve_aliases('SELECT DISTINCT my_pid(), NULL FROM chain') WHERE alias = pg_backend_pid()::text;
RESET parallel_leader_participation;
RESET max_parallel_workers_per_gather;

-- Cancel and timeout
CREATE FUNCTION stopped(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 'it ended';
EXCEPTION WHEN query_canceled OR others THEN
  RETURN SQLSTATE;
END $$;
SET statement_timeout = '200ms';
SELECT is(stopped($$SELECT count(*) FROM journey.resolve_aliases('SELECT i::text, (i / 2)::text FROM generate_series(1, 100000000) i')$$), '57014', 'a timeout while reading');
RESET statement_timeout;
-- From another session, at a moment that shows: the last edge takes a lock, and output, not reading, fills a temporary file.
CREATE TABLE many AS SELECT 'a' || i AS alias, 'u' || i / 2 AS user_id FROM generate_series(1, 1000000) i;
CREATE EXTENSION dblink;
SELECT dblink_connect('other', format('host=%s dbname=%s user=%s', current_setting('unix_socket_directories'), current_database(), current_user)) AS connected \gset
SELECT dblink_exec('other', 'SET work_mem = ''64kB''; SET max_parallel_workers_per_gather = 0') AS set \gset
CREATE FUNCTION cancel_once(moment text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE other int := (SELECT pid FROM dblink('other', 'SELECT pg_backend_pid()') AS d(pid int)); come boolean := false;
BEGIN
  PERFORM dblink_send_query('other', $q$
    SELECT count(*) FROM journey.resolve_aliases(
      'TABLE identity_tests.many UNION ALL SELECT ''last'', ''user'' FROM pg_advisory_xact_lock(42)')$q$);
  WHILE NOT come AND dblink_is_busy('other') = 1 LOOP
    PERFORM pg_sleep(0.001);
    EXECUTE moment INTO come USING other;
  END LOOP;
  PERFORM pg_cancel_backend(other);
  RETURN stopped($q$SELECT * FROM dblink_get_result('other') AS d(n bigint)$q$);
END $$;
SELECT is(cancel_once('SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = ''advisory'' AND objid = 42 AND pid = $1)'), '57014', 'a cancel while the edges are united');
SELECT count(*) FROM dblink_get_result('other') AS rest(n bigint) \gset rest_
SELECT is(cancel_once('SELECT EXISTS (SELECT FROM pg_ls_tmpdir() WHERE name LIKE ''pgsql_tmp'' || $1 || ''.%'')'), '57014', 'a cancel during output');
SELECT count(*) FROM dblink_get_result('other') AS rest(n bigint) \gset rest_
SELECT is_empty('SELECT name FROM pg_ls_tmpdir()', 'leaves no file behind');
SELECT is(n, 1000000::bigint, 'and the other session goes on') FROM dblink('other', 'SELECT count(*) FROM identity_tests.many') AS d(n bigint);

SELECT is(stopped($$SELECT * FROM journey.resolve_aliases('SELECT i::text, (1 / (100 - i))::text FROM generate_series(1, 1000) i')$$), '22012', 'an error in the inner query keeps its SQLSTATE');
SELECT is((SELECT count(*) FROM journey.resolve_aliases('SELECT a, u, t FROM graphs')) > 0, true, 'and the session goes on');

-- Ids are looked up many at a time.
SELECT is(
  (SELECT count(*) FROM generate_series(0, 100) n
   WHERE (SELECT count(*) FROM journey.resolve_aliases(format('SELECT ''a'' || i, NULL::text FROM generate_series(1, %s) i', n))) <> n),
  0::bigint, 'each of any number of edges is read');

SELECT * FROM finish();
