#!/bin/sh
# A refresh at random that never comes before the end. Run in the lab folder.
set -eu

sed -i -e 's/^INVENTORY_CACHE_REFRESH=.*/INVENTORY_CACHE_REFRESH=probabilistic/' \
  -e 's/^INVENTORY_CACHE_REFRESH_BETA=.*/INVENTORY_CACHE_REFRESH_BETA=0.01/' .env
firedrill apply
