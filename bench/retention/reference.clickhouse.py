"""The same question to ClickHouse, in its package for Python (chdb)."""

WEEKS = ", ".join(f"maxIf(1, intDiv(micros - 1735689600000000, 604800000000) = {week})" for week in range(13))
QUERY = f"""
SELECT first_week, week - first_week AS weeks_later, count() FROM (
  SELECT arrayJoin(arrayFilter((p, came) -> came, range(0, 13), weeks)) AS week, indexOf(weeks, 1) - 1 AS first_week
  FROM (SELECT [{WEEKS}] AS weeks FROM hits GROUP BY visitor))
GROUP BY first_week, weeks_later"""

TABLES = {
    "hits (visitor UInt32, micros UInt64, event String) ENGINE = MergeTree ORDER BY micros": "SELECT visitor, (extract(epoch FROM ts) * 1000000)::bigint, event FROM hits"
}
