"""The same question to ClickHouse, in its package for Python (chdb)."""

QUERY = """
SELECT edge.1, edge.2, edge.3, count() FROM (
  SELECT arrayJoin(arrayMap((p, a, b) -> (p, a, b), arrayEnumerate(path), path, arrayPushBack(arrayPopFront(path), ''))) AS edge FROM (
    SELECT arrayMap(x -> x.2, arraySlice(arraySort(groupArray((micros, event))), 1, 10)) AS path FROM hits GROUP BY visitor))
GROUP BY edge.1, edge.2, edge.3"""
