#!/bin/sh
# The gateway shows products from its memory. Run in the lab folder.
set -eu

sed -i 's/^GATEWAY_PRODUCT_CACHE_TTL=.*/GATEWAY_PRODUCT_CACHE_TTL=30000/' .env
firedrill apply
