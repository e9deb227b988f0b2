#!/bin/sh
# The front door closed. Run in the lab folder.
set -eu

firedrill stop-node gateway
