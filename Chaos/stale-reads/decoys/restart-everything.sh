#!/bin/sh
# Every service and the replica restarted. Run in the lab folder.
set -eu

firedrill restart order
firedrill restart gateway
firedrill restart postgres-replica
