#!/usr/bin/env python3
"""Sheets of one's own fields: the empty sheet of every kind holds no row, a sheet filled in (CSV, XLSX, ODS) comes in with its
outlines and positions, and what `fallow export` writes comes back in every format with the same land.
Environment: FALLOW (the program)."""
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

fallow = Path(os.environ['FALLOW']).resolve()
tmp = Path(tempfile.mkdtemp(prefix='fallow_sheets_'))
env = dict(os.environ, FALLOW_HOME=str(tmp / 'keys'), FALLOW_NOW='2026-05-04T09:00:00Z')


def run(*args, expect=0):
    r = subprocess.run([fallow, *map(str, args)], cwd=tmp, env=env, capture_output=True, text=True)
    assert r.returncode == expect, f'{args}: {r.returncode}\n{r.stdout[-2000:]}{r.stderr}'
    return r.stdout


def taken(register, kind, source, *more, expect=0):
    return json.loads(run('import', register, kind, source, '--json', *more, expect=expect).splitlines()[-1])


def register(name):
    run('init', name, '--country', 'XXA', '--name', 'sheets', '--quiet')
    return name


def land(name):
    """National number -> (class, outline) of the hazards of a register."""
    out = subprocess.run(['ogr2ogr', '-f', 'CSV', '/vsistdout/', name, 'hazard', '-select', 'national_id,class,given_text', '-lco',
                          'GEOMETRY=AS_WKT'], cwd=tmp, capture_output=True, text=True, check=True).stdout
    return {r['national_id']: (r['class'], r['WKT'], r['given_text']) for r in csv.DictReader(io.StringIO(out))}


# the empty sheet of every kind
kinds = [k['kind'] for k in json.loads(run('form', 'list', '--json'))]
assert len(kinds) == 17, kinds
register('empty.gpkg')
for kind in kinds:
    if kind in ('decision', 'event'):  # the register writes them itself
        continue
    for ending in ('csv', 'xlsx'):
        run('template', kind, f'{kind}.{ending}')
        c = taken('empty.gpkg', kind, f'{kind}.{ending}', '--dry-run')
        assert c['read'] == 0, (kind, ending, c)

# one filled in
names, hints = list(csv.reader((tmp / 'hazard.csv').open(encoding='utf-8')))[:2]
assert hints[0].startswith('# ') and all('; ' in h for h in hints)


def row(**values):
    assert set(values) <= set(names), set(values) - set(names)
    return [values.get(n, '') for n in names]


box = 'POLYGON ((-125 -45,-124.99 -45,-124.99 -44.99,-125 -44.99,-125 -45))'
rows = [names, hints,
        row(national_id='#1', valid_from='2024-02-01', **{'class': 'sha'}, status='open', geometry=box),
        row(national_id='T2', valid_from='2024-02-01', **{'class': 'cha'}, status='open', given_text='45 30 00 S 125 30 00 W', given_datum='WGS 84'),
        row(national_id='T3', valid_from='2024-02-01', **{'class': 'cha'}, status='open',
            geometry='{"type":"Point","coordinates":[-125.25,-45.25]}', given_text='125 15 W, 45 15 S', given_datum='EPSG:4284'),
        row(national_id='T4', valid_from='2024-02-01', **{'class': 'cha'}, status='open', place_name='Oreva')]
with (tmp / 'filled.csv').open('w', encoding='utf-8', newline='') as f:
    csv.writer(f).writerows(rows)
sources = ['filled.csv']
if shutil.which('ogr2ogr'):
    for driver, name in (('XLSX', 'filled.xlsx'), ('ODS', 'filled.ods')):
        if subprocess.run(['ogr2ogr', '-f', driver, name, 'filled.csv', '-oo', 'AUTODETECT_TYPE=NO'], cwd=tmp, capture_output=True).returncode == 0:
            sources.append(name)
want = {'#1': ('sha', box, ''), 'T2': ('cha', 'POINT (-125.5 -45.5)', '45 30 00 S 125 30 00 W'),
        'T3': ('cha', 'POINT (-125.25 -45.25)', '125 15 W, 45 15 S'), 'T4': ('cha', '', '')}
for i, source in enumerate(sources):
    name = register(f'r{i}.gpkg')
    c = taken(name, 'hazard', source, '--guess', '--key', 'national_id')
    assert (c['read'], c['quarantined'], c['present']) == (4, 0, 0), (source, c)
    assert taken(name, 'hazard', source, '--guess', '--key', 'national_id')['present'] == 4, source
    if shutil.which('ogr2ogr'):
        assert land(name) == want, (source, land(name))

# sheets of texts alone, with and without names


def write_xlsx(path, cells):
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    types = 'application/vnd.openxmlformats-officedocument.spreadsheetml.'
    rel = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
    main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
    lines = ''.join('<row r="%d">%s</row>' % (r + 1, ''.join(
        '<c r="%s%d"><v>%s</v></c>' % (chr(65 + c), r + 1, v) if isinstance(v, float) else
        '<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>' % (chr(65 + c), r + 1, v) for c, v in enumerate(row)))
        for r, row in enumerate(cells))
    with zipfile.ZipFile(path, 'w') as z:
        z.writestr('[Content_Types].xml', f'{head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                   '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                   f'<Override PartName="/xl/workbook.xml" ContentType="{types}sheet.main+xml"/>'
                   f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}worksheet+xml"/></Types>')
        for name, target, what in (('_rels/.rels', 'xl/workbook.xml', 'officeDocument'),
                                   ('xl/_rels/workbook.xml.rels', 'worksheets/sheet1.xml', 'worksheet')):
            z.writestr(name, f'{head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                       f'<Relationship Id="rId1" Type="{rel}/{what}" Target="{target}"/></Relationships>')
        z.writestr('xl/workbook.xml', f'{head}<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
                   '<sheet name="Land" sheetId="1" r:id="rId1"/></sheets></workbook>')
        z.writestr('xl/worksheets/sheet1.xml', f'{head}<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>')


write_xlsx(tmp / 'plain.xlsx', [['national_id', 'class', 'status', 'place_name'], ['P-1', 'sha', 'open', 'Oreva'], ['P-2', 'cha', 'open', 'Oreva']])
write_xlsx(tmp / 'bare.xlsx', [[7.5, 'sha', 'open', 'Oreva'], [8.5, 'cha', 'open', 'Oreva']])
c = taken(register('plain.gpkg'), 'hazard', 'plain.xlsx')
assert (c['read'], c['quarantined']) == (2, 0) and '"national_id"' in c['mapping'], c
c = taken(register('bare.gpkg'), 'hazard', 'bare.xlsx', expect=3)
assert c['read'] == 2 and '"Field2" AS class' in c['mapping'], c

# what a register gives out comes back, also when other layers stand before it
run('add', 'r0.gpkg', 'accident', '--set', 'class=mine', '--set', 'date=2024-01-01', '--set', 'geometry=-125.1,-45.1', '--set', 'killed=1')
for out, more in (('own.csv', ['--kind', 'hazard']), ('own.xlsx', []), ('own.geojson', ['--kind', 'hazard']), ('own.gpkg', [])):
    run('export', 'r0.gpkg', out, '--role', 'authority', *more)
for i, source in enumerate(('own.csv', 'own.xlsx', 'own.geojson', 'own.gpkg', 'r0.gpkg')):
    name = register(f'back{i}.gpkg')
    c = taken(name, 'hazard', source, '--key', 'national_id')
    assert (c['read'], c['quarantined']) == (4, 0), (source, c)
    if shutil.which('ogr2ogr'):
        assert land(name) == want, (source, land(name))
# what waits can be mended in the file that is written for it, also where a column held nothing
(tmp / 'waits.csv').write_text('national_id,class,status,Village,position\nW-1,sha,open,,\nW-2,sha,open,,"95 N, 10 E"\n')
name = register('waits.gpkg')
assert taken(name, 'hazard', 'waits.csv', '--key', 'national_id', expect=3)['quarantined'] == 2
run('quarantine', name, 'export', 'mend.csv')
with (tmp / 'mend.csv').open(encoding='utf-8', newline='') as f:
    lines = list(csv.DictReader(f))
lines[0]['place_name'] = 'Oreva'
lines[1].update(lon='-125.5', lat='-45.5', given_datum='WGS 84')
with (tmp / 'mend.csv').open('w', encoding='utf-8', newline='') as f:
    w = csv.DictWriter(f, lines[0].keys())
    w.writeheader()
    w.writerows(lines)
back = json.loads(run('quarantine', name, 'retry', '--from', 'mend.csv', '--json'))
assert (back['retried'], back['quarantined']) == (2, 0), back
if shutil.which('ogr2ogr'):
    assert land(name)['W-2'][1] == 'POINT (-125.5 -45.5)', land(name)
assert taken(name, 'hazard', 'waits.csv', '--key', 'national_id')['present'] == 2, 'what was mended is known'
shutil.rmtree(tmp)
print(f'sheets: {len(kinds)} kinds, {len(sources)} sheets filled in, 5 exports taken back')
sys.exit(0)
