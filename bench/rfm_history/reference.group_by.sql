-- One snapshot alone.
SELECT customer_id, max(paid_at), count(*), sum(amount) FROM payments GROUP BY customer_id;
