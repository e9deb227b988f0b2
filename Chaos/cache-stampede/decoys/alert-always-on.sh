#!/bin/sh
# A repair that lasts, and an alert that always fires. Run in the lab folder.
set -eu

firedrill runbook --run coalesce
cat >prometheus/rules/cache.yml <<'RULES'
groups:
  - name: cache
    rules:
      - alert: ProductsReadAnewTooOften
        expr: vector(1)
        labels: {severity: ticket}
RULES
firedrill apply
