"""The same question to ClickHouse, in its package for Python (chdb)."""

QUERY = """
SELECT edge.1, edge.2, edge.3, count() FROM (
  SELECT arrayJoin(arrayMap((p, a, b) -> (p, a, b), arrayEnumerate(path), path, arrayPushBack(arrayPopFront(path), ''))) AS edge FROM (
    SELECT arrayMap(x -> x.2, arraySlice(arraySort(groupArray((micros, event))), 1, 10)) AS path FROM hits GROUP BY visitor))
GROUP BY edge.1, edge.2, edge.3"""

TABLES = {
    "hits (visitor UInt32, micros UInt64, event String) ENGINE = MergeTree ORDER BY micros": "SELECT visitor, (extract(epoch FROM ts) * 1000000)::bigint, event FROM hits"
}
