-- The made-up shop as a pipeline: its log and its payments, moved up to now so that there is something to watch.

-- Times are moved by whole days, so that mornings stay mornings.
UPDATE tracks SET ts = ts + shift, received_at = received_at + shift
FROM (SELECT date_trunc('day', now() - max(ts)) AS shift FROM tracks WHERE isfinite(ts)) AS moved;
UPDATE payments SET paid_at = paid_at + shift
FROM (SELECT date_trunc('day', now() - max(paid_at)) AS shift FROM payments WHERE isfinite(paid_at)) AS moved;

-- What was in an order the shop does not say, so it is made up from the order's number.
ALTER TABLE payments ADD items text[];
UPDATE payments SET items = coalesce(nullif(array_remove(ARRAY[
    CASE WHEN amount > 600 THEN CASE WHEN n % 3 = 0 THEN 'trio-9' ELSE 'duet-7' END END,
    CASE WHEN amount > 600 AND n % 5 < 3 THEN 'helmet' END,
    CASE WHEN n % 7 < 3 THEN 'lock' END,
    CASE WHEN n % 11 < 4 THEN 'lights' END,
    CASE WHEN n % 3 = 0 AND n % 2 = 0 THEN 'bag' END], NULL), '{}'), '{bell}')
FROM (SELECT order_id AS numbered, abs(('x' || left(md5(order_id), 7))::bit(28)::int) AS n FROM payments) AS numbers
WHERE numbered = order_id;
CREATE VIEW item_names AS
SELECT item, name FROM (VALUES
  ('duet-7', 'Duet 7, a tandem for two'), ('trio-9', 'Trio 9, a tandem for three'), ('helmet', 'Helmet'),
  ('lock', 'Lock'), ('lights', 'Lights'), ('bag', 'Bag for the handlebar'), ('bell', 'Bell')) AS catalogue (item, name);
ANALYZE tracks, payments;

SELECT journey.create_pipeline('shop', schema => 'public', unique_kinds => '{user}', own_hosts => '{www.tandem.example}',
  targets => '{visitors,all_sessions,conversions,attribution,attribution_credits,customer_360,rfm,items}', item_names => 'item_names') \g /dev/null
SELECT journey.add_source('shop', 'tracks', ts => 'ts', event_id => 'event_id', anonymous_id => 'anonymous_id', user_id => 'user_id',
  event => 'event', page_url => 'page_url', referrer => 'referrer', conversions => '{"sign_up": {"when": "event = ''Signed Up''"}}',
  items => $$nullif(split_part(journey.url_path(page_url), '/bikes/', 2), '')$$, item_action => $$'viewed'$$) \g /dev/null
SELECT journey.add_source('shop', 'payments', ts => 'paid_at', event_id => 'order_id', user_id => 'user_id', event => $$'Order paid'$$,
  condition => 'NOT refunded', passive => 'true', conversions => '{"order": {"value": "amount"}}', items => 'items') \g /dev/null
SELECT replace(n.statement, 'CONCURRENTLY ', '')
FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \gexec
CALL journey.fill('shop');
CALL journey.refresh('shop');
ANALYZE;
