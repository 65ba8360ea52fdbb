SELECT s.snapshot, h.customer_id, s.last_paid_at, s.frequency, s.monetary
FROM (
  SELECT customer_id, journey.rfm_history(paid_at, amount, (SELECT array_agg(snapshot) FROM month_ends)) AS history
  FROM payments
  GROUP BY customer_id
) h, unnest(h.history) s;
