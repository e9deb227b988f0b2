#!/bin/sh
# Pages without what customers think. Run in the lab folder.
set -eu

cat >sql/inventory/product.sql <<'SQL'
-- One product.
SELECT sku, name, description, price_cents,
  to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_at
FROM inventory.products
WHERE sku = $1
SQL
firedrill apply
