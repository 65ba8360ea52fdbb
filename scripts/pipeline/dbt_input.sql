-- The payments as the dbt package takes them: refunded ones left out.

CREATE VIEW paid AS
SELECT DISTINCT order_id, user_id, paid_at, amount
FROM payments
WHERE NOT refunded;
