-- Room: paths. Flows: the steps of a visitor in order, and how many go from one to the next.

CREATE FUNCTION journey.path_add(internal, text, timestamptz) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_path_add';
COMMENT ON FUNCTION journey.path_add(internal, text, timestamptz) IS 'Transition function of path';
CREATE FUNCTION journey.path_most_add(internal, text, timestamptz, int) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE SUPPORT journey.aggregate_support AS 'MODULE_PATHNAME', 'journey_path_most_add';
COMMENT ON FUNCTION journey.path_most_add(internal, text, timestamptz, int) IS 'Transition function of path';
CREATE FUNCTION journey.path_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_combine';
CREATE FUNCTION journey.path_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_serialize';
CREATE FUNCTION journey.path_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_deserialize';
COMMENT ON FUNCTION journey.path_combine(internal, internal) IS 'Combine function of path';
COMMENT ON FUNCTION journey.path_serialize(internal) IS 'Serialization function of path';
COMMENT ON FUNCTION journey.path_deserialize(bytea, internal) IS 'Deserialization function of path';
CREATE FUNCTION journey.path_final(internal) RETURNS text[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_final';
COMMENT ON FUNCTION journey.path_final(internal) IS 'Final function of path';

CREATE AGGREGATE journey.path(step text, ts timestamptz) (
  SFUNC = journey.path_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.path_final,
  COMBINEFUNC = journey.path_combine, SERIALFUNC = journey.path_serialize,
  DESERIALFUNC = journey.path_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.path(text, timestamptz) IS
  'The steps of a group in order of time; at one time, in the order of their bytes. '
  'Repeats stay (path_collapse makes one of those in a row). '
  'A row with a NULL step or ts is left out; {} over no rows. '
  'Memory: some 8 bytes a row, and each distinct step once; 24 more a row while the result of its group is computed';

CREATE AGGREGATE journey.path(step text, ts timestamptz, most int) (
  SFUNC = journey.path_most_add, STYPE = internal, SSPACE = 256, FINALFUNC = journey.path_final,
  COMBINEFUNC = journey.path_combine, SERIALFUNC = journey.path_serialize,
  DESERIALFUNC = journey.path_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.path(text, timestamptz, int) IS
  'As path, but only the first so many steps, with memory for as many where they come in order of time, else for a few times as many. '
  'Errors: most below 1, or another one in a group (22023); a NULL most (22004)';

CREATE TYPE journey.path_edge AS (position int, step text, next_step text, visitors float8);
COMMENT ON TYPE journey.path_edge IS
  'How many go from one step of a path to the next. '
  'position: of the step in the path, from 1. '
  'next_step: NULL where the path ends. '
  'visitors: their number, or the sum of their weights';

CREATE FUNCTION journey.path_edges_add(internal, text[]) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_edges_add';
COMMENT ON FUNCTION journey.path_edges_add(internal, text[]) IS 'Transition function of path_edges';
CREATE FUNCTION journey.path_edges_weight_add(internal, text[], float8) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_edges_weight_add';
COMMENT ON FUNCTION journey.path_edges_weight_add(internal, text[], float8) IS 'Transition function of path_edges';
CREATE FUNCTION journey.path_edges_combine(internal, internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_edges_combine';
CREATE FUNCTION journey.path_edges_serialize(internal) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_edges_serialize';
CREATE FUNCTION journey.path_edges_deserialize(bytea, internal) RETURNS internal
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_edges_deserialize';
COMMENT ON FUNCTION journey.path_edges_combine(internal, internal) IS 'Combine function of path_edges';
COMMENT ON FUNCTION journey.path_edges_serialize(internal) IS 'Serialization function of path_edges';
COMMENT ON FUNCTION journey.path_edges_deserialize(bytea, internal) IS 'Deserialization function of path_edges';
CREATE FUNCTION journey.path_edges_final(internal) RETURNS journey.path_edge[]
  LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_path_edges_final';
COMMENT ON FUNCTION journey.path_edges_final(internal) IS 'Final function of path_edges';

CREATE AGGREGATE journey.path_edges(path text[]) (
  SFUNC = journey.path_edges_add, STYPE = internal, SSPACE = 4096, FINALFUNC = journey.path_edges_final,
  COMBINEFUNC = journey.path_edges_combine, SERIALFUNC = journey.path_edges_serialize,
  DESERIALFUNC = journey.path_edges_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.path_edges(text[]) IS
  'How many paths go from each step to the next, position by position: the rows of a Sankey diagram, an array for unnest, in order of position, step and next step (bytewise, the end last). '
  'Each path counts 1. '
  'At each position the edges add up to the paths that come so far. '
  'NULL elements are left out, and so are a NULL path and an empty one; {} over no rows';

CREATE AGGREGATE journey.path_edges(path text[], weight float8) (
  SFUNC = journey.path_edges_weight_add, STYPE = internal, SSPACE = 4096, FINALFUNC = journey.path_edges_final,
  COMBINEFUNC = journey.path_edges_combine, SERIALFUNC = journey.path_edges_serialize,
  DESERIALFUNC = journey.path_edges_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE journey.path_edges(text[], float8) IS
  'As path_edges, each path counting its weight; sums are exact, so they do not depend on the order. '
  'A row with a NULL weight is left out. '
  'Errors: a weight that is negative or not finite (22023)';
