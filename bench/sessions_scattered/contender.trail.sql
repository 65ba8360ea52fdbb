SELECT visitor_id, (s).session_number, (s).started_at, (s).ended_at, (s).events
FROM (SELECT visitor_id, journey.sessions(journey.trail(ts, '30 minutes')) AS s FROM scattered GROUP BY visitor_id) t;
