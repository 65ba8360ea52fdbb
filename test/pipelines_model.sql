-- pipelines, against a model: random events come, change and go, slices are filled between, and after every refresh all that
-- a pipeline has must be what plain SQL makes of the tables, and what a pipeline that was filled at once has.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
\ir support/pipelines_model.sql
SELECT plan(8);

-- configuration, seeds, batches
CALL model.run('column', 1, 1, 5);
SELECT is(model.wrong('column'), '', 'the mode column: partitions, event ids, three kinds of ids, server events, orders');
CALL model.run('trigger', 1, 1, 5);
SELECT is(model.wrong('trigger'), '', 'the mode trigger: a plain table, slices of days');
CALL model.run('received_at', 1, 1, 5, erasing => true);
SELECT is(model.wrong('received_at'), '', 'the mode received_at: rows that only come, late by less than the overlap; persons are erased');
CALL model.run('limits', 2, 2, 5, erasing => true);
SELECT is(model.wrong('limits'), '', 'limits of identity: links that are refused, and no longer; persons are erased');
CALL model.run('latest_user', 1, 1, 5, erasing => true);
SELECT is(model.wrong('latest_user'), '', 'the latest user of a device; persons are erased');
CALL model.run('numbers', 1, 1, 5);
SELECT is(model.wrong('numbers'), '', 'rows with numbers of others: none, old ones, ones to come');
DELETE FROM model.results WHERE config = 'column';
CALL model.feed('column', months => 3, days => 10);
SELECT is(model.wrong('column'), '', 'fed bit by bit, over months');
SELECT cmp_ok((SELECT sum(events) FROM model.results), '>', 1000::numeric, 'there was something to compare');

DROP SCHEMA model CASCADE;
SELECT * FROM finish();
