"""The same question to DuckDB, as its users ask it: arg_max passes over NULLs."""

QUERY = """
SELECT alias, coalesce(arg_max(user_id, seen_at), alias) AS visitor_id
FROM (SELECT alias, user_id, seen_at FROM edges UNION ALL SELECT user_id, NULL, seen_at FROM edges WHERE user_id IS NOT NULL)
GROUP BY alias"""

TABLES = {"edges (alias VARCHAR, user_id VARCHAR, seen_at TIMESTAMP)": "SELECT alias, user_id, seen_at AT TIME ZONE 'UTC' FROM edges"}
