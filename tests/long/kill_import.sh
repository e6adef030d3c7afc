#!/usr/bin/env bash
# The full sweep of tests/e2e/kill_import.py: 200 kills, 200 failing calls.
set -eu
KILLS=200 FAULTS=200 exec "$FALLOW_SOURCE_ROOT/tests/e2e/kill_import.py"
