-- Who are the customers
SELECT
  segment,
  count(*) AS customers,
  round(avg(frequency), 1) AS "orders each",
  round(avg(monetary), 2) AS "spent each",
  round(100 * sum(monetary) / sum(sum(monetary)) OVER (), 1) AS "% of revenue",
  round(avg(extract(day FROM (SELECT max(last_paid_at) FROM rfm) - last_paid_at)), 0) AS "days since order"
FROM rfm
GROUP BY segment
ORDER BY sum(monetary) DESC;
