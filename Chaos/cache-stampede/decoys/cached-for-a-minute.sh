#!/bin/sh
# Entries that last a minute. Run in the lab folder.
set -eu

sed -i 's/^INVENTORY_CACHE_TTL=.*/INVENTORY_CACHE_TTL=60000/' .env
firedrill apply
