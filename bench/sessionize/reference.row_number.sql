-- The least that any window function costs: the same sort, and a count.
SELECT event_id, visitor_id, row_number() OVER (PARTITION BY visitor_id ORDER BY ts, event_id) FROM events;
