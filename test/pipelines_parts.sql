-- pipelines: the parts of a refresh by themselves, and who may call those that write.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(92);
SET timezone = 'UTC';
SET search_path = public, journey;
CREATE SCHEMA shop;
CREATE TABLE shop.events (event_id text, device text, user_id bigint, ts timestamptz, page text);
SELECT journey.create_pipeline('web', 'shop', unique_kinds => '{user}', targets => enum_range(NULL::journey.pipeline_target)) \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'user_id', page_url => 'page', conversions => '{"sign_up": {"when": "page = ''/welcome''"}}') \g /dev/null
INSERT INTO shop.events VALUES ('e1', 'd1', 7, '2025-01-05', '/'), ('e1', 'd1', 7, '2025-01-05', '/'), ('e1', 'd2', NULL, '2025-01-06', '/blog/a'), (NULL, 'd2', NULL, '2025-02-06', '/welcome'), (NULL, 'null', NULL, '2025-02-06', NULL);

-- Slices
SELECT results_eq($$SELECT slice_of(s, '2025-03-31 23:59:59+00'), slice_end(s, slice_of(s, '2025-03-31 23:59:59+00')) FROM unnest('{day,month,year}'::slice_size[]) AS s$$,
  $$VALUES (date '2025-03-31', timestamptz '2025-04-01'), ('2025-03-01', '2025-04-01'), ('2025-01-01', '2026-01-01')$$, 'slices begin and end in UTC');
SELECT is(slice_start('2025-03-01'), '2025-03-01 00:00:00+00', 'with their first instant');
SELECT is(snapshot_base('2025-01-01', '10:20:10,14', 5), ROW('2025-01-01', 25, '{15,19}')::slice_base, 'a snapshot in the numbers of a column');

-- Statements whose plans are kept
SELECT results_eq('SELECT r.* FROM generate_series(1, 3) AS n, journey.perform(n > 1, ''SELECT $1 + 1, $2 || ''''!'''' FROM generate_series(1, 2)'', n, ''a''::text) AS r (a int, b text)', $$VALUES (2, 'a!'), (3, 'a!'), (4, 'a!')$$, 'a statement gives its first row, its plan kept or not');
SELECT results_eq('SELECT r.* FROM journey.perform(true, ''SELECT $1 + 1, $2 || ''''!'''' FROM generate_series(1, 2)'', 1.5, ''a''::text) AS r (a numeric, b text)', $$VALUES (2.5, 'a!')$$, 'or of other types');
CREATE TABLE kept (a int);
SELECT perform(true, 'INSERT INTO kept SELECT unnest($1)', '{1,2}'::int[]) IS NULL AS without_rows \gset
SELECT is(:'without_rows'::boolean, true, 'where there is none it gives NULL');
SELECT is((SELECT n FROM perform(true, 'SELECT count(*) FROM kept WHERE a > $1', 1) AS r (n bigint)), 1::bigint, 'once it was run');
ALTER TABLE kept RENAME TO others;
CREATE TABLE kept AS SELECT n AS b, n::bigint AS a FROM generate_series(1, 5) AS n;
SELECT is((SELECT n FROM perform(true, 'SELECT count(*) FROM kept WHERE a > $1', 1) AS r (n bigint)), 4::bigint, 'another table of that name is read');
DROP TABLE kept, others;
SELECT throws_ok($$SELECT perform(true, 'SELECT count(*) FROM kept WHERE a > $1', 1)$$, '42P01', NULL, 'one that is gone is told');
SELECT throws_ok($$SELECT perform(true, NULL, 1)$$, '22004', 'keep and statement must not be NULL', 'no statement');
SELECT throws_ok($$SELECT perform(false, 'nonsense', 1)$$, '42601', NULL, 'nor a wrong one');
SELECT throws_ok($$SELECT perform(true, 'COMMIT', 1)$$, 'XX000', NULL, 'nor one that ends the transaction');
SELECT is(current_setting('enable_seqscan'), 'on', 'settings are as before');
SELECT results_eq('SELECT is_small(''{}''::int[]), is_small(NULL::int[]), is_small(array_fill(1, ARRAY[201]))', 'VALUES (true, false, false)', 'few');

-- What is read
SELECT results_eq('SELECT of_each(''%s is %s'', a, '' & ''), numbered(''id'', a) FROM (VALUES (''{a,%s}''::text[]), (''{}'')) AS v (a)', $$VALUES ('a is 1 & %s is 2', 'id_1, id_2'), (NULL, NULL)$$, 'patterns of elements and their numbers');
CREATE FUNCTION rows_of(query text) RETURNS TABLE (slice date, kind text, alias text, event_id text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE format('SELECT r.slice, r.kind, r.alias, r.event_id FROM (%s) AS r', query) USING '{"(2025-01-01,user,7)","(2025-02-01,anonymous,d2)"}'::pipeline_place[]; END $$;
SELECT bag_eq($$SELECT q.* FROM pipelines AS p, pipeline_sources AS s, rows_of(source_rows(p, s)) AS q$$,
  $$VALUES (date '2025-01-01', 'user', '7', 'e1'), ('2025-01-01', 'user', '7', 'e1'), ('2025-01-01', 'anonymous', 'd2', 'e1'), ('2025-02-01', 'anonymous', 'd2', NULL), ('2025-02-01', NULL, NULL, NULL)$$, 'rows with the id they count for');
SELECT bag_eq($$SELECT q.* FROM pipelines AS p, pipeline_sources AS s, rows_of(rows_of_slice(p, s, '2025-02-01', usable_row())) AS q$$, $$VALUES (date '2025-02-01', 'anonymous', 'd2', NULL)$$, 'of a slice, where they are usable');
SELECT bag_eq($$SELECT q.* FROM pipelines AS p, pipeline_sources AS s, rows_of(rows_of_places(p, s, 'true')) AS q$$, $$VALUES (date '2025-01-01', 'user', '7', 'e1'), ('2025-01-01', 'user', '7', 'e1'), ('2025-02-01', 'anonymous', 'd2', NULL)$$, 'of places');
SELECT bag_eq($$SELECT q.* FROM pipelines AS p, pipeline_sources AS s, rows_of(events_of_places(p, s, 'true')) AS q WHERE q.slice = '2025-01-01' UNION ALL SELECT q.* FROM pipelines AS p, pipeline_sources AS s, rows_of(format('WITH %s rows AS (%s) TABLE rows', copies_of_slice(p, s, '2025-01-01', 'true'), events_of_slice(p, s, '2025-01-01', 'true'))) AS q$$, $$VALUES (date '2025-01-01', 'user', '7', 'e1'), (date '2025-01-01', 'user', '7', 'e1')$$, 'each event id once, by look-ups and in one pass');
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
BEGIN;
DELETE FROM shop.events;
CREATE FUNCTION repeats(index text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  found boolean;
BEGIN
  EXECUTE index;
  found := (SELECT can_repeat(s) AND copies_of_slice(p, s, '2025-01-01', 'true') <> '' FROM pipelines AS p, pipeline_sources AS s);
  RAISE SQLSTATE 'P0999';
EXCEPTION WHEN SQLSTATE 'P0999' THEN RETURN found;
END $$;
SELECT results_eq($$SELECT repeats(i) FROM (VALUES (1, 'CREATE UNIQUE INDEX ON shop.events (event_id)'), (2, 'ALTER TABLE shop.events ADD PRIMARY KEY (event_id)'),
    (3, 'ALTER TABLE shop.events ADD UNIQUE (event_id) DEFERRABLE'), (4, 'CREATE UNIQUE INDEX ON shop.events (event_id, ts)'), (5, 'CREATE UNIQUE INDEX ON shop.events (event_id) WHERE page IS NOT NULL'),
    (6, 'CREATE UNIQUE INDEX ON shop.events (lower(event_id))'), (7, 'CREATE UNIQUE INDEX ON shop.events (event_id); CREATE TABLE shop.more () INHERITS (shop.events)'),
    (8, 'CREATE UNIQUE INDEX ON shop.events (event_id COLLATE "C")')) AS v (n, i) ORDER BY n$$,
  'VALUES (false), (false), (true), (true), (true), (true), (true), (true)', 'copies are looked for unless an index rules them out');
ROLLBACK;
BEGIN;
INSERT INTO shop.events SELECT 'm' || n, 'd', NULL, timestamptz '2025-01-01' + n * interval '1 minute' FROM generate_series(1, 5000) AS n, generate_series(1, 2);
SELECT is((SELECT count(*) FROM pipelines AS p, pipeline_sources AS s, plan_of(format('WITH %s rows AS (SELECT) TABLE copied', copies_of_slice(p, s, '2025-01-01', 'true'))) AS l WHERE l ~ 'Cond: .*= c.raw_event_id'), 1::bigint, 'copies are found by their id, not all looked through for each row, whatever is known of the table');
ROLLBACK;
SELECT bag_eq($$SELECT q.* FROM pipelines AS p, pipeline_sources AS s, rows_of(format('SELECT e.* FROM (%s) AS e WHERE %s', rows_of_slice(p, s, '2025-01-01', usable_row()), counts_once(p, s, 'true'))) AS q$$, $$VALUES (date '2025-01-01', 'user', '7', 'e1'), (date '2025-01-01', 'user', '7', 'e1')$$, 'no row is before the first, and equal ones are no order');
SELECT bag_eq($$SELECT q.* FROM pipelines AS p, pipeline_sources AS s, rows_of(first_copies(s, rows_of_slice(p, s, '2025-01-01', usable_row()))) AS q$$, $$VALUES (date '2025-01-01', 'user', '7', 'e1')$$, 'one of them is the first');
SELECT bag_eq($$SELECT q.* FROM pipelines AS p, pipeline_sources AS s, rows_of(format('SELECT b.* FROM (VALUES (%L, %1$L)) AS e (raw_event_id, event_id) CROSS JOIN LATERAL (%s) AS b', 'e1', rows_of_event_id(p, s, 'e', 'timestamptz ''2025-01-06Z''', 'timestamptz ''2025-01-07Z''', 'true'))) AS q$$,
  $$VALUES (date '2025-01-01', 'anonymous', 'd2', 'e1')$$, 'rows of an event id between two times');
SELECT is((SELECT places_of_event_ids(p, s, ARRAY[ROW('e1', '2025-01-05', '2025-01-06', marked)::pipeline_event_id], 'true') FROM pipelines AS p, pipeline_sources AS s),
  '{"(2025-01-01,anonymous,d2)","(2025-01-01,user,7)"}'::pipeline_place[], 'and its places') FROM unnest('{f,t}'::boolean[]) AS marked;
SELECT is((SELECT places_of_event_ids(p, s, ARRAY[ROW('e1', '2025-01-06', '2025-01-06', marked)::pipeline_event_id], 'true') FROM pipelines AS p, pipeline_sources AS s),
  CASE WHEN marked THEN '{"(2025-01-01,anonymous,d2)"}' ELSE '{}' END::pipeline_place[], 'that of one alone, if it was changed') FROM unnest('{f,t}'::boolean[]) AS marked;
BEGIN;
SELECT is((SELECT x.events FROM pipelines AS p, pipeline_sources AS s, put_slice(p, s, '2025-01-01', 'true', 10, false) AS x), 1::bigint, 'a slice is stored');
ROLLBACK;
BEGIN;
SELECT is((SELECT x.events FROM pipelines AS p, pipeline_sources AS s, put_places(p, s, '{"(2025-01-01,user,7)","(2025-02-01,anonymous,d2)"}', 'true', 10) AS x), 2::bigint, 'and so are places');
ROLLBACK;
SELECT results_eq('SELECT raw_type(s, s.ids[1]), raw_type(s, s.event_id) FROM pipeline_sources AS s', $$VALUES ('bigint', 'text')$$, 'types of expressions');
SELECT results_eq('SELECT slices_in(p, s), slices_between(p, s, ''2025-01-31'', ''2025-02-01'') FROM pipelines AS p, pipeline_sources AS s', $$VALUES ('{2025-01-01,2025-02-01}'::date[], '{2025-01-01}'::date[])$$, 'slices of a table');
SELECT is((SELECT has_writers(s) FROM pipeline_sources AS s), false, 'nobody writes');
SELECT results_eq('SELECT l.leaf, l.since, l.until FROM pipeline_sources AS s, leaves_of(s) AS l', $$VALUES ('shop.events'::regclass::oid, timestamptz '-infinity', timestamptz 'infinity')$$, 'a table without partitions is its own');
SELECT is((SELECT lock_leaves(s) FROM pipeline_sources AS s), ARRAY['shop.events'::regclass::oid], 'and is read');
SELECT lives_ok('SELECT check_indexes(s), check_columns(s) FROM pipeline_sources AS s', 'its indexes and columns are there');
SELECT is((SELECT count(*) FROM pipelines AS p, pipeline_sources AS s, compare_leaves(p, s) AS c WHERE c.stale <> '{}' OR c.gone <> '{}'), 1::bigint, 'it was not known before');
DELETE FROM source_leaves;

SELECT matches((SELECT store_rows(p, s, rows_of_slice(p, s, '2025-01-01', usable_row())) FROM pipelines AS p, pipeline_sources AS s), 'INSERT INTO shop.web_g1_links', 'and the statement that stores it');

SELECT is(by_value(s, 'x'), 'ROW(x.id_1, x.id_2, x.page_url, x.referrer, x.passive, x.when_1, x.value_1)::text', 'all that is read of a row') FROM pipeline_sources AS s;
SELECT is(strongest_kind(s, 'x'), $$CASE WHEN x_1 IS NOT NULL THEN 'user' WHEN x_2 IS NOT NULL THEN 'anonymous' END$$, 'the kind of the strongest id') FROM pipeline_sources AS s;
SELECT is(of_visitors(NULL) || ' ' || of_visitors('{}', 't.v'), 'true t.v = ANY ($1)', 'of any visitor, or of some');
-- Filled, step by step
CALL list_sources('web', true, NULL) \g /dev/null
SELECT is(list_source('web', false), 'done', 'its slices are listed');
SELECT results_eq('SELECT slice, state FROM pipeline_slices ORDER BY 1', $$VALUES (date '2025-01-01', 'new'), ('2025-02-01', 'new')$$, 'to be filled');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT is((claim_slice(id, true)).slice, '2025-02-01', 'the newest first') FROM pipelines;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT fill_slice('web', false) AS filled \gset
COMMIT;
SELECT is(:'filled'::boolean, true, 'one is filled');
CALL fill('web');
SELECT is(fill_slice('web', false), false, 'until none is left');
SELECT results_eq('SELECT slice, events FROM shop.web_links ORDER BY 1, 2', $$VALUES (date '2025-01-01', 1::bigint), ('2025-02-01', 1)$$, 'with their links');
DELETE FROM shop.web_g1_stale;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT refresh_step('web', true) AS more \gset
COMMIT;
SELECT is(:'more'::boolean, false, 'a step makes the rest');
SELECT bag_eq('SELECT visitor_id, signed_up_at FROM shop.web_visitors', $$VALUES ('7', NULL::timestamptz), ('d2', timestamptz '2025-02-06')$$, 'visitors');
BEGIN;
DELETE FROM shop.web_g1_visitors;
SELECT derive_all(p) FROM pipelines AS p \g /dev/null
SELECT bag_eq('SELECT visitor_id, signed_up_at FROM shop.web_visitors', $$VALUES ('7', NULL::timestamptz), ('d2', timestamptz '2025-02-06')$$, 'made anew from what is stored');
ROLLBACK;
SELECT is((SELECT count_stale(id) FROM pipelines), 0::bigint, 'no marks are left');

-- Marks and places
SELECT mark_places(p, s, '{"(2025-01-01,user,7)","(2025-02-01,,)"}') FROM pipelines AS p, pipeline_sources AS s \g /dev/null
SELECT results_eq('SELECT cardinality(m.marks), m.taken FROM pipelines AS p, pipeline_sources AS s, take_marks(p, s, ''{2025-02-01}'') AS m', 'VALUES (1, 1::bigint)', 'marks of slices that are not filled stay');
SELECT is((SELECT count_stale(id) FROM pipelines), 1::bigint, 'for later');
DELETE FROM shop.web_g1_stale;
BEGIN;
INSERT INTO shop.events VALUES ('c1', 'd1', NULL, '2025-01-31', '/'), ('c1', 'd3', NULL, '2025-02-02', '/'), ('c2', 'd1', NULL, '2025-01-31', '/'), ('c3', 'd4', NULL, '2025-02-02', '/');
SELECT format('WITH %s %s rows AS (SELECT) TABLE rows', copies_of_slice(p, s, '2025-01-01', 'true'), mark_copies(p, s, '2025-01-01')) FROM pipelines AS p, pipeline_sources AS s \gexec
SELECT results_eq('SELECT slice, kind, alias FROM shop.web_g1_stale', $$VALUES (date '2025-02-01', 'anonymous', 'd3')$$, 'a place that has a copy of an event of another slice');
ROLLBACK;
SELECT is((SELECT cardinality(places_of_copies(p, s, '{"(e1,2025-01-01,2025-02-01,f)"}', '{}', '{}', 'true')) FROM pipelines AS p, pipeline_sources AS s), 2, 'places of rows with one event id');
SELECT is((SELECT cardinality(places_of_copies(p, s, '{"(e1,2025-02-01,2025-02-02,f)"}', marks, '{}', 'true')) FROM pipelines AS p, pipeline_sources AS s), copies, 'between its times and those of marks')
FROM (VALUES ('{}'::pipeline_mark[], 0), ('{"(2025-01-01,user,7,e1,2025-01-09,)"}', 2)) AS v (marks, copies);
SELECT results_eq('SELECT n.* FROM pipelines AS p, pipeline_sources AS s, perform(false, survey_of_rows(s, source_rows(p, s)), 0) AS n (usable bigint, unusable bigint, ids pipeline_event_id[])',
  $$VALUES (4::bigint, 1::bigint, '{"(e1,\"2024-12-29 00:00:00+00\",\"2025-01-13 00:00:00+00\",f)"}'::pipeline_event_id[])$$, 'rows that can be used, and when copies of them can be');
SELECT is((SELECT cardinality(places_received(p, s, source_rows(p, s))) FROM pipelines AS p, pipeline_sources AS s), 3, 'places of rows that arrived');
BEGIN;
SELECT is((SELECT forget_places(p, s, '{"(2025-01-01,user,7)"}', 10) FROM pipelines AS p, pipeline_sources AS s), ARRAY[ROW('anonymous', 'd1', 'user', '7', '2025-01-05', '2025-01-05', NULL)::pipeline_pair], 'what is forgotten of a place');
SELECT is((SELECT cardinality(forget_slices(p, s, '{2025-02-01}', 10)) FROM pipelines AS p, pipeline_sources AS s), 1, 'and of a slice');
SELECT is((SELECT cardinality(resolve_changed(p, '{}', ARRAY[ROW('anonymous', 'd1', 'user', '7', '2025-01-05', '2025-01-05', NULL)::pipeline_pair])) FROM pipelines AS p), 1, 'concerns its visitors');
SELECT results_eq('SELECT alias FROM shop.web_aliases', $$VALUES ('d2')$$, 'whose ids are gone');
ROLLBACK;
SELECT is((SELECT hold_source(s) FROM pipeline_sources AS s), 'true', 'a table without partitions is read whole');
SELECT is((SELECT cardinality((refresh_source(p, s, pg_current_snapshot(), 10)).gained) FROM pipelines AS p, pipeline_sources AS s), 0, 'nothing to do');
SELECT is((SELECT cardinality((read_source(p, s, pg_current_snapshot(), 10)).gained) FROM pipelines AS p, pipeline_sources AS s), 0, 'nor whatever an expression fails on');
INSERT INTO shop.web_g1_stale (source, row) VALUES (1, '{e9,d9,seven,2025-01-05}'), (1, '{e9,d9,8,2025-01-05}'), (1, '{e9,d9,9,never}');
SELECT is((SELECT widen_marks(p, s) FROM pipelines AS p, pipeline_sources AS s), 2::bigint, 'marks of rows that it fails on');
SELECT bag_eq('SELECT slice, row FROM shop.web_g1_stale', $$VALUES (date '2025-01-01', NULL::text[]), (NULL, '{e9,d9,8,2025-01-05}'), (NULL, NULL)$$, 'are those of their slice, or of the source');
DELETE FROM shop.web_g1_stale;
SELECT throws_ok('SELECT raise_of_source(s, ''22P02'', ''wrong'', '''', '''') FROM pipeline_sources AS s', '22P02', 'wrong', 'such an error');
SELECT has_order('json'), has_order('uuid') \g /dev/null

-- Identity and targets
SELECT is((SELECT has_limits(p) FROM pipelines AS p), true, 'links can be refused');
SELECT results_eq('SELECT r.alias, r.visitor_id FROM pipelines AS p, resolve_links(p, links_around(p, ''{user}'', ''{7}'')) AS r ORDER BY 1', $$VALUES ('7', '7'), ('d1', '7')$$, 'who is reached');
SELECT is((SELECT count(*) FROM pipelines AS p, resolve_links(p, all_links(p))), 3::bigint, 'and who is there');
SELECT is((SELECT put_aliases(p, all_links(p), NULL, NULL) FROM pipelines AS p), NULL::text[], 'nobody has changed');
SELECT is((SELECT resolve_around(p, '{user}', '{7}') FROM pipelines AS p), NULL::text[], 'nor around');
BEGIN;
SELECT results_eq($$SELECT n.ids, n.visitors FROM pipelines AS p, note_pairs(p, ARRAY[ROW('anonymous', 'd1', 'user', '7', '2025-01-07', '2025-01-07', '2025-01-05')::pipeline_pair], '{}') AS n$$,
  $$VALUES (NULL::text[], '{7}'::text[])$$, 'a link that is only seen later is quiet');
ROLLBACK;
SELECT results_eq('SELECT visitor_id, user_ids, anonymous_ids FROM shop.web_customer_360 ORDER BY 1', $$VALUES ('7', 1::bigint, 1::bigint), ('d2', 0, 1)$$, 'a customer''s ids, by kind');
SELECT is_empty(visitors_query(p, NULL) || ' EXCEPT TABLE shop.web_g1_visitors', 'visitors are as they would be made') FROM pipelines AS p;
SELECT is_empty(replace(visitors_query(p, '{7}') || ' EXCEPT ' || rows_of_visitors('shop.web_g1_visitors'), '$1', '''{7,7}''::text[]'), 'so are some') FROM pipelines AS p;
SELECT isnt(beside_ids(p, NULL, 'trails', 't'), beside_ids(p, '{7}', 'trails', 't'), 'of whom trails are looked up one by one') FROM pipelines AS p;
SELECT put_rows('shop.web_g1_attribution', attribution_query(p, NULL), NULL), put_rows('shop.web_g1_rfm', rfm_query(p, NULL), NULL), put_rows('shop.web_g1_attribution_credits', credits_query(p, NULL), NULL), put_visitors(p, NULL), put_targets(p, '{7}') FROM pipelines AS p \g /dev/null
SELECT bag_eq($$SELECT c.operation, (c.session).started_at, c.next_started_at FROM (SELECT trail(t) AS a, trail(t) FILTER (WHERE t > '2025-01-01') AS b FROM unnest('{2025-01-01,2025-01-02,2025-01-03}'::timestamptz[]) AS t) AS x, session_changes('v', b, a) AS c WHERE session_columns('s') IS NOT NULL$$,
  $$VALUES ('insert', timestamptz '2025-01-01', timestamptz '2025-01-02'), ('update', '2025-01-02', '2025-01-03'), ('update', '2025-01-03', NULL)$$, 'sessions by which trails differ: their numbers do, too');
-- The same said in SQL, over trails that differ in any way.
CREATE FUNCTION changes_said(visitor_id text, before trail, after trail, OUT operation text, OUT session_id uuid, OUT session session, OUT next_started_at timestamptz) RETURNS SETOF record LANGUAGE sql AS $$
  SELECT CASE WHEN a IS NULL THEN 'delete' WHEN b IS NULL THEN 'insert' ELSE 'update' END, session_id(visitor_id, coalesce((a.s).started_at, (b.s).started_at)), coalesce(a.s, b.s), a.next_started_at
  FROM (SELECT s, (s).started_at, lead((s).started_at) OVER (ORDER BY (s).session_number) AS next_started_at FROM sessions(before) AS s) AS b
  FULL JOIN (SELECT s, (s).started_at, lead((s).started_at) OVER (ORDER BY (s).session_number) AS next_started_at FROM sessions(after) AS s) AS a USING (started_at)
  WHERE a IS NULL OR b IS NULL OR (a.s, a.next_started_at) IS DISTINCT FROM (b.s, b.next_started_at);
$$;
SELECT setseed(0.5) \g /dev/null
CREATE TABLE pairs AS
SELECT n, trail(ts, '30 minutes', touch(ts, page, referrer), page, converted) FILTER (WHERE dice < 0.8) AS before,
  trail(ts, '30 minutes', touch(ts, page, CASE WHEN dice < 0.3 THEN other ELSE referrer END), CASE WHEN dice < 0.9 THEN page ELSE other END, converted AND dice < 0.7) FILTER (WHERE dice > 0.1 OR n % 4 = 0) AS after
FROM (
  SELECT n, timestamptz '2025-01-01Z' + floor(random() * (1 + n % 7) * 40) * interval '3 minutes' AS ts, CASE WHEN random() < 0.8 THEN 'https://shop.example/' || floor(random() * 3) END AS page,
    CASE WHEN random() < 0.3 THEN 'https://www.google.com/' END AS referrer, CASE WHEN random() < 0.5 THEN 'https://t.co/' END AS other, random() < 0.1 AS converted, CASE n % 3 WHEN 0 THEN 0.5 ELSE random() END AS dice
  FROM generate_series(1, 1500) AS n, generate_series(1, 1 + n % 9)) AS e
GROUP BY n;
SELECT bag_eq('SELECT n, c.* FROM pairs, session_changes(''v'', before, after) AS c', 'SELECT n, c.* FROM pairs, changes_said(''v'', before, after) AS c', 'the changes of ' || count(*) || ' pairs of trails are those that SQL finds')
FROM pairs;
SELECT ok(count(*) FILTER (WHERE operation = 'insert') > 200 AND count(*) FILTER (WHERE operation = 'delete') > 200 AND count(*) FILTER (WHERE operation = 'update') > 200, 'there are some of each')
FROM pairs, session_changes('v', before, after);
SELECT bag_eq('SELECT n, c.* FROM pairs, session_changes(''v'', NULL, after) AS c UNION ALL SELECT n, c.* FROM pairs, session_changes(NULL, before, NULL) AS c',
  'SELECT n, c.* FROM pairs, changes_said(''v'', NULL, after) AS c UNION ALL SELECT n, c.* FROM pairs, changes_said(NULL, before, NULL) AS c', 'so they are where there was no trail, or is none, or no visitor');
SELECT is_empty('SELECT session_changes(''v'', before, before) FROM pairs UNION ALL SELECT session_changes(''v'', NULL, NULL)', 'nothing differs from itself');
DROP TABLE pairs;
SELECT throws_ok($$SELECT raise_again('22023', 'message', '', 'hint')$$, '22023', 'message', 'an error raised again');
SELECT refuse_transaction_block('a test'), pin_settings() \g /dev/null
SELECT is(CASE WHEN report_stage('web', 'a test')::text = '' THEN running_stage('web') END, 'a test', 'a stage that is reported');
CALL try_refresh('web', false, NULL) \g /dev/null
SELECT is((SELECT running_stage('web')), NULL, 'until it is over');

-- As after pg_upgrade: another cluster, whose numbers go on.
BEGIN;
UPDATE pipelines SET system_identifier = 1;
SELECT is((SELECT bool_and(is_restored(p)) FROM pipelines AS p), true, 'a pipeline of another cluster');
SELECT adopt_pipeline(p), adopt_numbers(p, s, 0), mark_unseen(p, s, number_offset(s.relation, p.system_identifier)) FROM pipelines AS p, pipeline_sources AS s \g /dev/null
SELECT is((SELECT bool_or(is_restored(p)) FROM pipelines AS p), false, 'is of this one');
SELECT is((SELECT sum(number_offset(s.relation)) FROM pipeline_sources AS s, pipelines AS p WHERE (adopt_columns(p, s)).source = s.source), 0::numeric, 'and numbers that are greater than all before need no offset');
ROLLBACK;

-- Who writes must be a member of the owner's role.
CREATE ROLE pipelines_stranger;
GRANT USAGE ON SCHEMA shop TO pipelines_stranger;
CREATE FUNCTION refused(statement text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; RETURN statement; EXCEPTION WHEN insufficient_privilege THEN RETURN NULL; END $$;
SET ROLE pipelines_stranger;
SELECT is((SELECT string_agg(refused(s), E'\n') FROM unnest(ARRAY[
  'SELECT journey.save_leaves(s, ''{}'', ''{}'') FROM journey.pipeline_sources AS s', 'SELECT journey.save_barrier(s, 0) FROM journey.pipeline_sources AS s', 'SELECT journey.save_listing(s, ''{}'', NULL, ''{}'') FROM journey.pipeline_sources AS s',
  'SELECT journey.claim_slice(id, true) FROM journey.pipelines', 'SELECT journey.save_filled(z) FROM journey.pipeline_slices AS z', 'SELECT journey.save_met(s, ''{}'') FROM journey.pipeline_sources AS s',
  'SELECT journey.save_step(id, NULL) FROM journey.pipelines', 'SELECT journey.save_run(r) FROM journey.runs AS r', 'SELECT journey.save_failure(r) FROM journey.runs AS r', 'SELECT journey.save_offset(s, 1) FROM journey.pipeline_sources AS s', 'SELECT journey.save_columns(s) FROM journey.pipeline_sources AS s', 'SELECT journey.save_adopted(id, NULL) FROM journey.pipelines', 'SELECT journey.adopt_pipeline(p) FROM journey.pipelines AS p', 'SELECT journey.refresh_step(''web'', false)', 'SELECT journey.fill_slice(''web'', true)']) AS s), NULL, 'and nobody else');
RESET ROLE;
SELECT make_partitions('web') \g /dev/null
SELECT results_eq('SELECT count(*), (SELECT count(*) FROM pg_inherits WHERE inhparent = ''shop.web_g1_all_sessions''::regclass) FROM pipelines AS p, missing_partitions(p)', 'VALUES (0::bigint, 6::bigint)', 'partitions of sessions: two slices, three months from now, the rest');
SELECT count(*) FROM journey.drop_pipeline('web', keep_tables => false) \g /dev/null
DROP FUNCTION rows_of, refused;
DROP SCHEMA shop CASCADE;
DROP ROLE pipelines_stranger;
SELECT * FROM finish();
