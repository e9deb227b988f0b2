#!/bin/sh
# Both follow, the second one by way of the first. Run in the lab folder.
set -eu

firedrill runbook --run copy-it-anew
awk '/^  postgres-replica-b:$/ { b = 1 }
  b && /POSTGRES_PRIMARY: postgres$/ { sub(/$/, "-replica-a"); b = 0 }
  { print }' compose.yaml >compose.new
mv compose.new compose.yaml
grep -q 'POSTGRES_PRIMARY: postgres-replica-a' compose.yaml
firedrill apply
firedrill shell postgres-replica-b -- /lab/bin/postgres-rebuild
firedrill restart postgres-replica-b
