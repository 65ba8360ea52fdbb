-- Which channels earned the sign-ups
SELECT
  coalesce(channel, (SELECT to_char(count(*), '"all "FM999,999,999" sign-ups"') FROM sign_ups)) AS channel,
  round(coalesce(sum(credit) FILTER (WHERE model = 'first'), 0)::numeric, 1) AS "first touch",
  round(coalesce(sum(credit) FILTER (WHERE model = 'last'), 0)::numeric, 1) AS "last touch",
  round(coalesce(sum(credit) FILTER (WHERE model = 'linear'), 0)::numeric, 1) AS linear
FROM credits
GROUP BY GROUPING SETS ((channel), ())
ORDER BY GROUPING(channel), linear DESC, channel;
