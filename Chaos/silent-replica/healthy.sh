#!/bin/sh
# The lab without its defect: both servers follow, and are asked only while they do. Run in the lab folder after a
# start.
set -eu

for x in a b; do
  firedrill psql "postgres-replica-$x" -- -d postgres -qAtc \
    "SELECT pg_wal_replay_resume() WHERE pg_is_wal_replay_paused()"
  firedrill resume "postgres-replica-$x"
  firedrill psql postgres -- -d postgres -qAtc "SELECT pg_create_physical_replication_slot('replica_$x', true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'replica_$x')"
done
sed -i -e 's/^INVENTORY_REPLICA_FRESHNESS=.*/INVENTORY_REPLICA_FRESHNESS=marker/' \
  -e 's/^INVENTORY_REPLICA_MAX_LAG=.*/INVENTORY_REPLICA_MAX_LAG=1000/' .env
firedrill apply
