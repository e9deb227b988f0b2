#!/bin/sh
# More connections to the database. Run in the lab folder.
set -eu

sed -i 's/^INVENTORY_POOL_MAX=.*/INVENTORY_POOL_MAX=45/' .env
firedrill apply
