#!/usr/bin/env python3
"""Forms handed in to a server that is killed again and again: what was acknowledged is there, and nothing twice.
A client (tests/long/submit_load.c) sends every form until it is told 201 and keeps a ledger. Meanwhile, at random
moments, kill -9 hits the process that writes, or the whole server, which is then started again. At the end each form
is one record with one revision, every line of the ledger is among them, and `fallow check` finds nothing.
Environment: FALLOW, SUBMIT_LOAD (the client, else the one built with it); KILLS (default 20), RATE forms a second (default 300), SEED."""
import atexit
import base64
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

fallow = os.environ['FALLOW']
client = os.environ.get('SUBMIT_LOAD', str(Path(fallow).parent / 'tests/e2e/submit_load'))
kills, rate = int(os.environ.get('KILLS', 20)), int(os.environ.get('RATE', 300))
seed = int(os.environ.get('SEED', time.time_ns() % 100000))
rng = random.Random(seed)
print('seed', seed, flush=True)
FORMS = 500 + 120 * kills  # so many that the last kill still finds some to come
folder = tempfile.TemporaryDirectory(prefix='fallow-submit-')
base = Path(folder.name)
register, ledger = base / 'r.gpkg', base / 'ledger'
env = {**os.environ, 'FALLOW_HOME': str(base / 'home')}


def run(*args, stdin=None):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True, env=env, input=stdin)
    if r.returncode:
        sys.exit('%s: %s' % (args[0], r.stderr))
    return r.stdout


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def start():
    for _ in range(50):  # what was killed may hold the address for a moment
        log = open(base / 'log', 'a')
        p = subprocess.Popen([fallow, 'serve', str(register), '--listen', '127.0.0.1:%d' % port, '--quiet'], env=env,
                             stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        if 'http' in p.stdout.readline():
            return p
        p.wait()
        time.sleep(0.2)
    sys.exit('the server did not start: ' + (base / 'log').read_text()[-2000:])


def children(pid):
    try:
        return [int(c) for c in Path('/proc/%d/task/%d/children' % (pid, pid)).read_text().split()]
    except OSError:
        return []


def writes(pid):
    """Has the process the register open for writing?"""
    try:
        for fd in Path('/proc/%d/fd' % pid).iterdir():
            if os.readlink(fd) == str(register):
                flags = int(Path('/proc/%d/fdinfo/%s' % (pid, fd.name)).read_text().split('flags:')[1].split()[0], 8)
                if flags & 3:
                    return True
    except OSError:
        pass
    return False


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


run('init', register, '--country', 'XXA', '--name', 'killed')
run('user', 'add', 'ana', '--role', 'reporter', '--password-stdin', stdin='correct horse battery\n')
token = run('user', 'token', 'ana', 'a phone').split()[-1]
authorization = 'Basic ' + base64.b64encode(('ana:' + token).encode()).decode()
port = free_port()
server = start()
atexit.register(lambda: os.killpg(server.pid, signal.SIGKILL) if server.poll() is None else None)
load = subprocess.Popen([client, str(port), authorization, str(FORMS), '64', str(rate), str(seed), str(ledger)],
                        stdout=subprocess.PIPE, text=True)
done = whole = given_up = 0
while load.poll() is None:
    time.sleep(rng.uniform(0.02, 0.4))
    if server.poll() is not None:  # a part fell too often right after its start: what keeps the server starts it again
        server, given_up = start(), given_up + 1
    elif done < kills and rng.random() < 0.2:
        os.killpg(server.pid, signal.SIGKILL)  # also what it starts at this moment
        server.wait()
        server = start()
        done, whole = done + 1, whole + 1
    elif done < kills:
        writer = [p for p in children(server.pid) if writes(p)]
        if writer and kill(writer[0]):
            done += 1
out = load.communicate(timeout=700)[0]
print('kills', done, 'of the whole server', whole, 'given up', given_up, out.strip(), flush=True)
server.send_signal(signal.SIGTERM)
if server.wait(timeout=60):
    sys.exit('the server ended with %d' % server.returncode)
if load.returncode:
    sys.exit('the client gave up')
if done < kills:
    sys.exit('only %d of %d kills happened' % (done, kills))

run('check', register)
db = sqlite3.connect('file:%s?mode=ro' % register, uri=True)
rows = dict(db.execute('SELECT remarks, count(*) FROM hazard GROUP BY 1'))
revisions = db.execute('SELECT count(*) FROM revision').fetchone()[0]
size, signed = db.execute('SELECT (SELECT count(*) FROM submission), (SELECT max(size) FROM checkpoint)').fetchone()
lines = ledger.read_text().split()
acknowledged = {int(line.split('-')[-1], 16) for line in lines}
lost = [i for i in sorted(acknowledged) if 'load %d' % i not in rows]
twice = [k for k, n in rows.items() if n != 1]
if lost or twice or revisions != FORMS or len(rows) != FORMS or len(lines) != FORMS or size != signed:
    sys.exit('lost %s, twice %s; %d records, %d revisions, %d lines of %d forms, %d submissions, %d signed'
             % (lost[:5], twice[:5], len(rows), revisions, len(lines), FORMS, size, signed))
print('%d forms, each once' % FORMS)
