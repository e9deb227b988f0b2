#!/bin/sh
# Every service restarted, the cache too. Run in the lab folder.
set -eu

firedrill restart inventory
firedrill restart order
firedrill restart gateway
firedrill restart redis
