#!/bin/sh
# A repair that lasts, an alert, and a gate that refuses every deploy. Run in the lab folder.
set -eu

firedrill runbook --run retry-budget
firedrill runbook --run alert
# The last step: from now on nothing can be deployed.
cat >preflight <<'GATE'
#!/bin/sh
echo 'preflight: no deploys this week' >&2
exit 1
GATE
