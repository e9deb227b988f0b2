#!/bin/sh
# A repair that lasts, and the right alert, which waits for five minutes. Run in the lab folder.
set -eu

firedrill runbook --run pin-to-the-primary
sed -i -e 's/^ORDER_REPLICA_FRESHNESS=.*/ORDER_REPLICA_FRESHNESS=marker/' \
  -e 's/^ORDER_REPLICA_MAX_LAG=.*/ORDER_REPLICA_MAX_LAG=2000/' .env
cat >prometheus/rules/replica.yml <<'RULES'
groups:
  - name: replica
    rules:
      - alert: ReplicaBehind
        expr: max by (replica) (db_replica_lag_seconds) > 1.5
        for: 5m
        labels: {severity: ticket}
RULES
firedrill apply
