-- An order ($1) with its lines, one row a line.
SELECT orders.id::text AS id, orders.session_id, orders.status, orders.total_cents,
  orders.reservation_id::text AS reservation_id,
  to_char(orders.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
  items.sku, items.quantity, items.price_cents
FROM orders.orders
JOIN orders.order_items AS items ON items.order_id = orders.id
WHERE orders.id = $1::uuid
ORDER BY items.sku
