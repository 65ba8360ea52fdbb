-- An engine that combines states on other nodes, and values in their binary form: of test/boundary. To be included with \ir.
CREATE FUNCTION engine_state(aggregate regprocedure, query text, first int, step int) RETURNS bytea LANGUAGE c STRICT AS 'journey_boundary', 'engine_state';
CREATE FUNCTION engine_result(aggregate regprocedure, states bytea[]) RETURNS text LANGUAGE c STRICT AS 'journey_boundary', 'engine_result';
CREATE FUNCTION engine_aggregate(aggregate regprocedure, query text, pieces int) RETURNS text LANGUAGE sql AS $$
  SELECT engine_result(aggregate, array_agg(engine_state(aggregate, query, piece, pieces) ORDER BY piece)) FROM generate_series(0, pieces - 1) piece $$;
CREATE FUNCTION received(type regtype, bytes bytea) RETURNS text LANGUAGE c STRICT AS 'journey_boundary', 'received_text';
