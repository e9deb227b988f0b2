#!/bin/sh
# The sync job switched off. Run in the lab folder.
set -eu

sed -i 's/^INVENTORY_SYNC_PRODUCTS=.*/INVENTORY_SYNC_PRODUCTS=0/' .env
sed -i 's/^ORDER BY cart\.line$/ORDER BY stock.sku/' sql/inventory/reserve-lock.sql
firedrill apply
