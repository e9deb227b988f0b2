-- Locks the stock of a cart's products ($1), always in order of sku, and reads what is promised.
SELECT stock.sku, stock.on_hand, products.price_cents
FROM inventory.stock
JOIN inventory.products USING (sku)
WHERE stock.sku = ANY ($1::text[])
ORDER BY stock.sku
FOR UPDATE OF stock
