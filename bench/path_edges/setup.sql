-- How many visitors go from each of their first ten steps to the next?
\i hits.sql
