#!/bin/sh
# The order service taken out of operation. Run in the lab folder.
set -eu

firedrill stop-node order
