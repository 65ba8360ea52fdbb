-- pipelines: what is stored is tried against the sources.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(30);
SET timezone = 'UTC';

CREATE SCHEMA shop;
CREATE TABLE shop.events (id text, device text, user_id text, event text, ts timestamptz, received_at timestamptz DEFAULT now(), page text);
CREATE TABLE shop.orders (id int, customer text, paid_at timestamptz, amount numeric);
CREATE FUNCTION shop.events_of(first int, last int) RETURNS void LANGUAGE sql AS $$
  INSERT INTO shop.events (id, device, user_id, event, ts, page)
  SELECT 'e' || n, 'd' || n % 20, CASE WHEN n % 7 = 0 THEN 'u' || n % 5 END, CASE WHEN n % 11 = 0 THEN 'Signed Up' ELSE 'page' END, timestamptz '2025-01-01' + n * interval '10 hours', '/' || n FROM generate_series(first, last) AS n
$$;
CREATE FUNCTION problems(share float8 DEFAULT 1) RETURNS SETOF text LANGUAGE sql AS $$ SELECT visitor_id || ': ' || problem FROM journey.verify('web', share) ORDER BY 1 $$;

-- In each mode: all is well, whatever is new or was changed since; and what is broken is found.
CREATE PROCEDURE declare_by(mode text) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  TRUNCATE shop.events, shop.orders;
  PERFORM shop.events_of(1, 150);
  INSERT INTO shop.orders SELECT n, 'u' || n % 5, timestamptz '2025-01-05' + n * interval '2 days', n FROM generate_series(1, 10) AS n;
  PERFORM journey.create_pipeline('web', 'shop', targets => '{all_sessions,attribution,attribution_credits,rfm}');
  FOR statement IN
    SELECT journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'id', anonymous_id => 'device', user_id => 'user_id', event => 'event', page_url => 'page', changes => mode::journey.change_mode,
      received_at => CASE mode WHEN 'received_at' THEN 'received_at' END, conversions => $q${"sign_up": {"when": "event = 'Signed Up'"}}$q$)
    UNION ALL SELECT journey.add_source('web', 'shop.orders', ts => 'paid_at', event_id => 'id', user_id => 'customer', passive => 'true', conversions => '{"order": {"value": "amount"}}')
  LOOP
    IF statement LIKE 'CREATE INDEX%' THEN EXECUTE replace(statement, 'CONCURRENTLY ', ''); END IF;
  END LOOP;
END $$;

\set mode column
\ir support/pipelines_verify.sql
BEGIN;
UPDATE shop.web_g1_trails SET trail = trail OPERATOR(journey.||) trail WHERE alias = 'd3' AND slice = '2025-02-01';
SELECT bag_has('SELECT problems()', $$SELECT visitor_id || ': the trail of anonymous d3 in 2025-02-01 by shop.events is not what its rows say' FROM shop.web_aliases WHERE alias = 'd3'$$, 'events that count twice');
ROLLBACK;
BEGIN;
UPDATE shop.web_g1_attribution SET first_touch_channel = 'Nowhere' WHERE visitor_id = (SELECT visitor_id FROM shop.web_aliases WHERE alias = 'd3');
SELECT results_eq('SELECT problems()', $$SELECT visitor_id || ': the row in attribution differs from what its trails say' FROM shop.web_aliases WHERE alias = 'd3'$$, 'a target that was changed');
ROLLBACK;
BEGIN;
DELETE FROM shop.web_g1_all_sessions WHERE visitor_id = (SELECT visitor_id FROM shop.web_aliases WHERE alias = 'd3') AND session_number = 2;
SELECT results_eq('SELECT problems()', $$SELECT visitor_id || ': the rows in all_sessions differ from what its trail says' FROM shop.web_aliases WHERE alias = 'd3'$$, 'a session that was lost');
SELECT is_empty('SELECT problems(0)', 'of no visitors nothing is found');
ROLLBACK;
BEGIN;
UPDATE shop.web_g1_rfm SET monetary = 0;
SELECT is((SELECT count(*) FROM problems() AS p WHERE p LIKE '%: the row in rfm differs from what its trails say'), (SELECT count(*) FROM shop.web_rfm), 'values that were changed');
ROLLBACK;
SELECT throws_ok('SELECT journey.verify(''web'', 2)', '22023', 'share must be between 0 and 1: 2', 'more than all');
SELECT throws_ok('SELECT journey.verify(''web'', NULL)', '22023', 'share must be between 0 and 1: NULL', 'none');
SELECT throws_ok('SELECT journey.verify(''wbe'')', '42704', 'pipeline "wbe" does not exist', 'a name that is none');
SET search_path = public, journey;
SELECT ok(cardinality(journey.places_with_news(p, s)) = 0, 'nothing is new') FROM journey.pipelines AS p JOIN journey.pipeline_sources AS s ON s.pipeline = p.id AND s.source = 1;
SELECT is((SELECT count(*) FROM journey.differing_trails(p, s, '{}')), 0::bigint, 'nothing of nothing differs') FROM journey.pipelines AS p JOIN journey.pipeline_sources AS s ON s.pipeline = p.id AND s.source = 1;
SELECT ok(journey.trails_of_places(p, s) LIKE 'SELECT %', 'how trails are made') FROM journey.pipelines AS p JOIN journey.pipeline_sources AS s ON s.pipeline = p.id AND s.source = 1;
SELECT ok(strpos(journey.trails_of_places(p, s), journey.trail_of_rows(p, s)) > 0, 'and by what') FROM journey.pipelines AS p JOIN journey.pipeline_sources AS s ON s.pipeline = p.id AND s.source = 1;
RESET search_path;
SELECT journey.drop_pipeline('web', keep_tables => false) \g /dev/null
\set mode trigger
\ir support/pipelines_verify.sql
SELECT journey.drop_pipeline('web', keep_tables => false) \g /dev/null
\set mode received_at
\ir support/pipelines_verify.sql
SELECT journey.drop_pipeline('web', keep_tables => false) \g /dev/null
