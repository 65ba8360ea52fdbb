-- The least that any answer per visitor costs.
SELECT visitor_id, count(*), min(ts), max(ts) FROM scattered GROUP BY visitor_id;
