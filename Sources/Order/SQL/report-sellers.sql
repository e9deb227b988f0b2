-- The products that brought most.
SELECT items.sku, sum(items.quantity)::bigint AS pieces, sum(items.quantity * items.price_cents)::bigint AS cents
FROM orders.order_items AS items
JOIN orders.orders ON orders.id = items.order_id
WHERE orders.status = 'confirmed'
GROUP BY items.sku
ORDER BY cents DESC, items.sku
LIMIT 20
