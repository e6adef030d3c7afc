#!/usr/bin/env python3
"""Exports of every role in every format from a random register: what a role may not see never occurs in the bytes given
out, danger is drawn no smaller than recorded, and what is exact is logged. Exact positions are read from the export of
the authority, and that one is compared with the register's layers."""
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
work = Path(tempfile.mkdtemp(prefix='fallow_export_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-05-04T09:00:00Z', FALLOW_AUTHOR='Tester')
passed = failed = 0


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def run(*args, expect=0, **more):
    r = subprocess.run([FALLOW, *map(str, args)], env=dict(env, **more), capture_output=True, text=True, cwd=work)
    if r.returncode != expect:
        ok(False, '%s gave %d: %s' % (' '.join(map(str, args)), r.returncode, r.stderr.strip()))
    return r


def numbers_of_geojson(g):
    out = []

    def walk(c):
        if isinstance(c, (int, float)):
            out.append(float(c))
        else:
            for x in c:
                walk(x)
    if g:
        walk(g['coordinates'])
    return out


def blob_doubles(blob):
    """Every double in a GeoPackage geometry, wherever it stands."""
    out = set()
    for shift in range(8):
        n = (len(blob) - shift) // 8
        out.update(struct.unpack('<%dd' % n, blob[shift:shift + 8 * n]))
    return out


def everything(path):
    """All text of an export and all doubles of its geometries."""
    text, doubles = '', set()
    if path.is_dir():
        for p in sorted(path.iterdir()):
            text += p.read_text(encoding='utf-8')
    elif path.suffix == '.xlsx':
        with zipfile.ZipFile(path) as z:
            text = '\n'.join(z.read(n).decode() for n in z.namelist())
    else:
        db = sqlite3.connect(path)
        for (table,) in db.execute("SELECT table_name FROM gpkg_contents WHERE table_name <> 'layer_styles'").fetchall():
            for row in db.execute('SELECT * FROM "%s"' % table):
                for v in row:
                    if isinstance(v, bytes):
                        doubles |= blob_doubles(v)
                    elif isinstance(v, float):
                        doubles.add(v)
                    elif v is not None:
                        text += '\n' + str(v)
        text += str(db.execute('SELECT metadata FROM gpkg_metadata').fetchall())
        db.close()
        raw = path.read_bytes()  # also what is in no table: pages that were freed
        for word in (b'SECRET', b'NEVER'):
            ok(word not in raw or word == b'SECRET' and 'authority' in path.name or word == b'SECRET' and 'legal' in path.name
               or word == b'SECRET' and 'operator' in path.name, '%s in the raw bytes of %s' % (word, path.name))
    for m in re.finditer(r'-?\d+\.\d{5,}', text):
        doubles.add(float(m.group()))
    return text, doubles


def main():
    seed = int(os.environ.get('FALLOW_SEED', '7'))
    run('generate', 'r.gpkg', '--hazards', 400, '--seed', seed, '--quiet')
    spot = json.loads(run('add', 'r.gpkg', 'hazard', '--json', '--set', 'class=eod_spot', '--set', 'status=open', '--set',
                          'valid_from=2024-05-17', '--set', 'national_id=SECRETspot', '--set', 'remarks=SECRETremark', '--set',
                          'geometry=POINT(-125.123456789 -45.123456789)').stdout)
    run('add', 'r.gpkg', 'hazard', '--set', 'class=sha', '--set', 'status=open', '--set', 'valid_from=2024-05-17', '--set',
        'place_name==cmd|calc!A1', '--set', 'accuracy_m=250', '--set', 'given_text=SECRETgiven', '--set',
        'geometry=POLYGON((-125.5 -45.5,-125.493333333 -45.5,-125.491111111 -45.488888888,-125.5 -45.5))')
    run('add', 'r.gpkg', 'victim', '--set', 'valid_from=2024-05-17', '--set', 'outcome=injured', '--set', 'sex=female', '--set',
        'accident_year=2024', '--set', 'pseudonym=SECRETpseudonym', '--set', 'name=NEVERname', '--set',
        'geometry=POINT(-125.223456789 -45.223456789)')
    run('add', 'r.gpkg', 'minefield_record', '--set', 'valid_from=2024-05-17', '--set', 'party=SECRETparty', '--set',
        'geometry=POLYGON((-126.5 -45.5,-126.493333333 -45.5,-126.491111111 -45.488888888,-126.5 -45.5))')

    run('export', 'r.gpkg', 'truth.geojson', '--role', 'authority')
    exact = {}
    for kind in ('hazard', 'accident', 'victim', 'ordnance', 'minefield_record'):
        for f in json.load(open(work / 'truth' / (kind + '.geojson')))['features']:
            exact.setdefault(kind, []).append(f)
    secret = set()  # pairs: one number alone may be that of a grid line
    for f in (f for fs in exact.values() for f in fs):
        c = numbers_of_geojson(f['geometry'])
        secret |= set(zip(c[0::2], c[1::2]))
    ok(len(secret) > 1000 and (-125.123456789, -45.123456789) in secret, 'the truth has %d coordinates' % len(secret))
    db = sqlite3.connect(work / 'r.gpkg')
    ok(len(exact['hazard']) == db.execute('SELECT count(*) FROM hazard').fetchone()[0], 'the authority gets every hazard')
    db.close()

    files = {}
    for role in ('public', 'partner', 'operator', 'authority', 'legal'):
        for ending in ('gpkg', 'geojson', 'csv', 'xlsx'):
            out = '%s_%s.%s' % (role, ending, ending)
            r = run('export', 'r.gpkg', out, '--role', role, '--json', '--to', 'a court')
            told = json.loads(r.stdout)
            ok((told['submission'] is None) == (role in ('public', 'partner')), 'what is exact is logged: ' + role)
            files[role, ending] = path = work / Path(told['path']).name
            text, doubles = everything(path)
            ok('NEVER' not in text, 'identity in ' + out)
            ok('No mark does not mean safe' in text and '2026-05-04' in text and 'EPSG:4326' in text, out + ' says what it is')
            if role in ('public', 'partner'):
                ok('SECRET' not in text, 'a secret word in ' + out)
                if ending in ('geojson', 'csv'):
                    hazards = (path / ('hazard.' + ending)).read_text()
                    ok('eod_spot' not in hazards and 'ammo_storage' not in hazards, 'single items by class in ' + out)
                ok(spot['id'] not in text, 'the id of a single item in ' + out)
                leaked = {p for p in secret if p[0] in doubles and p[1] in doubles}
                ok(not leaked, '%d exact coordinates in %s: %s' % (len(leaked), out, sorted(leaked)[:3]))
            else:
                ok('SECRETspot' in text, out + ' has what it may have')
                ok(('SECRETparty' in text) == (role != 'operator'), 'who laid a minefield, in ' + out)
                if ending != 'xlsx':
                    ok(-125.123456789 in doubles, out + ' is exact')
            if role == 'public':
                ok(not re.search(r'2024-05-17', text), 'a full date in ' + out)

    # Danger is drawn around what is recorded (a box of it at least): every open hazard, through an outside reader.
    shown = {f['id']: f for f in json.load(open(work / 'public_geojson' / 'hazard.geojson'))['features'] if 'id' in f}
    areas = [numbers_of_geojson(f['geometry']) for f in json.load(open(work / 'public_geojson' / 'hazard.geojson'))['features']
             if 'id' not in f]
    lost = 0
    for f in exact['hazard']:
        p, c = f['properties'], numbers_of_geojson(f['geometry'])
        if not c or p['shown_as'] != 'danger':
            continue
        xs, ys = c[0::2], c[1::2]
        around = [numbers_of_geojson(shown[f['id']]['geometry'])] if f['id'] in shown else areas
        lost += not any(min(g[0::2]) <= min(xs) and max(g[0::2]) >= max(xs) and min(g[1::2]) <= min(ys) and max(g[1::2]) >= max(ys)
                        for g in around if g)
    ok(lost == 0, '%d open hazards are drawn too small' % lost)
    ok(len(areas) > 0, 'single items are there as unclassed danger areas')

    csv_text = (work / 'public_csv' / 'hazard.csv').read_text()
    ok("'=cmd|calc!A1" in csv_text and ',=cmd' not in csv_text, 'a formula is defused')
    ok(csv_text.splitlines()[1].startswith('#meta+id') and '#geo+lat' in csv_text.splitlines()[1], 'HXL tags stand in row 2')
    totals = (work / 'public_csv' / 'victim_totals.csv').read_text()
    ok('persons' in totals and not re.search(r'\n\d*,[1-4],', totals), 'small cells are not published')

    # Refusals: nothing is written over, a role is named, exact exports need the keys, rows that a role does not get.
    run('export', 'r.gpkg', 'public_gpkg.gpkg', '--role', 'public', expect=1)
    run('export', 'r.gpkg', 'x.gpkg', '--role', 'everybody', expect=2)
    run('export', 'r.gpkg', 'x.gpkg', expect=2)
    run('export', 'r.gpkg', 'x.tar', '--role', 'public', expect=1)
    r = run('export', 'r.gpkg', 'x.csv', '--role', 'public', '--kind', 'minefield_record', expect=1)
    ok('not given to the role public' in r.stderr, 'the refusal says why')
    run('export', 'r.gpkg', 'x.gpkg', '--role', 'authority', expect=1, FALLOW_HOME=str(work / 'elsewhere'))
    ok(not (work / 'x.gpkg').exists() and not list(work.glob('*.part')), 'refused exports leave nothing')
    log = run('log', 'r.gpkg').stdout
    ok(log.count('Tester') >= 12, 'the events are in the log')

    # The same question gives the same bytes.
    run('export', 'r.gpkg', 'a.gpkg', '--role', 'public')
    run('export', 'r.gpkg', 'b.gpkg', '--role', 'public')
    ok((work / 'a.gpkg').read_bytes() == (work / 'b.gpkg').read_bytes(), 'two public exports differ')
    run('export', 'r.gpkg', 'a.xlsx', '--role', 'public')
    run('export', 'r.gpkg', 'b.xlsx', '--role', 'public')
    ok((work / 'a.xlsx').read_bytes() == (work / 'b.xlsx').read_bytes(), 'two sheets differ')
    # As of a day before everything: no hazards, and a table that says so.
    run('export', 'r.gpkg', 'old.geojson', '--role', 'public', '--kind', 'hazard', '--as-of', '1900-01-01')
    ok(json.load(open(work / 'old.geojson'))['features'] == [], 'nothing was known of 1900')


try:
    main()
finally:
    shutil.rmtree(work)
print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed else 0)
