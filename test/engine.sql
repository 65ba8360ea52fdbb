-- Every aggregate under an engine that combines states on other nodes, without an expression tree and with a fresh call
-- site for each row: the same results as in plain SQL.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(9);

\ir support/examples.sql
\ir support/engine.sql

CREATE VIEW aggregates AS
SELECT aggfnoid::oid::regprocedure AS aggregate, proname, aggkind, aggmtransfn, provariadic <> 0 AS is_variadic,
  EXISTS (SELECT FROM unnest(proargtypes) argument JOIN pg_type t ON t.oid = argument WHERE typtype = 'p') AS polymorphic
FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid WHERE pronamespace = 'journey'::regnamespace;
SELECT is_empty('SELECT aggregate FROM aggregates EXCEPT SELECT aggregate FROM examples', 'every aggregate has an example');
SELECT is_empty($$SELECT aggregate FROM aggregates WHERE aggkind <> 'n' OR aggmtransfn <> 0$$, 'and has no functions but those that are called here');

-- The engine itself, by the server's own aggregates: a state by value, by reference, and of type internal
SELECT is(engine_aggregate('count("any")', 'SELECT number FROM sample', 3)::bigint, count(number), 'count') FROM sample;
SELECT is(engine_aggregate('max(text)', 'SELECT text FROM sample', 3), max(text), 'max') FROM sample;
SELECT is(engine_aggregate('sum(numeric)', 'SELECT amount FROM sample', 3)::numeric, sum(amount), 'sum') FROM sample;
SELECT throws_ok($$SELECT engine_aggregate('sum(numeric)', 'SELECT number FROM sample', 3)$$, '42804',
  'argument 1 of sum(numeric) is numeric, the query has double precision', 'arguments are what the aggregate declares');

-- The extension's aggregates
CREATE FUNCTION value_of(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE value text; state text; message text; hint text;
BEGIN
  EXECUTE 'SELECT ' || expression INTO STRICT value;
  RETURN value;
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
  RETURN format('error %s: %s (%s)', state, message, hint);
END $$;
CREATE TABLE results AS
SELECT aggregate, polymorphic, pieces, value_of(format('engine_aggregate(%L, %L, %s)', aggregate, 'SELECT ' || arguments || ' FROM sample', pieces)) AS engine,
  value_of(format('format(''%%s'', journey.%I(%s)) FROM sample', proname, CASE WHEN is_variadic THEN regexp_replace(arguments, '(.*)ARRAY', '\1VARIADIC ARRAY') ELSE arguments END)) AS plain
FROM aggregates JOIN examples USING (aggregate), (VALUES (1), (3)) sizes(pieces);
SELECT is_empty($$SELECT aggregate, plain FROM results WHERE plain IS NULL OR plain LIKE 'error%'$$, 'every example has a result');
SELECT is_empty('SELECT aggregate, pieces, engine, plain FROM results WHERE engine IS DISTINCT FROM plain AND NOT polymorphic', 'which is the engine''s, too');
SELECT is_empty($$SELECT aggregate, pieces, engine FROM results WHERE polymorphic AND engine !~ '^error (0A|42)...: .* \(.+\)'$$,
  'or, where only an expression tree would tell the type, an error with a hint');

SELECT * FROM finish();
