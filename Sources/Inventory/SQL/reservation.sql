-- A reservation with its items, one row an item (one row without item when it has none).
SELECT reservations.status,
  to_char(reservations.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expires_at,
  items.sku, items.quantity, items.price_cents
FROM inventory.reservations
LEFT JOIN inventory.reservation_items AS items ON items.reservation_id = reservations.id
WHERE reservations.id = $1::uuid
ORDER BY items.sku
