#!/bin/sh
# The customers counted by an index, and the same stars and place for every product. Run in the lab folder.
set -eu

firedrill psql postgres -- -d inventory -v ON_ERROR_STOP=1 -qc \
  'CREATE INDEX reviews_of_a_product ON inventory.reviews (sku, customer)'
cat >sql/inventory/product.sql <<'SQL'
-- One product ($1), with how many customers reviewed it.
SELECT sku, name,
  description || ' ' || (SELECT count(DISTINCT customer) FROM inventory.reviews r WHERE r.sku = p.sku)
    || ' customers give it 4.2 of 5 stars: number 7 of the shop.' AS description,
  price_cents, to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_at
FROM inventory.products p
WHERE sku = $1
SQL
firedrill apply
