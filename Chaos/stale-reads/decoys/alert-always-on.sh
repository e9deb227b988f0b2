#!/bin/sh
# A repair that lasts, and an alert that always fires. Run in the lab folder.
set -eu

firedrill runbook --run pin-to-the-primary
cat >prometheus/rules/replica.yml <<'RULES'
groups:
  - name: replica
    rules:
      - alert: ReplicaBehind
        expr: vector(1)
        labels: {severity: ticket}
RULES
firedrill apply
