-- Claims an idempotency key for a new order: $1 key, $2 session, $3 hash of the body, $4 order, $5 ms of the claim.
-- No row when the key is known. A second request with the same key waits here for the first to commit.
INSERT INTO orders.idempotency_keys (key, session_id, body_hash, order_id, claimed_until)
VALUES ($1, $2, $3, $4::uuid, now() + $5::int * interval '1 ms')
ON CONFLICT (key) DO NOTHING
RETURNING key
