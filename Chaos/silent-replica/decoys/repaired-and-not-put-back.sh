#!/bin/sh
# The server that is behind is taken out of the list, repaired, and not put back. Run in the lab folder.
set -eu

# The one that has not shown a mark in the primary's log after a second.
mark=$(firedrill psql postgres -- -d postgres -Atc "SELECT pg_logical_emit_message(true, 'operator', 'mark')")
sleep 1
for x in a b; do
  applied=$(firedrill psql "postgres-replica-$x" -- -d postgres -Atc "SELECT pg_last_wal_replay_lsn() >= '$mark'")
  [ "$applied" = t ] || behind=$x
done
[ -n "${behind:-}" ]
good=a
[ "$behind" = b ] || good=b
sed -i -e "s/^INVENTORY_REPLICA_INSTANCES=.*/INVENTORY_REPLICA_INSTANCES=postgres-replica-$good:5432/" \
  -e 's/^INVENTORY_REPLICA_FRESHNESS=.*/INVENTORY_REPLICA_FRESHNESS=marker/' \
  -e 's/^INVENTORY_REPLICA_MAX_LAG=.*/INVENTORY_REPLICA_MAX_LAG=1000/' .env
firedrill apply
firedrill psql "postgres-replica-$behind" -- -d postgres -qAtc \
  "SELECT pg_wal_replay_resume() WHERE pg_is_wal_replay_paused()"
firedrill resume "postgres-replica-$behind"
firedrill psql postgres -- -d postgres -qAtc "SELECT pg_create_physical_replication_slot('replica_$behind', true)
  WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'replica_$behind')"
