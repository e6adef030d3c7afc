#!/usr/bin/env python3
"""Every figure answers for itself: whatever code has a row with records, explain lists them; where the parts are counts they add up
to the value."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
work = Path(tempfile.mkdtemp(prefix='fallow_explain_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_NOW='2026-05-04T09:00:00Z')
passed = failed = 0


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def fallow(*args):
    r = subprocess.run([FALLOW, *map(str, args)], env=env, capture_output=True, text=True, cwd=work)
    ok(r.returncode == 0, f'{" ".join(map(str, args))}: {r.stderr}')
    return r.stdout


fallow('generate', 'g.gpkg', '--hazards', 400, '--seed', 3, '--quiet')
figures = json.loads(fallow('figures', 'g.gpkg', '--after', '1995-01-01', '--format', 'json'))['figures']
codes = sorted({f['code'] for f in figures})
ok(len(codes) > 30, f'codes: {codes}')
adds_up = ('casualties.', 'finds.', 'laying.')
for code in codes:
    said = json.loads(fallow('explain', 'g.gpkg', code, '--after', '1995-01-01', '--json'))['figures']
    ok(len(said) > 0, f'{code} is not explained')
    for f in said:
        members = f['records']
        name = f"{code} {f['dimension']} {f['period']}"
        # beside a claim stands another figure, which has its own explanation
        ok(members or not f['value'] or code == 'claims.recorded', f'{name}: no records listed: {str(f)[:300]}')
        if code.startswith(adds_up) and f['unit'] in ('person', 'item') and f['value'] is not None:
            ok(abs(sum(m['part'] for m in members) - f['value']) < 1e-6,
               f'{name}: the parts give {sum(m["part"] for m in members)}, not {f["value"]}')
text = fallow('explain', 'g.gpkg', 'exposure', '--after', '1995-01-01')
ok('not listed one by one' not in text, 'exposure lists its hazards')
shutil.rmtree(work)
print(f'explain: {passed} passed, {failed} failed')
sys.exit(failed > 0)
