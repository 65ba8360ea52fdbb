-- Room: sessions. Names of sessions that outlive their numbers.

CREATE FUNCTION journey.session_id(visitor_id text, started_at timestamptz) RETURNS uuid
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'journey_session_id';
COMMENT ON FUNCTION journey.session_id(text, timestamptz) IS
  'A name for a session that depends on nothing but its visitor and its start: it stays when other sessions come, go or are renumbered, on any server and in any encoding; it changes when the session starts earlier, or the visitor gets another id. '
  'A UUID of version 8 (RFC 9562) from a SHA-256 digest. '
  'NULL in, NULL out';
