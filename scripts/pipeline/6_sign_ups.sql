-- Each visitor's first sign-up, and the session that it happened in.

CREATE TABLE sign_ups AS
SELECT DISTINCT ON (visitor_id) visitor_id, session_number, converted_at
FROM sessions
WHERE conversions > 0
ORDER BY visitor_id, session_number;
