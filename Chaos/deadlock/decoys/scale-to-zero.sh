#!/bin/sh
# The inventory taken out of operation. Run in the lab folder.
set -eu

firedrill stop-node inventory-1
firedrill stop-node inventory-2
