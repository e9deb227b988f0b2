-- Keeps the final reply of a key: $1 key, $2 HTTP status, $3 body.
UPDATE orders.idempotency_keys SET status = $2::int, response = $3 WHERE key = $1 AND status IS NULL
RETURNING key
