#!/usr/bin/env python3
"""Every format that the reader takes, written by GDAL, read by fallow-reader, compared with GDAL's own reading
(python3-gdal) row by row. GeoJSON and CSV are read by our own parsers, so there GDAL is a second opinion.

usage: reader_formats.py READER [FORMAT ...]
"""
import gzip
import json
import os
import struct
import sys
import tempfile
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pipe_read  # noqa: E402

try:
    from osgeo import gdal, ogr, osr
except ImportError:  # python3-gdal belongs to the system's own Python
    if sys.executable == '/usr/bin/python3':
        raise
    os.execv('/usr/bin/python3', ['/usr/bin/python3'] + sys.argv)

gdal.UseExceptions()
ogr.UseExceptions()
READER = os.path.abspath(sys.argv[1])
NAMES = ['Нагірне', 'Ağdam', 'plain', 'quote"d, x', 'ÅÄÖ\nline two', 'Şuşa']
failures = []


def check(what, ok, detail=''):
    if not ok:
        failures.append(what)
        print('FAILED %s %s' % (what, detail))


def polygon(i):
    x = 30 + i * 0.01
    return {'type': 'Polygon', 'coordinates': [[[x, 48], [x + .005, 48], [x + .005, 48.005 + 1e-13], [x, 48.005],
                                                [x, 48]]]}


def geometry(i, kind):
    if kind == 'point':
        return {'type': 'Point', 'coordinates': [30 + i / 7, 48 - i / 3]}
    if kind == 'polygon':
        return polygon(i)
    if i % 5 == 1:
        return {'type': 'MultiPolygon', 'coordinates': [polygon(i)['coordinates'], polygon(i + 100)['coordinates']]}
    if i % 5 == 2:
        return {'type': 'LineString', 'coordinates': [[1, 2], [3.5, 4], [5, 6.25]]}
    if i % 5 == 3:
        return {'type': 'MultiPoint', 'coordinates': [[1, 2], [3, 4]]}
    if i % 5 == 4:
        return None
    return polygon(i)


def features(n, kind):
    out = []
    for i in range(n):
        out.append({'type': 'Feature', 'geometry': geometry(i, kind),
                    'properties': {'ref': 'HZ-%03d' % i, 'name': NAMES[i % len(NAMES)], 'n': i * 3 - 20,
                                   'area': i * 1.1, 'seen': '2024-05-%02d' % (i % 28 + 1),
                                   'code': '%04d' % i, 'maybe': None if i % 2 else 'x'}})
    return out


def write_geojson(path, kind, n=60):
    with open(path, 'w') as f:
        json.dump({'type': 'FeatureCollection', 'features': features(n, kind)}, f, ensure_ascii=False)


def wkb_of(geom):
    if geom is None or geom.IsEmpty():
        return None
    geom = geom.Clone()
    geom.FlattenTo2D()
    return bytes(geom.ExportToIsoWkb(ogr.wkbNDR))


def gdal_rows(path, layer_name=None):
    """Rows as GDAL reads them: {column: value}, WKB."""
    ds = gdal.OpenEx(path, gdal.OF_VECTOR)
    layer = ds.GetLayerByName(layer_name) if layer_name else ds.GetLayer(0)
    defn = layer.GetLayerDefn()
    rows = []
    for f in layer:
        values = {}
        for i in range(defn.GetFieldCount()):
            kind = defn.GetFieldDefn(i).GetType()
            if not f.IsFieldSetAndNotNull(i):
                value = None
            elif kind in (ogr.OFTInteger, ogr.OFTInteger64):
                value = f.GetFieldAsInteger64(i)
            elif kind == ogr.OFTReal:
                value = f.GetFieldAsDouble(i)
            else:
                value = f.GetFieldAsString(i)
            values[defn.GetFieldDefn(i).GetName()] = value
        rows.append((values, wkb_of(f.GetGeometryRef())))
    return rows


def same(ours, theirs):
    if isinstance(theirs, str) and isinstance(ours, str):
        plain = theirs.replace('/', '-').replace(' ', 'T')
        return ours == theirs or ours.startswith(plain.split('+')[0])
    if isinstance(theirs, str) and ours is not None:  # the CSV driver gives texts
        return float(theirs) == float(ours)
    return ours == theirs or (theirs == '' and ours is None)


def compare(what, items, status, expected, ignore_geometry=False):
    check(what + ': ends well', status == 0 and items[-1] == ('E', len(expected)), items[-1])
    head = [i for i in items if i[0] == 'H'][0][1]
    names = [c[0] for c in head['columns']]
    rows = [i for i in items if i[0] == 'R']
    check(what + ': count', len(rows) == len(expected), '%d %d' % (len(rows), len(expected)))
    for k, (row, (values, wkb)) in enumerate(zip(rows, expected)):
        check(what + ': number', row[1] == k + 1, row[1])
        ours = dict(zip(names, row[3]))
        for name, value in values.items():
            check('%s: row %d %s' % (what, k, name), name in ours and same(ours[name], value),
                  '%r %r' % (ours.get(name), value))
        if not ignore_geometry:
            check('%s: row %d geometry' % (what, k), row[2] == wkb, '%r %r' % (row[2], wkb))
        if len(failures) > 20:
            sys.exit(1)
    return head


def vector(what, path, reference=None, layer=None, **options):
    items, status = pipe_read.read(READER, 'rows', path, *(['--layer', layer] if layer else []))
    main = path if isinstance(path, str) else path[0]
    return compare(what, items, status, gdal_rows(reference or main, layer), **options)


def translate(src, dst, driver, **more):
    gdal.VectorTranslate(dst, src, format=driver, **more)


def shapefile_parts(path):
    stem = path[:-4]
    return [path] + [stem + '.' + e for e in ('shx', 'dbf', 'prj', 'cpg') if os.path.exists(stem + '.' + e)]


def test_vectors(d):
    mixed, poly, points = d + '/mixed.geojson', d + '/poly.geojson', d + '/points.geojson'
    write_geojson(mixed, 'mixed')
    write_geojson(poly, 'polygon')
    write_geojson(points, 'point')
    head = vector('GeoJSON', mixed)
    check('GeoJSON crs', head['crs'] == 'EPSG:4326')
    check('GeoJSON types', [c[1] for c in head['columns']] == [3, 3, 1, 2, 4, 3, 3], head['columns'])
    translate(mixed, d + '/seq.geojsonl', 'GeoJSONSeq')
    vector('GeoJSONSeq', d + '/seq.geojsonl')
    translate(mixed, d + '/rs.geojsons', 'GeoJSONSeq', layerCreationOptions=['RS=YES'])
    vector('GeoJSONSeq with separators', d + '/rs.geojsons')
    translate(mixed, d + '/a.gpkg', 'GPKG')
    head = vector('GeoPackage', d + '/a.gpkg')
    check('GeoPackage id', head['columns'][0][0] == 'fid' and head['driver'] == 'GeoPackage')
    translate(poly, d + '/utm.gpkg', 'GPKG', dstSRS='EPSG:32636', reproject=True)
    check('GeoPackage crs', vector('GeoPackage UTM', d + '/utm.gpkg')['crs'] == 'EPSG:32636')
    translate(poly, d + '/a.fgb', 'FlatGeobuf')
    vector('FlatGeobuf', d + '/a.fgb')
    translate(mixed, d + '/a.kml', 'LIBKML')
    vector('KML', d + '/a.kml')
    translate(poly, d + '/a.kmz', 'LIBKML')
    vector('KMZ', d + '/a.kmz', layer='poly', reference=d + '/a.kmz')
    for ext, driver in (('xlsx', 'XLSX'), ('ods', 'ODS')):
        translate(mixed, d + '/a.' + ext, driver)
        vector(driver, d + '/a.' + ext)
    translate(poly, d + '/a.shp', 'ESRI Shapefile', layerCreationOptions=['ENCODING=UTF-8'])
    head = vector('Shapefile', shapefile_parts(d + '/a.shp'))
    check('Shapefile crs', head['crs'] == 'EPSG:4326', head['crs'])
    with open(d + '/cyrillic.geojson', 'w') as f:
        f.write(open(poly).read().replace('Ağdam', 'Їжак').replace('Şuşa', 'Ґанок').replace('ÅÄÖ', 'Є'))
    translate(d + '/cyrillic.geojson', d + '/c.shp', 'ESRI Shapefile', dstSRS='EPSG:28406', reproject=True,
              layerCreationOptions=['ENCODING=CP1251'])
    head = vector('Shapefile in windows-1251', shapefile_parts(d + '/c.shp'))
    check('Shapefile crs', head['crs'] == 'EPSG:28406', head['crs'])
    vector('dBASE table', [d + '/c.dbf', d + '/c.cpg'], ignore_geometry=True)
    with open(d + '/c.dbf', 'r+b') as f:
        f.seek(29)
        f.write(b'\0')
    items, status = pipe_read.read(READER, 'rows', d + '/c.dbf')
    check('guessed encoding', any(i[0] == 'W' and 'windows-1251' in i[1] for i in items), items[:2])
    compare('dBASE table without its encoding', items, status, gdal_rows(d + '/c.dbf'), ignore_geometry=True)
    items, status = pipe_read.read(READER, 'rows', [d + '/c.shp', d + '/c.dbf', d + '/c.prj'], '--encoding', 'CP1251')
    check('no .shx', items[-1][0] in 'EF', items)
    with zipfile.ZipFile(d + '/shp.zip', 'w', zipfile.ZIP_DEFLATED) as z:
        for p in shapefile_parts(d + '/a.shp'):
            z.write(p, 'data/' + os.path.basename(p))
        z.writestr('readme.txt', 'hello')
        z.writestr('__MACOSX/data/._a.shp', 'junk')
    vector('zipped Shapefile', d + '/shp.zip', reference=d + '/a.shp')
    translate(poly, d + '/a.gdb', 'OpenFileGDB', geometryType='MULTIPOLYGON')
    vector('FileGDB folder', d + '/a.gdb')
    for flat in (False, True):
        name = d + ('/flat.gdb.zip' if flat else '/a.gdb.zip')
        with zipfile.ZipFile(name, 'w', zipfile.ZIP_DEFLATED) as z:
            for f in os.listdir(d + '/a.gdb'):
                z.write(d + '/a.gdb/' + f, f if flat else 'a.gdb/' + f)
        vector('zipped FileGDB' + (' without a folder' if flat else ''), name, reference=d + '/a.gdb')
    gpx = ogr.GetDriverByName('GPX').CreateDataSource(d + '/a.gpx')
    layer = gpx.CreateLayer('waypoints', None, ogr.wkbPoint)
    for i in range(5):
        f = ogr.Feature(layer.GetLayerDefn())
        f.SetField('name', NAMES[i])
        f.SetField('time', '2024/05/01 10:20:3%d' % i)
        f.SetGeometry(ogr.CreateGeometryFromWkt('POINT(%d 40)' % i))
        layer.CreateFeature(f)
        del f
    del layer, gpx
    vector('GPX', d + '/a.gpx', layer='waypoints')
    with open(mixed, 'rb') as f, gzip.open(d + '/z.geojson.gz', 'wb') as g:
        g.write(f.read())
    vector('gzipped GeoJSON', d + '/z.geojson.gz', reference=mixed)
    with zipfile.ZipFile(d + '/nested.zip', 'w') as z:
        z.write(d + '/a.kmz', 'a.kmz')
    vector('KMZ in a zip', d + '/nested.zip', layer='poly', reference=d + '/a.kmz')


def test_csv(d):
    path = d + '/a.csv'
    rows = [['id', 'name', 'lon', 'code', 'note']]
    for i in range(200):
        rows.append([str(i), NAMES[i % len(NAMES)], '%.5f' % (30 + i / 7), '%03d' % i, '' if i % 3 else 'x;y'])
    for sep, name in ((',', 'a.csv'), (';', 'semi.csv'), ('\t', 'a.tsv'), ('|', 'pipe.csv')):
        path = d + '/' + name
        with open(path, 'w', newline='') as f:
            for r in rows:
                f.write(sep.join('"%s"' % v.replace('"', '""') if set(v) & set(',;\t|"\n') else v for v in r) + '\r\n')
        items, status = pipe_read.read(READER, 'rows', path)
        expected = [({rows[0][k]: v for k, v in enumerate(r)}, None) for r in rows[1:]]
        head = compare('CSV ' + name, items, status, expected)
        check('CSV types', [c[1] for c in head['columns']] == [1, 3, 2, 3, 3], head['columns'])
    vector('CSV against GDAL', d + '/a.csv')
    with open(d + '/large.csv', 'w') as f:
        f.write('id,name\n')
        for i in range(400000):
            f.write('%d,%sНагірне\n' % (i, 'x' * (i % 5)))
    items, status = pipe_read.read(READER, 'rows', d + '/large.csv')
    check('large CSV', status == 0 and items[0][1]['encoding'] == 'UTF-8' and items[-1] == ('E', 400000) and
          not any(i[0] in 'WB' for i in items), items[:3])
    texts = {'windows-1251': 'Нагірне; Їжак; Ґанок', 'windows-1254': 'Ağdam Şuşa Göyçay ışık', 'windows-1252': 'Nechí Ñandú'}
    for encoding, word in texts.items():
        path = d + '/e.csv'
        with open(path, 'wb') as f:
            f.write(('id,name\r\n' + ''.join('%d,"%s"\r\n' % (i, word) for i in range(20))).encode(encoding))
        items, status = pipe_read.read(READER, 'rows', path)
        check('encoding ' + encoding, items[0][1]['encoding'] == encoding and items[1][0] == 'W', items[:2])
        check('text of ' + encoding, [i for i in items if i[0] == 'R'][3][3][1] == word, items[2])
    for encoding, mark in (('utf-8-sig', b''), ('utf-16-le', b'\xff\xfe'), ('utf-16-be', b'\xfe\xff'), ('utf-16-le', b'')):
        with open(d + '/u.csv', 'wb') as f:
            f.write(mark + 'id,name\n1,Нагірне 😀 Ağdam\n'.encode(encoding))
        items, status = pipe_read.read(READER, 'rows', d + '/u.csv')
        check('text of ' + encoding, status == 0 and items[-2][3] == [1, 'Нагірне 😀 Ağdam'], items)


def test_raster(d):
    path = d + '/a.tif'
    ds = gdal.GetDriverByName('GTiff').Create(path, 37, 23, 1, gdal.GDT_Float32, ['TILED=YES', 'COMPRESS=DEFLATE'])
    ds.SetGeoTransform([30, 0.1, 0, 50, 0, -0.1])
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    ds.SetProjection(srs.ExportToWkt())
    band = ds.GetRasterBand(1)
    band.SetNoDataValue(-9999)
    data = [[-9999.0 if (x * y) % 11 == 3 else x * 1.5 + y for x in range(37)] for y in range(23)]
    band.WriteRaster(0, 0, 37, 23, b''.join(struct.pack('<37f', *r) for r in data))
    del band, ds
    gdal.Translate(d + '/a.asc', path, format='AAIGrid')
    gdal.Translate(d + '/a.img', path, format='HFA')
    for name in ('a.tif', 'a.asc', 'a.img'):
        files = [d + '/' + name] + ([d + '/a.prj'] if name == 'a.asc' else [])
        items, status = pipe_read.read(READER, 'raster', files)
        items = [i for i in items if i[0] != 'W']
        info = items[0][1]
        check(name + ' ends', status == 0 and items[-1] == ('E', 23), items[-1])
        check(name + ' size', (info['width'], info['height'], info['has_nodata']) == (37, 23, 1), info)
        check(name + ' place', all(abs(a - b) < 1e-9 for a, b in zip(info['transform'], [30, .1, 0, 50, 0, -.1])), info)
        check(name + ' crs', info['crs'] == 'EPSG:4326', info)
        for y, row in enumerate(data):
            for ours, theirs in zip(items[1 + y][2], row):
                check(name + ' cell', ours != ours if theirs == -9999 else abs(ours - theirs) < 1e-5, (y, ours, theirs))
    items, status = pipe_read.read(READER, 'rows', path)
    check('raster as rows', status == 1 and items[-1][1] == 9, items)


def test_layers(d):
    translate(d + '/poly.geojson', d + '/two.gpkg', 'GPKG', layerName='one')
    translate(d + '/points.geojson', d + '/two.gpkg', 'GPKG', layerName='two', accessMode='append')
    items, status = pipe_read.read(READER, 'list', d + '/two.gpkg')
    check('list', items[0] == ('L', [('one', 'polygon', 60), ('two', 'point', 60)]), items)
    vector('second layer', d + '/two.gpkg', layer='two')
    items, status = pipe_read.read(READER, 'rows', d + '/two.gpkg', '--layer', 'three')
    check('no such layer', items[-1][0] == 'F' and items[-1][1] == 2, items)
    with zipfile.ZipFile(d + '/many.zip', 'w') as z:
        z.write(d + '/poly.geojson', 'x/poly.geojson')
        z.write(d + '/points.geojson', 'x/points.geojson')
    items, status = pipe_read.read(READER, 'list', d + '/many.zip')
    check('list of members', [m[0] for m in items[0][1]] == ['x/poly.geojson', 'x/points.geojson'], items)
    items, status = pipe_read.read(READER, 'rows', d + '/many.zip')
    check('several members', items[-1][0] == 'F' and 'poly.geojson' in items[-1][2], items)
    vector('chosen member', d + '/many.zip', reference=d + '/points.geojson', layer='points')


with tempfile.TemporaryDirectory() as folder:
    test_vectors(folder)
    test_csv(folder)
    test_raster(folder)
    test_layers(folder)
print('reader formats: %d failed' % len(failures))
sys.exit(1 if failures else 0)
