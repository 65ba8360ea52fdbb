"""The same question to DuckDB, as its users ask it."""

QUERY = """
WITH lines AS (SELECT DISTINCT basket, item FROM order_lines),
orders AS (SELECT item, count(*) AS orders FROM lines GROUP BY item),
pairs AS (
  SELECT one.item, other.item AS with_item, count(*) AS together
  FROM lines one JOIN lines other USING (basket) WHERE one.item <> other.item GROUP BY ALL HAVING count(*) >= 2
),
best AS (SELECT * FROM pairs QUALIFY row_number() OVER (PARTITION BY item ORDER BY together DESC, with_item) <= 10)
SELECT best.item, best.with_item, best.together, one.orders AS item_orders, other.orders AS with_orders
FROM best JOIN orders one ON one.item = best.item JOIN orders other ON other.item = best.with_item"""

TABLES = {"order_lines (basket VARCHAR, item VARCHAR)": "SELECT basket, item FROM order_lines"}
