-- The least that any answer costs: which pairs there are.
SELECT DISTINCT alias, user_id FROM edges;
