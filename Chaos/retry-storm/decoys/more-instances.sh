#!/bin/sh
# More instances of the services that are in trouble. Run in the lab folder.
set -eu

sed -i -e 's/^ORDER_REPLICAS=.*/ORDER_REPLICAS=3/' -e 's/^PAYMENT_REPLICAS=.*/PAYMENT_REPLICAS=3/' .env
firedrill apply
