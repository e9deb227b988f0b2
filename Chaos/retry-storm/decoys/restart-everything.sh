#!/bin/sh
# Everything restarted. Run in the lab folder.
set -eu

for node in postgres postgres-replica redis payment inventory order gateway; do
  firedrill restart "$node"
done
