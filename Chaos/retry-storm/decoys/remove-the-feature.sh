#!/bin/sh
# The order service stopped. Run in the lab folder.
set -eu

firedrill scale order=0
