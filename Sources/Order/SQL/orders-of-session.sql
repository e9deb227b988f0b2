-- The last orders of a session ($1), at most $2, newest first, one row a line.
SELECT orders.id::text AS id, orders.session_id, orders.status, orders.total_cents,
  orders.reservation_id::text AS reservation_id,
  to_char(orders.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
  items.sku, items.quantity, items.price_cents
FROM (
  SELECT * FROM orders.orders WHERE session_id = $1 ORDER BY created_at DESC, id LIMIT $2::int
) AS orders
JOIN orders.order_items AS items ON items.order_id = orders.id
ORDER BY orders.created_at DESC, orders.id, items.sku
