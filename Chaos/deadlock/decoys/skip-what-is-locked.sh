#!/bin/sh
# One order everywhere, and who settles an order skips what is locked. Run in the lab folder.
set -eu

sed -i 's/^ORDER BY cart\.line$/ORDER BY stock.sku/' sql/inventory/reserve-lock.sql
sed -i 's/^ORDER BY sku DESC$/ORDER BY sku/' sql/inventory/sync-stock.sql
sed -i 's/^FOR UPDATE$/FOR UPDATE SKIP LOCKED/' sql/inventory/settle-lock.sql
# Nor is it waited for afterwards: the sync job is there to set right what was left out.
# shellcheck disable=SC2016 # $1 is SQL's
for file in settle-confirm settle-release settle-return; do
  sed -i 's/^WHERE items\.reservation_id = .*/&\
  AND stock.sku IN (\
    SELECT sku FROM inventory.stock\
    WHERE sku IN (SELECT sku FROM inventory.reservation_items WHERE reservation_id = $1::uuid)\
    FOR UPDATE SKIP LOCKED\
  )/' "sql/inventory/$file.sql"
done
firedrill apply
