-- site() against the public suffix list's own test cases.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(2);

CREATE TEMP TABLE cases AS
SELECT columns[1] AS host, nullif(columns[2], '') AS site
FROM regexp_split_to_table(rtrim(pg_read_file(:'shared' || '/public_suffix_list/psl_tests.csv'), E'\n'), '\n') WITH ORDINALITY AS line(text, number),
     LATERAL string_to_array(text, ',') AS columns
WHERE number > 1;
SELECT is(count(*), 78::bigint, 'all cases are read') FROM cases;
SELECT is_empty('SELECT host, journey.site(host), site FROM cases WHERE journey.site(host) IS DISTINCT FROM site', 'each host has the site it should have');

SELECT * FROM finish();
