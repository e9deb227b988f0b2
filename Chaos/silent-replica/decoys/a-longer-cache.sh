#!/bin/sh
# Stock kept in the gateway for a minute. Run in the lab folder.
set -eu

sed -i 's/^GATEWAY_PRODUCT_CACHE_TTL=.*/GATEWAY_PRODUCT_CACHE_TTL=60000/' .env
firedrill apply
