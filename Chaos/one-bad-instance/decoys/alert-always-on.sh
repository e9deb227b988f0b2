#!/bin/sh
# A repair that lasts, a gate, and an alert that always fires. Run in the lab folder.
set -eu

firedrill runbook --run pgbouncer
firedrill runbook --run preflight
cat >prometheus/rules/connections.yml <<'RULES'
groups:
  - name: connections
    rules:
      - alert: DatabaseConnectionsNearCap
        expr: vector(1)
        labels: {severity: ticket}
RULES
firedrill apply
