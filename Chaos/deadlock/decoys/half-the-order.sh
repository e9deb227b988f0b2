#!/bin/sh
# The sync job sorted, the checkout not. Run in the lab folder.
set -eu

sed -i 's/^ORDER BY sku DESC$/ORDER BY sku/' sql/inventory/sync-stock.sql
firedrill apply
