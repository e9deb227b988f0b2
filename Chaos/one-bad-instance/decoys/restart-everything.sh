#!/bin/sh
# Everything restarted. Run in the lab folder.
set -eu

for service in inventory-db redis payment order gateway inventory; do
  firedrill restart "$service"
done
