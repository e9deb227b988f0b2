#!/bin/sh
# The lab without its defect: checkout and sync lock in one order. Run in the lab folder after a start.
set -eu

sed -i 's/^ORDER BY cart\.line$/ORDER BY stock.sku/' sql/inventory/reserve-lock.sql
sed -i 's/^ORDER BY sku DESC$/ORDER BY sku/' sql/inventory/sync-stock.sql
firedrill apply
