"""The same question to ClickHouse, in its package for Python (chdb)."""

QUERY = """
SELECT level, count() FROM (
  SELECT windowFunnel(604800000000)(micros, event = 'view', event = 'cart', event = 'checkout', event = 'order') AS level FROM hits GROUP BY visitor
) GROUP BY level"""

TABLES = {
    "hits (visitor UInt32, micros UInt64, event String) ENGINE = MergeTree ORDER BY micros": "SELECT visitor, (extract(epoch FROM ts) * 1000000)::bigint, event FROM hits"
}
