-- src/pg: every kind of failure arrives as the right SQLSTATE, with the server alive and no memory lost.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(55);

CREATE FUNCTION fail_as(kind text) RETURNS text LANGUAGE c STRICT AS 'journey_boundary', 'journey_fail';
CREATE FUNCTION fail_in_server() RETURNS void LANGUAGE c AS 'journey_boundary', 'journey_fail_in_server';
CREATE FUNCTION rescue() RETURNS text LANGUAGE c AS 'journey_boundary', 'journey_rescue';
CREATE FUNCTION alive() RETURNS int LANGUAGE c AS 'journey_boundary', 'journey_alive';
CREATE FUNCTION spin() RETURNS void LANGUAGE c AS 'journey_boundary', 'journey_spin';
CREATE FUNCTION countdown(int) RETURNS SETOF int LANGUAGE c STRICT AS 'journey_boundary', 'journey_countdown';
CREATE FUNCTION read_query(text) RETURNS bigint LANGUAGE c STRICT AS 'journey_boundary', 'journey_read_query';
CREATE FUNCTION hoard_add(internal, bigint) RETURNS internal LANGUAGE c PARALLEL SAFE AS 'journey_boundary', 'journey_hoard_add';
CREATE FUNCTION hoard_sum(internal) RETURNS bigint LANGUAGE c PARALLEL SAFE AS 'journey_boundary', 'journey_hoard_sum';
CREATE FUNCTION hoard_combine(internal, internal) RETURNS internal LANGUAGE c PARALLEL SAFE AS 'journey_boundary', 'journey_hoard_combine';
CREATE FUNCTION hoard_serialize(internal) RETURNS bytea LANGUAGE c STRICT PARALLEL SAFE AS 'journey_boundary', 'journey_hoard_serialize';
CREATE FUNCTION hoard_deserialize(bytea, internal) RETURNS internal LANGUAGE c STRICT PARALLEL SAFE AS 'journey_boundary', 'journey_hoard_deserialize';
CREATE AGGREGATE hoard(bigint) (
  SFUNC = hoard_add, STYPE = internal, SSPACE = 64, FINALFUNC = hoard_sum, COMBINEFUNC = hoard_combine,
  SERIALFUNC = hoard_serialize, DESERIALFUNC = hoard_deserialize, PARALLEL = SAFE);

-- Exceptions
SELECT is(fail_as('none'), 'no failure');
SELECT throws_ok($$SELECT fail_as('bad_alloc')$$, '53200', 'out of memory', 'std::bad_alloc');
SELECT throws_ok($$SELECT fail_as('huge allocation')$$, '53200', 'out of memory', 'an impossible allocation');
SELECT is(fail_as('aligned allocation'), 'no failure', 'allocations on 16, 64 and 4096 bytes');
SELECT throws_ok($$SELECT fail_as('std::exception')$$, 'XX000', 'something std', 'std::exception');
SELECT throws_ok($$SELECT fail_as('length_error')$$, '54000', 'too long', 'std::length_error');
SELECT throws_ok($$SELECT fail_as('out_of_range')$$, '22003', 'too far', 'std::out_of_range');
SELECT throws_ok($$SELECT fail_as('invalid_argument')$$, '22023', 'not that', 'std::invalid_argument');
SELECT throws_ok($$SELECT fail_as('unknown')$$, 'XX000', 'unknown C++ exception', 'an exception of no known type');
SELECT throws_ok($$SELECT fail_as('long message')$$, '22023', repeat('x', 1023), 'a long message is cut');
SELECT throws_ok($$SELECT fail_as('cut in a character')$$, '22023', repeat(U&'\20AC', 341), 'a message is cut between characters');

CREATE FUNCTION caught(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
EXCEPTION WHEN query_canceled OR others THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
SELECT is(caught($$SELECT fail_as('journey::error')$$)::text, '(22012,"the message","the detail","the hint")', 'all fields of journey::error');

-- PostgreSQL errors under C++ frames
SELECT is(caught('SELECT fail_in_server()')::text, '(22012,"server says no","","try one")', 'a PostgreSQL error keeps its fields');
SELECT is(alive(), 0, 'its C++ frames were unwound');
SELECT is(rescue(), 'rescued: server says no', 'C++ can catch it and go on');
SELECT is((SELECT sum(n) FROM generate_series(1, 10) n), 55::bigint, 'and the transaction goes on');

-- Cancel and timeout
SET statement_timeout = '100ms';
SELECT is((caught('SELECT spin()')).state, '57014', 'statement_timeout stops a C++ loop');
RESET statement_timeout;
SELECT is(alive(), 0, 'its C++ frames were unwound, too');

CREATE EXTENSION dblink;
SELECT dblink_connect('other', format('host=%s dbname=%s user=%s', current_setting('unix_socket_directories'), current_database(), current_user)) AS connected \gset
SELECT pid AS other_pid FROM dblink('other', 'SELECT pg_backend_pid()') AS other(pid int) \gset
SELECT is(dblink_send_query('other', 'SELECT spin()::text'), 1, 'another session enters a C++ loop');
DO $$ BEGIN
  WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT spin()::text') LOOP
    PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
  END LOOP;
END $$;
SELECT pg_sleep(0.1), pg_cancel_backend(:other_pid) \gset cancel_
SELECT is(caught($q$SELECT * FROM dblink_get_result('other') AS spun(t text)$q$)::text,
  '(57014,"canceling statement due to user request","","")', 'a cancel stops it');
SELECT count(*) FROM dblink_get_result('other') AS rest(t text) \gset rest_
SELECT results_eq($$SELECT a FROM dblink('other', 'SELECT alive()') AS other(a int)$$, ARRAY[0], 'the session is alive, its frames unwound');

-- Memory of caught errors, in this backend
CREATE FUNCTION fail_often(kind text, times int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE before bigint; after bigint;
BEGIN
  FOR i IN 1..times LOOP
    IF i = 1000 THEN before := resident(); END IF;
    BEGIN
      IF kind = 'server' THEN PERFORM fail_in_server(); ELSE PERFORM fail_as(kind); END IF;
    EXCEPTION WHEN others THEN NULL;
    END;
  END LOOP;
  RETURN resident() - before;
END $$;
CREATE FUNCTION resident() RETURNS bigint LANGUAGE sql AS $$
  SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmRSS:\s+(\d+) kB'))[1]::bigint * 1024 $$;
SELECT cmp_ok(fail_often('std::exception', 21000), '<', 10 * 1024 * 1024::bigint, '20,000 C++ exceptions grow the backend by less than 10 MB');
SELECT cmp_ok(fail_often('journey::error', 21000), '<', 10 * 1024 * 1024::bigint, '20,000 journey::errors grow the backend by less than 10 MB');
SELECT cmp_ok(fail_often('server', 21000), '<', 10 * 1024 * 1024::bigint, '20,000 PostgreSQL errors grow the backend by less than 10 MB');

-- Aggregate state: counted, spilled, parallel
CREATE TEMP TABLE numbers AS SELECT n::bigint, n / 8 AS g FROM generate_series(1, 400000) n;
ANALYZE numbers;
\ir support/plans.sql
SET max_parallel_workers_per_gather = 0;
SET enable_sort = off;
SET work_mem = '64MB';
SELECT cmp_ok((regexp_match(explained('SELECT g, hoard(n) FROM numbers GROUP BY g'), 'Memory Usage: (\d+)kB'))[1]::int, '>', 3200,
  'EXPLAIN ANALYZE counts the state: 400,000 numbers of 8 bytes');
SELECT matches(explained('SELECT g, hoard(n) FROM numbers GROUP BY g'), 'Batches: 1 ', 'it fits');
SET work_mem = '1MB';
SET hash_mem_multiplier = 1;
SELECT matches(explained('SELECT g, hoard(n) FROM numbers GROUP BY g'), 'Disk Usage: \d+kB', 'a small work_mem makes it spill');
SELECT results_eq('SELECT g, hoard(n) FROM numbers GROUP BY g ORDER BY g', 'SELECT g, sum(n)::bigint FROM numbers GROUP BY g ORDER BY g', 'with the same result');
RESET enable_sort;
SELECT ok(hoard(n) IS NULL, 'no rows') FROM numbers WHERE n < 0;

CREATE TABLE shared_numbers (n bigint, g int);
INSERT INTO shared_numbers SELECT n, g FROM numbers;
ANALYZE shared_numbers;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT matches(explained('SELECT hoard(n) FROM shared_numbers'), 'Partial Aggregate', 'partial aggregation is planned');
SELECT is(hoard(n), sum(n)::bigint, 'and combines to the same result') FROM shared_numbers;
SELECT is(hoard(n), NULL, 'over no rows, too') FROM shared_numbers WHERE n < 0;

-- Rows out
SELECT results_eq('SELECT countdown(3)', ARRAY[3, 2, 1], 'one row at a time, in the select list');
SELECT results_eq('SELECT * FROM countdown(3)', ARRAY[3, 2, 1], 'and in FROM');
SELECT is_empty('SELECT countdown(0)', 'no rows');
SELECT results_eq('SELECT i, countdown(i % 3) FROM generate_series(1, 5) i ORDER BY 1, 2', $$VALUES (1, 1), (2, 1), (2, 2), (4, 1), (5, 1), (5, 2)$$, 'one set after another, some empty');
SELECT results_eq('SELECT countdown(3), countdown(1)', $$VALUES (3, 1), (2, NULL), (1, NULL)$$, 'two at a time');
SELECT results_eq('SELECT (SELECT countdown(i) LIMIT 1) FROM generate_series(3, 5) i', ARRAY[3, 4, 5], 'sets that are left before their end');
SELECT results_eq('SELECT i, c FROM generate_series(3, 4) i, LATERAL (SELECT countdown(i) + countdown(2) LIMIT 2) d(c)', $$VALUES (3, 5), (3, 3), (4, 6), (4, 4)$$, 'and begun anew');
BEGIN;
DECLARE counting CURSOR FOR SELECT countdown(1000000000);
SELECT results_eq('FETCH 2 FROM counting', ARRAY[1000000000, 999999999], 'a cursor that is closed before the end');
CLOSE counting;
COMMIT;

-- Rows in
SELECT is(read_query($$SELECT 'a', n FROM numbers$$), 80000200000, 'reads a query');
SELECT is(read_query($$SELECT 'a'::varchar, 1::bigint, now()$$), 1::bigint, 'with the column that may be missing');
SELECT is(read_query($$SELECT 'a'::text, 1::bigint WHERE false$$), 0::bigint, 'with no rows');
SELECT is((caught($q$SELECT read_query($$SELECT 'a'::text, 1 / 0::bigint$$)$q$)).state, '22012', 'the query''s own SQLSTATE comes through');
SELECT is((caught($q$SELECT read_query('SELECT 1 FROM nowhere')$q$)).state, '42P01', 'for a missing table, too');
SELECT is((caught($q$SELECT read_query('SELEC')$q$)).state, '42601', 'and for a syntax error');
SELECT is((caught($q$SELECT read_query('')$q$)).state, '42601', 'an empty query');
SELECT is((caught($q$SELECT read_query('SET work_mem = 100')$q$)).state, '42601', 'a command that is no query');
SELECT is((caught($q$SELECT read_query('DELETE FROM numbers RETURNING ''a'', n')$q$)).state, '0A000', 'a query that writes');
SELECT is(caught($q$SELECT read_query('SELECT 1, 2, 3')$q$)::text,
  '(42804,"numbers must return (name text, number bigint, seen_at timestamp with time zone (may be missing))","Column 1 is of type integer.","Cast it in the query: ?column?::text.")',
  'a wrong type: says which column, and how to mend it');
SELECT is((caught($q$SELECT read_query('SELECT ''a''::text')$q$)).detail, 'The query returns 1 columns.', 'too few columns');
SELECT is((caught($q$SELECT read_query('SELECT ''a''::text, 1::bigint, now(), 1')$q$)).detail, 'The query returns 4 columns.', 'too many columns');
SELECT is((caught($q$SELECT read_query('SELECT ''a''::text, -n FROM numbers')$q$)).state, '22003', 'an exception in the row handler');
SELECT is(fail_as('none'), 'no failure', 'and after all that the server is alive');

-- Parallel plans inside
SELECT is(read_query('SELECT ''a''::text, hoard(n) FROM shared_numbers'), 80000200000, 'a parallel plan in the inner query');

SELECT * FROM finish();
