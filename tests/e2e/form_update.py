#!/usr/bin/env python3
"""A form changed in a register in use: new fields and choices work at once, old revisions stay readable under their
version, core fields are safe, the change is an event in the log with the hash of the form's text."""
import csv
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
work = Path(tempfile.mkdtemp(prefix='fallow_form_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-05-04T09:00:00Z', FALLOW_AUTHOR='Tester')
passed = failed = 0


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def run(*args, expect=0):
    r = subprocess.run([FALLOW, *map(str, args)], env=env, capture_output=True, text=True, cwd=work)
    ok(r.returncode == expect, '%s gave %d: %s' % (' '.join(map(str, args)), r.returncode, r.stderr.strip()))
    return r


def edit(kind, change, name='next.csv'):
    """Write the form in force, changed: change(survey rows, choices rows)."""
    survey, choices = run('form', 'show', kind, '--in', 'r.gpkg', '--csv').stdout.split('#choices\n')
    s, c = list(csv.DictReader(io.StringIO(survey))), list(csv.DictReader(io.StringIO(choices)))
    change(s, c)
    out = io.StringIO()
    for rows in (s, c):
        w = csv.DictWriter(out, list(rows[0]), restval='', lineterminator='\n')
        w.writeheader()
        w.writerows(rows)
        if rows is s:
            out.write('#choices\n')
    (work / name).write_text(out.getvalue(), encoding='utf-8')
    return name


def version(rows, n):
    for r in rows:
        if r['type'] == 'settings_version':
            r['name'] = str(n)


def add_things(s, c):
    version(s, 2)
    s.append({'type': 'text', 'name': 'drainage', 'label::English (en)': 'Drainage', 'access': 'partner'})
    c.append({'list_name': 'soil', 'name': 'peat', 'label::English (en)': 'Peat'})
    for r in list(s):
        if r['name'] == 'intended_use':  # no longer asked for
            s.remove(r)


def columns():
    return [r[1] for r in sqlite3.connect(work / 'r.gpkg').execute('PRAGMA table_info(hazard)')]


def main():
    run('init', 'r.gpkg', '--country', 'XXA', '--name', 'Forms')
    shape = 'geometry=POLYGON((-125 -45,-124.99 -45,-124.99 -44.99,-125 -45))'
    old = json.loads(run('add', 'r.gpkg', 'hazard', '--json', '--set', 'class=sha', '--set', 'status=open', '--set',
                         'valid_from=2024-05-01', '--set', 'intended_use=agriculture', '--set', shape).stdout)
    run('add', 'r.gpkg', 'hazard', '--set', 'class=sha', '--set', 'status=open', '--set', 'soil=peat', '--set', shape, expect=1)

    told = json.loads(run('form', 'update', 'r.gpkg', edit('hazard', add_things), '--json').stdout)
    ok((told['from'], told['to'], told['added'], told['dropped'], told['choices_added']) == (1, 2, 1, 1, 1), 'counts: %s' % told)
    ok(told['sha256'] == hashlib.sha256((work / 'next.csv').read_bytes()).hexdigest(), 'the hash is that of the file')
    ok('drainage' in columns() and 'intended_use' in columns(), 'the layer has the new column and keeps the old one')
    new = json.loads(run('add', 'r.gpkg', 'hazard', '--json', '--set', 'class=cha', '--set', 'status=open', '--set', 'soil=peat',
                         '--set', 'drainage=ditch', '--set', shape).stdout)
    ok('ditch' in run('find', 'r.gpkg', 'DITCH').stdout, 'the new field is found')

    # both versions are readable; what was said under the old one stays
    shown = json.loads(run('show', 'r.gpkg', old['id'], '--json').stdout)
    text = json.dumps(shown)
    ok('agriculture' in text, 'what is no longer asked for stays readable')
    ok('ditch' in run('show', 'r.gpkg', new['id'], '--json').stdout, 'the new record is readable')
    db = sqlite3.connect(work / 'r.gpkg')
    ok(db.execute('SELECT count(*), max(version) FROM form_version v JOIN kind k ON k.id = v.kind WHERE k.name = ?',
                  ('hazard',)).fetchone() == (2, 2), 'both versions of the form are kept')
    ok([r[0] for r in db.execute("SELECT r.form FROM revision r JOIN kind k ON k.id = r.kind WHERE k.name = 'hazard' ORDER BY rid")]
       == [1, 2], 'each revision names its version')
    ok(db.execute('SELECT submission FROM form_version WHERE version = 2').fetchone()[0] == told['submission'],
       'the form belongs to its submission')
    event = db.execute('SELECT type, sha256, by_person FROM event').fetchall()
    ok(event == [('form_changed', told['sha256'], 'Tester')], 'the event: %s' % event)
    db.close()

    # refusals; each changes nothing
    def refused(what, change, words, kind='hazard'):
        before = run('form', 'show', kind, '--in', 'r.gpkg', '--csv').stdout
        r = run('form', 'update', 'r.gpkg', edit(kind, change, 'bad.csv'), expect=1)
        ok(words in r.stderr, '%s: %s' % (what, r.stderr.strip()))
        ok(run('form', 'show', kind, '--in', 'r.gpkg', '--csv').stdout == before, what + ' changed the form')

    def drop(s, name):
        s[:] = [r for r in s if r['name'] != name]

    def retype(s, name, to):
        for r in s:
            if r['name'] == name:
                r['type'] = to

    refused('dropping a core field', lambda s, c: (version(s, 3), drop(s, 'class')), 'class')
    refused('retyping a core field', lambda s, c: (version(s, 3), retype(s, 'radius_m', 'text')), 'radius_m')
    refused('retyping another field', lambda s, c: (version(s, 3), retype(s, 'marked_date', 'text')), 'marked_date')
    refused('dropping a code', lambda s, c: (version(s, 3), c.remove(next(r for r in c if r['name'] == 'peat'))), 'peat')
    refused('the same version', lambda s, c: None, 'version')
    refused('a name of the program', lambda s, c: (version(s, 3), s.append({'type': 'text', 'name': 'shown_as', 'access': 'public',
                                                                             'label::English (en)': 'X'})), 'shown_as')
    refused('opening identity', lambda s, c: (version(s, 2), [r.update(access='public') for r in s if r['name'] == 'contacts']),
            'identity', 'victim')
    (work / 'other.csv').write_text('type,name,label::English (en)\nsettings_kind,nothing,N\nsettings_version,1,\ntext,a,A\n')
    ok('nothing' in run('form', 'update', 'r.gpkg', 'other.csv', expect=1).stderr, 'a kind that is not there')
    (work / 'garbage.csv').write_bytes(bytes(range(256)) * 40)
    run('form', 'update', 'r.gpkg', 'garbage.csv', expect=1)
    run('form', 'update', 'r.gpkg', expect=2)

    # in use: exports, rebuild and check know the new form
    run('export', 'r.gpkg', 'p.csv', '--role', 'partner', '--kind', 'hazard')
    ok('drainage' in (work / 'p.csv').read_text() and 'ditch' in (work / 'p.csv').read_text(), 'the export has the new field')
    run('rebuild', 'r.gpkg')
    run('check', 'r.gpkg')
    ok(sqlite3.connect(work / 'r.gpkg').execute("SELECT drainage FROM hazard WHERE class = 'cha'").fetchone() == ('ditch',),
       'rebuild keeps the new column')

    # dictionary and sheets
    ok('drainage' in run('form', 'show', 'hazard', '--in', 'r.gpkg').stdout, 'the dictionary of the register')
    ok('drainage' not in run('form', 'show', 'hazard').stdout, 'the dictionary of the program')
    for lang in ('en', 'uk', 'az'):
        ok(len(run('form', 'show', 'accident', '--language', lang).stdout) > 2000, 'the dictionary in ' + lang)
    ok(json.loads(run('form', 'show', 'victim', '--json').stdout)['kind'] == 'victim', 'the dictionary as JSON')
    ok(len(json.loads(run('form', 'list', '--json').stdout)) == 17, 'all kinds are listed')
    run('form', 'show', 'nothing', expect=1)
    run('form', 'show', 'hazard', '--language', 'xx', expect=2)
    header, hint = list(csv.reader(io.StringIO(run('template', 'hazard', '--in', 'r.gpkg').stdout)))[:2]
    ok('drainage' in header and hint[0].startswith('#') and len(header) == len(hint), 'the sheet has its header and hints')
    run('template', 'hazard', 'sheet.xlsx', '--in', 'r.gpkg')
    with zipfile.ZipFile(work / 'sheet.xlsx') as z:
        page = z.read('xl/worksheets/sheet1.xml').decode()
        ok('dataValidation' in page and b'drainage' in z.read('xl/sharedStrings.xml'), 'the sheet offers codes')
    run('template', 'hazard', 'sheet.xlsx', expect=1)

    # a form that closes land is refused, and one that was changed inside the file is found, also after a rebuild
    def close(survey, choices):
        for row in survey:
            if row['type'] == 'settings_version':
                row['name'] = '99'
        for row in choices:
            if row['list_name'] == 'hazard_status' and row['name'] == 'open':
                row['open'] = 'no'
    ok('computes with' in run('form', 'update', 'r.gpkg', edit('hazard', close, 'closing.csv'), expect=1).stderr, 'a form closes no land')
    for which in ('min(version)', 'max(version)'):
        shutil.copy(work / 'r.gpkg', work / 'w.gpkg')
        shutil.copytree(work / 'r.files', work / 'w.files', dirs_exist_ok=True)
        con = sqlite3.connect(work / 'w.gpkg')
        hazard = con.execute("SELECT id FROM kind WHERE name = 'hazard'").fetchone()[0]
        (n, both), = con.execute('SELECT version, choices FROM form_version WHERE kind = ? AND version = '
                                 '(SELECT %s FROM form_version WHERE kind = ?)' % which, (hazard, hazard))
        if not both:
            both, = con.execute('SELECT survey FROM form_version WHERE kind = ? AND version = ?', (hazard, n)).fetchone()
            column = 'survey'
        else:
            column = 'choices'
        changed = ''.join(line.replace(',yes,', ',no,') if line.startswith('hazard_status,open,') else line for line in both.splitlines(True))
        ok(changed != both, 'the control: %s is another text' % which)
        for name, in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'form_version'").fetchall():
            con.execute('DROP TRIGGER "%s"' % name)
        con.execute('UPDATE form_version SET %s = ? WHERE kind = ? AND version = ?' % column, (changed, hazard, n))
        con.commit()
        con.close()
        run('rebuild', 'w.gpkg')
        ok('form of hazard' in run('check', 'w.gpkg', expect=4).stderr, 'a changed form is found: %s' % which)
        for f in work.glob('w.gpkg*'):
            f.unlink()


    # what a source was read from is kept; its note cannot be taken out unseen
    (work / 'h.csv').write_text('lon,lat,class\n-125.5,-45.5,sha\n')
    run('init', 'o.gpkg', '--country', 'XXA', '--name', 'O')
    run('import', 'o.gpkg', 'hazard', 'h.csv', '--guess', '--crs', 'EPSG:4326')
    run('check', 'o.gpkg')
    con = sqlite3.connect(work / 'o.gpkg')
    for name, in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'original'").fetchall():
        con.execute('DROP TRIGGER "%s"' % name)
    con.execute('DELETE FROM original')
    con.commit()
    con.close()
    ok('names the original' in run('check', 'o.gpkg', expect=4).stderr, 'a note that was taken out is missed')


try:
    main()
finally:
    shutil.rmtree(work)
print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed else 0)
