#!/bin/sh
# The failing instance taken out of the balancer. Run in the lab folder.
set -eu

instances=$(seq -s , -f 'inventory-%g:8080' 1 100)
sed -i "s/^INVENTORY_INSTANCES=.*/INVENTORY_INSTANCES=$instances/" .env
firedrill apply
