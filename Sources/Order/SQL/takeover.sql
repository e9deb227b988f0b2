-- Takes an unfinished order over whose claim has run out: $1 key, $2 ms of the new claim.
UPDATE orders.idempotency_keys
SET claimed_until = now() + $2::int * interval '1 ms'
WHERE key = $1 AND status IS NULL AND claimed_until < now()
RETURNING order_id::text
