#!/bin/sh
# The lab without its defect: a server with room for every instance there will be. Run in the lab folder after a start.
set -eu

sed -i 's/^max_connections = [0-9]*/max_connections = 400/' inventory-db/postgresql.conf
firedrill apply
