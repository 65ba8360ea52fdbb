CREATE SCHEMA journey;
COMMENT ON SCHEMA journey IS 'Customer journeys in SQL alone: sessions, channels and RFM';
GRANT USAGE ON SCHEMA journey TO PUBLIC;
