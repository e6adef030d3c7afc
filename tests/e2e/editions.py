#!/usr/bin/env python3
"""A second edition of a file: changed rows correct their records, new ones come in, missing ones are listed and never
closed; what was known before the second edition is still there. Environment: FALLOW."""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

fallow = os.environ['FALLOW']
HEAD = 'national_id,lon,lat,given_datum,class,status,valid_from\n'


def run(*args, ok=(0,)):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True)
    assert r.returncode in ok, '%s: status %d\n%s%s' % (args, r.returncode, r.stdout, r.stderr)
    return r.stdout


def edition(register, path, rows, ok=(0,)):
    path.write_text(HEAD + ''.join('%s,%s,-45,WGS 84,%s,%s,%s\n' % row for row in rows))
    return json.loads(run('import', register, 'hazard', path, '--key', 'national_id', '--json', '--quiet', ok=ok).splitlines()[-1])


def count(register, sql):
    with sqlite3.connect('file:%s?mode=ro' % register, uri=True) as db:
        return db.execute(sql).fetchone()[0]


with tempfile.TemporaryDirectory() as tmp:
    tmp = Path(tmp)
    os.environ['FALLOW_HOME'] = str(tmp / 'home')
    register = tmp / 'r.gpkg'
    run('init', register, '--country', 'XXA', '--name', 'test')
    first = [(n, -125 - n / 10, 'sha', 'open', '2020-01-01') for n in range(1, 11)]
    d = edition(register, tmp / 'one.csv', first)
    assert (d['read'], d['accepted'], d['missing']) == (10, 10, 0), d
    # 1-5 as they were, 6 worse, 7 closed, 8 to 10 gone, 11 and 12 new
    second = first[:5] + [(6, -125.6, 'cha', 'open', '2021-01-01'), (7, -125.7, 'sha', 'suspended', '2021-01-01'),
                          (11, -126.1, 'sha', 'open', '2021-01-01'), (12, -126.2, 'sha', 'open', '2021-01-01')]
    d = edition(register, tmp / 'two.csv', second)
    assert (d['read'], d['accepted'], d['revised'], d['present'], d['missing']) == (9, 4, 2, 5, 3), d
    assert len(d['missing_ids']) == 3
    assert count(register, 'SELECT count(*) FROM hazard') == 12
    assert count(register, "SELECT count(*) FROM hazard WHERE status = 'closed'") == 0
    assert count(register, "SELECT class FROM hazard WHERE national_id = '6'") == 'cha'
    assert count(register, 'SELECT count(*) FROM revision r JOIN kind k ON k.id = r.kind WHERE k.name = \'hazard\'') == 14
    assert count(register, 'SELECT count(*) FROM revision WHERE parents IS NOT NULL') == 2
    # both editions again: nothing new; the first edition again is a correction back, not a duplicate
    d = edition(register, tmp / 'two.csv', second)
    assert (d['accepted'], d['flagged'], d['present']) == (0, 0, 9), d
    run('rebuild', register)
    d = edition(register, tmp / 'two.csv', second)
    assert (d['accepted'], d['flagged'], d['present']) == (0, 0, 9), 'after rebuild: %s' % d
    run('check', register)
    # a large second edition is taken in with the index packed at its end: new rows come first in it, some of the old ones
    # lie elsewhere, one of the new ones comes twice; all are found where they lie now
    large = tmp / 'large.gpkg'
    run('init', large, '--country', 'XXA', '--name', 'test')
    old = [(n, -125 - n / 1000, 'sha', 'open', '2020-01-01') for n in range(1, 2001)]
    edition(large, tmp / 'old.csv', old)
    moved = [(n, -120 - n / 1000, 'sha', 'open', '2021-01-01') for n in range(1, 2001, 100)]
    new = [(n, -128 + n / 100000, 'sha', 'open', '2021-01-01') for n in range(2001, 4101)]
    again = [(4100, -121, 'sha', 'open', '2021-02-01')]
    d = edition(large, tmp / 'new.csv', new + again + moved, ok=(0, 3))
    assert d['revised'] >= len(moved), d
    run('check', large)
    for n, lon, *_ in moved + [(1002, -126.002)]:
        told = json.loads(run('find', large, '--near', '%s,-45' % lon, '--within', '100', '--json').splitlines()[-1])
        assert 'hazard' in json.dumps(told), (n, told)
        assert count(large, 'SELECT count(*) FROM rtree_hazard_geometry WHERE minx <= %r AND maxx >= %r' % (lon + 1e-5, lon - 1e-5)) > 0
    # approved in the same import: the former place no longer counts, and is no longer found
    there = [(n, -118 - n / 1000, 'sha', 'open', '2022-01-01') for n in range(1, 2001, 100)]
    far = [(n, -119.5 + n / 100000, 'sha', 'open', '2022-01-01') for n in range(5001, 7501)]
    (tmp / 'far.csv').write_text(HEAD + ''.join('%s,%s,-45,WGS 84,%s,%s,%s\n' % row for row in far + there))
    run('import', large, 'hazard', tmp / 'far.csv', '--key', 'national_id', '--approved-by', 'A. Approver', '--quiet')
    run('check', large)
    assert count(large, 'SELECT count(*) FROM rtree_hazard_geometry WHERE minx >= -120.2 AND maxx <= -119.95') == 0
print('editions hold')
sys.exit(0)
