#!/usr/bin/env python3
"""Truncated, hostile and absurd files for every format: the reader ends by itself with rows and 'E' or a sentence
and 'F', within docs/LIMITS.md, never by a signal that nobody foresaw.

usage: reader_bad.py READER [--long]
"""
import gzip
import io
import json
import os
import random
import resource
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pipe_read  # noqa: E402

READER = os.path.abspath(sys.argv[1])
LONG = '--long' in sys.argv
SEED = int(os.environ.get('FALLOW_SEED', '1'))
failures, runs, slowest = [], 0, (0.0, '')
INVALID, NOTFOUND, NOMEM, IO, LIMIT, UNSUPPORTED, DENIED = 1, 2, 3, 4, 5, 9, 10


def check(what, ok, detail=''):
    if not ok:
        failures.append(what)
        print('FAILED %s %.300r' % (what, detail))


def run(what, path, *options, mode='rows', allow_xcpu=False):
    """Items of the stream; checks that it ended as it may."""
    global runs, slowest
    runs += 1
    t = time.time()
    try:
        items, status = pipe_read.read(READER, mode, path, *options)
    except pipe_read.Broken as e:
        check(what + ': stream', False, str(e))
        return [('F', 0, str(e), '')]
    t = time.time() - t
    if t > slowest[0]:
        slowest = (t, what)
    check(what + ': time', t < 40, t)
    last = items[-1]
    check(what + ': ends', last[0] in 'EF' and status == (0 if last[0] == 'E' else 1), (last, status))
    if last[0] == 'F':
        check(what + ': says why', len(last[2]) > 10 and last[2][-1] != '.', last)
    return items


def kinds(items):
    return ''.join(i[0] for i in items if i[0] in 'RBEF')


def failed(what, items, code, word=''):
    last = items[-1]
    check(what, last[0] == 'F' and last[1] == code and word in last[2], last)


def put(d, name, data):
    path = os.path.join(d, name)
    with open(path, 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path


def feature(geometry, properties='{}'):
    return '{"type":"Feature","properties":%s,"geometry":%s}' % (properties, geometry)


def collection(*features):
    return '{"type":"FeatureCollection","features":[%s]}' % ',\n'.join(features)


POINT = '{"type":"Point","coordinates":[1,2]}'


def ring(n):
    return '[' + ','.join('[%d.5,%d]' % (i % 90, i % 70) for i in range(n)) + ']'


def test_geojson(d):
    def gj(text, *options):
        return run('GeoJSON', put(d, 'a.geojson', text), *options)
    good = feature(POINT, '{"a":1}')
    for bad in ('{"type":"Point","coordinates":[NaN,2]}', '{"type":"Point","coordinates":[Infinity,2]}',
                '{"type":"Point","coordinates":[-Infinity,2]}', '{"type":"Point","coordinates":[1e999,2]}',
                '{"type":"Point","coordinates":[1]}', '{"type":"Point","coordinates":["1","2"]}',
                '{"type":"Point","coordinates":[null,2]}', '{"type":"Circle","coordinates":[1,2]}',
                '{"type":"Polygon","coordinates":[[1,2],[3,4]]}', '{"type":"Polygon"}', '[]', '7', '"x"', '{}',
                '{"type":"MultiPolygon","coordinates":[[[[1,2],[3,4],[1,2]],7]]}',
                '{"coordinates":[1,2]}', '{"type":"Point","coordinates":[1,2],"coordinates":[3,4]}',
                '{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[]}]}'):
        items = gj(collection(good, feature(bad), good))
        check('bad geometry ' + bad, kinds(items) == 'RBRE', items)
        check('row number', [i for i in items if i[0] == 'B'][:1][0][1] == 2 if 'B' in kinds(items) else False, items)
        check('original', bad[:20] in ([i for i in items if i[0] == 'B'] or [('', '', '', '')])[0][3], items)
    for bad in ('{"a":NaN}', '{"a":1e999}', '{"a":01x}', '{"a":1,"a":2}', '{"a":"\\ud800"}', '{"a":"\\u0000"}',
                '{"a":"\\x"}', '[1]', '7', '{a:1}', '{"a":tru}'):
        items = gj(collection(good, feature(POINT, bad), good))
        check('bad properties ' + bad, kinds(items) in ('RBRE', 'RBRE'), items)
    items = gj(collection(good, '7', 'null', '"x"', '[1,[2]]', good))
    check('features that are none', kinds(items) == 'RBBBBRE', items)
    for text, code in (('', UNSUPPORTED), ('{', INVALID), ('{}', INVALID), ('{"a":1}', INVALID), ('[1,2]', INVALID),
                       ('{"type":"Topology","objects":{}}', UNSUPPORTED),
                       ('{"geometryType":"esriGeometryPoint","features":[]}', UNSUPPORTED),
                       ('{"type":"FeatureCollection"}', INVALID)):
        failed('GeoJSON %r' % text, gj(text), code)
    check('no features', kinds(gj(collection())) == 'E')
    check('empty point', gj(collection(feature('{"type":"Point","coordinates":[]}')))[1][2] is None)
    items = gj(collection(feature(POINT, '{"a":%s1%s}' % ('[' * 62, ']' * 62))))
    check('nested 64 deep', kinds(items) == 'RE', items)
    items = gj(collection(feature(POINT, '{"a":%s1%s}' % ('[' * 65, ']' * 65))))
    check('nested past the limit', kinds(items) == 'BE', items)
    items = gj(collection(feature(POINT, '{"a":%s}' % ('[' * 200000)), good))
    check('nested without end', kinds(items) in ('F', 'BF', 'F'), items[-1])
    items = gj('{"type":"GeometryCollection","geometries":[' * 100000)
    check('collections without end', items[-1][0] == 'F', items[-1])
    items = gj(collection(feature('{"type":"LineString","coordinates":%s}' % ring(100000)),
                          feature('{"type":"LineString","coordinates":%s}' % ring(100001))))
    check('vertices at and past the limit', kinds(items) == 'RBE', items[-2:])
    items = gj(collection(good, feature('{"type":"Polygon","coordinates":[%s]}' % ring(3000000 if not LONG else 10000000)), good))
    check('a polygon of millions', kinds(items) == 'RBRE', items[-1])
    check('its original is cut', len(items[-3][3]) <= (1 << 20) + 8)
    items = gj(collection(feature(POINT, '{"a":"%s"}' % ('x' * 100)), feature(POINT, '{"a":"%s"}' % ('x' * 101))),
               '--limit', 'attribute_bytes=100')
    check('attribute at and past the limit', kinds(items) == 'RBE', items)
    items = gj(collection(good, feature(POINT, '{"a":"%s"}' % ('x' * 100000000)), good))
    check('attribute of 100 MB', kinds(items) == 'RBRE', items[-1])
    items = gj(collection(good, good, good), '--limit', 'features=2')
    failed('features past the limit', items, LIMIT, '2')
    check('features at the limit', kinds(gj(collection(good, good), '--limit', 'features=2')) == 'RRE')
    for n, kind in ((2000, 'RE'), (2001, 'F')):
        items = gj(collection(feature(POINT, '{%s}' % ','.join('"c%d":%d' % (i, i) for i in range(n)))))
        check('%d columns' % n, kinds(items) == kind, items[-1])
    items = run('GeoJSON in windows-1251', put(d, 'a.geojson', collection(good, feature(POINT, '{"a":"Нагірне"}'),
                                                                         good).encode('windows-1251')))
    check('wrong encoding', kinds(items) == 'RBRE', items)
    items = gj(collection(feature(POINT, '{"Name":1,"name":2,"NAME":3,"name_2":4,"id":9}')).replace('"Feature"', '"Feature","id":5'))
    check('names differ by case', [c[0] for c in items[0][1]['columns']] ==
          ['feature_id', 'Name', 'name_2', 'NAME_3', 'name_2_2', 'id'], items[0])


def test_csv(d):
    def csv(text, *options, name='a.csv'):
        return run('CSV', put(d, name, text), *options)
    items = csv('a,b\n1,2\n3\n4,5,6\n7,8,\n')
    check('long row is bad', sorted(kinds(items)) == sorted('RRRBE'), items)
    items = csv('a,b\n1,2\n"3,4\n5,6\n')
    check('a quote that never closes', sorted(kinds(items)) == sorted('RRBE'), items)
    items = csv(b'a,b\n1,2\n3,\x00x\n5,6\n')
    check('NUL', items[-1][0] in 'EF', items)
    items = csv(b'a,b\n' + 'Нагірне,1\n'.encode() * 200 + b'\xff\xfe,2\n' + 'Ї,3\n'.encode())
    check('broken UTF-8', kinds(items).count('B') == 1 and items[-1][0] == 'E', items[-3:])
    items = csv('a,b\n1,%s\n2,%s\n' % ('x' * 100, 'y' * 101), '--limit', 'attribute_bytes=100')
    check('attribute at and past the limit', kinds(items) == 'RBE', items)
    items = csv('a,b\n1,%s\n2,y\n' % ('x' * 100000000))
    check('attribute of 100 MB', sorted(kinds(items)) == sorted('RBE'), items[-1])
    failed('columns past the limit', csv(','.join('c%d' % i for i in range(2001)) + '\n'), LIMIT)
    failed('rows past the limit', csv('a\n1\n2\n3\n', '--limit', 'features=2'), LIMIT)
    check('only a header', kinds(csv('a,b\n')) == 'E')
    failed('only blanks', csv('\n\n\n'), UNSUPPORTED)
    failed('unknown encoding', csv('a,b\n1,2\n', '--encoding', 'klingon'), UNSUPPORTED)


def test_refused(d):
    for name, data, code, word in (
            ('empty.csv', b'', UNSUPPORTED, 'empty'), ('a.pdf', b'%PDF-1.4 ...', UNSUPPORTED, 'PDF'),
            ('a.xls', b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(500), UNSUPPORTED, '.xls'),
            ('a.bin', bytes(range(256)) * 20, UNSUPPORTED, ''), ('a.exe', b'\x7fELF\x02' + bytes(99), UNSUPPORTED, ''),
            ('a.tif', '<VRTDataset rasterXSize="1" rasterYSize="1"><SourceFilename>/etc/passwd</SourceFilename></VRTDataset>',
             UNSUPPORTED, 'virtual'),
            ('a.kml', '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
             UNSUPPORTED, 'virtual'),
            ('a.xml', '<?xml version="1.0"?><root/>', UNSUPPORTED, 'XML')):
        failed(name, run(name, put(d, name, data)), code, word)
    db = sqlite3.connect(os.path.join(d, 'plain.db'))
    db.execute('create table t(a)')
    db.commit()
    db.close()
    failed('SQLite, no GeoPackage', run('db', os.path.join(d, 'plain.db')), UNSUPPORTED, 'SQLite')


def laughs(root, body):
    names = ['a'] + ['a%d' % i for i in range(1, 12)]
    entities = ''.join('<!ENTITY %s "%s">' % (n, 'lol' * 10 if i == 0 else ('&%s;' % names[i - 1]) * 10)
                       for i, n in enumerate(names))
    return '<?xml version="1.0"?><!DOCTYPE %s [%s]>%s' % (root, entities, body)


def test_xml(d):
    kml = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&a11;</name><Point>' \
          '<coordinates>1,2</coordinates></Point></Placemark></Document></kml>'
    items = run('billion laughs KML', put(d, 'a.kml', laughs('kml', kml)))
    check('billion laughs KML', items[-1][0] == 'F', items[-1])
    gpx = '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="1" lon="2"><name>&a11;</name></wpt></gpx>'
    items = run('billion laughs GPX', put(d, 'a.gpx', laughs('gpx', gpx)))
    check('billion laughs GPX', not any(i[0] == 'R' and len(str(i)) > 1 << 20 for i in items), items[-1])
    outside = '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + kml.replace('&a11;', '&x;')
    items = run('external entity', put(d, 'a.kml', outside))
    check('external entity', 'root:' not in str(items), items)
    for xy in ('NaN,NaN', 'inf,2', '1e999,2', ',,,', '1', ''):
        run('KML coordinates ' + xy, put(d, 'a.kml', kml.replace('&a11;', 'x').replace('1,2', xy)))
    deep = kml.split('<Placemark>')[0] + '<Folder>' * 50000
    run('KML folders without end', put(d, 'a.kml', deep))
    run('KML in the wrong encoding', put(d, 'a.kml', kml.replace('&a11;', 'Нагірне').encode('windows-1251')))
    many = ' '.join('%d.5,%d' % (i % 90, i % 70) for i in range(200000))
    items = run('KML line past the limit', put(d, 'a.kml', kml.replace('&a11;', 'x').replace('<Point>', '<LineString>')
                .replace('</Point>', '</LineString>').replace('1,2', many)))
    check('KML vertices', kinds(items) in ('BE', 'F'), items[-1])


def test_archives(d):
    path = os.path.join(d, 'bomb.zip')
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        with z.open('a.csv', 'w', force_zip64=True) as f:
            for _ in range(300):
                f.write(bytes(1 << 20))
    failed('zip bomb', run('zip bomb', path), LIMIT, '1000 times')
    failed('zip past its limit', run('zip', path, '--limit', 'unpacked_bytes=100000000', '--limit', 'ratio=100000'), LIMIT,
           '100000000')
    path = os.path.join(d, 'bomb.csv.gz')
    with gzip.open(path, 'wb', 9) as f:
        f.write(b'a,b\n')
        for _ in range(40):
            f.write(b'1,2\n' * (1 << 18))
    failed('gzip past its limit', run('gzip', path, '--limit', 'ratio=100'), LIMIT, '100 times')
    for n, kind in ((10000, 'RE'), (10001, 'F')):
        path = os.path.join(d, 'many.zip')
        with zipfile.ZipFile(path, 'w') as z:
            z.writestr('a.csv', 'a\n1\n')
            for i in range(n - 1):
                z.writestr('x/%d.dat' % i, b'')
        check('%d entries' % n, kinds(run('many entries', path)) == kind)
    inner = b'a\n1\n'
    for wraps, kind in ((1, 'RE'), (2, 'RE'), (3, 'F'), (4, 'F')):
        data, name = inner, 'a.csv'
        for w in range(wraps):
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w') as z:
                z.writestr(name, data)
            data, name = out.getvalue(), 'x%d.zip' % w
        check('%d archives inside each other' % wraps, kinds(run('nested', put(d, 'n.zip', data))) == kind)
    for name in ('../../etc/x.csv', '/etc/x.csv', 'C:\\x.csv', 'a\n.csv', 'x' * 5000 + '.csv', '.csv', 'ф.csv'):
        out = io.BytesIO()
        with zipfile.ZipFile(out, 'w') as z:
            z.writestr(name, inner)
        run('entry named %.20r' % name, put(d, 'n.zip', out.getvalue()))
    failed('nothing inside', run('zip', put(d, 'n.zip', zip_of('a.jpg', b'x'))), UNSUPPORTED)
    raw = bytearray(zip_of('a.csv', b'a\n' + b''.join(b'%d\n' % (i * i) for i in range(5000)), True))
    raw[200] ^= 0x55
    items = run('damaged entry', put(d, 'n.zip', bytes(raw)))
    check('damaged entry', items[-1][0] == 'F', items[-1])
    whole = gzip.compress(b'a,b\n' + b''.join(b'%d,%d\n' % (i, i * i) for i in range(20000)))
    items = run('gzip cut short', put(d, 'n.csv.gz', whole[:len(whole) // 2]))
    check('gzip cut short', 'R' in kinds(items) and items[-1][0] == 'F', items[-1])


def zip_of(name, data, packed=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as z:
        z.writestr(name, data)
    return out.getvalue()


def ogr2ogr(*argv):
    subprocess.run(['ogr2ogr', *argv], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def edit(src, dst, *statements):
    with open(src, 'rb') as f, open(dst, 'wb') as g:
        g.write(f.read())
    db = sqlite3.connect(dst)
    db.isolation_level = None
    triggers = [row[0] for row in db.execute("select name from sqlite_master where type='trigger'")]
    for s in ['drop trigger "%s"' % t for t in triggers] + list(statements):
        db.execute(s)
    db.close()
    return dst


def test_gpkg(d, good):
    hostile = os.path.join(d, 'hostile.gpkg')
    rows = kinds(run('GeoPackage', good))
    items = run('trigger', edit(good, hostile, 'create trigger t after update on a begin delete from a; end',
                                "create trigger u before insert on gpkg_contents begin select load_extension('/tmp/x'); end"))
    check('triggers do nothing', kinds(items) == rows, items[-1])
    endless = 'with recursive x(i) as (select 1 union all select i+1 from x) select %s from x'
    rename = 'alter table gpkg_contents rename to g'
    failed('gpkg_contents is a view', run('view', edit(good, hostile, 'pragma writable_schema=on', rename, 'create view gpkg_contents as ' + endless % 'i')), DENIED, 'hostile')
    view = ("insert into gpkg_contents(table_name,data_type,identifier,srs_id) values('v','features','v',4326)",
            "insert into gpkg_geometry_columns values('v','geom','GEOMETRY',4326,0,0)")
    path = edit(good, hostile, 'create view v as select fid, geom, ref from a', *view)
    failed('a view asked for', run('view', path, '--layer', 'v'), UNSUPPORTED, 'view')
    items = run('view', path)
    check('a view beside a table', kinds(items) == rows and any(i[0] == 'W' and 'view' in i[1] for i in items), items[-1])
    check('a view is not listed', run('list', path, mode='list')[0] == ('L', [('a', 'mixed', 50)]))
    path = edit(good, hostile, 'create view v as ' + endless % "i as fid, zeroblob(i) as geom, 'x' as ref", *view)
    check('an endless view', kinds(run('view', path)) == rows)
    path = edit(good, hostile, "create virtual table w using fts3(ref)",
                "insert into gpkg_contents(table_name,data_type,identifier) values('w','attributes','w')")
    failed('a virtual table', run('virtual', path, '--layer', 'w'), UNSUPPORTED, 'view')
    path = edit(good, hostile, "alter table a add column boom generated always as (hex(zeroblob(1000000))) virtual")
    run('a generated column', path)
    path = edit(good, hostile, "update a set geom = zeroblob(100000000) where fid = 3")
    items = run('geometry of 100 MB', path)
    check('geometry of 100 MB', len(items) > 3, items[-1])
    path = edit(good, hostile, "update a set name = hex(zeroblob(20000000)) where fid = 3")
    items = run('attribute of 40 MB', path)
    check('attribute of 40 MB', kinds(items) == rows.replace('R', 'B', 3).replace('B', 'R', 2), kinds(items))
    path = edit(good, hostile, "update a set name = cast(x'cdc0c3' as text) where fid = 3")
    items = run('text in the wrong encoding', path)
    check('text in the wrong encoding', kinds(items).count('B') <= 1 and items[-1][0] == 'E', items[-1])
    nan = struct.pack('<2sBBi', b'GP', 0, 1, 4326) + struct.pack('<BIdd', 1, 1, float('inf'), 2)
    db = sqlite3.connect(edit(good, hostile))
    db.execute('update a set geom=? where fid=2', (nan,))
    db.execute('update a set geom=? where fid=4', (nan[:-3],))
    db.execute("update a set geom='text' where fid=6")
    db.commit()
    db.close()
    items = run('broken geometries', hostile)
    check('infinite coordinate', any(i[0] == 'B' and i[1] == 2 for i in items), items[:6])
    path = edit(good, hostile, 'pragma journal_mode=wal')
    check('WAL mode', kinds(run('WAL mode', path)) == rows)
    run('no contents', edit(good, hostile, 'pragma foreign_keys=off', 'delete from gpkg_geometry_columns', 'delete from gpkg_contents'))


def test_shapefile(d, parts):
    """Odd parts: every index, count and length of the first polygon set to something absurd."""
    shp = open(parts[0], 'rb').read()
    for at, fmt in ((100 + 4, '>i'), (100 + 8, '<i'), (100 + 44, '<i'), (100 + 48, '<i'), (100 + 52, '<i'), (24, '>i'),
                    (32, '<i')):
        for value in (-1, 0, 1, 2, 7, 2 ** 31 - 1, -2 ** 31, 10 ** 7, 10 ** 8):
            data = bytearray(shp)
            struct.pack_into(fmt, data, at, value)
            run('Shapefile part', [put(d, os.path.basename(parts[0]), bytes(data))] + parts[1:])
    data = bytearray(shp)
    struct.pack_into('<d', data, 100 + 56, float('nan'))
    items = run('Shapefile NaN', [put(d, os.path.basename(parts[0]), bytes(data))] + parts[1:])
    check('Shapefile NaN', kinds(items)[0] == 'B', items[:3])
    for lost in ('.shx', '.dbf', '.prj'):
        items = run('Shapefile without ' + lost, [p for p in parts if not p.endswith(lost)])
        check('Shapefile without ' + lost, items[-1][0] == ('F' if lost == '.shx' else 'E'), items[-1])


def test_raster(d):
    def tiff(width, height, block=None):
        tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
                (278, 4, block or 1), (279, 4, 1)]
        ifd = struct.pack('<H', len(tags)) + b''.join(struct.pack('<HHII', t, k, 1, v) for t, k, v in tags) + bytes(4)
        return struct.pack('<2sHI', b'II', 42, 16) + bytes(8) + ifd
    failed('raster too wide', run('raster', put(d, 'a.tif', tiff(2 ** 31 - 1, 5)), mode='raster'), LIMIT, 'wide')
    failed('raster too large', run('raster', put(d, 'a.tif', tiff(3000000, 2 ** 31 - 1)), mode='raster'), LIMIT, 'cells')
    failed('raster block', run('raster', put(d, 'a.tif', tiff(200000, 20000, 20000)), mode='raster'), INVALID)
    for w, h in ((0, 5), (5, 0), (100, 100)):
        run('raster %dx%d' % (w, h), put(d, 'a.tif', tiff(w, h)), mode='raster')
    run('grid without numbers', put(d, 'a.asc', 'ncols 5\nnrows 5\nxllcorner 0\nyllcorner 0\ncellsize 1\n'), mode='raster')
    run('grid of nonsense', put(d, 'a.asc', 'ncols -5\nnrows 99999999999999\nxllcorner nan\ncellsize 0\n1 2 x'), mode='raster')


def test_process_limits(d, gdb):
    """One past the limits on the whole process."""
    placemark = '<Placemark><name>%d</name><Point><coordinates>1,2</coordinates></Point></Placemark>\n'
    kml = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>%s</Document></kml>'
    path = put(d, 'big.kml', kml % ''.join(placemark % i for i in range(100000)))
    items = run('memory', path, '--limit', 'memory_bytes=60000000')
    check('memory past the limit', items[-1][0] == 'F', items[-1])
    check('hint on memory', 'memory_bytes' in items[-1][3], items[-1])
    check('the same within the limit', kinds(run('memory', path))[-1] == 'E')
    grow = put(d, 'utf16.csv', b'\xff\xfe' + ('a,b\n' + 'xxxxxxxxxxxxxxxx,1\n' * 1000000).encode('utf-16-le'))
    failed('UTF-16 past the memory', run('UTF-16', grow, '--limit', 'memory_bytes=10000000'), LIMIT, 'UTF-16')
    slow = put(d, 'slow.geojson', collection(*[feature('{"type":"LineString","coordinates":%s}' % ring(90000))] * 150))
    items = run('processor time', slow, '--limit', 'cpu_s=1', '--limit', 'cpu_us_a_feature=1')
    check('processor time', items[-1][0] == 'E' or 'processor' in items[-1][2], items[-1])
    folder = [os.path.join(gdb, f) for f in os.listdir(gdb)]
    child = pipe_read.start(READER, 'rows', gdb)
    check('files at the limit', list(pipe_read.decode(child.stdout))[-1][0] == 'E')
    child.wait()
    failed('files past the limit', limited_folder(gdb, len(folder) - 1), LIMIT, 'files')


def limited_folder(gdb, most):
    """The limit must stand before the files on the command line."""
    fds, argv = [], [READER, 'rows', '--limit', 'files=%d' % most, '--name', 'a.gdb']
    for name in os.listdir(gdb):
        fds.append(os.open(os.path.join(gdb, name), os.O_RDONLY))
        argv += ['--file', '%d:a.gdb/%s' % (fds[-1], name)]
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, pass_fds=fds)
    items = list(pipe_read.decode(child.stdout))
    child.wait()
    for fd in fds:
        os.close(fd)
    return items


def test_cut_and_flipped(d, samples):
    """Each format cut at many places, and with bytes changed."""
    rnd = random.Random(SEED)
    for path in samples:
        data = open(path[0] if isinstance(path, list) else path, 'rb').read()
        name = os.path.basename(path[0] if isinstance(path, list) else path)
        rest = path[1:] if isinstance(path, list) else []
        mode = 'raster' if name.endswith('.tif') else 'rows'
        n = len(data)
        cuts = sorted({1, 2, 16, 50, 99, 100, 101, n - 1, n - 2} | {rnd.randrange(n) for _ in range(60 if LONG else 8)})
        for cut in cuts:
            run('%s cut at %d' % (name, cut), [put(d, name, data[:cut])] + rest, mode=mode)
        for k in range(100 if LONG else 8):
            flipped = bytearray(data)
            for _ in range(1 + k % 4):
                flipped[rnd.randrange(min(n, 3000) if k % 2 else n)] = rnd.choice((0, 0xff, 0x7f, rnd.randrange(256)))
            run('%s flipped %d' % (name, k), [put(d, name, bytes(flipped))] + rest, mode=mode)


def samples(d):
    feats = []
    for i in range(50):
        g = {'type': 'Polygon', 'coordinates': [[[30 + i, 48], [30.5 + i, 48], [30.5 + i, 48.5], [30 + i, 48]]]}
        if i % 3 == 2:
            g = {'type': 'Point', 'coordinates': [1, 2]}
        feats.append({'type': 'Feature', 'geometry': g, 'properties': {'ref': 'HZ-%d' % i, 'name': 'Нагірне', 'n': i,
                                                                     'area': i * 1.5}})
    src = put(d, 'a.geojson', json.dumps({'type': 'FeatureCollection', 'features': feats}))
    out = [src]
    for ext, driver in (('gpkg', 'GPKG'), ('kml', 'LIBKML'), ('kmz', 'LIBKML'), ('xlsx', 'XLSX'), ('ods', 'ODS'), ('fgb', 'FlatGeobuf')):
        ogr2ogr('-f', driver, os.path.join(d, 'a.' + ext), src)
        out.append(os.path.join(d, 'a.' + ext))
    ogr2ogr('-f', 'ESRI Shapefile', os.path.join(d, 's.shp'), src, '-where', "n % 3 <> 2", '-lco', 'ENCODING=UTF-8')
    parts = [os.path.join(d, 's.' + e) for e in ('shp', 'shx', 'dbf', 'prj', 'cpg')]
    out += [parts, [parts[2], parts[4]]]
    ogr2ogr('-f', 'OpenFileGDB', os.path.join(d, 'a.gdb'), src, '-where', "n % 3 <> 2", '-nlt', 'MULTIPOLYGON')
    with zipfile.ZipFile(os.path.join(d, 'g.gdb.zip'), 'w', zipfile.ZIP_DEFLATED) as z:
        for f in os.listdir(os.path.join(d, 'a.gdb')):
            z.write(os.path.join(d, 'a.gdb', f), 'a.gdb/' + f)
    out.append(os.path.join(d, 'g.gdb.zip'))
    ogr2ogr('-f', 'GPX', os.path.join(d, 'a.gpx'), src, '-where', "n % 3 = 2", '-nlt', 'POINT', '-dsco',
            'GPX_USE_EXTENSIONS=YES')
    out.append(os.path.join(d, 'a.gpx'))
    subprocess.run(['gdal_rasterize', '-q', '-burn', '7', '-ts', '60', '40', src, os.path.join(d, 'a.tif'), '-co', 'COMPRESS=LZW'],
                   check=True, stderr=subprocess.DEVNULL)
    out.append(os.path.join(d, 'a.tif'))
    with gzip.open(os.path.join(d, 'a.csv.gz'), 'wb') as f:
        f.write(b'a,b\n' + b''.join(b'%d,"x%d"\n' % (i, i) for i in range(500)))
    out.append(os.path.join(d, 'a.csv.gz'))
    return out, parts


with tempfile.TemporaryDirectory() as good, tempfile.TemporaryDirectory() as work:
    files, shape = samples(good)
    test_geojson(work)
    test_csv(work)
    test_refused(work)
    test_xml(work)
    test_archives(work)
    test_gpkg(work, os.path.join(good, 'a.gpkg'))
    test_shapefile(work, shape)
    test_raster(work)
    test_process_limits(work, os.path.join(good, 'a.gdb'))
    test_cut_and_flipped(work, files)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
check('memory', peak < 900, peak)
print('reader bad input: %d runs, %d failed, seed %d, slowest %.1f s (%s), most memory %d MiB' %
      (runs, len(failures), SEED, slowest[0], slowest[1], peak))
sys.exit(1 if failures else 0)
