#!/bin/sh
# A repair that lasts, and the right alert, which waits for five minutes. Run in the lab folder.
set -eu

firedrill runbook --run pin-to-the-primary
firedrill runbook --run alert
sed -i 's/^\( *\)expr: .*/&\n\1for: 5m/' prometheus/rules/replica.yml
firedrill apply
