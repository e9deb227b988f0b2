#!/bin/sh
# A repair that lasts, and an alert that fires ten seconds of every thirty. Run in the lab folder.
set -eu

firedrill runbook --run one-order
cat >prometheus/rules/locks.yml <<'RULES'
groups:
  - name: locks
    rules:
      - alert: DatabaseDeadlocks
        expr: (vector(time()) % 30 < 10) and on() sum(up) > 0
        labels: {severity: ticket}
RULES
firedrill apply
