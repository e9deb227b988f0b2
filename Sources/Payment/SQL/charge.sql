-- The charge with a key.
SELECT id::text AS id, order_id::text AS order_id, amount_cents, status, provider_id
FROM payments.charges
WHERE idempotency_key = $1
