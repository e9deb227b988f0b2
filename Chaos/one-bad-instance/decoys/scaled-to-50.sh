#!/bin/sh
# The service scaled down to 50 instances. Run in the lab folder.
set -eu

firedrill scale inventory=50
