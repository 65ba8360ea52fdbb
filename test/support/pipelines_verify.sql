-- What verify says of a pipeline in the change mode :mode. To be included with \ir.
SELECT :'mode' <> 'received_at' AS exact \gset
CALL declare_by(:'mode');
SELECT throws_ok('SELECT journey.verify(''web'')', '55000', 'pipeline "web" is not refreshed: there is nothing to verify', :'mode' || ': before the first refresh');
CALL journey.fill('web');
CALL journey.refresh('web');
SELECT is_empty('SELECT problems()', :'mode' || ': all is well');
SELECT shop.events_of(151, 170) \g /dev/null
\if :exact
UPDATE shop.events SET device = 'd19' WHERE id IN ('e5', 'e6');
DELETE FROM shop.events WHERE id IN ('e8', 'e9');
-- An earlier copy of an event of somebody else.
INSERT INTO shop.events (id, device, ts) SELECT id, 'copy', ts - interval '1 hour' FROM shop.events WHERE id = 'e30';
\endif
SELECT is_empty('SELECT problems()', :'mode' || ': what is new and what was changed since the last refresh is left to the next');
CALL journey.refresh('web');
SELECT is_empty('SELECT problems()', :'mode' || ': and then all is well again');
BEGIN;
DELETE FROM shop.web_g1_trails WHERE alias = 'd3' AND slice = '2025-02-01';
SELECT bag_has('SELECT problems()', $$SELECT visitor_id || ': the trail of anonymous d3 in 2025-02-01 by shop.events is missing' FROM shop.web_aliases WHERE alias = 'd3'$$, :'mode' || ': a trail that was lost');
ROLLBACK;
BEGIN;
ALTER TABLE shop.events DISABLE TRIGGER USER;
DELETE FROM shop.events WHERE device = 'd4' AND ts < '2025-02-01';
SELECT bag_has('SELECT problems()', $$SELECT visitor_id || ': the trail of anonymous d4 in 2025-01-01 by shop.events is of rows that the source has not' FROM shop.web_aliases WHERE alias = 'd4'$$, :'mode' || ': rows that went unnoticed');
ROLLBACK;
