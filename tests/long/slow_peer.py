#!/usr/bin/env python3
"""slowhttptest, a program made to hold servers up, against ours: heads that never end, bodies that come byte by byte,
answers read slowly, overlapping ranges. Its own probe must see the server in service all the time, and an honest client is served.
Environment: FALLOW (the program); CONNECTIONS (default 4000), SECONDS_EACH (default 60). Status 77 without slowhttptest."""
import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / 'e2e'))
from serving import Serving

if not shutil.which('slowhttptest'):
    print('slowhttptest is not installed (Debian has it)')
    sys.exit(77)
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
count, seconds = os.environ.get('CONNECTIONS', '4000'), int(os.environ.get('SECONDS_EACH', 60))
ways = {  # what it is: options of slowhttptest
        'heads that never end (slowloris)': ['-H', '-i', '5'],
        'bodies byte by byte': ['-B', '-i', '5', '-s', '8192', '-f', 'application/json', '-x', '10', '-t', 'POST'],
        'answers read slowly': ['-X', '-w', '10', '-y', '20', '-z', '32', '-k', '3', '-n', '5'],
        'overlapping ranges': ['-R', '-a', '10', '-b', '3000', '-t', 'HEAD']}
passed = failed = 0
with Serving(os.environ['FALLOW'], hazards=300, options=['--quiet']) as s:
    for name, options in ways.items():
        folder = tempfile.mkdtemp(prefix='fallow-slow-')
        path = '/api/login' if '-B' in options else '/collections/hazard/items?limit=1000'
        p = subprocess.Popen(['slowhttptest', *options, '-c', count, '-r', '1000', '-l', str(seconds), '-p', '3', '-g', '-o',
                              folder + '/out', '-u', 'http://127.0.0.1:%d%s' % (s.port, path)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        took, broken = [], 0
        while p.poll() is None:
            begun = time.perf_counter()
            try:
                broken += s.get('/registers', timeout=10).status != 200
            except OSError:
                broken += 1
            took.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.1)
        took.sort()
        rows = list(csv.DictReader(open(folder + '/out.csv')))
        out = [r for r in rows if r['Service Available'].strip() == '0']
        most = max((int(r['Connected']) for r in rows), default=0)
        print('%s: up to %d connections at once; its probe saw the server %d of %d seconds; %d honest requests, %d refused, p99 %.1f ms, slowest %.0f ms'
              % (name, most, len(rows) - len(out), len(rows), len(took), broken, took[int(len(took) * .99)], took[-1]), flush=True)
        good = rows and not out and not broken and took[int(len(took) * .99)] < 500
        passed, failed = passed + bool(good), failed + (not good)
        shutil.rmtree(folder)
print('%d passed, %d failed' % (passed, failed))
sys.exit(failed > 0)
