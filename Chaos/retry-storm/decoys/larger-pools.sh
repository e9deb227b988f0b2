#!/bin/sh
# More connections to the databases. Run in the lab folder.
set -eu

sed -i -e 's/^ORDER_POOL_MAX=.*/ORDER_POOL_MAX=35/' -e 's/^PAYMENT_POOL_MAX=.*/PAYMENT_POOL_MAX=35/' .env
firedrill apply
