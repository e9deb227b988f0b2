#!/bin/sh
# Three times the time-out at every hop. Run in the lab folder.
set -eu

sed -i -e 's/^GATEWAY_ORDER_TIMEOUT=.*/GATEWAY_ORDER_TIMEOUT=30000/' \
  -e 's/^ORDER_PAYMENT_TIMEOUT=.*/ORDER_PAYMENT_TIMEOUT=6000/' \
  -e 's/^PAYMENT_PROVIDER_TIMEOUT=.*/PAYMENT_PROVIDER_TIMEOUT=900/' .env
firedrill apply
