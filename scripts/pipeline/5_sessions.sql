-- A row for each session.

CREATE TABLE sessions AS
SELECT visitor_id, journey.session_id(visitor_id, session.started_at) AS session_id, session.*
FROM trails, journey.sessions(trail) AS session;
