-- The extension makes its schema itself, so that it owns it: it goes with DROP EXTENSION, and nobody can have put
-- anything into it before.
CREATE SCHEMA journey;
COMMENT ON SCHEMA journey IS 'Customer journeys: sessions, identity, channels, attribution and RFM';
GRANT USAGE ON SCHEMA journey TO PUBLIC;

CREATE FUNCTION journey.aggregate_support(internal) RETURNS internal
  LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT AS 'MODULE_PATHNAME', 'journey_aggregate_support';
COMMENT ON FUNCTION journey.aggregate_support(internal) IS
  'Planner support function of transition functions: says nothing, and has the library loaded before groups are planned';
