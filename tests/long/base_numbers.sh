#!/usr/bin/env bash
# Numbers and times against Python for millions of cases, with a new seed each time; the seed is printed.
set -euo pipefail
programs=$(dirname "$FALLOW")/tests/unit/base
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "seed $seed"
python3 "$FALLOW_SOURCE_ROOT/tests/unit/base/oracle.py" "$folder" 30 "$seed"
FALLOW_ORACLE=$folder "$programs/test_base_text"
FALLOW_ORACLE=$folder "$programs/test_base_clock"
