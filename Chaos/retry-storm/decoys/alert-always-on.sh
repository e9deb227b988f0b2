#!/bin/sh
# A repair that lasts, a gate, and an alert that always fires. Run in the lab folder.
set -eu

firedrill runbook --run retry-budget
firedrill runbook --run preflight
cat >prometheus/rules/attempts.yml <<'RULES'
groups:
  - name: attempts
    rules:
      - alert: CallsAreRepeated
        expr: vector(1)
        labels: {severity: ticket}
RULES
firedrill apply
