#!/bin/sh
# The inventory taken out of operation. Run in the lab folder.
set -eu

for node in inventory-1 inventory-2; do firedrill stop-node "$node"; done
