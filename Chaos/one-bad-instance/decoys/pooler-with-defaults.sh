#!/bin/sh
# A pooler in front, with its own limit of clients left alone. Run in the lab folder.
set -eu

sed -i '/^pool_mode/d' pgbouncer/pgbouncer.ini
printf 'pool_mode = transaction\n' >>pgbouncer/pgbouncer.ini
sed -i -e 's/^COMPOSE_PROFILES=.*/COMPOSE_PROFILES=pooler/' \
  -e 's/^INVENTORY_DATABASE_HOST=.*/INVENTORY_DATABASE_HOST=pgbouncer/' \
  -e 's/^INVENTORY_DATABASE_PORT=.*/INVENTORY_DATABASE_PORT=6432/' \
  -e 's/^INVENTORY_DATABASE_STATEMENTS=.*/INVENTORY_DATABASE_STATEMENTS=unnamed/' .env
firedrill apply
