#!/bin/sh
# Every service and the database restarted. Run in the lab folder.
set -eu

firedrill restart postgres
firedrill restart inventory
firedrill restart order
firedrill restart gateway
