#!/usr/bin/env python3
"""A large second edition, in which new hazards come first and known ones are then moved, closed and brought back, is taken in with
the indexes packed at its end. The same rows in small files are taken in row by row: both registers must show the same records,
find them at the same places and give the same figures. Environment: FALLOW; SEED."""
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

fallow = os.environ['FALLOW']
seed = int(os.environ.get('SEED', 20260511))
rng = random.Random(seed)
print('seed', seed)
OLD, NEW, SMALL = 400, 2100, 900  # a file of 2,000 rows and more is taken in in bulk
OWN = {'fid', 'record_id', 'submission', 'import_source', 'import_row', 'import_key', 'import_flags'}
CLASSES, STATUSES = ('sha', 'cha', 'battle_area'), ('open', 'open', 'closed', 'suspended', 'handed_over')


def run(*args, ok=(0,)):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True)
    assert r.returncode in ok, '%s: status %d\n%s%s' % (args, r.returncode, r.stdout, r.stderr)
    return r.stdout


def spot():
    return round(-125 - rng.random(), 5), round(-45 - rng.random(), 5)


def row(n, at, status, date):
    x, y, side = *at, 0.0002 + n % 7 * 0.0003
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    outline = {'type': 'Point', 'coordinates': at} if n % 5 == 0 else {'type': 'Polygon', 'coordinates': [ring]}
    return {'type': 'Feature', 'geometry': outline,
            'properties': {'national_id': 'N-%d' % n, 'class': rng.choice(CLASSES), 'status': status, 'valid_from': date}}


def edition(register, path, rows, approved):
    path.write_text(json.dumps({'type': 'FeatureCollection', 'features': rows}))
    by = ['--approved-by', 'A. Approver'] if approved else []
    return json.loads(run('import', register, 'hazard', path, '--key', 'national_id', '--json', '--quiet', *by, ok=(0, 3)).splitlines()[-1])


def shown(register):
    """Every record by its number: what its row says, and the corners of its box in the index, to some metres."""
    with sqlite3.connect('file:%s?mode=ro' % register, uri=True) as db:
        db.row_factory = sqlite3.Row
        rows = [dict(r) for r in db.execute('SELECT * FROM hazard ORDER BY national_id')]
        box = {r['id']: [r[k] for k in ('minx', 'maxx', 'miny', 'maxy')] for r in db.execute('SELECT * FROM rtree_hazard_geometry')}
    return [({k: v for k, v in r.items() if k not in OWN}, box.get(r['fid'])) for r in rows]


def figures(register):
    d = json.loads(run('figures', register, '--json'))
    del d['checkpoint']
    return d


def compare(folder, approved):
    large, small = folder / 'large.gpkg', folder / 'small.gpkg'
    at = {n: spot() for n in range(OLD)}
    first = [row(n, at[n], 'open', '2020-01-01') for n in range(OLD)]
    fresh = [row(n, spot(), rng.choice(STATUSES), '2021-01-01') for n in range(OLD, OLD + NEW)]
    # half of the old ones: some stay where they are, some lie where another one was
    after = [row(n, rng.choice((at[n], spot(), at[rng.randrange(OLD)])), rng.choice(STATUSES), '2021-02-01') for n in range(0, OLD, 2)]
    again = [row(n, spot(), 'open', '2021-03-01') for n in range(OLD, OLD + 100)] + first[:20]
    rows = fresh + after + again
    for register in (large, small):
        run('init', register, '--country', 'XXA', '--name', 'test')
        edition(register, folder / 'first.geojson', first, True)
    d = edition(large, folder / 'large.geojson', rows, approved)
    assert d['read'] == len(rows) and d['revised'] > len(after) / 2, d
    for i in range(0, len(rows), SMALL):
        edition(small, folder / ('%d.geojson' % i), rows[i:i + SMALL], approved)
    one, other = shown(large), shown(small)
    assert len(one) == len(other) == OLD + NEW, (len(one), len(other))
    for (a, b), (c, d) in zip(one, other):
        assert a == c, (a, c)
        assert (b is None) == (d is None) and (b is None or max(abs(p - q) for p, q in zip(b, d)) < 1e-4), (a['national_id'], b, d)
    assert figures(large) == figures(small)
    for register in (large, small):
        run('check', register)
    run('rebuild', large)
    assert [a for a, _ in shown(large)] == [a for a, _ in one], 'after a rebuild'


for approved in (False, True):
    with tempfile.TemporaryDirectory() as tmp:
        os.environ['FALLOW_HOME'] = tmp + '/home'
        compare(Path(tmp), approved)
print('large and small editions give the same')
sys.exit(0)
