-- Sets what is reserved of the products ($1, locked) to what their reservations hold; the difference goes to or comes
-- from what is on hand. Gives each product and whether its count was wrong.
UPDATE inventory.stock
SET reserved = due.held, on_hand = stock.on_hand + stock.reserved - due.held,
  version = stock.version + (stock.reserved <> due.held)::int, reconciled_at = clock_timestamp()
FROM (
  SELECT counted.sku, counted.reserved AS before, coalesce(sum(holds.quantity), 0)::bigint AS held
  FROM inventory.stock AS counted
  LEFT JOIN (
    SELECT items.sku, items.quantity
    FROM inventory.reservations
    JOIN inventory.reservation_items AS items ON items.reservation_id = reservations.id
    WHERE reservations.status = 'held'
  ) AS holds ON holds.sku = counted.sku
  WHERE counted.sku = ANY ($1::text[])
  GROUP BY counted.sku
) AS due
WHERE stock.sku = due.sku AND stock.on_hand + stock.reserved >= due.held
RETURNING stock.sku, due.before <> stock.reserved
