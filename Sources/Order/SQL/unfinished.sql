-- Keys of orders that nobody has worked on for a while ($1 ms), and orders whose cancelling stopped halfway.
SELECT keys.key, orders.id::text AS id, orders.status
FROM orders.orders
JOIN orders.idempotency_keys AS keys ON keys.order_id = orders.id
WHERE orders.status IN ('pending', 'reserved', 'cancelling')
  AND orders.updated_at < now() - $1::int * interval '1 ms'
  AND keys.claimed_until < now()
ORDER BY orders.updated_at
LIMIT 20
