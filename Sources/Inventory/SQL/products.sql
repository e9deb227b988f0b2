-- The first $1 products.
SELECT sku, name, description, price_cents,
  to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_at
FROM inventory.products
ORDER BY sku
LIMIT $1
