#!/bin/sh
# Tokens, and an error where the replica has not come so far. Run in the lab folder.
set -eu

sed -i -e 's/^ORDER_READ_YOUR_WRITES=.*/ORDER_READ_YOUR_WRITES=lsn-token/' \
  -e 's/^ORDER_READ_FALLBACK=.*/ORDER_READ_FALLBACK=error/' .env
firedrill apply
