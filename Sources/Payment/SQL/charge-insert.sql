-- Writes a charge down before the provider is asked: $1 id, $2 order, $3 key, $4 cents. No row when the key is known.
INSERT INTO payments.charges (id, order_id, idempotency_key, amount_cents, status)
VALUES ($1::uuid, $2::uuid, $3, $4::bigint, 'pending')
ON CONFLICT (idempotency_key) DO NOTHING
RETURNING id::text
