-- What a reservation ($1) held is sold.
UPDATE inventory.stock
SET reserved = reserved - items.quantity, sold = sold + items.quantity, version = version + 1
FROM inventory.reservation_items AS items
WHERE items.reservation_id = $1::uuid AND stock.sku = items.sku
RETURNING stock.sku
