-- Gives the claim on an unfinished order back, so that the next request with its key goes on at once.
UPDATE orders.idempotency_keys SET claimed_until = now() - interval '1 ms' WHERE key = $1 AND status IS NULL
RETURNING key
