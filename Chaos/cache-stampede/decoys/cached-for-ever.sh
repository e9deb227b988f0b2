#!/bin/sh
# Entries that do not end. Run in the lab folder.
set -eu

sed -i -e 's/^INVENTORY_CACHE_TTL=.*/INVENTORY_CACHE_TTL=86400000/' \
  -e 's/^INVENTORY_CACHE_COALESCE=.*/INVENTORY_CACHE_COALESCE=instance/' .env
firedrill apply
