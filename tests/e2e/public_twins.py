#!/usr/bin/env python3
"""Two registers that differ only in what the public must not know: every exact position is moved inside the cells of the
public grid that it touches, and persons, remarks and texts are others. Whatever the public asks of either must give the
same answer, byte for byte once the random ids and roots are named alike: boxes and filters bisected around every corner,
distances, tiles of every zoom, every reference system, both clocks, figures, lists, exports, errors. So nothing that
anybody can compute from all answers together is tighter than the one public geometry.
FALLOW_PROBES (200) sets how many random probes of each sort are made, FALLOW_SEED which."""
import json
import math
import os
import random
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving  # noqa: E402

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
PROBES = int(os.environ.get('FALLOW_PROBES', '200'))
SEED = int(os.environ.get('FALLOW_SEED', '1'))
NOW = '2026-05-04T09:00:00Z'
passed = failed = 0

# The grid as docs/FORMATS.md writes it: rows and columns of 100 m between 46 and 45 degrees south.
ROWS = math.floor(110574 / 100)
P = math.radians(46)
COLUMNS = math.floor(2 * math.pi * 6378137 * math.cos(P) / math.sqrt(1 - 0.0066943799901413165 * math.sin(P) ** 2) / 100)
COL0, ROW0 = math.floor((-125.3 + 180) / 360 * COLUMNS), math.floor((-45.6 + 90) * ROWS)


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition and failed < 30:
        print('FAILED:', what)


def at(col, row):
    return 360 * (COL0 + col) / COLUMNS - 180, (ROW0 + row) / ROWS - 90


def wkt_ring(points):
    return '(%s)' % ','.join('%.12f %.12f' % at(*p) for p in points + points[:1])


def box(c, r, w, h, dx, holes=()):
    rings = [[(c + dx, r), (c + w + dx, r), (c + w + dx, r + h), (c + dx, r + h)]]
    rings += [[(a + dx, b), (a + v + dx, b), (a + v + dx, b + k), (a + dx, b + k)] for a, b, v, k in holes]
    return '(%s)' % ','.join(wkt_ring(x) for x in rings)


def point(c, r, dx):
    return 'POINT(%.12f %.12f)' % at(c + dx, r)


def records(dx, word):
    """KIND, fields. dx: shift in cells, along the parallel, so that areas stay the same. word: what else differs."""
    secret = {'remarks': 'seen by %s' % word, 'given_text': word}
    h = dict(valid_from='2024-03-07', status='open', **{'class': 'sha'})
    out = [('place', {'name': 'Oreva', 'type': 'admin1', 'valid_from': '2020-01-01',
                      'geometry': 'POLYGON((-126 -46,-124 -46,-124 -45,-126 -45,-126 -46))'})]
    out += [('hazard', dict(h, national_id='H-1', geometry='POLYGON' + box(.3, .4, 2.1, 1.3, dx), **secret)),
            ('hazard', dict(h, national_id='H-2', geometry=point(6.3, .5, dx), radius_m='120', **secret)),
            ('hazard', dict(h, national_id='H-3', accuracy_m='20',
                            geometry='MULTIPOLYGON(%s,%s)' % (box(12.3, .4, .2, .2, dx), box(15.3, 3.4, .2, .2, dx)))),
            ('hazard', dict(h, national_id='H-4', geometry='POLYGON' + box(20.3, .4, 6.1, 6.1, dx, [(22.3, 2.4, 2.1, 2.1)]))),
            ('hazard', dict(h, national_id='H-5', geometry='LINESTRING(%.12f %.12f,%.12f %.12f)' % (at(30.3 + dx, .5) + at(33.3 + dx, .5)))),
            ('hazard', dict(h, national_id='H-6', geometry=point(36.3, .5, dx))),
            # broken: it crosses itself
            ('hazard', dict(h, national_id='H-7', geometry='POLYGON(%s)' % wkt_ring([(40.3 + dx, .3), (42.3 + dx, 2.3), (42.3 + dx, .3), (40.3 + dx, 2.3)]))),
            ('hazard', dict(h, national_id='S-1', geometry=point(46.3, .5, dx), **{'class': 'eod_spot'})),
            ('hazard', dict(h, national_id='R-1', status='closed', outcome='cleared', geometry='POLYGON' + box(50.3, .4, 5.1, 5.1, dx))),
            ('ordnance', {'national_id': 'O-1', 'category': 'ap_mine', 'valid_from': '2024-03-09', 'geometry': point(60.3, .5, dx), **secret}),
            ('ordnance', {'national_id': 'O-2', 'category': 'mortar', 'valid_from': '2024-03-09', 'geometry': point(64.3, .5, dx),
                          'disposal_method': 'burnt'}),
            ('accident', {'national_id': 'A-1', 'valid_from': '2023-05-06', 'geometry': point(68.3, .5, dx), 'killed': '1', **secret}),
            ('minefield_record', {'national_id': 'M-1', 'valid_from': '2023-05-06', 'geometry': 'POLYGON' + box(70.3, .4, 2.1, 1.3, dx)}),
            ('activity', {'national_id': 'T-1', 'valid_from': '2023-05-06', 'type': 'clearance', 'geometry': 'POLYGON' + box(80.3, .4, 2.1, 1.3, dx)})]
    for i in range(7):
        out.append(('victim', {'national_id': 'V-%d' % i, 'name': '%s %d' % (word, i), 'outcome': 'killed' if i % 2 else 'injured',
                               'valid_from': '2023-05-06', 'sex': 'male'}))
    return out


class Register(Serving):
    def __init__(self, dx, word):
        super().__init__(FALLOW, env={'FALLOW_NOW': NOW})
        self.names, self.id = {}, {}
        for kind, fields in records(dx, word):
            more = [x for k, v in fields.items() for x in ('--set', '%s=%s' % (k, v))]
            one = json.loads(self.run('add', self.registers[0], kind, '--author', word, '--json', *more).stdout)['id']
            self.id[fields.get('national_id', kind)] = one
        # approved, then corrected: the correction waits, larger, and elsewhere inside the same cells
        self.run('approve', self.registers[0], self.id['H-1'], '--by', 'Ann')
        self.run('edit', self.registers[0], 'hazard', self.id['H-1'], '--set', 'valid_from=2024-04-%s' % ('02' if dx else '21'),
                 '--set', 'geometry=POLYGON' + box(.2, .35, 2.3, 1.4, dx))
        self.names = {v: k for k, v in self.id.items()}

    def norm(self, text):
        text = re.sub(r'[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}', lambda m: self.names.get(m.group(), 'id'), text)
        text = re.sub(r'[A-Za-z0-9+/]{43}=', 'root', text)
        text = re.sub(r'root [0-9a-f]{64}', 'root', text)
        return text.replace(':%d' % self.port, ':port')

    def ask(self, path):
        for name, one in self.id.items():
            path = path.replace('{%s}' % name, one)
        r = self.get(path)
        status, body = r.status, r.body
        if '/tiles/' in path and path.endswith('.mvt'):
            body = re.sub(rb'[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}', b'-' * 36, body)
            return status, body
        text = self.norm(body.decode())
        if '/api/find?near' in path and status == 200:  # what is equally far is in the order of the random ids
            one = json.loads(text)
            one['items'].sort(key=json.dumps)
            text = json.dumps(one)
        if '/api/explain' in path and status == 200:
            one = json.loads(text)
            for f in one['figures']:
                f.get('records_listed', []).sort(key=json.dumps)
            text = json.dumps(one)
        return status, text


def quote(s):
    return urllib.parse.quote(s, safe='')


def probes(rng):
    corner = [(c, r) for c in (0, .3, .5, 1, 2, 2.4, 2.6, 3, 6.3, 6.5, 12.4, 15.4, 22.4, 24.5, 36.4, 46.4, 50.4, 55.5, 60.4, 64.4, 68.4, 70.5, 80.5)
              for r in (0, .4, .5, 1, 1.7, 2, 2.4, 4.5)]
    for _ in range(PROBES):
        c, r = rng.choice(corner)
        x, y = at(c + rng.uniform(-.7, .7), r + rng.uniform(-.7, .7))
        w, h = rng.choice((1e-7, 1e-5, 2e-4, 1e-3)), rng.choice((1e-7, 1e-5, 2e-4, 1e-3))
        b = '%.9f,%.9f,%.9f,%.9f' % (x, y, x + w, y + h)
        ring = '%.9f %.9f,%.9f %.9f,%.9f %.9f,%.9f %.9f' % (x, y, x + w, y, x + w, y + h, x, y)
        yield '/collections/hazard/items?limit=100&bbox=%s' % b
        yield '/collections/hazard/items?limit=100&skipGeometry=true&properties=national_id&filter=' + quote(
            'S_%s(geometry,POLYGON((%s)))' % (rng.choice('INTERSECTS DISJOINT WITHIN CONTAINS TOUCHES OVERLAPS CROSSES EQUALS'.split()), ring))
        yield '/api/find?near=%.9f,%.9f&within=%g' % (x, y, rng.choice((0, 1, 10, 33, 100, 1000)))
        yield '/collections/%s/items?limit=100&bbox=%s' % (rng.choice('activity ordnance accident minefield_record victim place'.split()), b)
    for z in range(0, 25):
        for c, r in ((.5, .5), (6.5, .5), (36.5, .5), (46.5, .5), (52.5, 2.5), (60.5, .5), (68.5, .5)):
            x, y = at(c, r)
            n, lat = 2 ** z, math.radians(y)
            t = '%d/%d/%d' % (z, (x + 180) / 360 * n, (1 - math.asinh(math.tan(lat)) / math.pi) / 2 * n)
            for layer in ('all', 'hazard') if z % 4 else ('all', 'hazard', 'ordnance', 'accident', 'activity', 'minefield_record'):
                yield '/tiles/%s/%s.mvt' % (layer, t)
    for crs in ('http://www.opengis.net/def/crs/OGC/1.3/CRS84', 'http://www.opengis.net/def/crs/EPSG/0/4326',
                'http://www.opengis.net/def/crs/EPSG/0/3857', 'http://www.opengis.net/def/crs/EPSG/0/32710'):
        yield '/collections/hazard/items?limit=100&crs=' + quote(crs)
    for day in range(1, 31):
        for clock in ('as-of=2024-04-%02d' % day, 'as-of=2024-03-%02d' % day, 'known-at=2026-05-%02d' % day, 'datetime=2024-04-%02d' % day,
                      'datetime=../2024-04-%02d' % day, 'filter=' + quote("T_BEFORE(valid_from,DATE('2024-04-%02d'))" % day)):
            yield '/collections/hazard/items?limit=100&' + clock
        yield '/api/records?kind=hazard&from=2024-04-%02d' % day
        yield '/api/records?kind=hazard&to=2024-03-%02d' % day
        if day % 6 == 1:
            yield '/api/figures?as-of=2024-04-%02d&by=admin1' % day
    for p in ('status', 'figures', 'figures?by=admin1', 'figures?by=country', 'timeline?figure=casualties', 'timeline?figure=extent', 'timeline?figure=finds',
              'explain?figure=extent.area', 'explain?figure=casualties.total', 'explain?figure=finds.items', 'forms', 'me', 'inbox', 'quarantine', 'tokens',
              'accounts', 'records?kind=accident', 'records?kind=victim', 'records?kind=ordnance', 'find?q=seen', 'find?q=H-1', 'find?q=V-1', 'find?q=one'):
        yield '/api/' + p
    for name in ('H-1', 'H-2', 'H-3', 'H-7', 'S-1', 'R-1', 'O-1', 'O-2', 'A-1', 'M-1', 'T-1', 'V-1', 'place'):
        yield '/api/records/{%s}' % name
        yield '/api/records/{%s}/history' % name
        yield '/api/records/{%s}/originals' % name
        for kind in ('hazard', 'ordnance', 'accident', 'activity', 'victim'):
            yield '/collections/%s/items/{%s}' % (kind, name)
    for p in ('radius_m', '-accuracy_m', 'shown_area_m2', 'geometry', 'given_text', '-remarks', 'valid_from'):
        yield '/collections/hazard/items?limit=100&sortby=' + p
    for text in ('radius_m > 100', 'accuracy_m < 21', "remarks LIKE '%one%'", 'given_text IS NULL', "name = 'one 1'", 'shown_area_m2 < 22000',
                 'CASEI(given_text)=CASEI(\'ONE\')', "status_reason LIKE '%'", 'geometry IS NULL', "import_flags LIKE '%'"):
        for kind in ('hazard', 'victim', 'activity'):
            yield '/collections/%s/items?limit=100&filter=%s' % (kind, quote(text))
    for p in ('/', '/collections', '/collections/hazard', '/collections/hazard/queryables', '/collections/hazard/schema', '/openapi.json', '/conformance',
              '/registers', '/tiles/all/tilejson.json', '/tiles/hazard/tilejson.json', '/metrics', '/health'):
        yield p + '?f=json'


def exports(one, role):
    out = {}
    for kind in ('hazard', 'ordnance', 'accident', 'victim', 'activity', 'minefield_record'):
        for ending in ('geojson', 'csv'):
            p = one.folder / ('x_%s.%s' % (kind, ending))
            r = subprocess.run([FALLOW, 'export', one.registers[0], str(p), '--role', role, '--kind', kind], env=one.env, capture_output=True, text=True)
            out[kind, ending] = (r.returncode, one.norm(p.read_text()) if p.exists() else '')
    return out


def main():
    rng = random.Random(SEED)
    a, b = Register(0, 'one'), Register(.2, 'two')
    a.start(), b.start()
    try:
        # the exact ones do differ, and a twin is a fair one: the same cells, the same areas
        ok(all(not a.ask(p)[1] == '' for p in ('/api/status',)), 'they answer')
        s = {n: json.loads(x.ask('/collections/hazard/items?limit=100')[1]) for n, x in (('a', a), ('b', b))}
        for x, y in zip(s['a']['features'], s['b']['features']):
            ok(x['geometry'] == y['geometry'], 'the public geometry of %s is the same' % x['properties'].get('national_id'))
        ok(len(s['a']['features']) >= 9, 'there are hazards and danger areas: %d' % len(s['a']['features']))
        asked = 0
        for path in probes(rng):
            x, y = a.ask(path), b.ask(path)
            asked += 1
            if path == '/metrics?f=json':
                continue
            ok(x == y, '%s: %s' % (path, differ(x, y)))
        for role in ('public', 'partner'):
            x, y = exports(a, role), exports(b, role)
            for k in x:
                ok(x[k] == y[k], 'export of %s for %s: %s' % (k, role, differ(x[k], y[k])))
        ok(exports(a, 'authority') != exports(b, 'authority'), 'the control: an authority sees the difference')
        print('%d questions' % asked)
    finally:
        a.close(), b.close()


def differ(x, y):
    if x[0] != y[0]:
        return 'status %s, %s' % (x[0], y[0])
    i = next((i for i, (p, q) in enumerate(zip(x[1], y[1])) if p != q), min(len(x[1]), len(y[1])))
    return '%r / %r' % (x[1][max(0, i - 60):i + 80], y[1][max(0, i - 60):i + 80])


main()
print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed else 0)
