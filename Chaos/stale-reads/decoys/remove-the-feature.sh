#!/bin/sh
# No payments, so that nobody can miss an order. Run in the lab folder.
set -eu

firedrill stop-node payment
