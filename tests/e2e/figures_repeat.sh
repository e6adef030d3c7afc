#!/usr/bin/env bash
# The same question about the same past gives the same bytes: whatever the threads, the locale, the time zone, the
# cache, and whatever the register learned since.
# usage: figures_repeat.sh [FALLOW]
set -euo pipefail
fallow=$(realpath "${1:-${FALLOW:-$(dirname "$0")/../../build/fallow}}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export FALLOW_HOME=$dir/home LC_ALL=C.UTF-8 TZ=UTC
r=$dir/r.gpkg
cd "$dir"

fail() { echo "figures_repeat: $*" >&2; exit 1; }
# same FILE FILE WHAT
same() { cmp -s "$1" "$2" || { diff "$1" "$2" | head -20 >&2; fail "$3 gives other bytes"; }; }
at() { export FALLOW_NOW=$1; }
id_of() { grep -oE '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}' | head -1; }
box() { echo "geometry=POLYGON(($1 $2,$3 $2,$3 $4,$1 $4,$1 $2))"; }
hazard() { "$fallow" add "$r" hazard --set class="$1" --set status=open --set valid_from="$2" --set "$(box "${@:3:4}")" | id_of; }

at 2025-01-10T08:00:00Z
"$fallow" generate "$r" --hazards 200 --accidents 60 --finds 100 --seed 7 > /dev/null
a=$(hazard cha 2024-02-01 -125 -45 -124.99 -44.99)
b=$(hazard sha 2024-03-01 -124.995 -45 -124.98 -44.99)
"$fallow" approve "$r" "$a" --by Anna > /dev/null

questions=(
	"--as-of 2024-12-31"
	"--as-of 2023-06-30"
	"--as-of 2024-12-31 --by admin1 --after 2020-11-10"
	"--as-of 2025-01-10 --figure extent --figure release"
)
formats=(table csv json)

# ask NAME [EXTRA]...: all questions in all formats into NAME.N.FORMAT
ask() {
	local name=$1 n=0 q f
	shift
	for q in "${questions[@]}"; do
		for f in "${formats[@]}"; do
			# shellcheck disable=SC2086
			"$fallow" figures "$r" $q --format "$f" "$@" > "$name.$n.$f"
		done
		n=$((n + 1))
	done
}
compare() {
	local one=$1 two=$2 what=$3 n f
	for n in "${!questions[@]}"; do
		for f in "${formats[@]}"; do
			same "$one.$n.$f" "$two.$n.$f" "$what (${questions[n]}, $f)"
		done
	done
}

# threads, locales, time zones, cold and kept
FALLOW_THREADS=1 ask cold --fresh
FALLOW_THREADS=2 ask two --fresh
compare cold two "another number of threads"
ask first
ask kept
compare cold first "the first answer kept"
compare cold kept "the answer that was kept"
# a decimal comma, Turkic letters: where the system can make such locales
mkdir -p "$dir/locale"
export LOCPATH=$dir/locale
for l in de_DE uk_UA tr_TR az_AZ; do localedef -i $l -f UTF-8 "$dir/locale/$l.UTF-8" > /dev/null 2>&1 || true; done
for l in POSIX $(ls "$dir/locale"); do
	LC_ALL=$l ask locale --fresh
	compare cold locale "the locale $l"
done
for z in Pacific/Kiritimati America/Los_Angeles; do
	TZ=$z ask zone --fresh
	compare cold zone "the time zone $z"
done

# as known now, said as a time: kept to be asked again
moment=2025-01-10T09:00:00Z
at 2025-01-10T10:00:00Z
ask then --fresh --known-at $moment
"$fallow" figures "$r" --known-at $moment --as-of 2025-01-10 --format json > today.json
"$fallow" explain "$r" extent.area --as-of 2024-12-31 --known-at $moment > explain.then
"$fallow" explain "$r" casualties.total --as-of 2024-12-31 --known-at $moment --json > explain.json.then

# the register learns: corrections of the past, new records, approvals, a release, a return, rows in quarantine
at 2025-02-01T08:00:00Z
"$fallow" edit "$r" hazard "$b" --set valid_from=2024-03-01 --set "$(box -124.995 -45 -124.9 -44.9)" > /dev/null
c=$(hazard sha 2024-05-01 -124 -45 -123.9 -44.9)
"$fallow" approve "$r" "$b" --by Anna > /dev/null
"$fallow" return "$r" "$c" --by Anna --reason "no such place" > /dev/null
"$fallow" add "$r" victim --set outcome=killed --set accident_date=2024-06-01 --set valid_from=2024-06-02 > /dev/null
"$fallow" add "$r" ordnance --set category=ap_mine --set quantity=5 --set made_year=2021 --set valid_from=2024-06-02 > /dev/null
d=$(hazard cha 2024-06-01 -123.5 -45 -123.4 -44.9)
"$fallow" approve "$r" "$d" --by Anna > /dev/null
"$fallow" edit "$r" hazard "$d" --set status=closed --set outcome=cleared --set valid_from=2024-09-01 > /dev/null
"$fallow" approve "$r" "$d" --release --by Anna --second Bohdan > /dev/null
cat > more.csv <<'CSV'
name,lon,lat,class,when
one,-122.5,-45.5,sha,2024-08-01
two,,,sha,2024-08-02
CSV
"$fallow" import "$r" hazard more.csv --guess > import.txt 2>&1 || [ $? -eq 3 ] || { cat import.txt; fail "import"; }

ask later --fresh
for n in "${!questions[@]}"; do
	! cmp -s "cold.$n.csv" "later.$n.csv" || fail "what was learned does not show (${questions[n]})"
done
ask again --fresh --known-at $moment
compare then again "what was learned since"
FALLOW_THREADS=1 ask again --known-at $moment
compare then again "the cache, after more was learned,"
"$fallow" figures "$r" --fresh --known-at $moment --as-of 2025-01-10 --format json > again.json
same today.json again.json "--known-at of the day"
"$fallow" explain "$r" extent.area --as-of 2024-12-31 --known-at $moment > explain.again
same explain.then explain.again "explain --known-at"
"$fallow" explain "$r" casualties.total --as-of 2024-12-31 --known-at $moment --json > explain.json.again
same explain.json.then explain.json.again "explain --known-at --json"

# quarantine taken in or dismissed later does not change what waited then
moment2=2025-02-02T00:00:00Z
at $moment2
ask waiting --fresh --known-at $moment2
at 2025-03-01T08:00:00Z
waiting() { grep -oE '"quarantined_hazards":[0-9]+' "$1" | grep -oE '[0-9]+$'; }
before=$(waiting waiting.0.json)
[ "$before" -ge 1 ] || fail "no row waits in quarantine"
"$fallow" quarantine "$r" dismiss 1 --reason "not ours" > /dev/null 2>&1
"$fallow" figures "$r" --figure extent --format json > now.json
[ "$(waiting now.json)" -eq $((before - 1)) ] || fail "a dismissed row still waits"
ask waited --fresh --known-at $moment2
compare waiting waited "a resolved quarantine"

# rebuilt and backed up: the same
"$fallow" rebuild "$r" > /dev/null
ask rebuilt --fresh --known-at $moment
compare then rebuilt "rebuild"

# from the figure to its records
grep -q "$a" explain.then || fail "explain does not name hazard $a"
grep -q submission explain.then || fail "explain names no submissions"
"$fallow" show "$r" "$a" > /dev/null
echo "figures_repeat: ${#questions[@]} questions, same bytes"
