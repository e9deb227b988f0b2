#!/bin/sh
# A large cap, and commits that nobody waits for, set on the clients' side. Run in the lab folder.
set -eu

sed -i 's/^max_connections = [0-9]*/max_connections = 300/' inventory-db/postgresql.conf
sed -i 's/^\( *\)INVENTORY_DATABASE_NAME: inventory$/&\n\1PGOPTIONS: -c synchronous_commit=off/' compose.yaml
firedrill apply
