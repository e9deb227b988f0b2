#!/bin/sh
# Every read of orders from the primary. Run in the lab folder.
set -eu

sed -i 's/^ORDER_READS=.*/ORDER_READS=primary/' .env
firedrill apply
