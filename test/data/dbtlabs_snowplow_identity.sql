-- Late identification as the dbt package for Snowplow expects it: inferred_user_id of each session.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(3);

CREATE FUNCTION pg_temp.load(target text, file text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TEMP TABLE IF NOT EXISTS %I (%s)', target,
    (SELECT string_agg(format('%I text', name), ', ') FROM unnest(string_to_array(split_part(pg_read_file(file), E'\n', 1), ',')) name));
  EXECUTE format('COPY %I FROM %L (FORMAT csv, HEADER, NULL %L)', target, file, 'NULL');
END $$;
\set events :shared '/dbtlabs_snowplow/seeds/event/sp_event.csv'
\set update :shared '/dbtlabs_snowplow/seeds/event/sp_event_update.csv'
\set sessions :shared '/dbtlabs_snowplow/seeds/expected/snowplow_sessions_expected.csv'
SELECT pg_temp.load('events', :'events'), pg_temp.load('first_events', :'events'), pg_temp.load('sessions', :'sessions') \gset loaded_
SELECT pg_temp.load('events', :'update') \gset loaded_

\set edges 'SELECT domain_userid, user_id, collector_tstamp::timestamptz FROM events'
SELECT results_eq(
  format('SELECT s.user_snowplow_domain_id, m.visitor_id FROM sessions s
    JOIN journey.resolve_aliases(%L, mode => %L) m ON m.alias = s.user_snowplow_domain_id AND NOT m.is_user ORDER BY 1, 2', :'edges', mode),
  'SELECT user_snowplow_domain_id, inferred_user_id FROM sessions ORDER BY 1, 2',
  'inferred user ids, ' || mode)
  FROM unnest(enum_range(NULL::journey.alias_mode)) mode;

-- Before the second batch of events user 3 is not known yet.
SELECT results_eq(
  $$SELECT alias, visitor_id FROM journey.resolve_aliases('SELECT domain_userid, user_id, collector_tstamp::timestamptz FROM first_events') WHERE NOT is_user ORDER BY alias$$,
  $$VALUES ('domain_userid_1', 'user_id_1'), ('domain_userid_2', 'user_id_2'), ('domain_userid_3', 'domain_userid_3')$$,
  'before user 3 is identified');
SELECT * FROM finish();
