#!/usr/bin/env python3
"""The demonstration's data files map themselves, say where each row comes from, and every source is a record.
Environment: FALLOW (the program), FALLOW_SOURCE_ROOT."""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

fallow, root = os.environ['FALLOW'], Path(os.environ['FALLOW_SOURCE_ROOT'])
ROWS = {'ukraine': {'source': 3, 'claim': 8, 'claim_later': 3, 'accident': 2, 'victim': 6, 'ordnance': 8},
        'azerbaijan': {'source': 4, 'claim': 9, 'claim_later': 2, 'accident': 2, 'victim': 4, 'ordnance': 5}}
LINK = {'claim': 'source', 'claim_later': 'source', 'victim': 'accident'}


def run(*args, status=0):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True)
    assert r.returncode == status, '%s: status %d\n%s%s' % (args, r.returncode, r.stdout, r.stderr)
    return r.stdout


def ask(path, sql):
    with sqlite3.connect('file:%s?mode=ro' % path, uri=True) as db:
        return db.execute(sql).fetchall()


def links(register, kind, field, number):
    """Numbers of the records that the field of this kind links to, by the number of the record that links."""
    rows = ask(register, 'SELECT national_id, "%s" FROM %s WHERE %s IS NOT NULL' % (field, kind, field))
    return {a: number.get(b, b) for a, b in rows}


def numbers(register, kind):
    out = {}
    for blob, fields in ask(register, "SELECT r.record, r.fields FROM revision r JOIN kind k ON k.id = r.kind WHERE k.name = '%s'" % kind):
        hexed = blob.hex()
        out['-'.join((hexed[:8], hexed[8:12], hexed[12:16], hexed[16:20], hexed[20:]))] = json.loads(fields).get('national_id')
    return out


with tempfile.TemporaryDirectory() as tmp:
    tmp = Path(tmp)
    os.environ['FALLOW_HOME'] = str(tmp / 'keys')
    for country, code in (('ukraine', 'UKR'), ('azerbaijan', 'AZE')):
        register = tmp / (country + '.gpkg')
        run('init', register, '--country', code, '--name', country)
        for name, rows in ROWS[country].items():
            kind, file = name.split('_')[0], root / 'demo' / country / (name + '.csv')
            call = ['import', register, kind, file, '--guess', '--key', 'national_id']
            said = run(*call, '--dry-run')
            assert 'not used' not in said, said
            last = json.loads(run(*call, '--json').splitlines()[-1])
            assert last['read'] == rows and last['quarantined'] == 0 and last['present'] == 0, last
            again = json.loads(run(*call, '--json').splitlines()[-1])
            assert again['present'] == rows, again
        sources, accidents = numbers(register, 'source'), numbers(register, 'accident')
        claims = links(register, 'claim', 'source', sources)
        assert len(claims) == ROWS[country]['claim'] + ROWS[country]['claim_later'], claims
        assert all(c.split('-')[1] == 'C' and s.split('-')[1] == 'S' for c, s in claims.items()), claims
        victims = links(register, 'victim', 'accident', accidents)
        assert len(victims) == ROWS[country]['victim'] and all(a.split('-')[1] == 'A' for a in victims.values()), victims
        for layer in ('accident', 'ordnance', 'claim', 'victim'):
            assert ask(register, 'SELECT count(*) FROM %s WHERE national_id IS NULL' % layer) == [(0,)]
        run('check', register)

    # A number that is nobody's is no link: the row is in, marked, and what was written is kept.
    (tmp / 'claim.csv').write_text('national_id,statement,source\nX-1,somebody said,UA-S-1\nX-2,somebody said,NOBODY\n')
    last = json.loads(run('import', tmp / 'ukraine.gpkg', 'claim', tmp / 'claim.csv', '--guess', '--json').splitlines()[-1])
    assert last['read'] == 2 and last['quarantined'] == 0, last
    rows = dict((a, (b, c, d)) for a, b, c, d in ask(
        tmp / 'ukraine.gpkg', "SELECT national_id, source, import_flags, remarks FROM claim WHERE national_id LIKE 'X-%'"))
    assert rows['X-1'][0] and 'broken_link' not in (rows['X-1'][1] or ''), rows
    assert rows['X-2'][0] is None and 'broken_link' in rows['X-2'][1] and 'NOBODY' in rows['X-2'][2], rows
print('demo: ok')
