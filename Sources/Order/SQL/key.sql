-- What is known of a key.
SELECT session_id, body_hash, order_id::text AS order_id, status, response
FROM orders.idempotency_keys
WHERE key = $1
