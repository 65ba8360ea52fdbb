-- The least that any answer costs that puts each visitor's rows together.
SELECT visitor, array_agg(ts) FROM hits GROUP BY visitor;
