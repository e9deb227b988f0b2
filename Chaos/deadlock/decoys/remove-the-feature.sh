#!/bin/sh
# No payments, so that no cart is held for long. Run in the lab folder.
set -eu

firedrill stop-node payment
