#!/usr/bin/env python3
"""What tiles hold, judged by others: a decoder written here from the specification, GEOS (through GDAL) for the
geometry, GDAL's own driver and @mapbox/vector-tile for the bytes. Danger drawn covers danger recorded and released
land lies inside what was released, at every zoom, for exact roles and for the public; small things are symbols that
reach over them; positions of the public are those of the public geometry.
usage: tiles.py FALLOW ANSWEROF SOURCE_ROOT"""
import json, math, os, random, shutil, struct, subprocess, sys, tempfile

try:
    from osgeo import gdal, ogr
except ImportError:
    if os.path.realpath(sys.executable) != os.path.realpath('/usr/bin/python3') and os.path.exists('/usr/bin/python3'):
        os.execv('/usr/bin/python3', ['/usr/bin/python3'] + sys.argv)
    print('skipped: the Python module of GDAL is not installed')
    sys.exit(77)
ogr.UseExceptions()
gdal.UseExceptions()
fallow, answerof, root = sys.argv[1:4]
tmp = tempfile.mkdtemp()
os.environ['FALLOW_HOME'] = tmp + '/home'
seed = int(os.environ.get('SEED', '4'))
random.seed(seed)
N = 4096


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, check=True).stdout


# ---- a decoder of vector tiles 2.1 ----
def varint(b, i):
    v = shift = 0
    while True:
        v |= (b[i] & 127) << shift
        shift += 7
        i += 1
        if not b[i - 1] & 128:
            return v, i


def fields(b):
    i = 0
    while i < len(b):
        tag, i = varint(b, i)
        if tag & 7 == 0:
            v, i = varint(b, i)
        else:
            assert tag & 7 == 2, tag
            n, i = varint(b, i)
            v, i = b[i:i + n], i + n
        yield tag >> 3, v


def packed(b):
    i, out = 0, []
    while i < len(b):
        v, i = varint(b, i)
        out.append(v)
    return out


def paths(words):
    x = y = i = 0
    out = []
    while i < len(words):
        command, count = words[i] & 7, words[i] >> 3
        i += 1
        assert command in (1, 2, 7) and count > 0
        if command == 7:
            assert count == 1
            continue
        for k in range(count):
            dx, dy = ((v >> 1) ^ -(v & 1) for v in words[i:i + 2])
            x, y, i = x + dx, y + dy, i + 2
            if command == 1:
                out.append([])
            else:
                assert dx or dy, 'a point twice'
            out[-1].append((x, y))
    return out


def decode(b):
    layers = {}
    for number, layer in fields(b):
        assert number == 3
        got = {'features': [], 'keys': [], 'values': []}
        for n, v in fields(layer):
            if n == 1:
                got['name'] = v.decode()
            elif n == 2:
                f = dict(fields(v))
                got['features'].append((f.get(1), packed(f.get(2, b'')), f[3], paths(packed(f[4]))))
            elif n == 3:
                got['keys'].append(v.decode())
            elif n == 4:
                (kind, value), = fields(v)
                got['values'].append(value.decode() if kind == 1 else bool(value) if kind == 7 else value)
            else:
                assert (n, v) in ((15, 2), (5, N)), (n, v)
        assert got['name'] not in layers, 'a layer twice'
        ids = [f[0] for f in got['features'] if f[0]]
        assert len(ids) == len(set(ids)), 'an id twice'
        layers[got['name']] = [
            {'type': t, 'paths': p,
             'tags': {got['keys'][tags[k]]: got['values'][tags[k + 1]] for k in range(0, len(tags), 2)}}
            for _, tags, t, p in got['features']]
    return layers


def area2(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1]))


def polygon(feature):
    """The feature as a valid geometry; rings as the specification wants them."""
    many = ogr.Geometry(ogr.wkbMultiPolygon)
    for ring in feature['paths']:
        assert len(ring) >= 3 and area2(ring) != 0, 'degenerate ring'
        line = ogr.Geometry(ogr.wkbLinearRing)
        for p in ring + ring[:1]:
            line.AddPoint_2D(*p)
        if area2(ring) > 0:
            one = ogr.Geometry(ogr.wkbPolygon)
            one.AddGeometry(line)
            many.AddGeometry(one)
        else:
            assert many.GetGeometryCount(), 'a hole before its outer ring'
            many.GetGeometryRef(many.GetGeometryCount() - 1).AddGeometry(line)
    assert many.IsValid(), many.ExportToWkt()
    return many


# ---- what was recorded, in tile units ----
def to_tile(lon, lat, z, x, y):
    n = N * 2 ** z
    return ((lon + 180) / 360 * n - x * N,
            (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n - y * N)


def recorded(g, z, x, y):
    """Edges are straight in longitude and latitude: many points on each."""
    many = ogr.Geometry(ogr.wkbMultiPolygon)
    for part in [g['coordinates']] if g['type'] == 'Polygon' else g['coordinates']:
        one = ogr.Geometry(ogr.wkbPolygon)
        for ring in part:
            line = ogr.Geometry(ogr.wkbLinearRing)
            for a, b in zip(ring, ring[1:]):
                for k in range(8):
                    line.AddPoint_2D(*to_tile(a[0] + (b[0] - a[0]) * k / 8, a[1] + (b[1] - a[1]) * k / 8, z, x, y))
            line.CloseRings()
            one.AddGeometry(line)
        many.AddGeometry(one)
    return many


def square(lo, hi):
    g = ogr.CreateGeometryFromWkt(f'POLYGON(({lo} {lo},{hi} {lo},{hi} {hi},{lo} {hi},{lo} {lo}))')
    return g


TILE = square(0, N)


def points(g):
    parts = {'Point': [[g['coordinates']]], 'Polygon': g['coordinates'], 'MultiPolygon': sum(g['coordinates'], [])
             if g['type'] == 'MultiPolygon' else None}.get(g['type']) or [g['coordinates']]
    return [p for ring in parts for p in ring]


def check(layers, row, z, x, y):
    """One record in one tile. Returns how it is drawn."""
    p, g = row['properties'], row['geometry']
    released = p['shown_as'] != 'danger'
    drawn = [f for f in layers.get('hazard', []) if f['tags'].get('id') == p.get('record_id')
             and not f['tags'].get('merged') and ('id' in f['tags'] or f['tags']['class'] == 'unknown')]
    if 'Polygon' in g['type']:
        here = recorded(g, z, x, y)
        if not here.IsValid():
            here = here.MakeValid()
        seen = here.Intersection(TILE)
        if drawn:
            union = polygon(drawn[0])
            for f in drawn[1:]:
                union = union.Union(polygon(f))
            if released:
                assert here.Buffer(1e-6).Contains(union), f'{p} is drawn larger than it is in {z}/{x}/{y}'
            elif not union.Buffer(1e-6).Contains(seen):  # of unclassed pieces others may be drawn, this one a symbol
                assert not p.get('record_id'), f'{p} is not covered in {z}/{x}/{y}'
                drawn = []
            if drawn:
                return 'area'
    at = [to_tile(*q, z, x, y) for q in points(g)]
    lo = [min(q[k] for q in at) for k in (0, 1)]
    hi = [max(q[k] for q in at) for k in (0, 1)]
    if not all(0 <= (lo[k] + hi[k]) / 2 < N for k in (0, 1)):
        assert released or 'Polygon' not in g['type'] or max(hi[0] - lo[0], hi[1] - lo[1]) < 25 or seen.IsEmpty() \
            or seen.GetArea() < 1e-9, f'{p} is missing in {z}/{x}/{y}'
        return 'elsewhere'
    for f in layers.get('hazard_point', []):
        (q,), = f['paths']
        t = f['tags']
        if ('count' in t or t.get('id') == p.get('record_id')) and \
                max(math.dist(q, c) for c in at) <= t['reach'] + 0.5:
            assert released or t['shown_as'] == 'danger', 'a release stands for danger'
            return 'symbol'
    raise AssertionError(f'{p} is not in {z}/{x}/{y}')


def answers(role, addresses):
    out = tmp + '/out'
    os.makedirs(out, exist_ok=True)
    lines = run(answerof, register, out, role, *addresses).split('\n')
    for i, address in enumerate(addresses):
        assert lines[i].startswith('200 application/vnd.mapbox-vector-tile'), (address, lines[i])
        with open(f'{out}/{i}', 'rb') as f:
            yield f.read()


def others(body, layers):
    """GDAL's driver and, where it is installed, @mapbox/vector-tile see the same features."""
    path = tmp + '/one.mvt'
    with open(path, 'wb') as f:
        f.write(body)
    data = gdal.OpenEx(path, gdal.OF_VECTOR, allowed_drivers=['MVT'])
    assert {data.GetLayer(i).GetName(): data.GetLayer(i).GetFeatureCount() for i in range(data.GetLayerCount())} == \
        {name: len(f) for name, f in layers.items()}
    script = root + '/tests/web/tile.mjs'
    if shutil.which('node') and os.path.isdir(root + '/tests/web/node_modules/@mapbox/vector-tile'):
        theirs = json.loads(run('node', script, path))
        assert theirs == {name: [[f['type'], f['tags'], sum(len(p) for p in f['paths']) + (len(f['paths'])
                                  if f['type'] == 3 else 0)] for f in fs] for name, fs in layers.items()}
        return 2
    return 1


register = tmp + '/r.gpkg'
run(fallow, 'generate', register, '--hazards', '400', '--seed', str(seed))
# land at both ends of the world, cut at 180 degrees as RFC 7946 wants it: nothing has a larger span
ends = ('MULTIPOLYGON(((-124.5 -45.5,-124.49 -45.5,-124.5 -45.49,-124.5 -45.5)),((179.9 -45.5,180 -45.5,180 -45.4,179.9 -45.5)),'
        '((-180 -45.5,-179.9 -45.5,-180 -45.4,-180 -45.5)))')
run(fallow, 'add', register, 'hazard', '--set', 'class=sha', '--set', 'status=open', '--set', 'national_id=ENDS', '--set', 'geometry=' + ends)
both_ends = json.loads(run(fallow, 'find', register, '--near', '179.95,-45.49', '--json'))['items'][0]['id']
count = {}
judged = 0
for role, export in (('officer', 'authority'), ('public', 'public')):
    run(fallow, 'export', register, f'{tmp}/{role}.geojson', '--role', export, '--kind', 'hazard')
    with open(f'{tmp}/{role}.geojson') as f:
        rows = [r for r in json.load(f)['features'] if r['geometry']]
    some = random.sample(rows, min(60, len(rows)))
    apart = [r for r in rows if r['properties'].get('record_id') == both_ends]
    assert len(apart) == 1
    want = {}
    for row in some + apart:
        for z in range(17):
            at = [q for q in points(row['geometry']) if q[0] < 180]
            for q in at if row in apart else random.sample(at, min(2, len(at))):
                u, v = to_tile(*q, z, 0, 0)
                want.setdefault((z, int(u // N), int(v // N)), []).append(row)
    tiles = sorted(want)
    for part in range(0, len(tiles), 400):
        group = tiles[part:part + 400]
        for at, body in zip(group, answers(role, ['/tiles/hazard/%d/%d/%d.mvt' % t for t in group])):
            layers = decode(body)
            for f in layers.get('hazard', []):
                polygon(f)
            for row in want[at]:
                if role == 'officer' and row['geometry']['type'] == 'Point' and row['properties'].get('radius_m'):
                    continue  # an area by its radius; drawn, tested in C
                how = check(layers, row, *at)
                count[role, how] = count.get((role, how), 0) + 1
            if judged < 60 and layers:
                judged += 1
                program = others(body, layers)
print(f'seed {seed}:', ', '.join(f'{r} {h} {n}' for (r, h), n in sorted(count.items())),
      '; judged by GDAL' + (' and @mapbox/vector-tile' if program == 2 else ''))
assert all(count.get((r, h), 0) > 50 for r in ('officer', 'public') for h in ('area', 'symbol'))

# accidents say how many were harmed, to those who may see where they were, one by one and gathered
run(fallow, 'export', register, f'{tmp}/accidents.geojson', '--role', 'authority', '--kind', 'accident')
with open(f'{tmp}/accidents.geojson') as f:
    rows = [r for r in json.load(f)['features'] if r['geometry'] and r['geometry']['type'] == 'Point']
some = random.sample(rows, min(40, len(rows)))
places = [to_tile(*r['geometry']['coordinates'], 16, 0, 0) for r in some]
for row, body in zip(some, answers('officer', ['/tiles/accident/16/%d/%d.mvt' % (u // N, v // N) for u, v in places])):
    p = row['properties']
    tags = [f['tags'] for f in decode(body)['accident'] if f['tags'].get('id') == p['record_id']][0]
    assert [tags.get(k) for k in ('killed', 'injured')] == [p.get(k) for k in ('killed', 'injured')], (tags, p)
whole = [f['tags'] for f in decode(next(answers('officer', ['/tiles/accident/0/0/0.mvt'])))['accident']]
for k in ('killed', 'injured'):
    assert sum(t.get(k, 0) for t in whole) == sum(r['properties'].get(k) or 0 for r in rows), k
assert 'accident' not in decode(next(answers('public', ['/tiles/all/0/0/0.mvt']))), 'accidents are not for the public'
print(f'{len(some)} accidents with those killed and injured')
shutil.rmtree(tmp)
