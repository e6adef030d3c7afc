#!/usr/bin/env bash
# Positions, a million round trips, and 200,000 against other programs with a fresh seed.
set -euo pipefail
root=$FALLOW_SOURCE_ROOT programs=$(dirname "$FALLOW")/tests/unit/geo
FALLOW_LONG=1 "$programs"/test_geo_coord
"$root"/tools/oracle-coords --count 50000 --run "$programs"/test_geo_oracle
