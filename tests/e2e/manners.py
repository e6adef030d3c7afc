#!/usr/bin/env python3
"""What the program says and how it ends when something is wrong: exit statuses, damaged files, a full disk, a register without
its originals, read-only files. Nothing is written where something is refused."""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
work = Path(tempfile.mkdtemp(prefix='fallow_manners_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-05-04T09:00:00Z')
passed = failed = 0


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def fallow(status, words, *args, user=None):
    r = subprocess.run([FALLOW, *map(str, args)], env=env, capture_output=True, text=True, cwd=work, user=user)
    ok(r.returncode == status and words in r.stdout + r.stderr, f'{" ".join(map(str, args))}: {r.returncode}, not {status} with "{words}": '
       f'{r.stdout[-400:]}{r.stderr[-400:]}')
    return r


# --- values of options: always 2
fallow(2, '--country', 'init', 'z.gpkg', '--country', 'ZZZ', '--name', 'z')
fallow(2, '--country', 'init', 'z.gpkg', '--country', 'ukr', '--name', 'z')
ok(not (work / 'z.gpkg').exists(), 'no register of a country that is none')
fallow(0, '', 'init', 'r.gpkg', '--country', 'XXA', '--name', 'r')
(work / 'a.csv').write_text('lon,lat,class,status,valid_from\n-125,-45,sha,open,2024-01-01\n')
for args in (['figures', 'r.gpkg', '--as-of', 'x'], ['figures', 'r.gpkg', '--known-at', 'x'], ['figures', 'r.gpkg', '--format', 'x'],
             ['figures', 'r.gpkg', '--by', 'x'], ['find', 'r.gpkg', '--near', 'x'], ['find', 'r.gpkg', '--near', '1,1', '--within', 'x'],
             ['export', 'r.gpkg', 'x.gpkg', '--role', 'x'], ['export', 'r.gpkg', 'x.gpkg'], ['log', 'r.gpkg', '--from', 'x'],
             ['generate', 'g.gpkg', '--hazards', '0'], ['return', 'r.gpkg', '@0'], ['init', 'z.gpkg', '--country', 'XXA', '--name', ''], ['export', 'r.gpkg', 'x.gpkg', '--role', 'public', '--kind', 'x'],
             ['import', 'r.gpkg', 'hazard', 'a.csv', '--group', 'x'], ['import', 'r.gpkg', 'hazard', 'a.csv', '--key', ','],
             ['import', 'r.gpkg', 'hazard', 'a.csv', '--crs', 'x'], ['import', 'r.gpkg', 'hazard', 'a.csv', '--source-date', 'x'],
             ['import', 'r.gpkg', 'hazard', 'a.csv', '--limit', 'x'], ['generate', 'g.gpkg', '--hazards', 'x'],
             ['compare', 'r.gpkg', 'r.gpkg', '--format', 'x'], ['add', 'r.gpkg', 'hazard', '--set', 'x']):
    fallow(2, '--', *args)
ok(not (work / 'g.gpkg').exists(), 'a wrong number of hazards makes no register')
for code in ('nosuch', 'extents', 'extent.', 'extent.bogus', 'extent.areas', 'ext'):  # not an answer without rows
    fallow(2, 'there is no figure "%s"' % code, 'figures', 'r.gpkg', '--figure', code)
    fallow(2, 'there is no figure "%s"' % code, 'explain', 'r.gpkg', code)
fallow(0, 'usage: fallow COMMAND', '-h')
fallow(0, 'fallow figures', 'figures', '-h')
fallow(0, 'fallow figures', 'help', 'figures', '--json')
fallow(1, 'has no layer "nolayer"', 'import', 'r.gpkg', 'hazard', 'a.csv', '--layer', 'nolayer')
fallow(0, 'read 1', 'import', 'r.gpkg', 'hazard', 'a.csv', '--layer', 'a', '--crs', 'EPSG:4326')

# --- entry: the sentence says what happens
r = fallow(0, 'shown at once', 'add', 'r.gpkg', 'hazard', '--set', 'class=sha', '--set', 'geometry=-125.5,-45', '--set', 'valid_from=2024-01-01')
record = r.stdout.split()[2]
fallow(2, 'changes nothing', 'edit', 'r.gpkg', 'hazard', record)
fallow(0, 'worse shows at once', 'edit', 'r.gpkg', 'hazard', record, '--set', 'class=cha')
fallow(0, 'still open until another person approves it', 'edit', 'r.gpkg', 'hazard', record, '--set', 'status=closed', '--set',
       'outcome=cleared', '--set', 'valid_from=2024-02-01')

# --- what an import compared and noted is the program's own: check knows it, and a note that no comparison makes
(work / 'over.csv').write_text('national_id,class,status,valid_from,wkt\n' + ''.join(
    f'O-{i},sha,open,2024-01-01,"POLYGON((-125.{i} -44,-124.{9 - i} -44,-124.{9 - i} -43.9,-125.{i} -43.9,-125.{i} -44))"\n' for i in range(4)))
(work / 'acc.csv').write_text('national_id,date,class,killed,injured,lon,lat\nA-1,2024-01-01,mine,1,0,-125.5,-45.5\n')
(work / 'vic.csv').write_text('national_id,accident,victim_no,outcome\nV-1,A-1,1,killed\nV-2,A-1,2,killed\n')
fallow(0, '', 'init', 'notes.gpkg', '--country', 'XXA', '--name', 'n')
fallow(0, 'overlaps another open hazard', 'import', 'notes.gpkg', 'hazard', 'over.csv', '--crs', 'EPSG:4326')
fallow(0, 'read 1', 'import', 'notes.gpkg', 'accident', 'acc.csv', '--crs', 'EPSG:4326')
fallow(0, 'casualties_differ', 'import', 'notes.gpkg', 'victim', 'vic.csv')
fallow(0, 'everything holds', 'check', 'notes.gpkg')
db = sqlite3.connect(work / 'notes.gpkg')
ok(db.execute('SELECT count(DISTINCT chk) FROM note').fetchone()[0] == 2, 'two comparisons noted')
for row in ((1, 'invented', 1, ''), (99999, 'overlaps_hazard', 1, ''), (1, 'overlaps_hazard', 99999, '')):
    db.execute('INSERT INTO note VALUES (?, ?, ?, ?)', row)
    db.commit()
    fallow(4, 'that the program did not write', 'check', 'notes.gpkg')
    db.execute('DELETE FROM note WHERE rid = ? AND chk = ? AND other = ?', row[:3])
    db.commit()
db.close()
fallow(0, 'everything holds', 'check', 'notes.gpkg')

# --- a data set that is a folder
if shutil.which('ogr2ogr'):
    subprocess.run(['ogr2ogr', '-f', 'OpenFileGDB', 'x.gdb', 'a.csv', '-oo', 'X_POSSIBLE_NAMES=lon', '-oo', 'Y_POSSIBLE_NAMES=lat', '-a_srs',
                    'EPSG:4326'], cwd=work, capture_output=True)
if (work / 'x.gdb').exists():
    before = {p for p in (work / 'r.files').rglob('*') if p.is_file()}
    (work / 'm.sql').write_text("SELECT geometry, 'mine' AS class, '2024-01-01' AS date FROM source")
    fallow(0, 'read 1 = accepted 1', 'import', 'r.gpkg', 'accident', 'x.gdb', '--map', 'm.sql')
    new = {p for p in (work / 'r.files').rglob('*') if p.is_file()} - before
    listed = subprocess.run(['tar', 'tf', str(*new)], capture_output=True, text=True).stdout.split() if len(new) == 1 else []
    kept = sorted(f'x.gdb/{p.name}' for p in (work / 'x.gdb').iterdir() if not p.name.endswith('.lock'))
    ok(listed == kept, f'the folder is kept as one archive: {listed} {kept}')
else:
    print('no ogr2ogr that writes FileGDB here: not tried')
fallow(0, 'everything holds', 'check', 'r.gpkg')

# --- --json: what a command prints is JSON, and --quiet leaves results only
(work / 'j.csv').write_text('lon,lat,class,status,valid_from\n-125,-45,sha,open,2024-01-01\n,,sha,open,2024-01-02\n')
fallow(0, '', 'form', 'show', 'team', '--csv')
for status, *args in ((0, 'init', 'j.gpkg', '--country', 'XXA', '--name', 'j'), (3, 'import', 'j.gpkg', 'hazard', 'j.csv', '--crs', 'EPSG:4326'),
                      (3, 'import', 'j.gpkg', 'hazard', 'j.csv', '--dry-run'), (0, 'add', 'j.gpkg', 'source', '--set', 'type=news', '--set', 'title=T'),
                      (0, 'approve', 'j.gpkg', '@0', '--by', 'B B'), (0, 'return', 'j.gpkg', '@1', '--by', 'B B', '--reason', 'twice'),
                      (0, 'quarantine', 'j.gpkg', 'list'), (0, 'quarantine', 'j.gpkg', 'export', 'q.csv'),
                      (0, 'quarantine', 'j.gpkg', 'dismiss', '1', '--reason', 'no land'), (0, 'find', 'j.gpkg', 'T'), (0, 'find', 'j.gpkg', '--near', '-125,-45'),
                      (0, 'figures', 'j.gpkg'), (0, 'explain', 'j.gpkg', 'extent.hazards'), (0, 'compare', 'j.gpkg', 'r.gpkg'), (0, 'log', 'j.gpkg'),
                      (0, 'log', 'export', 'j.gpkg', 'jlog'), (0, 'check', 'j.gpkg'), (0, 'rebuild', 'j.gpkg'), (0, 'backup', 'j.gpkg', 'jb.gpkg'),
                      (0, 'upgrade', 'j.gpkg'), (0, 'export', 'j.gpkg', 'j.xlsx', '--role', 'public'), (0, 'workcopy', 'j.gpkg', 'jw.gpkg'),
                      (0, 'import', 'j.gpkg', 'jw.gpkg', '--edits'), (0, 'form', 'list'), (0, 'form', 'show', 'team'), (0, 'template', 'team', 't.csv'),
                      (0, 'template', 'team', 't.xlsx'), (0, 'generate', 'jg.gpkg', '--hazards', '10'), (0, '--version')):
    r = fallow(status, '', *args, '--json')
    try:
        ok(json.loads(r.stdout) is not None, f'{args}: nothing with --json')
    except ValueError:
        ok(False, f'{args}: not JSON: {r.stdout[:200]}')
ok(json.loads(fallow(0, '', 'show', 'r.gpkg', record, '--json').stdout)['id'] == record, 'show --json is of the record')
for args in (['init', 'k.gpkg', '--country', 'XXA', '--name', 'k'], ['check', 'k.gpkg'], ['rebuild', 'k.gpkg'], ['backup', 'k.gpkg', 'kb.gpkg'],
             ['export', 'j.gpkg', 'k.csv', '--role', 'public'], ['generate', 'kg.gpkg', '--hazards', '10'], ['upgrade', 'k.gpkg']):
    r = fallow(0, '', *args, '--quiet')
    ok(r.stdout + r.stderr == '', f'{args} --quiet prints {r.stdout}{r.stderr}')

# --- renamed without its originals; damaged; no register
shutil.copy(work / 'r.gpkg', work / 's.gpkg')
fallow(5, 's.files, is not there', 'check', 's.gpkg')
data = bytearray((work / 'r.gpkg').read_bytes())
(work / 'cut.gpkg').write_bytes(data[:len(data) // 2])
fallow(4, 'damaged', 'check', 'cut.gpkg')
data[20 * 4096:60 * 4096] = b'Z' * (40 * 4096)
(work / 'bad.gpkg').write_bytes(data)
fallow(4, 'damaged', 'check', 'bad.gpkg')
(work / 'text.gpkg').write_text('not a register')
fallow(1, 'text.gpkg is not a register', 'check', 'text.gpkg')
fallow(1, f'{work} is not a register: it is a folder', 'figures', work)
fallow(1, 'null is no plain file', 'import', 'r.gpkg', 'hazard', '/dev/null')

# --- read-only: reading works, writing says so
if os.getuid() == 0:
    os.chmod(work, 0o755)
    for name in ('r.gpkg', 'r.files'):
        subprocess.run(['chmod', '-R', 'a+rX,go-w', str(work / name)])
    for name in ('r.gpkg-wal', 'r.gpkg-shm'):
        (work / name).unlink(missing_ok=True)
    env['FALLOW_HOME'] = '/nonexistent'
    r = subprocess.run([FALLOW, 'find', 'r.gpkg', '--near', '-125.5,-45'], env=env, capture_output=True, text=True, cwd=work, user=65534)
    ok(r.returncode == 0 and 'danger' in r.stdout or r.returncode == 1 and r.stderr.startswith('fallow: '),
       f'a read-only register: {r.returncode} {r.stdout}{r.stderr}')
    r = subprocess.run([FALLOW, 'add', 'r.gpkg', 'hazard', '--set', 'class=sha'], env=env, capture_output=True, text=True, cwd=work, user=65534)
    ok(r.returncode == 1 and r.stderr.startswith('fallow: '), f'writing to it: {r.returncode} {r.stderr}')
    env['FALLOW_HOME'] = str(work / 'home')

# --- a read-only medium: all reading works as the register lies there; a log that was not carried over into it is told
medium, reads = work / 'medium', work / 'reads'
medium.mkdir()
reads.mkdir()
shutil.copy(work / 'r.gpkg', medium / 'r%#1.gpkg')
shutil.copytree(work / 'r.files', medium / 'r%#1.files')
mounted = os.getuid() == 0 and subprocess.run(['mount', '--bind', medium, medium], capture_output=True).returncode == 0
if mounted and subprocess.run(['mount', '-o', 'remount,ro,bind', medium], capture_output=True).returncode == 0:
    there = medium / 'r%#1.gpkg'
    try:
        fallow(0, 'everything holds', 'check', there)
        fallow(0, 'extent.hazards', 'figures', there, '--figure', 'extent')
        fallow(0, 'danger', 'show', there, record)
        fallow(0, '', 'export', there, reads / 'x.gpkg', '--role', 'public')
        fallow(0, 'checked', 'backup', there, reads / 'b.gpkg')
        fallow(0, 'everything holds', 'check', reads / 'b.gpkg')
        fallow(1, 'cannot be written', 'add', there, 'hazard', '--set', 'class=sha', '--set', 'geometry=-125,-45')
        fallow(1, 'cannot be written', 'export', there, reads / 'y.gpkg', '--role', 'authority')
    finally:
        subprocess.run(['umount', medium])
    (medium / 'r%#1.gpkg-wal').write_bytes(b'waits')
    subprocess.run(['mount', '--bind', medium, medium])
    subprocess.run(['mount', '-o', 'remount,ro,bind', medium])
    try:
        fallow(1, 'part of it stands in its write-ahead log', 'figures', there)
    finally:
        subprocess.run(['umount', medium])
else:
    print('no read-only medium can be made here: not tried')

# --- a full disk
small = work / 'small'
small.mkdir()
if os.getuid() == 0 and subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], capture_output=True).returncode == 0:
    try:
        fallow(0, '', 'init', small / 'f.gpkg', '--country', 'XXA', '--name', 'f')
        (work / 'many.csv').write_text('lon,lat,class,status,valid_from\n' + ''.join(
            f'{-125 + i / 1e5},-45,sha,open,2024-01-01\n' for i in range(20000)))
        r = fallow(1, 'the disk is full', 'import', small / 'f.gpkg', 'hazard', 'many.csv', '--crs', 'EPSG:4326')
        ok('make room' in r.stderr, r.stderr)
        for p in small.glob('*.csv'):
            p.unlink()
        fallow(0, 'everything holds', 'check', small / 'f.gpkg')
    finally:
        subprocess.run(['umount', '-l', small])
else:
    print('no small disk can be made here: not tried')
shutil.rmtree(work)
print(f'manners: {passed} passed, {failed} failed')
sys.exit(failed > 0)
