#!/bin/sh
# Exponential backoff with full jitter at every hop, and as many attempts as before. Run in the lab folder.
set -eu

sed -i -e 's/^\([A-Z_]*\)_RETRY_JITTER=.*/\1_RETRY_JITTER=full/' \
  -e 's/^\([A-Z_]*\)_RETRY_MAX_INTERVAL=.*/\1_RETRY_MAX_INTERVAL=1000/' .env
firedrill apply
