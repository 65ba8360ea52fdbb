-- Which ten items is each item bought with most often?
--
-- One order line for each event, five an order on average; a few of the items are in most of the orders.
CREATE UNLOGGED TABLE order_lines AS
SELECT 'order-' || floor(:events / 5 * uniform(n, :seed + 41)) AS basket, 'item-' || floor(5000 * power(uniform(n, :seed + 42), 2)) AS item
FROM generate_series(1, :events) n;
