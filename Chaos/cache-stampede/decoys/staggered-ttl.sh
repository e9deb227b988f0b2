#!/bin/sh
# Entries that end at different times. Run in the lab folder.
set -eu

sed -i 's/^INVENTORY_CACHE_TTL_JITTER=.*/INVENTORY_CACHE_TTL_JITTER=50/' .env
firedrill apply
