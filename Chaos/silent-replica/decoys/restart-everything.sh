#!/bin/sh
# Every service and the cache restarted. Run in the lab folder.
set -eu

for node in redis payment inventory order gateway; do
  firedrill restart "$node"
done
