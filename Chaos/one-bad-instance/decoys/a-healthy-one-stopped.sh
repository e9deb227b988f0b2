#!/bin/sh
# A healthy instance stopped, so that its slot is free. Run in the lab folder.
set -eu

firedrill stop-node inventory-1
