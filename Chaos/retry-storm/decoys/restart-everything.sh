#!/bin/sh
# The services restarted, one after the other. Run in the lab folder.
set -eu

for service in payment order gateway; do firedrill restart "$service"; done
