#!/usr/bin/env python3
"""Other programs and the live register: GDAL reads it and converts it, GDAL's validator finds nothing, writes are refused
with our sentence, the styles are there and are XML. Skipped (77) where GDAL's tools are not installed."""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import xml.dom.minidom
from pathlib import Path

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
VALIDATOR = '/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py'
if not shutil.which('ogrinfo') or not shutil.which('ogr2ogr'):
    print('skipped: no ogrinfo here')
    sys.exit(77)
work = Path(tempfile.mkdtemp(prefix='fallow_gdal_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-05-04T09:00:00Z')
passed = failed = 0


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def run(*args):
    return subprocess.run([str(a) for a in args], env=env, capture_output=True, text=True, cwd=work)


def fallow(*args):
    r = run(FALLOW, *args)
    ok(r.returncode == 0, ' '.join(map(str, args)) + ': ' + r.stderr)
    return r


def validate(name):
    if not os.path.exists(VALIDATOR):
        print('no validate_gpkg.py here: not validated')
        return
    r = run('/usr/bin/python3', VALIDATOR, '--extra', '--warning-as-error', name)
    ok(r.returncode == 0 and not r.stdout.strip(), 'validate_gpkg.py %s: %s%s' % (name, r.stdout[-300:], r.stderr[-300:]))


def main():
    fallow('generate', 'r.gpkg', '--hazards', 300, '--seed', 3, '--quiet')
    for role in ('public', 'authority'):
        fallow('export', 'r.gpkg', role + '.gpkg', '--role', role)
    for name in ('r.gpkg', 'public.gpkg', 'authority.gpkg'):
        validate(name)
        r = run('ogrinfo', '-ro', '-so', '-al', name, 'hazard')
        ok(r.returncode == 0 and 'Feature Count: ' in r.stdout and 'ID["EPSG",4326]' in r.stdout, 'ogrinfo ' + name)
    count = sqlite3.connect(work / 'r.gpkg').execute('SELECT count(*) FROM hazard').fetchone()[0]
    ok(count == 300, 'all hazards are in the layer')

    r = run('ogr2ogr', '-f', 'GeoJSON', 'copy.geojson', 'r.gpkg', 'hazard')
    ok(r.returncode == 0 and (work / 'copy.geojson').stat().st_size > 1000, 'ogr2ogr reads the live register: ' + r.stderr)
    # by place, through the index: as many as by looking at each box
    box = (-126, -48, -124, -46)
    r = run('ogrinfo', '-ro', '-q', '-sql',
            'SELECT count(*) AS n FROM hazard h JOIN rtree_hazard_geometry t ON t.id = h.fid '
            'WHERE t.maxx >= %f AND t.minx <= %f AND t.maxy >= %f AND t.miny <= %f' % (box[0], box[2], box[1], box[3]), 'r.gpkg')
    by_index = int(r.stdout.split('n (Integer) =')[1]) if 'n (Integer) =' in r.stdout else -1
    r = run('ogrinfo', '-ro', '-so', '-spat', *box, 'copy.geojson', 'hazard')
    by_box = int(r.stdout.split('Feature Count:')[1].split()[0]) if 'Feature Count:' in r.stdout else -2
    ok(0 < by_box <= by_index, 'the index finds at least what is there: %d, %d' % (by_index, by_box))

    # writes are refused with a sentence, and nothing changes
    before = (work / 'r.gpkg').read_bytes()
    for sql in ("UPDATE hazard SET class = 'eod_spot'", 'DELETE FROM hazard', 'DELETE FROM submission',
                "UPDATE revision SET fields = '{}'", "INSERT INTO hazard (record_id) VALUES ('x')", 'DELETE FROM checkpoint'):
        r = run('ogrinfo', '-q', '-sql', sql, 'r.gpkg')
        ok('register' in r.stderr + r.stdout or 'checkpoint' in r.stderr + r.stdout, 'refused with a sentence: %s: %s' % (sql, r.stderr))
    r = run('ogr2ogr', '-f', 'GPKG', '-append', 'r.gpkg', 'copy.geojson', '-nln', 'hazard')
    ok(r.returncode != 0 and 'not edited directly' in r.stderr, 'ogr2ogr -append is refused: ' + r.stderr[-200:])
    db = sqlite3.connect(work / 'r.gpkg')
    ok(db.execute('SELECT count(*) FROM hazard').fetchone()[0] == count, 'nothing was deleted')
    ok(db.execute("SELECT count(*) FROM hazard WHERE class = 'eod_spot'").fetchone()[0] < count, 'nothing was updated')
    # an export may be edited: it is no register
    r = run('ogrinfo', '-q', '-sql', "UPDATE hazard SET place_name = 'x'", 'public.gpkg')
    ok(r.returncode == 0 and 'ERROR' not in r.stderr, 'an export is an ordinary file: ' + r.stderr)

    styles = db.execute('SELECT f_table_name, styleQML, styleSLD, useAsDefault FROM layer_styles ORDER BY 1').fetchall()
    ok({s[0] for s in styles} == {'accident', 'hazard', 'minefield_record', 'ordnance', 'place'}, 'five layers have a style')
    for name, qml, sld, default in styles:
        xml.dom.minidom.parseString(sld)
        rules = xml.dom.minidom.parseString(qml).getElementsByTagName('rule')
        ok(default == 1 and len(rules) >= 1, 'the style of ' + name)
    hazard = dict((s[0], s[1]) for s in styles)['hazard']
    for word in ('cha', 'sha', 'battle_area', 'cluster_area', 'reported_released', 'unapproved', 'No mark does not mean safe'):
        ok(word in hazard, 'the style of hazards knows ' + word)
    r = fallow('check', 'r.gpkg')
    ok(len(before) > 0, 'there was a register')


try:
    main()
finally:
    shutil.rmtree(work)
print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed else 0)
