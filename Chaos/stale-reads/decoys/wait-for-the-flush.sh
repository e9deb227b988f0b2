#!/bin/sh
# Commits that wait until the replica has the log on disk. Run in the lab folder.
set -eu

sed -i "s/^synchronous_standby_names = ''/synchronous_standby_names = '*'/" postgres/postgresql.conf
firedrill apply
