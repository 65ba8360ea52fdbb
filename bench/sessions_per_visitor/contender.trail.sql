SELECT visitor_id, journey.session_count(trail) AS sessions, journey.started_at(trail) AS started_at, journey.ended_at(trail) AS ended_at
FROM (SELECT visitor_id, journey.trail(ts, '30 minutes') AS trail FROM events GROUP BY visitor_id) t;
