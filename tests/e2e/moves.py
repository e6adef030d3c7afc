#!/usr/bin/env python3
"""A find, an accident and a minefield record that one person moves are shown at the old and at the new place until the
move is approved, whoever asks and however: layer (read by GDAL, validated), find, tiles, OGC API, exports; and each is
counted once. usage: moves.py FALLOW ANSWEROF"""
import csv, io, json, math, os, shutil, subprocess, sys, tempfile
from pathlib import Path

fallow, answerof = (str(Path(p).resolve()) for p in sys.argv[1:3])
work = Path(tempfile.mkdtemp(prefix='fallow_moves_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-05-04T09:00:00Z', FALLOW_AUTHOR='A. Surveyor')
VALIDATOR = '/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py'
passed = failed = 0
OLD, NEW, THIRD = (-125.0, -45.0), (-124.9, -45.0), (-124.8, -45.0)  # 7.9 km apart
KINDS = ('ordnance', 'accident', 'minefield_record')


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def run(*args, expect=0):
    r = subprocess.run([str(a) for a in args], env=env, capture_output=True, text=True, cwd=work)
    ok(r.returncode == expect, '%s gave %d: %s' % (' '.join(map(str, args)), r.returncode, r.stderr.strip()))
    return r


def cli(*args, **more):
    return run(fallow, *args, **more).stdout


def point(at):
    return 'geometry=POINT(%f %f)' % at


def ask(role, *paths):
    out = work / 'answers'
    out.mkdir(exist_ok=True)
    lines = run(answerof, 'r.gpkg', out, role, *paths).stdout.split('\n')
    return [(int(line.split()[0]), (out / str(i)).read_bytes()) for i, line in enumerate(lines) if line]


def ask_json(role, path):
    status, body = ask(role, path)[0]
    ok(status == 200, '%s gave %d' % (path, status))
    return json.loads(body)


# ---- a decoder of vector tiles 2.1: layer -> [(number, tags, points)] ----
def varint(b, i):
    v = shift = 0
    while True:
        v |= (b[i] & 127) << shift
        shift, i = shift + 7, i + 1
        if not b[i - 1] & 128:
            return v, i


def parts(b):
    i = 0
    while i < len(b):
        tag, i = varint(b, i)
        if tag & 7 == 0:
            v, i = varint(b, i)
        else:
            n, i = varint(b, i)
            v, i = b[i:i + n], i + n
        yield tag >> 3, v


def packed(b):
    i, out = 0, []
    while i < len(b):
        v, i = varint(b, i)
        out.append(v)
    return out


def decode(b):
    layers = {}
    for _, layer in parts(b):
        keys, values, found, name = [], [], [], ''
        for n, v in parts(layer):
            if n == 1:
                name = v.decode()
            elif n == 2:
                f = dict(parts(v))
                found.append((f.get(1), packed(f.get(2, b'')), f[3], packed(f[4])))
            elif n == 3:
                keys.append(v.decode())
            elif n == 4:
                (kind, value), = parts(v)
                values.append(value.decode() if kind == 1 else value)
        layers[name] = [{'number': n, 'type': t, 'geometry': g,
                         'tags': {keys[tags[k]]: values[tags[k + 1]] for k in range(0, len(tags), 2)}}
                        for n, tags, t, g in found]
    return layers


def tile_of(at, z):
    x = (at[0] + 180) / 360 * 2 ** z
    y = (1 - math.asinh(math.tan(math.radians(at[1]))) / math.pi) / 2 * 2 ** z
    return '%d/%d/%d' % (z, int(x), int(y))


def near(at, role=None, within=100):
    if role is None:
        return json.loads(cli('find', 'r.gpkg', '--near', '%f,%f' % at, '--within', within, '--json'))
    return ask_json(role, '/api/find?near=%f,%f&within=%d' % (at + (within,)))


def places_of(g):
    return sorted(map(tuple, [g['coordinates']] if g['type'] == 'Point' else g['coordinates']))


def layer_places(kind, file='r.gpkg'):
    """What GDAL reads: the positions of the one row, and how many rows there are."""
    if not shutil.which('ogr2ogr'):
        return None
    out = work / (kind + '.geojson')
    out.unlink(missing_ok=True)
    run('ogr2ogr', '-f', 'GeoJSON', out, file, kind)
    rows = json.loads(out.read_text())['features']
    ok(len(rows) == 1, '%s: one row, not %d' % (kind, len(rows)))
    return places_of(rows[0]['geometry'])


def validate(file):
    if os.path.exists(VALIDATOR):
        r = run('/usr/bin/python3', VALIDATOR, '--extra', '--warning-as-error', file)
        ok(not r.stdout.strip(), 'validate_gpkg.py %s: %s' % (file, r.stdout[-300:]))


def expect(ids, at, not_at, what):
    """Every way of asking says danger at each of `at` and none at `not_at`."""
    want = sorted(at)
    for kind in KINDS:
        ok(layer_places(kind) in (want, None), '%s: layer %s' % (what, kind))
    for p in at + not_at:
        here = p in at
        j = near(p)
        ok((j['answer'] == 'danger', j['dangers'], j['accidents'], j['minefield_records']) == (here, here, here, here),
           '%s: find at %s: %s' % (what, p, {k: v for k, v in j.items() if k != 'items'}))
        ok(near(p, 'officer')['accidents'] == here, '%s: /api/find at %s' % (what, p))
        ok((near(p, 'public')['answer'] == 'danger') == here, '%s: /api/find of the public at %s' % (what, p))
        box = '%f,%f,%f,%f' % (p[0] - .001, p[1] - .001, p[0] + .001, p[1] + .001)
        for kind in KINDS:
            found = ask_json('officer', '/collections/%s/items?bbox=%s' % (kind, box))
            ok([f['id'] for f in found['features']] == [ids[kind]] * here, '%s: bbox of %s at %s' % (what, kind, p))
        found = ask_json('public', '/collections/hazard/items?bbox=' + box)
        ok(bool(found['features']) == here, '%s: bbox of the public at %s' % (what, p))
        for z in (2, 11, 12, 16):
            status, body = ask('officer', '/tiles/all/%s.mvt' % tile_of(p, z))[0]
            got = decode(body)
            for kind in KINDS:
                # at zoom 2 and 11 other places may lie in the same tile
                seen = [f for f in got.get(kind, []) if f['type'] == 1]
                ok(bool(seen) == here if z >= 12 else bool(seen) >= here, '%s: tile %s of %s' % (what, tile_of(p, z), kind))
                if z == 2:
                    ok(len(seen) == 1 and seen[0]['tags'].get('count', 1) == 1, '%s: one %s on a small map: %s' % (what, kind, seen))
                if here and len(at) > 1:
                    ok(all(f['tags'].get('unapproved') and f['tags'].get('id') == ids[kind] for f in seen),
                       '%s: it is marked: %s' % (what, seen))
                numbers = [f['number'] for f in seen if f['number']]
                ok(len(numbers) == len(set(numbers)), '%s: a number twice' % what)
            status, body = ask('public', '/tiles/hazard/%s.mvt' % tile_of(p, z))[0]
            if here or z >= 12:
                ok(bool(body) == here, '%s: public tile %s' % (what, tile_of(p, z)))
    between = ((OLD[0] + NEW[0]) / 2, OLD[1])
    ok(near(between)['answer'] == 'no_information' and near(between)['accidents'] == 0, what + ': nothing lies between')
    box = '%f,%f,%f,%f' % (between[0] - .001, between[1] - .001, between[0] + .001, between[1] + .001)
    ok(not ask_json('officer', '/collections/ordnance/items?bbox=' + box)['features'], what + ': no box between')
    for kind in KINDS:
        item = ask_json('officer', '/collections/%s/items/%s' % (kind, ids[kind]))
        ok(places_of(item['geometry']) == want, '%s: item of %s: %s' % (what, kind, item['geometry']))
        ok(len(ask_json('officer', '/collections/%s/items' % kind)['features']) == 1, '%s: one feature of %s' % (what, kind))
        one = ask_json('officer', '/api/records/' + ids[kind])
        ok(places_of(one['geometry']) == want, '%s: record %s' % (what, kind))
    counted(what)
    exports(want, what)


def counted(what):
    rows = {(r['code'], r['dimension']): r for r in json.loads(cli('figures', 'r.gpkg', '--json'))['figures']}
    ok(rows[('finds.items', '')]['value'] == 4, '%s: items %s' % (what, rows[('finds.items', '')]))
    ok(rows[('casualties.total', '')]['value'] == 3, '%s: casualties' % what)
    status = ask_json('officer', '/api/status')
    counts = {c['kind']: c['records'] for c in status['counts']}
    ok(all(counts[k] == 1 for k in KINDS), '%s: counts %s' % (what, counts))


def exports(want, what):
    for end in ('csv', 'geojson', 'gpkg'):
        for old in work.glob('out*'):
            if old.is_dir():
                shutil.rmtree(old)
            else:
                old.unlink()
        cli('export', 'r.gpkg', 'out.' + end, '--role', 'authority')
        for kind in KINDS:
            if end == 'gpkg':
                got = layer_places(kind, 'out.gpkg') or want
            else:
                text = next((work / 'out').glob('*%s*.%s' % (kind, end))).read_text()
                if end == 'csv':
                    rows = list(csv.DictReader(io.StringIO(text.lstrip('\ufeff'))))[1:]  # a row of HXL tags
                    shapes = [json.loads(r['geometry']) for r in rows if r.get('geometry')]
                    ok((float(rows[0]['lon_deg']), float(rows[0]['lat_deg'])) in want, '%s: the point in CSV' % what)
                else:
                    shapes = [f['geometry'] for f in json.loads(text)['features']]
                ok(len(shapes) == 1, '%s: one row of %s in %s' % (what, kind, end))
                got = places_of(shapes[0])
            ok(got == want, '%s: %s of %s: %s' % (what, end, kind, got))
        if end == 'gpkg':
            validate('out.gpkg')


def main():
    cli('init', 'r.gpkg', '--country', 'XXA', '--name', 'Moves')
    more = {'ordnance': ['category=ap_mine', 'quantity=4'], 'accident': ['date=2024-05-01', 'class=mine', 'killed=1', 'injured=2'],
            'minefield_record': ['party=N']}
    ids = {}
    for kind in KINDS:
        sets = [x for s in ['valid_from=2024-05-01', point(OLD)] + more[kind] for x in ('--set', s)]
        ids[kind] = json.loads(cli('add', 'r.gpkg', kind, '--json', *sets))['id']
    every = [ids[k] for k in KINDS]
    cli('approve', 'r.gpkg', *every, '--by', 'B. Approver')
    expect(ids, [OLD], [NEW, THIRD], 'approved')

    for kind in KINDS:
        cli('edit', 'r.gpkg', kind, ids[kind], '--set', point(NEW))
    expect(ids, [OLD, NEW], [THIRD], 'moved')
    validate('r.gpkg')
    cli('check', 'r.gpkg')
    cli('rebuild', 'r.gpkg')
    cli('check', 'r.gpkg')
    expect(ids, [OLD, NEW], [THIRD], 'rebuilt')

    for kind in KINDS:
        cli('edit', 'r.gpkg', kind, ids[kind], '--set', point(THIRD))
    expect(ids, [OLD, NEW, THIRD], [], 'moved again')
    # the day before, nothing had been moved; known as of then neither
    ok(json.loads(cli('figures', 'r.gpkg', '--as-of', '2024-04-30', '--json', '--figure', 'finds'))['figures'][0]['value'] is None,
       'nothing was known before')
    cli('return', 'r.gpkg', *every, '--by', 'B. Approver', '--reason', 'not so')
    expect(ids, [OLD], [NEW, THIRD], 'returned')

    for kind in KINDS:
        cli('edit', 'r.gpkg', kind, ids[kind], '--set', point(NEW), '--set', 'accuracy_m=5')
    expect(ids, [OLD, NEW], [THIRD], 'moved once more')
    for kind in KINDS:  # a place that is taken away
        cli('edit', 'r.gpkg', kind, ids[kind], '--set', 'geometry=')
    expect(ids, [OLD, NEW], [THIRD], 'cleared')
    cli('return', 'r.gpkg', *every, '--by', 'B. Approver', '--reason', 'not so')
    for kind in KINDS:
        cli('edit', 'r.gpkg', kind, ids[kind], '--set', point(NEW), '--set', 'accuracy_m=6')
    cli('approve', 'r.gpkg', *every, '--by', 'B. Approver')
    expect(ids, [NEW], [OLD, THIRD], 'the move is approved')
    cli('check', 'r.gpkg')

    # 90 m off before: the old accuracy counts until the new one is approved
    find = json.loads(cli('add', 'r.gpkg', 'ordnance', '--json', '--set', 'valid_from=2024-05-01', '--set', point((-124.5, -45)),
                          '--set', 'accuracy_m=90'))['id']
    cli('approve', 'r.gpkg', find, '--by', 'B. Approver')
    beside = (-124.5 + 80 / 78847.0, -45.0)
    cli('edit', 'r.gpkg', 'ordnance', find, '--set', 'accuracy_m=5')
    ok(near(beside, within=0)['answer'] == 'danger', 'a smaller accuracy waits')
    cli('approve', 'r.gpkg', find, '--by', 'B. Approver')
    ok(near(beside, within=0)['answer'] == 'no_information', 'and is approved')

    # a hazard leaves the totals when that is approved
    square = 'geometry=POLYGON((-124 -45,-123.99 -45,-123.99 -44.99,-124 -44.99,-124 -45))'
    hazard = json.loads(cli('add', 'r.gpkg', 'hazard', '--json', *[x for s in ('valid_from=2024-05-01', 'class=unknown', 'status=open',
                                                                               square) for x in ('--set', s)]))['id']
    cli('approve', 'r.gpkg', hazard, '--by', 'B. Approver')

    def area():
        rows = {(r['code'], r['dimension']): r['value'] for r in json.loads(cli('figures', 'r.gpkg', '--json', '--figure', 'extent'))['figures']}
        return rows.get(('extent.area', '')), rows.get(('extent.by_class', 'class=unknown')), rows.get(('extent.not_in_totals', 'class=eod_spot'))
    before = area()
    ok(before[0] and before[0] == before[1] and not before[2], 'in totals: %s' % (before,))
    cli('edit', 'r.gpkg', 'hazard', hazard, '--set', 'class=eod_spot')
    ok(area() == before, 'a class outside the totals waits: %s' % (area(),))
    ok(ask_json('officer', '/collections/hazard/items/' + hazard)['properties']['class'] == 'eod_spot', 'the worse class is shown')
    cli('approve', 'r.gpkg', hazard, '--by', 'B. Approver')
    ok(not area()[0] and area()[2] == before[0], 'then it leaves them: %s' % (area(),))

    # a newer population raster takes the place of an approved one when it is approved
    if shutil.which('gdal_create'):
        for name, people in (('people.tif', 500), ('nobody.tif', 0)):
            run('gdal_create', '-of', 'GTiff', '-outsize', 10, 10, '-burn', people, '-a_srs', 'EPSG:4326', '-a_ullr', -126, -44, -123, -46, name)

        def exposed():
            rows = json.loads(cli('figures', 'r.gpkg', '--json', '--figure', 'exposure'))['figures']
            return [r['value'] for r in rows if r['dimension'] == 'within=5km source=raster'][0]

        def population(name, day):
            cli('population', 'r.gpkg', name, '--date', day)
            return [r['id'] for r in ask_json('officer', '/api/records?kind=source')['records'] if name.split('.')[0] in r['label']][0]
        first = population('people.tif', '2025-01-01')
        some = exposed()
        ok(some > 0, 'people near: %s' % some)
        cli('approve', 'r.gpkg', first, '--by', 'B. Approver')
        second = population('nobody.tif', '2026-01-01')
        ok(exposed() == some, 'a newer raster waits: %s' % exposed())
        cli('edit', 'r.gpkg', 'source', first, '--set', 'type=book')
        ok(exposed() == some, 'a correction of the source waits: %s' % exposed())
        cli('approve', 'r.gpkg', second, '--by', 'B. Approver')
        ok(exposed() == 0, 'then it counts: %s' % exposed())
    print('%d passed, %d failed' % (passed, failed))
    shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
