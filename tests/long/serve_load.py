#!/usr/bin/env python3
"""How many forms a second the server acknowledges, and how fast: RATE a second (default 1,000) for SECONDS (default 20)
over CONNECTIONS (default 64) keep-alive connections on the loopback, every one with its own author's name, signature
and leaf, durable and covered by a signed checkpoint before it is answered. Fails when the rate is not held, when 1 in
100 takes longer than P99_MS (default 100), or when `fallow check` finds anything.
Environment: FALLOW, SUBMIT_LOAD."""
import atexit
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

fallow = os.environ['FALLOW']
client = os.environ.get('SUBMIT_LOAD', str(Path(fallow).parent / 'tests/e2e/submit_load'))
rate, seconds = int(os.environ.get('RATE', 1000)), int(os.environ.get('SECONDS', 20))
connections, limit = int(os.environ.get('CONNECTIONS', 64)), float(os.environ.get('P99_MS', 100))
folder = tempfile.TemporaryDirectory(prefix='fallow-load-')
base = Path(folder.name)
register = base / 'r.gpkg'
env = {**os.environ, 'FALLOW_HOME': str(base / 'home')}


def run(*args, stdin=None):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True, env=env, input=stdin)
    if r.returncode:
        sys.exit('%s: %s' % (args[0], r.stderr))
    return r.stdout


run('init', register, '--country', 'XXA', '--name', 'load')
run('user', 'add', 'ana', '--role', 'reporter', '--password-stdin', stdin='correct horse battery\n')
token = run('user', 'token', 'ana', 'a phone').split()[-1]
authorization = 'Basic ' + base64.b64encode(('ana:' + token).encode()).decode()
server = subprocess.Popen([fallow, 'serve', str(register), '--listen', '127.0.0.1:0', '--quiet'], env=env,
                          stdout=subprocess.PIPE, text=True)
atexit.register(server.terminate)
line = server.stdout.readline()
port = line.split('127.0.0.1:')[1].split('/')[0].split()[0]
count = rate * seconds if rate else 1000 * seconds
out = subprocess.run([client, port, authorization, str(count), str(connections), str(rate), '1', str(base / 'ledger')],
                     capture_output=True, text=True)
print(out.stdout.strip(), out.stderr.strip(), 'load average %.1f' % os.getloadavg()[0], flush=True)
server.send_signal(signal.SIGTERM)
server.wait(timeout=60)
said = json.loads(out.stdout)
run('check', register)
if said['acknowledged'] != count or said['retries']:
    sys.exit('%d of %d acknowledged, %d retries' % (said['acknowledged'], count, said['retries']))
if rate and (said['per_second'] < 0.97 * rate or said['p99_ms'] > limit):
    sys.exit('too slow')
