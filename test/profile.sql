-- profile: what is offered next, by hand and by a plain statement of the rule; the customer in one value.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
CREATE SCHEMA shop;
SELECT plan(46);
\ir support/attempt.sql
CREATE TABLE shop.orders (order_id text, customer text, items text[], amount numeric, ts timestamptz);
CREATE TABLE shop.events (device text, customer text, action text, item text, page text, ts timestamptz);
CREATE TABLE shop.names (item text, name text);
SELECT journey.create_pipeline('web', 'shop', own_hosts => '{shop.example}', targets => '{all_sessions,conversions,customer_360,rfm,items}', item_names => 'shop.names') \g /dev/null
SELECT journey.create_pipeline('bare', 'shop', targets => '{}') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.orders', ts => 'ts', event_id => 'order_id', user_id => 'customer', passive => 'true', items => 'items', conversions => '{"order": {"value": "amount"}}') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', anonymous_id => 'device', user_id => 'customer', page_url => 'page', items => 'item', item_action => 'action',
  conversions => '{"sign_up": {"when": "action = ''signed up''"}}') \g /dev/null
CALL journey.refresh('web');

-- Nobody, and nothing
SELECT is_empty($$SELECT FROM journey.recommend('web', 'nobody')$$, 'nobody is offered nothing');
SELECT is(journey.profile('web', 'nobody'), NULL, 'nobody has no profile');
SELECT is(journey.profile('web', NULL), NULL, 'nor has NULL');
SELECT is(attempt($$SELECT journey.profile('none', 'ann')$$), '42704 pipeline "none" does not exist', 'no such pipeline');
SELECT is(attempt($$SELECT journey.recommend('none', 'ann')$$), '42704 pipeline "none" does not exist', 'for recommend, too');
SELECT is(attempt($$SELECT journey.recommend('bare', 'ann')$$), '55000 pipeline "bare" does not keep the target items', 'without items');
SELECT is(attempt($$SELECT journey.recommend('web', 'ann', 0)$$), '22023 top must be from 1 to 1,000: 0', 'top');
SELECT is(attempt($$SELECT journey.recommend('web', 'ann', 1001)$$), '22023 top must be from 1 to 1,000: 1001', 'has a limit');
SELECT is(attempt($$SELECT journey.recommend('web', 'ann', as_of => NULL)$$), '22004 top, as_of and measure must not be NULL', 'NULL');

-- By hand. Orders: coffee with filter three times, with milk once, with bread twice; milk with bread twice.
INSERT INTO shop.orders VALUES ('1', 'u1', '{coffee,filter}', 10, '2025-01-01'), ('2', 'u2', '{coffee,filter,bread}', 20, '2025-01-02'), ('3', 'u3', '{coffee,filter,milk,bread}', 30, '2025-01-03'), ('4', 'u4', '{milk,bread}', 40, '2025-01-04'),
  ('5', 'ann', '{bread}', 50, '2025-02-01');
INSERT INTO shop.names VALUES ('filter', 'Paper filters'), ('bread', 'Rye bread');
-- ann, on two devices: looked at coffee before her purchase; then added milk, looked at coffee twice, added and removed bread.
INSERT INTO shop.events VALUES ('phone', NULL, 'viewed', 'filter', 'https://shop.example/?utm_source=news&utm_medium=email', '2025-01-20 10:00'), ('phone', 'ann', 'signed up', NULL, 'https://shop.example/welcome', '2025-01-20 10:05'),
  ('phone', NULL, 'viewed', 'coffee', NULL, '2025-02-02 09:00'), ('laptop', 'ann', 'added', 'milk', 'https://shop.example/milk', '2025-02-02 20:00'), ('laptop', NULL, 'viewed', 'coffee', NULL, '2025-02-02 20:01'),
  ('laptop', NULL, 'added', 'bread', NULL, '2025-02-02 20:02'), ('laptop', NULL, 'removed', 'bread', NULL, '2025-02-02 20:03'), ('tv', NULL, 'viewed', 'nothing known', NULL, '2025-02-03'), ('radio', NULL, 'page', NULL, NULL, '2025-02-03');
CALL journey.refresh('web');
-- Interest: milk 3, coffee 1. bread: 3 x 2 + 1 x 2; filter: 3 x 1 + 1 x 3.
SELECT results_eq($$SELECT * FROM journey.recommend('web', 'ann')$$, $$VALUES ('bread', 'Rye bread', 8::float8, '{milk,coffee}'::text[], true), ('filter', 'Paper filters', 6, '{coffee,milk}', false)$$, 'the sum of weight and pairs, and why');
SELECT results_eq($$SELECT r.* FROM journey.pipelines AS p CROSS JOIN journey.recommend_to(p, 'ann', 10, now(), 'together') AS r WHERE p.name = 'web'$$, $$SELECT * FROM journey.recommend('web', 'ann')$$, 'of the visitor, who is known');
SELECT results_eq($$SELECT item FROM journey.recommend('web', 'phone')$$, $$VALUES ('bread'), ('filter')$$, 'by any id');
SELECT results_eq($$SELECT item FROM journey.recommend('web', 'laptop', 1)$$, $$VALUES ('bread')$$, 'the best one');
SELECT results_eq($$SELECT item, score, because FROM journey.recommend('web', 'ann', as_of => '2025-02-02 12:00')$$,
  $$VALUES ('filter', 3::float8, '{coffee}'::text[]), ('bread', 2, '{coffee}'), ('milk', 1, '{coffee}')$$, 'as of the morning: coffee alone');
SELECT results_eq($$SELECT item, score FROM journey.recommend('web', 'ann', as_of => '2025-01-25')$$, $$VALUES ('coffee', 3::float8), ('bread', 2), ('milk', 1)$$, 'before the purchase: what she looked at first');
SELECT results_eq($$SELECT item, because FROM journey.recommend('web', 'ann', as_of => '2025-02-02 20:02:30')$$, $$VALUES ('filter', '{bread,coffee,milk}'::text[])$$, 'bread in the cart for half a minute: filter by 3 x 2, 3 and 3');
SELECT results_eq($$SELECT item, score, because, already_bought FROM journey.recommend('web', 'u1', 3)$$, $$VALUES ('bread', 4::float8, '{}'::text[], false), ('coffee', 3, '{}', true), ('filter', 3, '{}', true)$$, 'no interest: what is bought most');
SELECT results_eq($$SELECT item, score, because FROM journey.recommend('web', 'radio', 1)$$, $$VALUES ('bread', 4::float8, '{}'::text[])$$, 'nor any purchase');
SELECT is_empty($$SELECT FROM journey.recommend('web', 'tv')$$, 'interest in what nobody bought leads nowhere');
-- lift: milk 2, bread 4, coffee 3, filter 3 of 5 orders. bread: 3 x 2x5/(2x4) + 2x5/(3x4); filter: 3 x 1x5/(2x3) + 3x5/(3x3).
SELECT is((SELECT string_agg(item || ' ' || round(score::numeric, 6), ', ') FROM journey.recommend('web', 'ann', measure => 'lift')), 'bread 4.583333, filter 4.166667', 'by another measure');
DROP TABLE shop.names;
SELECT results_eq($$SELECT item, name FROM journey.recommend('web', 'ann')$$, $$VALUES ('bread', NULL), ('filter', NULL)$$, 'names that are gone are NULL');

-- The profile
SELECT is(journey.profile('web', 'phone'), journey.profile('web', 'ann'), 'any id finds the person');
SELECT is(journey.profile('web', 'ann') - '{as_of,sessions,ids,recommendations,rfm,first_touch,last_touch,latest_conversions,conversions}'::text[],
  '{"pipeline": "web", "visitor_id": "ann", "first_seen_at": "2025-01-20T10:00:00+00:00", "last_seen_at": "2025-02-02T20:03:00+00:00", "signed_up_at": "2025-01-20T10:05:00+00:00", "id_count": 3, "session_count": 3, "event_count": 7,
    "cart": [{"item": "milk", "name": null, "added_at": "2025-02-02T20:00:00+00:00"}]}', 'who');
SELECT is(journey.profile('web', 'ann') -> 'ids', '[{"kind": "anonymous", "alias": "laptop", "first_seen_at": "2025-02-02T20:00:00+00:00", "last_seen_at": "2025-02-02T20:03:00+00:00"},
  {"kind": "user", "alias": "ann", "first_seen_at": "2025-01-20T10:05:00+00:00", "last_seen_at": "2025-02-02T20:00:00+00:00"},
  {"kind": "anonymous", "alias": "phone", "first_seen_at": "2025-01-20T10:00:00+00:00", "last_seen_at": "2025-02-02T09:00:00+00:00"}]', 'the ids, last seen first');
SELECT is(journey.profile('web', 'ann') #> '{sessions,2}', '{"session_number": 1, "started_at": "2025-01-20T10:00:00+00:00", "ended_at": "2025-01-20T10:05:00+00:00", "events": 2, "pages": 2, "landing_page": "https://shop.example/?utm_source=news&utm_medium=email",
  "exit_page": "https://shop.example/welcome", "source": "news", "medium": "email", "campaign": null, "channel": "Email"}', 'the sessions, the latest first');
SELECT is(journey.profile('web', 'ann') #>> '{first_touch,channel}', 'Email', 'the first touch');
SELECT is(journey.profile('web', 'ann') -> 'conversions', '{"order": {"count": 1, "value": 50, "first_at": "2025-02-01T00:00:00+00:00", "last_at": "2025-02-01T00:00:00+00:00"}, "sign_up": {"count": 1, "value": null, "first_at": "2025-01-20T10:05:00+00:00", "last_at": "2025-01-20T10:05:00+00:00"}}', 'conversions by kind');
SELECT is(journey.profile('web', 'ann') #> '{latest_conversions,0}', '{"kind": "order", "at": "2025-02-01T00:00:00+00:00", "value": 50, "id": "5"}', 'the latest');
SELECT is(journey.profile('web', 'ann') -> 'recommendations', '[{"item": "bread", "name": null, "score": 8, "because": ["milk", "coffee"], "already_bought": true}, {"item": "filter", "name": null, "score": 6, "because": ["coffee", "milk"], "already_bought": false}]', 'what to offer: the columns of recommend');
SELECT is((journey.profile('web', 'ann') ->> 'as_of')::timestamptz, (SELECT seen_at FROM journey.progress WHERE pipeline = 'web'), 'as of the last refresh');
SELECT is(journey.profile('web', 'radio') - '{as_of,ids,sessions,recommendations,first_seen_at,last_seen_at}'::text[], '{"pipeline": "web", "visitor_id": "radio", "signed_up_at": null, "id_count": 1, "session_count": 1, "event_count": 1, "first_touch": null, "last_touch": null,
  "conversions": {}, "latest_conversions": [], "rfm": null, "cart": []}', 'who only came by');
SELECT is(journey.profile('web', 'u1') -> 'sessions', '[]', 'who only bought has no session');

-- The same text for two kinds of ids
INSERT INTO shop.events VALUES ('same', 'ben', 'viewed', 'milk', NULL, '2025-02-05'), ('other', 'same', 'viewed', 'coffee', NULL, '2025-02-06');
CALL journey.refresh('web');
SELECT is(journey.profile('web', 'same') ->> 'visitor_id', 'same', 'the user who is called as a device of another is');

-- Erased
SELECT count(*) FROM journey.erase('web', 'u4', false) \g /dev/null
SELECT is(journey.profile('web', 'u4'), NULL, 'who was erased has no profile');
SELECT is_empty($$SELECT FROM journey.recommend('web', 'u4')$$, 'and is offered nothing');

-- Long histories
INSERT INTO shop.events SELECT 'bot' || i % 40, 'bot', 'viewed', 'item ' || i % 3000, 'https://shop.example/' || i, timestamptz '2020-01-01' + i * interval '1 hour' FROM generate_series(1, 10000) AS i;
CALL journey.refresh('web');
SELECT is((SELECT j - '{as_of}'::text[] @> '{"session_count": 10000, "id_count": 41}' AND jsonb_array_length(j -> 'sessions') = 20 AND jsonb_array_length(j -> 'ids') = 20 AND length(j::text) < 20000 FROM journey.profile('web', 'bot3') AS j), true, 'of 10,000 sessions the latest');

-- Against the rule in plain SQL, for random shops
CREATE PROCEDURE shop.fill() LANGUAGE sql AS $$
  DELETE FROM shop.orders; DELETE FROM shop.events;
  INSERT INTO shop.orders SELECT 'r' || i, 'c' || floor(random() * 40), ARRAY(SELECT 'i' || floor(30 * random() * random() + i * 0) FROM generate_series(1, 1 + floor(random() * 5)::int) WHERE i > 0), round((random() * 100)::numeric, 1), timestamptz '2025-01-01' + floor(random() * 60) * interval '1 day' FROM generate_series(1, 300) AS i;
  INSERT INTO shop.events SELECT 'd' || i % 90, CASE WHEN random() < 0.4 THEN 'c' || i % 90 % 50 END, (ARRAY['viewed','viewed','added','removed','other'])[1 + floor(random() * 5)::int], 'i' || floor(30 * random()), NULL, timestamptz '2025-01-01' + floor(random() * 60) * interval '1 day' FROM generate_series(1, 400) AS i;
$$;
SELECT setseed(0.4) \g /dev/null
CALL shop.fill();
CALL journey.refresh('web');
CREATE TABLE shop.done AS TABLE shop.web_items;
CREATE INDEX ON shop.done (visitor_id);
CREATE TABLE shop.baskets AS SELECT DISTINCT basket, item FROM shop.done WHERE action = 'bought';
CREATE TABLE shop.counts AS SELECT item, count(*) AS n FROM shop.baskets GROUP BY item;
CREATE TABLE shop.pairs AS SELECT a.item, b.item AS other, count(*) AS t FROM shop.baskets AS a JOIN shop.baskets AS b USING (basket) WHERE a.item <> b.item GROUP BY 1, 2;
CREATE FUNCTION shop.expected(visitor text, until timestamptz, measure journey.pair_measure) RETURNS TABLE (item text, score float8, because text[], already_bought boolean) LANGUAGE sql AS $$
  WITH mine AS MATERIALIZED (SELECT * FROM shop.done WHERE visitor_id = visitor AND at <= until),
  latest AS (SELECT m.item, m.action, m.at FROM mine AS m WHERE action IN ('viewed', 'added') AND NOT EXISTS (SELECT FROM mine AS b WHERE b.action = 'bought' AND b.at >= m.at) AND NOT EXISTS (SELECT FROM mine AS r WHERE r.action = 'removed' AND r.item = m.item AND r.at >= m.at)),
  interest AS (SELECT l.item, CASE WHEN 'added' = ANY (array_agg(l.action::text)) THEN 3 ELSE 1 END AS weight FROM latest AS l GROUP BY l.item),
  rated AS (SELECT i.item, p.other, i.weight * journey.pair_score(measure, p.t, x.n, y.n, (SELECT count(DISTINCT basket) FROM shop.baskets)) AS points FROM interest AS i JOIN shop.pairs AS p USING (item) JOIN shop.counts AS x ON x.item = i.item JOIN shop.counts AS y ON y.item = p.other),
  offered AS (
    SELECT other AS item, sum(points) AS score, array_agg(r.item ORDER BY points DESC, r.item COLLATE "C") AS because FROM rated AS r WHERE other NOT IN (SELECT i.item FROM interest AS i) GROUP BY other HAVING sum(points) > 0
    UNION ALL SELECT c.item, c.n, '{}' FROM shop.counts AS c WHERE NOT EXISTS (SELECT FROM interest))
  SELECT o.item, round(score::numeric, 9)::float8, because, EXISTS (SELECT FROM mine AS m WHERE m.item = o.item AND m.action = 'bought') FROM offered AS o $$;
CREATE FUNCTION shop.wrong(measure journey.pair_measure) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM (SELECT visitor_id, until FROM (SELECT * FROM shop.web_visitors ORDER BY md5(visitor_id) LIMIT 30) AS v, (VALUES (timestamptz '2025-01-15'), ('2025-02-10'), ('infinity')) AS t (until)) AS v
  WHERE (SELECT array_agg(ROW(e.*)::text ORDER BY e.item) FROM shop.expected(visitor_id, until, measure) AS e)
    IS DISTINCT FROM (SELECT array_agg(ROW(r.item, round(r.score::numeric, 9)::float8, r.because, r.already_bought)::text ORDER BY r.item) FROM journey.recommend('web', visitor_id, 1000, until, measure) AS r) $$;
SELECT is(shop.wrong(measure), 0::bigint, 'by the rule in plain SQL: ' || measure) FROM unnest('{together,cosine,llr}'::journey.pair_measure[]) AS measure;
SELECT cmp_ok((SELECT count(*) FROM shop.web_visitors AS v, journey.recommend('web', v.visitor_id, 1) AS r WHERE r.because <> '{}'), '>', 20::bigint, 'many have interests');
SELECT results_eq($$SELECT visitor_id, frequency, recency_score, frequency_score, monetary_score, segment FROM shop.web_rfm ORDER BY 1$$,
  $$SELECT visitor_id, (j ->> 'orders')::bigint, (j ->> 'recency_score')::int, (j ->> 'frequency_score')::int, (j ->> 'monetary_score')::int, j ->> 'segment'
    FROM (SELECT visitor_id, journey.profile('web', visitor_id) -> 'rfm' AS j FROM shop.web_visitors) AS v WHERE j <> 'null' ORDER BY 1$$, 'scores and segment are those of the view rfm');

-- The parts by themselves
SELECT is(journey.visitor_of(p, 'd1') || ' ' || coalesce(journey.visitor_of(p, 'nobody'), 'nobody'), 'c1 nobody', 'whose an id is') FROM journey.pipelines AS p WHERE name = 'web';
SELECT is(ARRAY[journey.open_cart(p, 'nobody'), journey.rfm_position(p, 'nobody')], '{[],NULL}'::jsonb[], 'nobody has neither cart nor orders') FROM journey.pipelines AS p WHERE name = 'web';
SELECT is(journey.item_name_query(p, 'x'), 'NULL::text', 'names of a table that is gone') FROM journey.pipelines AS p WHERE name = 'web';
SELECT matches(journey.touch_json('last_touch'), 'journey\.last_touch\(v\.trail\)', 'the last touch of a trail');

-- Who may not read the tables reads no profile
CREATE ROLE profile_reader;
GRANT USAGE ON SCHEMA shop TO profile_reader;
SET ROLE profile_reader;
SELECT is(attempt($$SELECT journey.profile('web', 'c1')$$), '42501 permission denied for table web_g1_aliases', 'with the rights of the caller');
RESET ROLE;
REVOKE ALL ON SCHEMA shop FROM profile_reader;
DROP ROLE profile_reader;
SELECT * FROM finish();
DROP SCHEMA shop CASCADE;
