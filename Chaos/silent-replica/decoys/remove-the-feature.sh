#!/bin/sh
# Nothing is sold any more, so that the numbers agree. Run in the lab folder.
set -eu

firedrill stop-node payment
