#!/usr/bin/env bash
# Many random chains of submissions, with the indexes packed at the end and row by row: the same register.
set -euo pipefail
FALLOW_LONG=1 FALLOW_SEED=${FALLOW_SEED:-$(date +%s)} "$(dirname "$FALLOW")"/tests/unit/store/test_store_bulk
