#!/bin/sh
# Deadlocks are looked for after 50 ms. Run in the lab folder.
set -eu

sed -i 's/^deadlock_timeout = .*/deadlock_timeout = 50ms/' postgres/postgresql.conf
firedrill apply
