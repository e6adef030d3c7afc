#!/usr/bin/env python3
"""Work copies: what GDAL and QGIS edit in one comes back as revisions that wait for approval. Nothing edited is lost, nothing
takes effect by itself, a deletion closes nothing, a second hand-in adds nothing, and a hostile copy changes nothing. Skipped
(77) without GDAL's tools; QGIS is tried where it is installed."""
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
VALIDATOR = '/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py'
PYTHON = '/usr/bin/python3'  # Debian's, which has the bindings of GDAL and QGIS
if not shutil.which('ogrinfo'):
    print('skipped: no ogrinfo here')
    sys.exit(77)
work = Path(tempfile.mkdtemp(prefix='fallow_workcopy_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-05-04T09:00:00Z', QT_QPA_PLATFORM='offscreen',
           HOME=str(work), XDG_RUNTIME_DIR=str(work))
passed = failed = 0


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def run(*args):
    return subprocess.run([str(a) for a in args], env=env, capture_output=True, text=True, cwd=work)


def fallow(*args, status=0):
    r = run(FALLOW, *args)
    ok(r.returncode == status, f'{" ".join(map(str, args))}: {r.returncode} {r.stdout}{r.stderr}')
    return r


def hand_in(name, status=0):
    r = fallow('import', 'r.gpkg', name, '--edits', '--json', status=status)
    ok('layer_styles' not in r.stderr, 'the styles of a work copy are not told of')
    if r.returncode not in (0, 3):
        return {}
    done = json.loads(r.stdout.splitlines()[-1])
    ok(done['read'] == done['accepted'] + done['flagged'] + done['quarantined'] + done['present'], f'{name}: {done}')
    return done


def sql(name, statement):
    r = run('ogrinfo', '-q', name, '-sql', statement)
    ok(r.returncode == 0 and 'ERROR' not in r.stderr, f'{statement}: {r.stderr}')


def ask(name, statement, *values):
    with sqlite3.connect(f'file:{work / name}?mode=ro', uri=True) as db:
        return db.execute(statement, values).fetchall()


def hazard(number):
    return ask('r.gpkg', 'SELECT record_id, shown_as, unapproved, conflict, class, status, remarks, round(shown_area_m2) FROM hazard '
               'WHERE national_id = ?', number)[0]


def square(lon):
    return f'POLYGON (({lon} -45, {lon + 0.01} -45, {lon + 0.01} -44.99, {lon} -44.99, {lon} -45))'


fallow('init', 'r.gpkg', '--country', 'XXA', '--name', 'Work')
(work / 'h.csv').write_text('n,g,c,s,d\n' + ''.join(f'H{i},"{square(-125 + i / 50)}",sha,open,2024-01-01\n' for i in range(8)))
(work / 'h.sql').write_text("SELECT n AS national_id, g AS geometry, c AS class, s AS status, d AS valid_from, 'WGS 84' AS given_datum "
                            'FROM source')
fallow('import', 'r.gpkg', 'hazard', 'h.csv', '--map', 'h.sql', '--key', 'national_id', '--approved-by', 'B')
fallow('add', 'r.gpkg', 'victim', '--set', 'valid_from=2024-01-01', '--set', 'outcome=injured', '--author', 'A')

# --- the copy itself
fallow('workcopy', 'r.gpkg', 'w.gpkg')
fallow('workcopy', 'r.gpkg', 'w.gpkg', status=1)
ok(ask('w.gpkg', 'PRAGMA journal_mode')[0][0] == 'delete', 'rollback journal')
ok(not (work / 'w.gpkg-wal').exists(), 'no WAL beside it')
ok(ask('w.gpkg', 'SELECT count(*) FROM hazard')[0][0] == 8, 'eight hazards')
columns = {c[1] for c in ask('w.gpkg', 'PRAGMA table_info(victim)')}
ok('outcome' in columns and not columns & {'name', 'full_name', 'birth_date', 'phone'}, f'victims without identity: {columns}')
if Path(VALIDATOR).exists():
    r = run(PYTHON, VALIDATOR, '--extra', '--warning-as-error', 'w.gpkg')
    ok(r.returncode == 0 and not r.stdout.strip(), 'validate_gpkg: ' + r.stdout + r.stderr)
done = hand_in('w.gpkg')
ok(done['read'] == done['present'] == done['unchanged'] == ask('w.gpkg', f'SELECT count(*) FROM fallow_base')[0][0],
   f'an untouched copy adds nothing: {done}')
size = ask('r.gpkg', 'SELECT count(*) FROM submission')[0][0]

# --- edits with GDAL
sql('w.gpkg', "UPDATE hazard SET remarks = 'seen by GDAL', class = 'cha' WHERE national_id = 'H0'")  # worse
sql('w.gpkg', "UPDATE hazard SET status = 'closed', outcome = 'cleared' WHERE national_id = 'H1'")  # milder
sql('w.gpkg', "DELETE FROM hazard WHERE national_id = 'H2'")
sql('w.gpkg', "UPDATE hazard SET class = 'dragon' WHERE national_id = 'H3'")  # no choice of the form
sql('w.gpkg', "UPDATE hazard SET remarks = 'mine' WHERE national_id = 'H4'")
script = '''
from osgeo import ogr, gdal
gdal.UseExceptions()
ds = gdal.OpenEx('w.gpkg', gdal.OF_VECTOR | gdal.OF_UPDATE)
layer = ds.GetLayerByName('hazard')
def add(wkt, number):
    f = ogr.Feature(layer.GetLayerDefn())
    f.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
    f['national_id'] = number
    f['class'], f['status'] = 'sha', 'open'
    layer.CreateFeature(f)
add('%s', 'N1')
add('POLYGON ((-45 -125, -45 -125.01, -44.99 -125.01, -45 -125))', 'N2')
layer.SetAttributeFilter("national_id = 'H5'")
f = layer.GetNextFeature()
f.SetGeometry(ogr.CreateGeometryFromWkt('%s'))
layer.SetFeature(f)
copy = f.Clone()
copy.SetFID(-1)
copy['national_id'] = 'N3'
layer.SetAttributeFilter(None)
layer.CreateFeature(copy)
ds = None
''' % (square(-124.5), 'POLYGON ((-124.9 -45, -124.895 -45, -124.895 -44.995, -124.9 -45))')
r = run(PYTHON, '-c', script)
ok(r.returncode == 0, 'GDAL in Python: ' + r.stderr)
outbox = [o[0] for o in ask('w.gpkg', 'SELECT op FROM fallow_outbox ORDER BY fid')]
ok(outbox.count('delete') == 1 and outbox.count('insert') == 3 and outbox.count('update') >= 5, f'outbox: {outbox}')
for bad in ("UPDATE hazard SET record_id = 'x' WHERE fid = 1", "UPDATE hazard SET base = 'x' WHERE fid = 1",
            'DELETE FROM fallow_base', "UPDATE fallow_work SET value = 'x'"):
    r = run('ogrinfo', '-q', 'w.gpkg', '-sql', bad)
    ok('cannot be changed' in r.stdout + r.stderr, f'{bad} is refused: {r.stdout}{r.stderr}')
# somebody else goes on with H4 in the register
h4 = hazard('H4')[0]
fallow('edit', 'r.gpkg', 'hazard', h4, '--set', 'remarks=theirs', '--author', 'C')
area5 = hazard('H5')[7]

dry = json.loads(fallow('import', 'r.gpkg', 'w.gpkg', '--edits', '--dry-run', '--json', status=3).stdout)
done = hand_in('w.gpkg', status=3)
for key in ('read', 'accepted', 'flagged', 'quarantined', 'present', 'edited', 'added', 'conflicts', 'deletions_proposed'):
    ok(dry[key] == done[key], f'--dry-run tells the same: {key} {dry[key]} {done[key]}')
ok(done['edited'] == 5 and done['added'] == 2 and done['conflicts'] == 1 and done['deletions_proposed'] == 1, f'{done}')
ok(done['quarantined'] == 1 and done['checks'].get('out_of_range') == 1 and done['checks'].get('bad_value') == 1, f'{done}')
h = hazard('H0')
ok(h[1:5] == ('danger', 1, 0, 'cha') and h[6] == 'seen by GDAL', f'worse shows at once, unapproved: {h}')
h = hazard('H1')
ok(h[1:3] == ('danger', 1) and h[5] == 'open', f'a closing waits: {h}')
h = hazard('H2')
ok(h[1] == 'danger' and h[5] == 'open', f'a deleted row closes nothing: {h}')
events = ask('r.gpkg', "SELECT about, reason FROM event WHERE type = 'deletion_proposed'")
ok(len(events) == 1 and events[0][0] == hazard('H2')[0], f'it is proposed: {events}')
h = hazard('H3')
ok(h[4] == 'sha' and 'dragon' in h[6], f'a value that does not fit is kept in the remarks: {h}')
h = hazard('H4')
ok(h[3] == 1, f'both sides of a conflict are there: {h}')
shown = fallow('show', 'r.gpkg', h4).stdout
ok('theirs' in shown and 'mine' in shown, shown)
ok(hazard('H5')[7] == area5, f'a smaller outline waits: {hazard("H5")[7]} {area5}')
ok(len(ask('r.gpkg', "SELECT 1 FROM hazard WHERE national_id IN ('N1', 'N3') AND unapproved = 1")) == 2, 'new hazards are drawn')
ok(hazard('N3')[0] != hazard('H5')[0], 'a copied row is a record of its own')
ok('latitude' in fallow('quarantine', 'r.gpkg', 'list').stdout, 'the refused row waits in quarantine')

# --- twice adds nothing; going on in the same copy follows one's own
size = ask('r.gpkg', 'SELECT count(*) FROM submission')[0][0]
done = hand_in('w.gpkg')
ok(done['read'] == done['present'] and done['deletions_proposed'] == 0, f'twice adds nothing: {done}')
ok(ask('r.gpkg', 'SELECT count(*) FROM submission')[0][0] == size, 'no submission')
sql('w.gpkg', "UPDATE hazard SET remarks = 'seen again' WHERE national_id IN ('H0', 'N1')")
done = hand_in('w.gpkg')
ok(done['edited'] == 2 and done['conflicts'] == 0 and done['added'] == 0, f'{done}')
ok(hazard('H0')[3] == 0 and hazard('H0')[6] == 'seen again' and hazard('N1')[6] == 'seen again', f'{hazard("H0")}')
fallow('approve', 'r.gpkg', hazard('H1')[0], '--by', 'B')
ok(hazard('H1')[1] == 'reported_released', 'approved by another person, the closing takes effect')
fallow('check', 'r.gpkg')
fallow('rebuild', 'r.gpkg')
done = hand_in('w.gpkg')
ok(done['read'] == done['present'], f'after a rebuild too: {done}')

# --- a refused edit is corrected in quarantine, and comes in as the edit that it was
def waiting():
    return {row['row']: row['quarantine_id'] for row in json.loads(fallow('quarantine', 'r.gpkg', 'list', '--json').stdout)}


def retry(*args, status=0):
    r = fallow('quarantine', 'r.gpkg', 'retry', *args, '--json', status=status)
    return json.loads(r.stdout.splitlines()[-1]), r.stderr


(new,) = waiting().values()  # N2, drawn in w.gpkg
hazards = len(ask('r.gpkg', 'SELECT 1 FROM hazard'))
done, why = retry(new, status=3)
ok(done['quarantined'] == 1 and 'latitude' in why, f'as it is it waits on, and says why: {done} {why}')
done, why = retry(new, '--set', 'geometry=' + square(-124.4))
ok(done['accepted'] + done['flagged'] == 1 and hazard('N2')[1:4] == ('danger', 1, 0), f'a new row, corrected: {done} {why}')
ok(len(ask('r.gpkg', 'SELECT 1 FROM hazard')) == hazards + 1 and not waiting(), 'one record more, nothing waits')
fallow('quarantine', 'r.gpkg', 'retry', new, status=1)
done = hand_in('w.gpkg')
ok(done['read'] == done['present'], f'the copy again adds nothing: {done}')
hazards = len(ask('r.gpkg', 'SELECT 1 FROM hazard'))
fallow('workcopy', 'r.gpkg', 'e.gpkg', '--kind', 'hazard')
wild = 'POLYGON ((-45 -125, -45 -125.01, -44.99 -125.01, -45 -125))'
script = """
from osgeo import ogr, gdal
gdal.UseExceptions()
ds = gdal.OpenEx('e.gpkg', gdal.OF_VECTOR | gdal.OF_UPDATE)
layer = ds.GetLayerByName('hazard')
for number, remarks in (('H6', 'wild, and "quoted"'), ('H7', None)):
    layer.SetAttributeFilter(f"national_id = '{number}'")
    f = layer.GetNextFeature()
    f.SetGeometry(ogr.CreateGeometryFromWkt('%s'))
    f['class'] = 'cha'
    f['remarks'] = remarks
    layer.SetFeature(f)
ds = None
""" % wild
r = run(PYTHON, '-c', script)
ok(r.returncode == 0, 'GDAL in Python: ' + r.stderr)
before6, before7 = hazard('H6'), hazard('H7')
fallow('edit', 'r.gpkg', 'hazard', before7[0], '--set', 'remarks=theirs', '--author', 'C')
done = hand_in('e.gpkg', status=3)
ok(done['quarantined'] == 2 and hazard('H6') == before6, f'both are refused, the records are as they were: {done}')
rows = json.loads(fallow('quarantine', 'r.gpkg', 'list', '--json').stdout)
ok(all(set(row['mapped']) - {'class', 'remarks', 'geometry', 'given_datum'} == {'import_work', 'import_record', 'import_base'} for row in rows),
   f'what is kept is what was edited: {rows}')
six, seven = (next(row['quarantine_id'] for row in rows if row['mapped']['import_record'] == h[0]) for h in (before6, before7))
done, why = retry(status=3)
ok(done['quarantined'] == 2 and len(ask('r.gpkg', 'SELECT 1 FROM hazard')) == hazards, f'all that waits, as it is: {done}')
inner = 'POLYGON ((-124.88 -45, -124.875 -45, -124.875 -44.995, -124.88 -45))'
done, why = retry(six, '--set', 'geometry=' + inner)
h = hazard('H6')
ok(done['accepted'] + done['flagged'] == 1 and h[1:5] == ('danger', 1, 0, 'cha') and h[6] == 'wild, and "quoted"', f'{done} {why} {h}')
ok(h[7] >= before6[7], f'a smaller outline waits here too: {h}')
(work / 'c.csv').unlink(missing_ok=True)
fallow('quarantine', 'r.gpkg', 'export', 'c.csv')
text = (work / 'c.csv').read_text()
ok(before7[0] in text and '-125' in text, text)
with open(work / 'c.csv', newline='') as f:
    table = list(csv.DictReader(f))
table[0].update(geometry=square(-124.86), import_record=before6[0], status='')  # which record it is stands fast
with open(work / 'c.csv', 'w', newline='') as f:
    out = csv.DictWriter(f, table[0])
    out.writeheader()
    out.writerows(table)
done, why = retry('--from', 'c.csv')
h = hazard('H7')
ok(done['accepted'] + done['flagged'] == 1 and h[3] == 1 and h[4] == 'cha' and h[5] == 'open', f'beside the edit of another: {done} {why} {h}')
ok(len(ask('r.gpkg', 'SELECT 1 FROM hazard')) == hazards and not waiting(), 'no record more, nothing waits')
settled = json.loads(fallow('quarantine', 'r.gpkg', 'list', '--all', '--json').stdout)
ok({row['record'] for row in settled if row['quarantine_id'] in (six, seven)} == {before6[0], before7[0]}, f'{settled}')
done = hand_in('e.gpkg')
ok(done['read'] == done['present'], f'the copy again adds nothing: {done}')
fallow('check', 'r.gpkg')

# --- triggers gone, tables renamed: nothing edited is lost all the same
shutil.copy(work / 'w.gpkg', work / 't.gpkg')
with sqlite3.connect(work / 't.gpkg') as db:
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{name}"')
    db.execute('DELETE FROM fallow_outbox')
    db.execute("UPDATE hazard SET remarks = 'no triggers' WHERE national_id = 'H6'")
done = hand_in('t.gpkg')
ok(done['edited'] == 1 and hazard('H6')[6] == 'no triggers', f'an edit without outbox: {done}')

# --- hostile and wrong copies
before = ask('r.gpkg', 'SELECT count(*) FROM revision')[0][0]


def refused(name, words, prepare):
    shutil.copy(work / 'w.gpkg', work / name)
    with sqlite3.connect(work / name) as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{trigger}"')
        prepare(db)
    r = run(FALLOW, 'import', 'r.gpkg', name, '--edits')
    ok(r.returncode == 1 and words in r.stderr, f'{name}: {r.returncode} {r.stdout}{r.stderr}')


refused('other.gpkg', 'another register',
        lambda db: db.execute("UPDATE fallow_work SET value = '0190d9b2-0000-7000-8000-000000000000' WHERE name = 'register'"))
refused('plain.gpkg', 'no work copy', lambda db: db.executescript("DROP TABLE fallow_work; DELETE FROM gpkg_contents WHERE table_name = "
                                                                  "'fallow_work'"))
refused('broken.gpkg', 'damaged', lambda db: db.execute("UPDATE fallow_base SET base = 'zz' WHERE fid = 1"))
refused('view.gpkg', '', lambda db: db.executescript("DROP TABLE fallow_base; CREATE VIEW fallow_base AS SELECT 1 AS fid, load_extension('x') "
                                                     "AS layer, 2 AS row, 'a' AS record_id, 'b' AS base"))
r = run(FALLOW, 'import', 'r.gpkg', 'h.csv', '--edits')
ok(r.returncode == 1 and 'no work copy' in r.stderr, f'a CSV: {r.stderr}')
data = (work / 'w.gpkg').read_bytes()
(work / 'cut.gpkg').write_bytes(data[:len(data) // 2])
r = run(FALLOW, 'import', 'r.gpkg', 'cut.gpkg', '--edits')
ok(r.returncode == 1 and r.stderr, f'half a file: {r.returncode} {r.stderr}')
ok(ask('r.gpkg', 'SELECT count(*) FROM revision')[0][0] == before, 'no refused copy changed anything')
# a row that claims a record the copy was not made with
shutil.copy(work / 'w.gpkg', work / 'claim.gpkg')
with sqlite3.connect(work / 'claim.gpkg') as db:
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{name}"')
    db.execute("UPDATE hazard SET record_id = '0190d9b2-0000-7000-8000-000000000000', remarks = 'claimed' WHERE national_id = 'H7'")
done = hand_in('claim.gpkg', status=3)
ok(done['quarantined'] == 1 and hazard('H7')[6] != 'claimed', f'{done}')
hazards = len(ask('r.gpkg', 'SELECT 1 FROM hazard'))
done, why = retry(*waiting().values(), '--set', 'geometry=' + square(-124.3), status=3)
ok(done['quarantined'] == 1 and 'cannot be known' in why, f'{done} {why}')
ok(len(ask('r.gpkg', 'SELECT 1 FROM hazard')) == hazards, 'an edit of nobody knows what does not become a record')
fallow('quarantine', 'r.gpkg', 'dismiss', *waiting().values(), '--reason', 'a test')

# --- QGIS
if run(PYTHON, '-c', 'import qgis.core').returncode == 0:
    fallow('workcopy', 'r.gpkg', 'q.gpkg', '--kind', 'hazard')
    script = '''
from qgis.core import QgsApplication, QgsVectorLayer, QgsFeature, QgsGeometry
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer('q.gpkg|layername=hazard', 'hazard', 'ogr')
assert layer.isValid() and layer.featureCount() > 8
assert layer.startEditing()
fields = layer.fields()
for f in layer.getFeatures():
    if f['national_id'] == 'H6':
        layer.changeAttributeValue(f.id(), fields.indexOf('remarks'), 'seen by QGIS')
    if f['national_id'] == 'H7':
        g = f.geometry()
        g.translate(0.001, 0)
        layer.changeGeometry(f.id(), g)
    if f['national_id'] == 'H3':
        layer.deleteFeature(f.id())
new = QgsFeature(fields)
new.setGeometry(QgsGeometry.fromWkt('%s'))
new['national_id'] = 'Q1'
new['class'] = 'sha'
assert layer.addFeature(new)
assert layer.commitChanges(), layer.commitErrors()
del layer
app.exitQgis()
''' % square(-124.2)
    r = run(PYTHON, '-c', script)
    ok(r.returncode == 0, 'QGIS: ' + r.stderr)
    done = hand_in('q.gpkg')
    ok(done.get('edited') == 2 and done['added'] == 1 and done['deletions_proposed'] == 1, f'QGIS: {done}')
    ok(hazard('H6')[6] == 'seen by QGIS' and hazard('Q1')[1:3] == ('danger', 1), f'{hazard("H6")} {hazard("Q1")}')
    h = hazard('H7')
    ok(h[2] == 1 and 1.05 * 876000 < h[7] < 1.15 * 876000, f'old and new outline are drawn until one is approved: {h}')
else:
    print('QGIS is not installed here: not tried')
shutil.rmtree(work)
print(f'workcopy: {passed} passed, {failed} failed')
sys.exit(failed > 0)
