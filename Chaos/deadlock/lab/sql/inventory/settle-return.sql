-- What was sold by a reservation ($1) comes back.
UPDATE inventory.stock
SET sold = sold - items.quantity, on_hand = on_hand + items.quantity, version = version + 1
FROM inventory.reservation_items AS items
WHERE items.reservation_id = $1::uuid AND stock.sku = items.sku
RETURNING stock.sku
