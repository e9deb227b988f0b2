-- How many pieces of a product there are.
SELECT sku, initial, on_hand, reserved, sold, version
FROM inventory.stock
WHERE sku = $1
