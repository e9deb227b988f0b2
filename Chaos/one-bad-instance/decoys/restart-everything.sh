#!/bin/sh
# Everything restarted. Run in the lab folder.
set -eu

for node in postgres postgres-replica inventory-db redis payment order gateway inventory; do
  firedrill restart "$node"
done
