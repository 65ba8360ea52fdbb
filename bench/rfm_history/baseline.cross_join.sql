-- The usual recipe: every payment meets every month end after it.
SELECT m.snapshot, p.customer_id, max(p.paid_at) AS last_paid_at, count(*) AS frequency, sum(p.amount) AS monetary
FROM month_ends m JOIN payments p ON p.paid_at <= m.snapshot
GROUP BY m.snapshot, p.customer_id;
