#!/bin/sh
# The cap raised, and the settings only reloaded. Run in the lab folder.
set -eu

sed -i 's/^max_connections = [0-9]*/max_connections = 120/' inventory-db/postgresql.conf
firedrill psql inventory-db -- 'dbname=inventory replication=database' -c 'SELECT pg_reload_conf()'
