SELECT t.visitor_id, s.session_number, s.started_at, s.ended_at, s.events
FROM (SELECT visitor_id, journey.trail(ts, '30 minutes') AS trail FROM events GROUP BY visitor_id) t, journey.sessions(t.trail) s;
