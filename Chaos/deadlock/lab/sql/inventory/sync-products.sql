-- The $1 products that are reconciled next: of those with pieces held, the ones whose turn is longest ago.
SELECT sku
FROM (
  SELECT sku
  FROM inventory.stock
  WHERE reserved > 0 OR sku IN (
    SELECT items.sku
    FROM inventory.reservations
    JOIN inventory.reservation_items AS items ON items.reservation_id = reservations.id
    WHERE reservations.status = 'held'
  )
  ORDER BY reconciled_at NULLS FIRST, sku
  LIMIT $1
) AS due
ORDER BY sku
