#!/bin/sh
# One hop repeats, with exponential backoff and full jitter, up to three attempts for every call. Run in the lab folder.
set -eu

sed -i -e 's/^\(GATEWAY_ORDER\|ORDER_PAYMENT\)_RETRY_MAX_ATTEMPTS=.*/\1_RETRY_MAX_ATTEMPTS=1/' \
  -e 's/^PAYMENT_PROVIDER_RETRY_MAX_ATTEMPTS=.*/PAYMENT_PROVIDER_RETRY_MAX_ATTEMPTS=3/' \
  -e 's/^PAYMENT_PROVIDER_RETRY_MAX_INTERVAL=.*/PAYMENT_PROVIDER_RETRY_MAX_INTERVAL=1000/' \
  -e 's/^PAYMENT_PROVIDER_RETRY_JITTER=.*/PAYMENT_PROVIDER_RETRY_JITTER=full/' .env
firedrill apply
