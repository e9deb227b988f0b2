#!/bin/sh
# The server that is behind taken out for good. Run in the lab folder.
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
sed -i "s/^INVENTORY_REPLICA_INSTANCES=.*/INVENTORY_REPLICA_INSTANCES=postgres-replica-$good:5432/" .env
firedrill apply
firedrill stop-node "postgres-replica-$behind"
