#!/usr/bin/env python3
"""Every register frozen under an older schema opens after `fallow upgrade` with the same revisions, log and layers, and can
be written to; a register of the future is refused with a sentence; an interrupted upgrade changes nothing."""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FALLOW = os.environ.get('FALLOW') or str(ROOT / 'build' / 'fallow')
passed = failed = 0


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def one(archive):
    work = Path(tempfile.mkdtemp(prefix='fallow_frozen_'))
    env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-06-01T09:00:00Z')

    def run(*args, expect=0):
        r = subprocess.run([FALLOW, *map(str, args)], env=env, capture_output=True, text=True, cwd=work)
        ok(r.returncode == expect, '%s: %s gave %d: %s' % (archive.name, ' '.join(args), r.returncode, r.stderr.strip()))
        return r

    def state():
        db = sqlite3.connect(work / 'r.gpkg')
        out = {'layer': [list(r) for r in db.execute('select record_id,shown_as,unapproved,class,status,national_id,valid_from,'
                                                     'round(shown_area_m2) from hazard order by fid')],
               'leaves': [r[0] for r in db.execute('select hex(leaf) from revision order by rid')],
               'checkpoint': db.execute('select note from checkpoint order by size desc').fetchone()[0],
               'quarantine': db.execute('select count(*) from quarantine').fetchone()[0]}
        db.close()
        return out

    try:
        with tarfile.open(archive) as t:
            t.extractall(work)
        for path in (work / 'home').rglob('*'):
            path.chmod(0o700 if path.is_dir() else 0o600)
        expected = json.loads((work / 'expected.json').read_text())
        ok(state() == expected, 'the frozen file is as it was')
        told = json.loads(run('upgrade', 'r.gpkg', '--json').stdout)
        ok(told['from'] == int(archive.name.split('.')[0][6:]) and told['to'] >= told['from'], 'upgrade said %s' % told)
        ok(state() == expected, 'upgrading keeps revisions, log, layers, quarantine')
        ok(json.loads(run('upgrade', 'r.gpkg', '--json').stdout)['from'] == told['to'], 'a second upgrade has nothing to do')
        # nothing is wrong; what older programs did not bind to the log cannot be told until the next submission
        r = run('check', 'r.gpkg', expect=5)
        ok('the next submission binds them' in r.stderr and len(r.stderr.splitlines()) == 1, 'check says what it cannot tell: ' + r.stderr)
        run('rebuild', 'r.gpkg')
        ok(state() == expected, 'rebuilding gives the same layers')
        run('figures', 'r.gpkg', '--figure', 'extent')
        run('add', 'r.gpkg', 'place', '--set', 'name=Later', '--set', 'type=settlement', '--set', 'valid_from=2026-06-01')
        run('check', 'r.gpkg')

        # the future: a newer program raised the schema
        db = sqlite3.connect(work / 'r.gpkg')
        db.execute("UPDATE fallow_meta SET value = '999' WHERE key = 'schema'")
        db.commit()
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        db.close()
        before = (work / 'r.gpkg').read_bytes()
        for command in (('upgrade', 'r.gpkg'), ('check', 'r.gpkg'), ('figures', 'r.gpkg'), ('show', 'r.gpkg', 'x')):
            r = run(*command, expect=1)
            ok('schema 999' in r.stderr and 'knows schemas up to' in r.stderr, 'refused with a sentence: ' + r.stderr.strip())
        ok((work / 'r.gpkg').read_bytes() == before, 'and nothing was changed')
        (work / 'no.gpkg').write_bytes(b'no database' * 100)
        run('upgrade', 'no.gpkg', expect=1)
        run('upgrade', 'missing.gpkg', expect=1)
        run('upgrade', expect=2)
    finally:
        shutil.rmtree(work)


for found in sorted((ROOT / 'tests' / 'data' / 'frozen').glob('schema*.tar.xz')):
    one(found)
ok(passed > 0, 'a frozen register is there')
print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed else 0)
