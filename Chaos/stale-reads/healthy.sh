#!/bin/sh
# The lab without its defect: who has written is sent where it shows. Run in the lab folder after a start.
set -eu

sed -i 's/^ORDER_READ_YOUR_WRITES=.*/ORDER_READ_YOUR_WRITES=lsn-token/' .env
firedrill apply
