#!/usr/bin/env bash
# The main job, end to end, on real data: import, correct, approve, figures, explain, a second edition, the past byte
# for byte, check, backup and restore. Needs ../shared/data (not part of the project); skipped without.
set -euo pipefail
root=${FALLOW_SOURCE_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
f=${FALLOW:-$root/build/fallow}
data=${FALLOW_SHARED:-$root/../shared}/data
[ -d "$data" ] || data=$root/../../shared/data
[ -f "$data/hazards/bih_suspect_areas.geojson.gz" ] || { echo "no real data beside the project: skipped"; exit 77; }
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
export FALLOW_HOME=$t/home FALLOW_AUTHOR="A. Manager"
passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
same() { if [ "$2" = "$3" ]; then ok; else bad "$1: got '$2', want '$3'"; fi; }
into() { "$f" import "$@" --json --quiet >"$t/out" || [ $? = 3 ]; tail -n 1 "$t/out"; }
key() { python3 -c 'import json,sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$1" "$2"; }
adds_up() { python3 -c 'import json,sys; a=json.loads(sys.argv[1]); print(a["read"]==a["accepted"]+a["flagged"]+a["quarantined"]+a["present"])' "$1"; }

# Bosnia: hazards, and the municipalities to count them by
"$f" init "$t/bih.gpkg" --country BIH --name "Bosnia and Herzegovina" --quiet
r=$(into "$t/bih.gpkg" hazard "$data/hazards/bih_suspect_areas.geojson.gz" --guess)
same "Bosnia read" "$(key "$r" read)" 11068
same "Bosnia adds up" "$(adds_up "$r")" True
same "Bosnia quarantined at least the rows without a position" "$([ "$(key "$r" quarantined)" -ge 3094 ] && echo yes)" yes
r=$(into "$t/bih.gpkg" hazard "$data/hazards/bih_suspect_areas.geojson.gz" --guess)
same "Bosnia again adds nothing" "$(($(key "$r" accepted) + $(key "$r" flagged)))" 0
zcat "$data/admin/bih_municipalities_geoboundaries.geojson.gz" >"$t/mun.geojson"
printf 'SELECT geometry, shapeName AS name, %sadmin2%s AS type FROM source\n' "'" "'" >"$t/mun.sql"
r=$(into "$t/bih.gpkg" place "$t/mun.geojson" --map "$t/mun.sql")
same "municipalities" "$(key "$r" read)" 142
"$f" figures "$t/bih.gpkg" --figure extent --format json >"$t/all.json"
# 811 km2 measured elsewhere (UTM 34N, overlaps counted twice) less about 5.9 km2 of overlap
same "Bosnia's area" "$(python3 - "$t/all.json" <<'P'
import json, sys
rows = json.load(open(sys.argv[1]))['figures']
a = next(r for r in rows if r['code'] == 'extent.area')
o = next(r for r in rows if r['code'] == 'extent.overlap')
print(795e6 < a['value'] < 812e6 and a['low'] < a['value'] < a['high'] and 4e6 < o['value'] < 8e6)
P
)" True
same "per municipality" "$("$f" figures "$t/bih.gpkg" --figure extent.area --by admin2 --format csv | awk 'END { print (NR > 50) }')" 1

# Colombia: victims, by a drafted mapping
"$f" init "$t/col.gpkg" --country COL --name Colombia --quiet
r=$(into "$t/col.gpkg" victim "$data/victims/col_victimas_map_muse_1990_2021.csv.gz" --guess)
same "Colombia read" "$(key "$r" read)" 12062
same "Colombia adds up" "$(adds_up "$r")" True
# counted from the file itself
want=$(zcat "$data/victims/col_victimas_map_muse_1990_2021.csv.gz" | python3 -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
print(len(rows), sum(r["estado"] == "Muerto" for r in rows), sum(r["genero"] == "Femenino" for r in rows), sum(r["ano"] == "2006" for r in rows))')
"$f" figures "$t/col.gpkg" --figure casualties --format json >"$t/col.json"
same "Colombia's casualties" "$(python3 - "$t/col.json" <<'P'
import json, sys
rows = json.load(open(sys.argv[1]))['figures']
def at(code, dim='', period=''):
    return next(r['value'] for r in rows if r['code'] == code and r['dimension'] == dim and r['period'] == period)
print(at('casualties.total'), at('casualties.persons', 'outcome=killed'), at('casualties.by_sex', 'sex=female'), at('casualties.by_year', '', '2006'))
P
)" "$want"

# another country, another format, no mapping written: Ukrainian raions as a zipped Shapefile
zcat "$data/admin/ua_adm2_raion.geojson.gz" >"$t/raion.geojson"
if command -v ogr2ogr >/dev/null; then
	ogr2ogr -f "ESRI Shapefile" -lco ENCODING=UTF-8 "$t/raion" "$t/raion.geojson" 2>/dev/null
	python3 -c 'import glob, os, sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as z:
    [z.write(p, os.path.basename(p)) for p in sorted(glob.glob(sys.argv[1] + "/*"))]' "$t/raion" "$t/raion.zip"
	"$f" init "$t/ukr.gpkg" --country UKR --name Ukraine --quiet
	r=$(into "$t/ukr.gpkg" place "$t/raion.zip" --guess)
	same "raions read" "$(key "$r" read)" 147
	same "raions adds up" "$(adds_up "$r")" True
	same "raions are in" "$(($(key "$r" accepted) + $(key "$r" flagged)))" 147
fi

# a register of one's own: quarantine, approval, editions, the past
"$f" init "$t/own.gpkg" --country XXA --name "Own" --quiet
cat >"$t/first.csv" <<'C'
national_id,class,status,valid_from,wkt,place_name
H1,sha,open,2024-01-10,"POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))",Oreva
H2,cha,open,2024-01-11,"POLYGON((-125.1 -45,-125.09 -45,-125.09 -44.99,-125.1 -44.99,-125.1 -45))",Oreva
H3,sha,open,2024-01-12,"POLYGON((-125.2 -45,-125.19 -45,-125.19 -44.99,-125.2 -44.99,-125.2 -45))",Tevara
H4,sha,open,2024-01-13,,
C
sed 's/H1,sha,open,2024-01-10/H1,cha,open,2024-02-10/; /^H3/d; s/^H4.*//' "$t/first.csv" | sed '/^$/d' >"$t/second.csv"
echo 'H5,sha,open,2024-02-15,"POLYGON((-125.3 -45,-125.29 -45,-125.29 -44.99,-125.3 -44.99,-125.3 -45))",Tevara' >>"$t/second.csv"
r=$(into "$t/own.gpkg" hazard "$t/first.csv" --guess --crs EPSG:4326 --key national_id)
same "own: three in, one waits" "$(key "$r" read) $(key "$r" quarantined)" "4 1"
"$f" quarantine "$t/own.gpkg" retry 1 --set place_name=Oreva --quiet >/dev/null || bad "quarantine retry"
same "nothing waits any more" "$("$f" figures "$t/own.gpkg" --figure extent.area --format json | python3 -c 'import json,sys; print(json.load(sys.stdin)["quarantined_hazards"])')" 0
same "unapproved ones are counted" "$("$f" figures "$t/own.gpkg" --figure extent.area --format json | python3 -c 'import json,sys; print(json.load(sys.stdin)["waiting_hazards"])')" 4
last=$(($("$f" log "$t/own.gpkg" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["size"])') - 1))
for n in $(seq 0 $last); do ids="${ids:-} @$n"; done
# shellcheck disable=SC2086
"$f" approve "$t/own.gpkg" $ids --by "B. Approver" --quiet
sleep 1.1
then=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sleep 1.1
ask() { "$f" figures "$t/own.gpkg" --as-of 2024-12-31 --known-at "$then" --format json "$@"; }
ask --fresh >"$t/before.json"
"$f" explain "$t/own.gpkg" extent.area --as-of 2024-12-31 --json >"$t/why.json"
same "explain walks to the records" "$(python3 -c 'import json,sys; print(sum(len(r["records"]) for r in json.load(open(sys.argv[1]))["figures"]))' "$t/why.json")" 4
r=$(into "$t/own.gpkg" hazard "$t/second.csv" --guess --crs EPSG:4326 --key national_id)
same "second edition: read, present" "$(key "$r" read) $(key "$r" present)" "3 1"
same "the missing keys are listed, not closed" "$(python3 -c 'import json,sys; a=json.loads(sys.argv[1]); print(a.get("missing", a.get("missing_keys", -1)))' "$r" | grep -Eo '^[0-9]+' || echo listed)" 2
ask --fresh >"$t/after.json"
if cmp -s "$t/before.json" "$t/after.json"; then ok; else bad "the same question about the past gave other bytes"; fi
ask >"$t/cached.json" && ask >"$t/cached2.json"
if cmp -s "$t/before.json" "$t/cached2.json"; then ok; else bad "the cached answer has other bytes"; fi
FALLOW_THREADS=1 TZ=Asia/Baku LC_ALL=C "$f" figures "$t/own.gpkg" --as-of 2024-12-31 --known-at "$then" --format json --fresh >"$t/one.json"
if cmp -s "$t/before.json" "$t/one.json"; then ok; else bad "one thread, another time zone: other bytes"; fi
"$f" figures "$t/own.gpkg" --as-of 2024-12-31 --format json --fresh >"$t/now.json"
if cmp -s "$t/before.json" "$t/now.json"; then bad "the second edition changed nothing"; else ok; fi

# does it hold, and does the backup
for r in bih col own; do "$f" check "$t/$r.gpkg" --quiet && ok || bad "check $r"; done
mkdir "$t/restored"
"$f" backup "$t/own.gpkg" "$t/restored/own.gpkg" --quiet && ok || bad backup
rm -f "$t"/own.gpkg*
cp "$t/restored/own.gpkg" "$t/own.gpkg" # put back in its place
"$f" check "$t/own.gpkg" --quiet && ok || bad "check of what was restored"
ask --fresh >"$t/restored.json"
if cmp -s "$t/before.json" "$t/restored.json"; then ok; else bad "the restored register answers otherwise"; fi
"$f" rebuild "$t/own.gpkg" --quiet && "$f" check "$t/own.gpkg" --quiet && ok || bad rebuild
echo "$passed passed, $failed failed"
[ $failed = 0 ]
