-- The extension makes its schema itself, so that it owns it: it goes with DROP EXTENSION, and nobody can have put
-- anything into it before.
CREATE SCHEMA journey;
COMMENT ON SCHEMA journey IS 'Customer journeys: sessions, identity, channels, attribution and RFM';
GRANT USAGE ON SCHEMA journey TO PUBLIC;
