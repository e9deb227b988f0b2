-- What the provider said: $1 key, $2 state, $3 the provider's id. Settled charges stay as they are.
UPDATE payments.charges
SET status = $2, provider_id = $3, updated_at = now()
WHERE idempotency_key = $1 AND status = 'pending'
RETURNING id::text
