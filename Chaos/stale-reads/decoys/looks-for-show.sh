#!/bin/sh
# All reads go to the primary, and on the replica somebody counts orders without end. Run in the lab folder.
set -eu

sed -i 's/^ORDER_READS=.*/ORDER_READS=primary/' .env
cat >bin/looked-at <<'LOOKS'
#!/bin/sh
look() {
  psql --no-psqlrc -qAt --host /tmp --username postgres --dbname orders --command 'SELECT count(*) FROM orders.orders'
}
while sleep 0.03; do look >/dev/null 2>&1 || true; done &
exec /lab/bin/postgres-replica
LOOKS
chmod +x bin/looked-at
sed -i 's|"/lab/bin/postgres-replica"|"/lab/bin/looked-at"|' compose.yaml
firedrill apply
