#!/bin/sh
# Time-outs that outlast the company's trouble. Run in the lab folder.
set -eu

sed -i -e 's/^PAYMENT_PROVIDER_TIMEOUT=.*/PAYMENT_PROVIDER_TIMEOUT=5000/' \
  -e 's/^ORDER_PAYMENT_TIMEOUT=.*/ORDER_PAYMENT_TIMEOUT=6000/' .env
firedrill apply
