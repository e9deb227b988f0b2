-- Reads the stock of a cart's products ($1) with its versions and what is promised, without locking it. The lines are
-- changed in the order of these rows: always that of sku.
SELECT stock.sku, stock.on_hand, products.price_cents, stock.version
FROM inventory.stock
JOIN inventory.products USING (sku)
WHERE stock.sku = ANY ($1::text[])
ORDER BY stock.sku
