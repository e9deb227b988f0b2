#!/bin/sh
# A pooler in front that asks for commits that nobody waits for, in each session to the server. Run in the lab folder.
set -eu

sed -i -e '/^pool_mode/d' -e '/^max_client_conn/d' -e '/^default_pool_size/d' \
  -e "s/^inventory = .*/& connect_query='SET synchronous_commit TO off'/" pgbouncer/pgbouncer.ini
cat >>pgbouncer/pgbouncer.ini <<'INI'
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
INI
sed -i -e 's/^COMPOSE_PROFILES=.*/COMPOSE_PROFILES=pooler/' \
  -e 's/^INVENTORY_DATABASE_HOST=.*/INVENTORY_DATABASE_HOST=pgbouncer/' \
  -e 's/^INVENTORY_DATABASE_PORT=.*/INVENTORY_DATABASE_PORT=6432/' \
  -e 's/^INVENTORY_DATABASE_STATEMENTS=.*/INVENTORY_DATABASE_STATEMENTS=unnamed/' .env
firedrill apply
