#!/usr/bin/env python3
"""A hazard with a photograph and an accident, entered in headless Chromium through @getodk/web-forms (tests/webforms),
are in the register: with their position, unapproved, the hazard drawn for the public at once.
Environment: FALLOW, FALLOW_SOURCE_ROOT. Skipped without node, Chromium or the packages of tests/webforms."""
import base64
import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

fallow, root = os.environ['FALLOW'], Path(os.environ['FALLOW_SOURCE_ROOT'])
browser = os.environ.get('CHROMIUM') or shutil.which('chromium')
if not shutil.which('node') or not browser or not (root / 'tests/webforms/node_modules').is_dir():
    print('skipped: needs node, Chromium and tools/web tests')
    sys.exit(77)
folder = tempfile.TemporaryDirectory(prefix='fallow-webforms-')
base = Path(folder.name)
register = base / 'r.gpkg'
env = {**os.environ, 'FALLOW_HOME': str(base / 'home'), 'CHROMIUM': browser}


def run(*args, stdin=None):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True, env=env, input=stdin)
    if r.returncode:
        sys.exit('%s: %s' % (args[0], r.stderr))
    return r.stdout


run('init', register, '--country', 'XXA', '--name', 'Web forms')
run('user', 'add', 'ana', '--role', 'reporter', '--password-stdin', stdin='correct horse battery\n')
token = run('user', 'token', 'ana', 'browser').split()[-1]
server = subprocess.Popen([fallow, 'serve', str(register), '--listen', '127.0.0.1:0', '--quiet'], env=env,
                          stdout=subprocess.PIPE, text=True)
port = re.search(r'127\.0\.0\.1:(\d+)', server.stdout.readline()).group(1)
try:
    r = subprocess.run(['node', root / 'tests/webforms/webforms.mjs', port, 'Basic ' + base64.b64encode(('ana:' + token).encode()).decode()],
                       capture_output=True, text=True, env=env, timeout=240)
    print(r.stdout, r.stderr[-3000:])
finally:
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=30)
if r.returncode or len(re.findall(r'201 .*submit_success', r.stdout)) != 2:
    sys.exit('not both were taken')
db = sqlite3.connect('file:%s?mode=ro' % register, uri=True)
hazard = db.execute('SELECT class, status, unapproved, given_text, source_refs FROM hazard').fetchall()
accident = db.execute('SELECT class, injured, unapproved, given_text FROM accident').fetchall()
source = db.execute('SELECT record_id, type, file FROM source').fetchall()
print(hazard, accident, source, flush=True)
lat, lon = map(float, hazard[0][3].split()[:2])
assert len(hazard) == 1 and hazard[0][:3] == ('sha', 'open', 1) and abs(lat + 45.5) < 1e-3 and abs(lon + 125.5) < 1e-3
assert len(accident) == 1 and accident[0][:3] == ('mine', 2, 1) and accident[0][3]
assert len(source) == 1 and source[0][1] == 'photo' and hazard[0][4] == '["%s"]' % source[0][0]
kept = base / 'r.files' / source[0][2][:2] / source[0][2]
assert hashlib.sha256(kept.read_bytes()).hexdigest() == source[0][2] and kept.read_bytes().startswith(b'\x89PNG')
run('check', register)
print('2 forms')
