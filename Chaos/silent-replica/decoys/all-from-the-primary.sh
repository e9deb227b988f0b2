#!/bin/sh
# Every look at stock from the primary. Run in the lab folder.
set -eu

sed -i 's/^INVENTORY_READS=.*/INVENTORY_READS=primary/' .env
firedrill apply
