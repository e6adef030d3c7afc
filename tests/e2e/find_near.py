#!/usr/bin/env python3
"""fallow find: words, and "is it dangerous here?". Distances are checked against geodesics written out by hand (metres a
degree at 45 degrees south on WGS 84: 78,847 of longitude, 111,132 of latitude); the word "safe" is never said."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
work = Path(tempfile.mkdtemp(prefix='fallow_find_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-05-04T09:00:00Z')
passed = failed = 0
said = []
LON_M, LAT_M = 78847.0, 111132.0  # a degree at 45 S


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def run(*args, expect=0):
    r = subprocess.run([FALLOW, *map(str, args)], env=env, capture_output=True, text=True, cwd=work)
    ok(r.returncode == expect, '%s gave %d: %s' % (' '.join(map(str, args)), r.returncode, r.stderr.strip()))
    return r


def add(kind, *sets, file='r.gpkg'):
    more = [x for s in sets for x in ('--set', s)]
    return json.loads(run('add', file, kind, '--json', '--set', 'valid_from=2024-05-01', *more).stdout)['id']


def near(lon, lat, within=None, file='r.gpkg'):
    args = ['find', file, '--near', '%.9f,%.9f' % (lon, lat)] + (['--within', within] if within is not None else [])
    said.append(run(*args).stdout)
    j = json.loads(run(*args, '--json').stdout)
    ok(j['answer'].replace('_', ' ').split()[0].upper() in said[-1].upper(), 'text and JSON agree: %s' % said[-1])
    return j


def box(x, y, w=0.01, h=0.01):
    return 'geometry=POLYGON((%f %f,%f %f,%f %f,%f %f,%f %f))' % (x, y, x + w, y, x + w, y + h, x, y + h, x, y)


def main():
    run('init', 'r.gpkg', '--country', 'XXA', '--name', 'Near')
    sha = add('hazard', 'class=sha', 'status=open', 'place_name=Вестфорд Ğüllü', 'national_id=H-100%', box(-125, -45))
    ok(near(-124.995, -44.995)['answer'] == 'danger' and said[-1].startswith('DANGER here'), 'inside')
    j = near(-124.995, -45 - 300 / LAT_M)
    ok(j['answer'] == 'danger' and abs(j['items'][0]['distance_m'] - 300) < 1 and j['items'][0]['class'] == 'sha' and
       j['items'][0]['unapproved'] and 'not approved' in said[-1], '300 m south: %s' % j['items'])
    ok(near(-124.995, -45 - 501.5 / LAT_M)['answer'] == 'no_information', 'beyond 500 m')
    ok(near(-124.995, -45 - 501.5 / LAT_M, 600)['answer'] == 'danger', 'within 600 m')
    ok(near(-125 - 250 / LON_M, -44.995)['answer'] == 'danger', '250 m west')
    ok(near(0, 0)['answer'] == 'no_information' and 'NO INFORMATION' in said[-1], 'elsewhere there is no information')

    # a point reaches as far as its radius and accuracy together
    add('hazard', 'class=cha', 'status=open', 'radius_m=200', 'accuracy_m=2500', 'geometry=POINT(-126 -45)')
    j = near(-126, -45 - 3100 / LAT_M)
    ok(j['answer'] == 'danger' and abs(j['items'][0]['distance_m'] - 400) < 5 and j['items'][0]['margin_m'] == 2700,
       'radius and accuracy are taken in: %s' % j['items'])
    ok(near(-126, -45 - 2600 / LAT_M, 0)['answer'] == 'danger', 'inside what it may reach to, with no distance')
    # a correction that waits does not shrink it; approved, it does
    point = j['items'][0]['id']
    run('approve', 'r.gpkg', point)
    run('edit', 'r.gpkg', 'hazard', point, '--set', 'accuracy_m=10')
    ok(near(-126, -45 - 2600 / LAT_M, 0)['answer'] == 'danger', 'a smaller reach waits for approval')
    run('approve', 'r.gpkg', point, '--by', 'B. Approver')
    ok(near(-126, -45 - 2600 / LAT_M, 0)['answer'] == 'no_information', 'approved, it is smaller')

    # land that arrives closed: as reported, by whom, and only farther inside than its accuracy
    src = add('source', 'type=dataset', 'title=Old national list')
    add('hazard', 'class=sha', 'status=closed', 'outcome=cancelled', 'accuracy_m=50', 'source_refs=' + src, box(-124, -45))
    j = near(-123.995, -44.995)
    ok(j['answer'] == 'reported_released' and j['items'][0]['reported_by'] == 'Old national list', 'as reported: %s' % j)
    ok('never released by this register' in said[-1], 'and says so')
    ok(near(-123.995, -45 + 30 / LAT_M)['answer'] == 'no_information', 'at its rim nothing is known')
    ok(near(-123.995, -45 - 5 / LAT_M)['answer'] == 'no_information', 'outside it nothing is known')
    # danger beside a release comes first
    add('ordnance', 'category=mortar', 'quantity=1', 'geometry=POINT(-123.995 -44.9885)')
    j = near(-123.995, -44.992)
    ok(j['answer'] == 'danger' and j['items'][0]['kind'] == 'ordnance' and j['items'][1]['what'] == 'reported_released',
       'danger first, release beside it: %s' % j)
    j = near(-123.995, -44.992, 50)
    ok(j['answer'] == 'reported_released', 'not within 50 m: %s' % j)

    # a find on it reopens it by itself
    add('ordnance', 'category=mortar', 'quantity=1', 'geometry=POINT(-123.995 -44.995)')
    j = near(-123.9951, -44.996, 0)
    ok(j['answer'] == 'danger' and j['items'][0]['kind'] == 'hazard', 'a find reopens released land: %s' % j)

    # across the 180th meridian, in a country whose box the program does not know
    run('init', 'fiji.gpkg', '--country', 'FJI', '--name', 'Meridian')
    add('hazard', 'class=sha', 'status=open', box(179.98, -45, 0.0199), file='fiji.gpkg')
    ok(near(-179.9999, -44.995, file='fiji.gpkg')['answer'] == 'danger', 'the other side of the 180th meridian')

    # beside: accidents, claims
    add('accident', 'date=2024-05-01', 'class=mine', 'killed=1', 'geometry=POINT(-122 -45)')
    add('minefield_record', 'reliability=low', box(-122.001, -45))
    j = near(-122, -45)
    ok((j['answer'], j['accidents'], j['minefield_records']) == ('no_information', 1, 1), 'counted beside: %s' % j)

    # rows in quarantine that name a place here
    add('place', 'name=Westford', 'type=settlement', 'geometry=POINT(-122.01 -45)')
    (work / 'q.csv').write_text('lon,lat,place,class\n,,WESTFORD district,sha\n,,Far,sha\n-121.5,97,,sha\n-121.5,98,Westford,sha\n')
    (work / 'm.sql').write_text("SELECT class AS class, 'open' AS status, place AS place_name, lon || ' ' || lat AS given_text FROM source")
    r = subprocess.run([FALLOW, 'import', 'r.gpkg', 'hazard', 'q.csv', '--map', 'm.sql', '--json'], env=env, cwd=work,
                       capture_output=True, text=True)
    quarantined = json.loads(r.stdout.strip().splitlines()[-1])['quarantined'] if r.stdout.strip() else 0
    j = near(-122, -45)
    # an impossible position without a place waits; three rows stand under the place they name, two of them here
    ok((quarantined, j['waiting_here'], j['waiting_elsewhere'], j['waiting_unplaced'], j['unlocated_here']) == (1, 0, 1, 1, 2),
       'what waits and what has no position is counted: %s of %s' % (j, quarantined))

    # who closes land by hand is not the source that reported it open
    (work / 'o.csv').write_text('national_id,class,status,valid_from,wkt\nO-1,sha,open,2024-01-01,'
                                '"POLYGON((-121 -45,-120.99 -45,-120.99 -44.99,-121 -44.99,-121 -45))"\n')
    run('import', 'r.gpkg', 'hazard', 'o.csv', '--guess', '--crs', 'EPSG:4326', '--key', 'national_id', '--approved-by', 'Ann')
    one = json.loads(run('find', 'r.gpkg', 'O-1', '--json').stdout)['hits'][0]['id']
    run('edit', 'r.gpkg', 'hazard', one, '--set', 'status=closed', '--set', 'valid_from=2025-01-01')
    run('approve', 'r.gpkg', one, '--by', 'Ann')
    j = near(-120.995, -44.995)
    ok(j['answer'] == 'reported_released' and not j['items'][0]['reported_by'] and 'o.csv' not in said[-1],
       'no source is named that did not say so: %s' % j['items'])

    # a find is danger until its disposal is approved, wherever a correction moves it
    find = add('ordnance', 'category=ap_mine', 'geometry=-122.5,-45.5')
    run('approve', 'r.gpkg', find, '--by', 'Ann')
    run('edit', 'r.gpkg', 'ordnance', find, '--set', 'disposal_method=burnt', '--set', 'valid_from=2025-01-01')
    ok(near(-122.5, -45.5)['answer'] == 'danger', 'a disposal that waits hides nothing')
    run('approve', 'r.gpkg', find, '--by', 'Ann')
    ok(near(-122.5, -45.5)['answer'] == 'no_information', 'approved, it is gone')

    # land on both sides of the 180th meridian is one hazard
    run('init', 'both.gpkg', '--country', 'FJI', '--name', 'F')
    add('hazard', 'class=sha', 'status=open', 'geometry=MULTIPOLYGON(((179.99 -17,180 -17,180 -16.99,179.99 -16.99,179.99 -17)),'
        '((-180 -17,-179.99 -17,-179.99 -16.99,-180 -16.99,-180 -17)))', file='both.gpkg')
    for lon in (179.95, -179.95, 180, -180):
        j = near(lon, -17, 20000, file='both.gpkg')
        ok(j['dangers'] == 1 == len(j['items']), 'seen from %g it counts once: %s' % (lon, j['items']))

    # words
    for words in ('вестфорд', 'gullu', 'ĞÜLLÜ', 'h-100'):
        hits = json.loads(run('find', 'r.gpkg', words, '--json').stdout)['hits']
        ok([h['id'] for h in hits] == [sha], '%s finds it: %s' % (words, hits))
    ok(json.loads(run('find', 'r.gpkg', 'xyzzy', '--json').stdout) == {'hits': [], 'more': False}, 'nothing is found')
    victim = add('victim', 'outcome=injured', 'name=Hidden Person', 'national_id=V1')
    ok(json.loads(run('find', 'r.gpkg', 'hidden person', '--json').stdout)['hits'] == [] and victim, 'identity is not searched')
    for bad in (["find", "r.gpkg"], ['find', 'r.gpkg', '--near', '45'], ['find', 'r.gpkg', '--near', '-45,-125'],
                ['find', 'r.gpkg', '--near', 'nan,0'], ['find', 'r.gpkg', '--near', '0,0', '--within', '-1'],
                ['find', 'r.gpkg', 'a', '--near', '0,0']):
        run(*bad, expect=2)
    run('find', 'r.gpkg', '%%%', expect=1)
    run('find', 'r.gpkg', 'x' * 201, expect=1)
    ok(not any('safe' in s.lower() for s in said), 'the word is never said')


try:
    main()
finally:
    shutil.rmtree(work)
print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed else 0)
