WITH steps AS (
  SELECT
    p.conversions, p.nulls, s.channel AS from_channel, s.position,
    lead(s.channel) OVER (PARTITION BY p.id ORDER BY s.position) AS to_channel
  FROM (SELECT row_number() OVER () AS id, * FROM paths) p, unnest(p.path) WITH ORDINALITY s(channel, position)
),
transitions AS (
  SELECT '(start)' AS from_channel, from_channel AS to_channel, conversions + nulls AS count FROM steps WHERE position = 1
  UNION ALL
  SELECT from_channel, to_channel, conversions + nulls FROM steps WHERE to_channel IS NOT NULL
  UNION ALL
  SELECT from_channel, '(conversion)', conversions FROM steps WHERE to_channel IS NULL
  UNION ALL
  SELECT from_channel, '(null)', nulls FROM steps WHERE to_channel IS NULL
)
SELECT from_channel, to_channel, sum(count) AS count
FROM transitions
GROUP BY from_channel, to_channel
HAVING sum(count) > 0;
