#!/bin/sh
# More connections to the databases. Run in the lab folder.
set -eu

sed -i -e 's/^ORDER_POOL_MAX=.*/ORDER_POOL_MAX=40/' -e 's/^PAYMENT_POOL_MAX=.*/PAYMENT_POOL_MAX=40/' .env
firedrill apply
