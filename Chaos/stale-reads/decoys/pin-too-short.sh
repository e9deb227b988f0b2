#!/bin/sh
# Sessions read from the primary for a moment after a write. Run in the lab folder.
set -eu

sed -i -e 's/^ORDER_READ_YOUR_WRITES=.*/ORDER_READ_YOUR_WRITES=pin/' -e 's/^ORDER_PIN_FOR=.*/ORDER_PIN_FOR=100/' .env
firedrill apply
