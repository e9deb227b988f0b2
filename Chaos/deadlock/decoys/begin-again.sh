#!/bin/sh
# Whoever lost a deadlock begins again. Run in the lab folder.
set -eu

sed -i -e 's/^INVENTORY_RETRY_SQLSTATES=.*/INVENTORY_RETRY_SQLSTATES=40P01/' \
  -e 's/^INVENTORY_RESERVE_RETRIES=.*/INVENTORY_RESERVE_RETRIES=20/' .env
sed -i 's/^deadlock_timeout = .*/deadlock_timeout = 50ms/' postgres/postgresql.conf
firedrill apply
