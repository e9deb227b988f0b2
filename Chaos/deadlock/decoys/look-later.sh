#!/bin/sh
# Deadlocks are hardly ever looked for. Run in the lab folder.
set -eu

sed -i 's/^deadlock_timeout = .*/deadlock_timeout = 10min/' postgres/postgresql.conf
firedrill apply
