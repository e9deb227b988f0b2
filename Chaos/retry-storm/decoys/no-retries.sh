#!/bin/sh
# No retries at all, in any service. Run in the lab folder.
set -eu

sed -i 's/^\([A-Z_]*\)_RETRY_MAX_ATTEMPTS=.*/\1_RETRY_MAX_ATTEMPTS=1/' .env
firedrill apply
