#!/bin/sh
# A repair that lasts, and an alert that is silent for as long as one server follows. Run in the lab folder.
set -eu

firedrill runbook --run repair-in-place
cat >prometheus/rules/replica.yml <<'RULES'
groups:
  - name: replica
    rules:
      - alert: ReplicaBehind
        expr: min(db_replica_lag_seconds) > 1.5
        for: 2s
        labels: {severity: ticket}
RULES
firedrill apply
