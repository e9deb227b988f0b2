#!/bin/sh
# A second replica, which nobody has made slow yet, and the orders read from it. Run in the lab folder.
set -eu

sed -n '/^  postgres-replica:$/,/^$/p' compose.yaml |
  sed -e 's/postgres-replica:/postgres-replica-2:/' -e 's/_SLOT: replica$/_SLOT: replica_2/' >second.yaml
awk 'FNR == NR { second = second $0 "\n"; next } /^  redis:$/ && !done { printf "%s", second; done = 1 } { print }' \
  second.yaml compose.yaml >compose.new
mv compose.new compose.yaml
rm second.yaml
sed -i 's/^  postgres-replica: {}$/&\n  postgres-replica-2: {}/' compose.yaml
sed -i 's/^ORDER_REPLICA_INSTANCES=.*/ORDER_REPLICA_INSTANCES=postgres-replica-2:5432/' .env
firedrill apply
