#!/bin/sh
# The failing service taken out of operation. Run in the lab folder.
set -eu

firedrill scale inventory=0
