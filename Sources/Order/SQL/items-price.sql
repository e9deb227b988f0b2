-- The prices that were promised for an order ($1): skus $2, prices $3.
UPDATE orders.order_items
SET price_cents = promised.price_cents
FROM unnest($2::text[], $3::bigint[]) AS promised (sku, price_cents)
WHERE order_items.order_id = $1::uuid AND order_items.sku = promised.sku
RETURNING order_items.sku
