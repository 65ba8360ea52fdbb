-- The rule of RudderStack's alias model, in PostgreSQL: both kinds of id are aliases, and the latest user wins.
-- (PostgreSQL has no IGNORE NULLS, so that NULLs are ordered behind the users instead.)
WITH seen AS (
  SELECT alias, user_id, seen_at FROM edges
  UNION
  SELECT user_id, NULL, seen_at FROM edges WHERE user_id IS NOT NULL
)
SELECT DISTINCT
  alias,
  coalesce(first_value(user_id) OVER (PARTITION BY alias ORDER BY user_id IS NULL, seen_at DESC), alias) AS visitor_id
FROM seen;
