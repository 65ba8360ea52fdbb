-- Apache MADlib's sessionize: its install check and the examples of its documentation, row by row.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE SCHEMA madlib_sessionize;
SET search_path = madlib_sessionize, public;
SELECT plan(5);

CREATE TABLE install_check (row_no int, user_id int, ts timestamp, page text, revenue numeric, expected bigint);
\set file :shared /madlib_sessionize/installcheck_events_3min.csv
SELECT format('COPY install_check FROM %L (FORMAT csv, HEADER)', :'file') \gexec
SELECT is(count(*) || ' rows, ' || count(ts) || ' with a time', '42 rows, 37 with a time', 'the install check') FROM install_check;
SELECT results_eq(
  $$SELECT row_no, journey.sessionize(ts, '3 minutes') OVER (PARTITION BY user_id ORDER BY ts) FROM install_check ORDER BY row_no$$,
  'SELECT row_no, expected FROM install_check ORDER BY row_no',
  'a gap of exactly the timeout stays, a NULL time is NULL');

CREATE TABLE example (ts timestamp, user_id int, page text, revenue numeric);
\set file :shared /madlib_sessionize/doc_example_events.csv
SELECT format('COPY example FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE by_user (LIKE example, expected bigint);
\set file :shared /madlib_sessionize/doc_example_expected_30min_per_user.csv
SELECT format('COPY by_user FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE by_expression (ts timestamp, user_id int, expected bigint);
\set file :shared /madlib_sessionize/doc_example_expected_3min_group_user_lt_200000.csv
SELECT format('COPY by_expression FROM %L (FORMAT csv, HEADER)', :'file') \gexec
SELECT bag_eq(
  'SELECT *, journey.sessionize(ts) OVER (PARTITION BY user_id ORDER BY ts) FROM example',
  'SELECT * FROM by_user', '30 minutes, by user');
SELECT bag_eq(
  $$SELECT ts, user_id, session FROM (
      SELECT *, journey.sessionize(ts, '3 minutes') OVER (PARTITION BY user_id < 200000 ORDER BY ts) AS session FROM example) all_users
    WHERE user_id < 200000$$,
  'SELECT * FROM by_expression', '3 minutes, by an expression');
SELECT is(count(*), 21::bigint, 'every row of the example') FROM by_user;

SELECT * FROM finish();
