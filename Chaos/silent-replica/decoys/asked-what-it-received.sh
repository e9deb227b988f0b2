#!/bin/sh
# Both repaired, and each lets readers in while it has applied what it received. Run in the lab folder.
set -eu

firedrill runbook --run turn-readers-away
sed -i "s/pg_last_wal_replay_lsn() >= '\$end'/pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()/" \
  bin/postgres-follower
grep -q 'pg_last_wal_receive_lsn()' bin/postgres-follower
firedrill restart postgres-replica-a
firedrill restart postgres-replica-b
