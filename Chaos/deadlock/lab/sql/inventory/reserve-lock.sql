-- Locks the stock of a cart's products ($1), line by line, and reads what is promised.
SELECT stock.sku, stock.on_hand, products.price_cents
FROM unnest($1::text[]) WITH ORDINALITY AS cart (sku, line)
JOIN inventory.stock USING (sku)
JOIN inventory.products USING (sku)
ORDER BY cart.line
FOR UPDATE OF stock
