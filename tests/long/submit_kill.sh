#!/usr/bin/env bash
# tests/e2e/submit_kill.py with 1,000 kills.
set -eu
KILLS=1000 exec "$FALLOW_SOURCE_ROOT/tests/e2e/submit_kill.py"
