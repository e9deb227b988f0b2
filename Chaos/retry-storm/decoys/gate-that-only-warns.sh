#!/bin/sh
# A repair that lasts, an alert, and a gate that says what is wrong and lets it through. Run in the lab folder.
set -eu

firedrill runbook --run retry-budget
firedrill runbook --run alert
firedrill runbook --run preflight
sed -i 's/^  exit 1$/  exit 0/' preflight
