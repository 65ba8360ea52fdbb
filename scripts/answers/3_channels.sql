-- Which channels earned the sign-ups
SELECT
  coalesce(channel, 'all channels') AS channel,
  round(sum(credit) FILTER (WHERE model = 'first')::numeric, 1) AS first,
  round(sum(credit) FILTER (WHERE model = 'last')::numeric, 1) AS last,
  round(sum(credit) FILTER (WHERE model = 'linear')::numeric, 1) AS linear,
  (SELECT count(*) FROM sign_ups) AS "of sign-ups"
FROM credits
GROUP BY GROUPING SETS ((channel), ())
ORDER BY GROUPING(channel), linear DESC, channel;
