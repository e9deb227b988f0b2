#!/bin/sh
# Every service, the cache and the database restarted. Run in the lab folder.
set -eu

firedrill restart inventory
firedrill restart gateway
firedrill restart redis
