#!/bin/sh
# The cap raised to exactly one slot for each instance. Run in the lab folder.
set -eu

sed -i 's/^max_connections = [0-9]*/max_connections = 101/' inventory-db/postgresql.conf
firedrill apply
