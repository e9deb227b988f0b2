#!/bin/sh
# A repair that lasts, and three alerts that take turns, so that one of them soon begins. Run in the lab folder.
set -eu

firedrill runbook --run one-order
cat >prometheus/rules/locks.yml <<'RULES'
groups:
  - name: locks
    rules:
      - alert: DatabaseDeadlocksOne
        expr: floor(vector(time()) / 4) % 3 == 0
        labels: {severity: ticket}
      - alert: DatabaseDeadlocksTwo
        expr: floor(vector(time()) / 4) % 3 == 1
        labels: {severity: ticket}
      - alert: DatabaseDeadlocksThree
        expr: floor(vector(time()) / 4) % 3 == 2
        labels: {severity: ticket}
RULES
firedrill apply
