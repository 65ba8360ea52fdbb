"""The same question to DuckDB, as its users ask it: what a customer did in each month, summed up over the months."""

QUERY = """
WITH monthly AS (
  SELECT customer_id, m.snapshot, max(paid_at) AS last_paid_at, count(*) AS payments, sum(amount) AS amount
  FROM payments ASOF JOIN month_ends m ON m.snapshot >= paid_at GROUP BY customer_id, m.snapshot
),
firsts AS (SELECT customer_id, min(snapshot) AS first_snapshot FROM monthly GROUP BY customer_id)
SELECT m.snapshot, customer_id, max(last_paid_at) OVER w AS last_paid_at, sum(payments) OVER w AS frequency, sum(amount) OVER w AS monetary
FROM firsts JOIN month_ends m ON m.snapshot >= first_snapshot LEFT JOIN monthly USING (customer_id, snapshot)
WINDOW w AS (PARTITION BY customer_id ORDER BY m.snapshot ROWS UNBOUNDED PRECEDING)"""

TABLES = {
    "payments (customer_id VARCHAR, paid_at TIMESTAMP, amount DECIMAL(18, 2))": "SELECT customer_id, paid_at AT TIME ZONE 'UTC', amount FROM payments",
    "month_ends (snapshot TIMESTAMP)": "SELECT snapshot AT TIME ZONE 'UTC' FROM month_ends",
}
