#!/bin/sh
# Versions in place of locks, changed in the cart's order. Run in the lab folder.
set -eu

sed -i -e 's/^INVENTORY_RESERVE_STRATEGY=.*/INVENTORY_RESERVE_STRATEGY=optimistic/' \
  -e 's/^INVENTORY_RESERVE_RETRIES=.*/INVENTORY_RESERVE_RETRIES=50/' .env
cat >sql/inventory/reserve-read.sql <<'SQL'
-- Reads the stock of a cart's products ($1) with its versions and what is promised, line by line.
SELECT stock.sku, stock.on_hand, products.price_cents, stock.version
FROM unnest($1::text[]) WITH ORDINALITY AS cart (sku, line)
JOIN inventory.stock USING (sku)
JOIN inventory.products USING (sku)
ORDER BY cart.line
SQL
sed -i 's/^ORDER BY sku DESC$/ORDER BY sku/' sql/inventory/sync-stock.sql
firedrill apply
