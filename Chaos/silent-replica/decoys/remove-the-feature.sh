#!/bin/sh
# Both servers that are read from stopped, and the primary too. Run in the lab folder.
set -eu

firedrill stop-node postgres-replica-a
firedrill stop-node postgres-replica-b
firedrill stop-node postgres
