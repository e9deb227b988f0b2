#!/bin/sh
# Payment taken out of operation: the company is left in peace. Run in the lab folder.
set -eu

firedrill scale payment=0
