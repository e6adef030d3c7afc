#!/usr/bin/env bash
# The page in a real browser, on a real server: every view walked and compared with the API, used by each role, or by keyboard.
# usage: tests/e2e/web_page.sh [roles|access]      (FALLOW = the program; FALLOW_PICTURES = folder for pictures of every view)
set -euo pipefail
cd "${FALLOW_SOURCE_ROOT:-$(dirname "$0")/../..}"
fallow=${FALLOW:-$PWD/build/fallow}
chromium=${CHROMIUM:-$(command -v chromium || true)}
[ -n "$chromium" ] || { echo "skipped: chromium is not installed"; exit 77; }
[ -d tests/web/node_modules/playwright-core ] || { echo "skipped: tools/web tests has not been run"; exit 77; }
export CHROMIUM=$chromium FALLOW=$fallow

what=${1:-page}
if [ "$what" = page ]; then
	echo "== the page's own sums"
	node tests/web/sums.mjs
fi

dir=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
export FALLOW_HOME=$dir/home
"$fallow" generate "$dir/exampla.gpkg" --hazards 2000 --seed 7 --quiet
printf 'national_id,class,status,lat,lon,valid_from\nQ-1,sha,open,95.2,-125.1,2024-01-05\nQ-2,sha,open,0,0,2024-02-02\n' >"$dir/bad.csv"
"$fallow" import "$dir/exampla.gpkg" hazard "$dir/bad.csv" --guess --crs EPSG:4326 --key national_id --quiet >/dev/null || [ $? = 3 ]
country() { # NAME ISO3
	"$fallow" init "$dir/$1.gpkg" --country "$2" --name "$1" --quiet
	for table in source claim claim_later accident victim ordnance; do
		[ ! -f "demo/$1/$table.csv" ] || "$fallow" import "$dir/$1.gpkg" "${table%_later}" "demo/$1/$table.csv" --guess --key national_id --quiet >/dev/null || [ $? = 3 ]
	done
}
country ukraine UKR
country azerbaijan AZE
person() { echo "$1 walks by the river" | "$fallow" user add "$1" --role "$2" --password-stdin >/dev/null; }
person olena operator
person taras approver
person halyna approver
person oksana officer
person lara legal
person root administrator

"$fallow" serve "$dir/exampla.gpkg" "$dir/ukraine.gpkg" "$dir/azerbaijan.gpkg" --listen 127.0.0.1:0 >"$dir/serve.log" 2>&1 &
server=$!
for _ in $(seq 100); do
	address=$(sed -n 's/^serving at //p' "$dir/serve.log")
	[ -z "$address" ] || break
	sleep 0.1
done
[ -n "$address" ] || { cat "$dir/serve.log"; exit 1; }

status=0
echo "== the page: $what"
node "tests/web/$what.mjs" "$address" || status=1
if [ -n "${FALLOW_PICTURES:-}" ]; then node tests/web/pictures.mjs "$address" "$FALLOW_PICTURES"; fi
kill -TERM "$server"
wait "$server" || { echo "the server ended with $?"; status=1; }
server=''
if [ $status != 0 ]; then # what it said besides answers that went well
	echo "== the server said"
	grep -v '"status":[23]' "$dir/serve.log" | tail -n 20
fi
exit $status
