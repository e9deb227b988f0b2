-- The lines of an order ($1): skus $2, quantities $3.
INSERT INTO orders.order_items (order_id, sku, quantity)
SELECT $1::uuid, cart.sku, cart.quantity
FROM unnest($2::text[], $3::int[]) AS cart (sku, quantity)
RETURNING sku
