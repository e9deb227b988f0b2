#!/bin/sh
# The inventory service taken out of operation. Run in the lab folder.
set -eu

firedrill stop-node inventory-1
firedrill stop-node inventory-2
firedrill stop-node inventory-3
