#!/bin/sh
# A lock that only its owner can end. Run in the lab folder.
set -eu

sed -i -e 's/^INVENTORY_CACHE_COALESCE=.*/INVENTORY_CACHE_COALESCE=instance/' \
  -e 's/^INVENTORY_CACHE_LOCK=.*/INVENTORY_CACHE_LOCK=redis/' \
  -e 's/^INVENTORY_CACHE_LOCK_TTL=.*/INVENTORY_CACHE_LOCK_TTL=86400000/' \
  -e 's/^INVENTORY_CACHE_LOCK_WAIT=.*/INVENTORY_CACHE_LOCK_WAIT=600000/' .env
firedrill apply
