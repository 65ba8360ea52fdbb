-- Where most tools begin: the distinct paths and how often each was taken.
SELECT path, sum(conversions), sum(nulls) FROM paths GROUP BY path;
