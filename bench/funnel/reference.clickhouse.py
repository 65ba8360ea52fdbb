"""The same question to ClickHouse, in its package for Python (chdb)."""

QUERY = """
SELECT level, count() FROM (
  SELECT windowFunnel(604800000000)(micros, event = 'view', event = 'cart', event = 'checkout', event = 'order') AS level FROM hits GROUP BY visitor
) GROUP BY level"""
