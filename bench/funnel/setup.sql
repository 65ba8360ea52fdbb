-- How many visitors reach each of four steps within seven days?
\i hits.sql
