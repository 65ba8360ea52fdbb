-- pipelines: traits from JSON and from columns; rows that come late, change and go; visitors that merge; after every refresh the
-- target is what plain SQL makes of the tables.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
CREATE SCHEMA shop;
SELECT plan(25);
\ir support/attempt.sql

-- What the site says of people, and a table of contacts of our own.
CREATE TABLE shop.identifies (event_id text, device text, customer text, traits jsonb, ts timestamptz);
CREATE TABLE shop.contacts (customer text, email text, plan text, score numeric, company jsonb, changed_at timestamptz);
SELECT journey.create_pipeline('web', 'shop', kinds => '{user,email,anonymous}', targets => '{traits}') \g /dev/null
SELECT journey.create_pipeline('bare', 'shop', targets => '{}') \g /dev/null

-- What is refused
SELECT is(attempt($$SELECT journey.add_source('bare', 'shop.identifies', ts => 'ts', user_id => 'customer', traits => 'traits', dry_run => true)$$), '55000 pipeline "bare" does not keep the target traits', 'traits without the target');
SELECT is(attempt($$SELECT journey.add_source('web', 'shop.contacts', ts => 'changed_at', user_id => 'customer', traits => 'plan', dry_run => true)$$), '42804 traits must be JSON: ''plan'' is of type text', 'a column is no object');
SELECT is(journey.traits_of('x', 'json'), '(x)::jsonb', 'json is taken');
SELECT is(attempt($$SELECT journey.check_keeps_target(p, 'traits') FROM journey.pipelines AS p WHERE name = 'web'$$), 'done', 'a pipeline that keeps traits');

SELECT count(*) FROM journey.add_source('web', 'shop.identifies', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'customer', ids => $${"email": "traits ->> 'email'"}$$, traits => 'traits') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.contacts', ts => 'changed_at', user_id => 'customer', ids => '{"email": "email"}', passive => 'true', changes => 'trigger',
  traits => $$jsonb_build_object('plan', plan, 'score', score, 'company', company)$$) \g /dev/null
SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \gexec
CALL journey.fill('web');
CALL journey.refresh('web');

-- By hand
INSERT INTO shop.identifies VALUES ('1', 'phone', NULL, '{"plan": "free", "city": "Bern", "tags": ["a", "b"]}', '2025-01-31 23:00'), ('2', 'phone', 'ann', '{"plan": "pro", "city": null, "email": "ann@example.com"}', '2025-02-01 10:00'),
  ('3', 'laptop', 'ann', '["no", "object"]', '2025-02-02'), ('4', 'laptop', 'ann', NULL, '2025-02-03'), ('5', 'laptop', 'ann', 'null', '2025-02-03'), ('2', 'phone', 'ann', '{"plan": "a copy of an event"}', '2025-02-01 10:01'),
  ('6', 'laptop', 'ann', jsonb_build_object(repeat('k', 201), 1, 'big', repeat('x', 2000)), '2025-02-04'), ('7', 'tv', NULL, '{"plan": "other"}', '2025-02-05'), ('8', NULL, NULL, '{"plan": "nobody"}', '2025-02-06'), ('9', 'phone', NULL, '{"plan": "never"}', 'infinity');
CALL journey.refresh('web');
CREATE VIEW shop.seen AS SELECT visitor_id, jsonb_object_agg(key, value) AS traits FROM shop.web_traits WHERE key <> 'big' GROUP BY visitor_id;
SELECT results_eq('SELECT * FROM shop.seen ORDER BY 1', $$VALUES ('ann', '{"plan": "pro", "city": "Bern", "tags": ["a", "b"], "email": "ann@example.com"}'::jsonb), ('tv', '{"plan": "other"}')$$,
  'the latest of each key; null says nothing; a copy, what is no object, a key that is too long and rows of nobody count as none');
SELECT results_eq($$SELECT at FROM shop.web_traits WHERE visitor_id = 'ann' AND key IN ('city', 'plan') ORDER BY key$$, $$VALUES (timestamptz '2025-01-31 23:00'), ('2025-02-01 10:00')$$, 'and when it was said');
SELECT is(journey.profile('web', 'phone') -> 'traits', '{"plan": "pro", "city": "Bern", "tags": ["a", "b"], "email": "ann@example.com"}', 'the profile has them, but for one that is very long');
SELECT is(journey.profile('web', 'tv') -> 'traits', '{"plan": "other"}', 'of each person');
INSERT INTO shop.contacts VALUES (NULL, 'ann@example.com', 'team', 7.5, '{"name": "Acme", "size": 12}', '2025-03-01'), ('ben', NULL, 'free', NULL, NULL, '2025-01-01');
CALL journey.refresh('web');
SELECT results_eq('SELECT * FROM shop.seen ORDER BY 1', $$VALUES ('ann', '{"plan": "team", "city": "Bern", "tags": ["a", "b"], "email": "ann@example.com", "score": 7.5, "company": {"name": "Acme", "size": 12}}'::jsonb), ('ben', '{"plan": "free"}'), ('tv', '{"plan": "other"}')$$,
  'a table of our own joins by another kind of id, with the company; it needs no visit');
SELECT is(journey.profile('web', 'ben') -> 'traits', '{"plan": "free"}', 'nor does the profile');
INSERT INTO shop.identifies VALUES ('10', 'phone', NULL, '{"city": "late", "plan": "late"}', '2025-01-01');
UPDATE shop.contacts SET plan = NULL WHERE email = 'ann@example.com';
CALL journey.refresh('web');
SELECT is((SELECT traits FROM shop.seen WHERE visitor_id = 'ann') - '{tags,email,score,company}'::text[], '{"plan": "pro", "city": "Bern"}', 'a late row changes nothing; a value that is taken back gives way to the one before');
DELETE FROM shop.identifies WHERE event_id IN ('1', '2') AND traits ->> 'plan' <> 'a copy of an event';
CALL journey.refresh('web');
SELECT results_eq('SELECT * FROM shop.seen ORDER BY 1', $$VALUES ('ann', '{"city": "late", "plan": "a copy of an event"}'::jsonb), ('ann@example.com', '{"score": 7.5, "company": {"name": "Acme", "size": 12}}'), ('ben', '{"plan": "free"}'), ('tv', '{"plan": "other"}')$$,
  'rows that are gone take what they said along, and the link between ids');
SELECT is((SELECT count(*) FROM shop.web_traits WHERE visitor_id = 'phone'), 0::bigint, 'the phone is hers by the copy, which counts now');
INSERT INTO shop.identifies VALUES ('11', 'tv', 'ben', '{"plan": "x"}', '2025-02-05');
CALL journey.refresh('web');
SELECT is((SELECT traits FROM shop.seen WHERE visitor_id = 'ben'), '{"plan": "x"}', 'visitors that merge: of two at one time the greater value, whoever said it');
SELECT count(*) FROM journey.erase('web', 'ann', false) \g /dev/null
SELECT is((SELECT count(*) FROM shop.web_g1_traits WHERE alias IN ('ann', 'phone', 'laptop')) + (SELECT count(*) FROM shop.web_traits WHERE visitor_id = 'ann'), 0::bigint, 'nothing is left of an erased person');
SELECT is(journey.profile('web', 'ann'), NULL, 'nor in the profile');
INSERT INTO shop.identifies VALUES ('12', 'phone', 'ann', '{"plan": "again"}', '2025-02-07');
CALL journey.refresh('web');
SELECT is((SELECT count(*) FROM shop.web_g1_traits WHERE alias IN ('ann', 'phone')), 0::bigint, 'what comes later of her is kept away');
SELECT journey.readmit('web', 'ann') \g /dev/null
TRUNCATE shop.identifies, shop.contacts;
CALL journey.refresh('web');
SELECT is_empty('TABLE shop.web_g1_traits', 'no rows, no traits');
DROP VIEW shop.seen;
SELECT journey.drop_pipeline('web', false) \g /dev/null

-- Random changes against plain SQL: who by resolve_aliases, and the latest value of each key.
SELECT journey.create_pipeline('web', 'shop', targets => '{traits}') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.identifies', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'customer', traits => 'traits') \g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.contacts', ts => 'changed_at', user_id => 'customer', passive => 'true', changes => 'trigger', traits => $$jsonb_build_object('plan', plan, 'score', score)$$) \g /dev/null
CALL journey.refresh('web');
CREATE VIEW shop.said AS
  SELECT CASE WHEN customer IS NULL THEN 'anonymous' ELSE 'user' END AS kind, coalesce(customer, device) AS alias, x.key, x.value, ts FROM shop.identifies CROSS JOIN jsonb_each(traits) AS x
  UNION ALL SELECT 'user', customer, x.key, x.value, changed_at FROM shop.contacts CROSS JOIN jsonb_each(jsonb_build_object('plan', plan, 'score', score)) AS x;
CREATE VIEW shop.expected AS
  WITH v AS MATERIALIZED (SELECT * FROM journey.resolve_aliases('SELECT device, customer, ts FROM shop.identifies UNION ALL SELECT NULL, customer, changed_at FROM shop.contacts'))
  SELECT DISTINCT ON (v.visitor_id, s.key) v.visitor_id, s.key, s.value, s.ts AS at
  FROM shop.said AS s JOIN v ON v.alias = s.alias AND v.is_user = (s.kind = 'user')
  WHERE s.value <> 'null' AND isfinite(s.ts) ORDER BY v.visitor_id, s.key, s.ts DESC, s.value DESC;
CREATE TABLE shop.wrong (batch int, what text);
CREATE TABLE shop.compared (batch int, traits bigint);
CREATE PROCEDURE shop.change() LANGUAGE plpgsql AS $$
BEGIN
  -- Whole hours, so that things are said at one time.
  INSERT INTO shop.identifies SELECT 'e' || random(), 'd' || floor(random() * 30), CASE WHEN random() < 0.2 THEN 'u' || floor(random() * 7) END,
    jsonb_build_object((ARRAY['plan','city','score'])[1 + floor(random() * 3)::int], CASE WHEN random() < 0.9 THEN floor(random() * 9) END, 'n', floor(random() * 3)), timestamptz '2025-01-25' + floor(random() * 300) * interval '1 hour'
    FROM generate_series(1, floor(random() * 25)::int);
  INSERT INTO shop.contacts SELECT 'u' || floor(random() * 9), NULL, CASE WHEN random() < 0.8 THEN 'p' || floor(random() * 4) END, floor(random() * 5), NULL, timestamptz '2025-01-25' + floor(random() * 300) * interval '1 hour' FROM generate_series(1, floor(random() * 4)::int);
  IF random() < 0.7 THEN
    UPDATE shop.identifies SET traits = traits || '{"plan": 5}' WHERE random() < 0.1; UPDATE shop.identifies SET customer = NULL WHERE random() < 0.1; UPDATE shop.identifies SET device = 'd1' WHERE random() < 0.05;
    UPDATE shop.identifies SET ts = ts + interval '20 days' WHERE random() < 0.05; DELETE FROM shop.identifies WHERE random() < 0.1;
    UPDATE shop.contacts SET plan = 'p9', changed_at = changed_at + interval '1 day' WHERE random() < 0.2; DELETE FROM shop.contacts WHERE random() < 0.1;
  END IF;
  IF random() < 0.1 THEN TRUNCATE shop.contacts; END IF;
END $$;
CREATE PROCEDURE shop.run(batches int) LANGUAGE plpgsql AS $$
BEGIN
  FOR batch IN 1 .. batches LOOP
    CALL shop.change(); COMMIT;
    CALL journey.refresh('web');
    INSERT INTO shop.wrong SELECT batch, 'missing ' || t::text FROM (TABLE shop.expected EXCEPT ALL TABLE shop.web_traits) AS t UNION ALL SELECT batch, 'extra ' || t::text FROM (TABLE shop.web_traits EXCEPT ALL TABLE shop.expected) AS t;
    INSERT INTO shop.compared SELECT batch, count(*) FROM shop.web_traits; COMMIT;
  END LOOP;
END $$;
SELECT setseed(0.7) \g /dev/null
CALL shop.run(12);
SELECT is((SELECT string_agg(batch || ' ' || what, E'\n') FROM (SELECT * FROM shop.wrong LIMIT 5) AS w), NULL, 'after each refresh traits are those of the tables');
SELECT cmp_ok((SELECT sum(traits) FROM shop.compared), '>', 100::numeric, 'there were some to compare');

-- Filled at once, read again, without a source
SELECT journey.create_pipeline('again', 'shop', slice => 'day', targets => '{traits}') \g /dev/null
SELECT count(*) FROM journey.add_source('again', 'shop.identifies', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'customer', traits => 'traits') \g /dev/null
SELECT count(*) FROM journey.add_source('again', 'shop.contacts', ts => 'changed_at', user_id => 'customer', passive => 'true', changes => 'trigger', traits => $$jsonb_build_object('plan', plan, 'score', score)$$) \g /dev/null
SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \gexec
CALL journey.fill('again');
CALL journey.refresh('again');
SELECT bag_eq('TABLE shop.again_traits', 'TABLE shop.expected', 'filled at once by days');
CALL journey.rebuild('web');
SELECT bag_eq('TABLE shop.web_traits', 'TABLE shop.expected', 'and built again');
SELECT count(*) FROM journey.drop_source('web', 'shop.contacts') \g /dev/null
CALL journey.refresh('web');
SELECT is((SELECT count(*) FROM shop.web_g1_traits WHERE source = 2), 0::bigint, 'a source that goes takes its traits along');

-- The parts by themselves
SELECT is(journey.placed_parts(p)::text || journey.most_trait_key_bytes(), '{trails,conversions,traits}200', 'what is stored by place') FROM journey.pipelines AS p WHERE name = 'web';
SELECT is(journey.put_trait_rows(p, NULL) || attempt($$SELECT journey.make_trait_table(p) FROM journey.pipelines AS p WHERE name = 'web'$$), '42P07 relation "web_g1_traits" already exists', 'a source without traits stores none; the table is there')
FROM journey.pipelines AS p WHERE name = 'web';
DROP VIEW shop.expected;
SELECT count(*) FROM (SELECT journey.drop_pipeline(name, false) FROM (VALUES ('web'), ('again'), ('bare')) AS v (name)) AS d \g /dev/null
SELECT * FROM finish();
DROP SCHEMA shop CASCADE;
