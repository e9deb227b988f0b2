#!/bin/sh
# The lab without its defect: one request does the work, and the others wait for it. Run in the lab folder after a
# start.
set -eu

sed -i -e 's/^INVENTORY_CACHE_COALESCE=.*/INVENTORY_CACHE_COALESCE=instance/' \
  -e 's/^INVENTORY_CACHE_LOCK=.*/INVENTORY_CACHE_LOCK=redis/' \
  -e 's/^INVENTORY_CACHE_LOCK_TTL=.*/INVENTORY_CACHE_LOCK_TTL=1000/' \
  -e 's/^INVENTORY_CACHE_LOCK_WAIT=.*/INVENTORY_CACHE_LOCK_WAIT=1500/' .env
firedrill apply
