-- webtrackR's browsing data: 49,612 visits of 5 panelists, 1,821 of them at the same time as another.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE SCHEMA webtrackr_sessions;
SET search_path = webtrackr_sessions, public;
SELECT plan(5);

CREATE TABLE visits (panelist_id text, wave int, ts timestamp, url text, device text, row_no int);
\set file :shared /webtrackR/testdt_tracking.csv
SELECT format('COPY visits FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TABLE published (row_no int, panelist_id text, ts timestamp, session bigint);
\set file :shared /webtrackR/derived_sessions_1800s.csv
SELECT format('COPY published FROM %L (FORMAT csv, HEADER)', :'file') \gexec
SELECT is(count(*), 49612::bigint, 'all visits') FROM visits;

CREATE TABLE numbered AS
  SELECT row_no, panelist_id, ts, journey.sessionize(ts, '1800 seconds') OVER w AS session,
         journey.sessionize(ts, journey.session_rule(inclusive => true)) OVER w AS inclusive
  FROM visits WINDOW w AS (PARTITION BY panelist_id ORDER BY ts, row_no);
SELECT results_eq('SELECT row_no, panelist_id, ts, session FROM numbered ORDER BY row_no', 'SELECT * FROM published ORDER BY row_no',
  'the session of every visit');
SELECT results_eq('SELECT row_no, inclusive FROM numbered ORDER BY row_no', 'SELECT row_no, session FROM published ORDER BY row_no',
  'no gap is exactly 30 minutes, so inclusive changes nothing');
SELECT results_eq('SELECT max(session) FROM numbered GROUP BY panelist_id ORDER BY panelist_id', ARRAY[124, 72, 110, 181, 92]::bigint[],
  'sessions by panelist');
SELECT is(count(DISTINCT (panelist_id, session)), 579::bigint, 'sessions in all') FROM numbered;

SELECT * FROM finish();
