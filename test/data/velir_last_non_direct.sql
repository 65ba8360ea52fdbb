-- dbt-ga4 of Velir: the last non-direct source of each session of a client, within 30 days.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT plan(3);

CREATE TEMP TABLE sessions (client_key text, session_partition_key text, session_partition_date text, session_partition_timestamp bigint,
  source text, medium text, source_category text, campaign text, content text, term text, channel text, non_direct_session_partition_key text);
\set file :shared /velir_dbt_ga4/stg_ga4__sessions_traffic_sources_last_non_direct_daily/mock_stg_ga4__sessions_traffic_sources_daily_csv.csv
SELECT format('COPY sessions FROM %L (FORMAT csv, HEADER)', :'file') \gexec
CREATE TEMP TABLE published (client_key text, session_partition_key text, session_partition_date text, source text, medium text, source_category text,
  campaign text, content text, term text, channel text, session_partition_key_last_non_direct text, last_non_direct_source text,
  last_non_direct_medium text, last_non_direct_source_category text, last_non_direct_campaign text, last_non_direct_content text,
  last_non_direct_term text, last_non_direct_channel text);
\set file :shared /velir_dbt_ga4/stg_ga4__sessions_traffic_sources_last_non_direct_daily/expected_csv.csv
SELECT format('COPY published FROM %L (FORMAT csv, HEADER)', :'file') \gexec
SELECT is(count(*), 4::bigint, 'four sessions') FROM sessions;

CREATE TEMP VIEW trails AS
  SELECT client_key, journey.trail(ts, interval '30 minutes',
    ROW(ts, source, medium, campaign, term, content, channel, NULL, session_partition_key, NULL)::journey.touch) AS trail
  FROM (SELECT *, to_timestamp(session_partition_timestamp) AS ts FROM sessions) s GROUP BY client_key;

-- Every session asks as if it were a conversion; exact.
SELECT results_eq($$
  SELECT client_key, session_partition_key, (touch).landing_page, (touch).source, (touch).medium, (touch).campaign, (touch).content, (touch).term, a.channel
  FROM sessions JOIN trails USING (client_key),
    journey.attribute(trail, to_timestamp(session_partition_timestamp), 'last_non_direct', '30 days') a ORDER BY 1, 2$$, $$
  SELECT client_key, session_partition_key, session_partition_key_last_non_direct, last_non_direct_source, last_non_direct_medium,
    last_non_direct_campaign, last_non_direct_content, last_non_direct_term, last_non_direct_channel
  FROM published ORDER BY 1, 2$$, 'last non-direct source, medium, campaign, content, term and channel');
SELECT results_eq($$
  SELECT c.session_partition_key, (touch).landing_page
  FROM (SELECT client_key, array_agg(session_partition_key ORDER BY session_partition_timestamp) AS keys,
      array_agg(to_timestamp(session_partition_timestamp) ORDER BY session_partition_timestamp) AS times FROM sessions GROUP BY client_key) s
    JOIN trails USING (client_key), journey.attribute(trail, times, true, 'last_non_direct', '30 days') a,
    LATERAL (SELECT keys[a.conversion] AS session_partition_key) c ORDER BY 1$$,
  'SELECT session_partition_key, session_partition_key_last_non_direct FROM published ORDER BY 1', 'all sessions of a client in one call');
SELECT * FROM finish();
