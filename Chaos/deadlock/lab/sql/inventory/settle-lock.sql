-- Locks the stock that a reservation ($1) holds, in order of sku.
SELECT stock.sku
FROM inventory.stock
WHERE stock.sku IN (SELECT sku FROM inventory.reservation_items WHERE reservation_id = $1::uuid)
ORDER BY stock.sku
FOR UPDATE
