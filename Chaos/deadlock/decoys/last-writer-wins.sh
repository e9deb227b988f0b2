#!/bin/sh
# No locks, and the stock written as it was read, in one order. Run in the lab folder.
set -eu

sed -i -e 's/^INVENTORY_RESERVE_STRATEGY=.*/INVENTORY_RESERVE_STRATEGY=optimistic/' \
  -e 's/^INVENTORY_RESERVE_RETRIES=.*/INVENTORY_RESERVE_RETRIES=50/' .env
cat >sql/inventory/reserve-update.sql <<'SQL'
-- Moves a line of a cart (sku $1, quantity $2) from on hand to reserved, whatever its version ($3) is by now.
WITH seen AS MATERIALIZED (SELECT sku, on_hand, reserved FROM inventory.stock WHERE sku = $1)
UPDATE inventory.stock
SET on_hand = seen.on_hand - $2::bigint, reserved = seen.reserved + $2::bigint, version = stock.version + 1
FROM seen
WHERE stock.sku = seen.sku AND seen.on_hand >= $2::bigint AND $3::bigint IS NOT NULL
RETURNING stock.sku
SQL
sed -i 's/^ORDER BY sku DESC$/ORDER BY sku/' sql/inventory/sync-stock.sql
firedrill apply
