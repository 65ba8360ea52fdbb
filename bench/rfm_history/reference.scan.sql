SELECT count(paid_at) FROM payments;
