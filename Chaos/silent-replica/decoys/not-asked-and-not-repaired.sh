#!/bin/sh
# The server that is behind is not asked any more, and stays behind. Run in the lab folder.
set -eu

sed -i -e 's/^INVENTORY_REPLICA_FRESHNESS=.*/INVENTORY_REPLICA_FRESHNESS=marker/' \
  -e 's/^INVENTORY_REPLICA_MAX_LAG=.*/INVENTORY_REPLICA_MAX_LAG=1000/' .env
firedrill apply
