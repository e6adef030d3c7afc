#!/usr/bin/env python3
"""Try every planted way out of the reader's sandbox; none may work. The same tries without the sandbox show
that most of them are real.

usage: reader_sandbox.py PLANTED_READER
"""
import os
import subprocess
import sys
import tempfile

planted = os.path.abspath(sys.argv[1])
LIMITS = ['--limit', 'cpu_s=1', '--limit', 'unpacked_bytes=1048576', '--limit', 'features=1',
          '--limit', 'cpu_us_a_feature=1']
VICTIM = '/tmp/fallow_planted.victim'


def attempt(way, *more):
    """Exit status of the reader; the file it is given lies on descriptor 3."""
    with tempfile.NamedTemporaryFile(suffix='.csv') as f:
        f.write(b'a,b\n1,2\n')
        f.flush()
        with open(VICTIM, 'w') as v:
            v.write('x')
        os.chmod(VICTIM, 0o666)
        argv = ['sh', '-c', 'exec 3<"$0"; exec "$@"', f.name, planted, 'rows', '--fd', '3', '--name', 'x.csv',
                '--planted', way, *LIMITS, *more]
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)


names = attempt('list').stdout.decode().split()
outside = {'run_program', 'mount_something', 'change_root', 'write_passwd', 'write_given', 'cut_given', 'host_name',
           'endless_loop', 'become_root', 'reopen_given', 'write_memory', 'trace_parent'}
escaped, real = [], 0
for name in names:
    if attempt(name).returncode == 99:
        escaped.append(name)
    if name not in outside and attempt(name, '--unsandboxed').returncode == 99:
        real += 1
for path in (VICTIM, '/tmp/fallow_planted', '/tmp/fallow_planted.l', '/tmp/fallow_planted.n', '/tmp/fallow_planted.moved'):
    if os.path.lexists(path):
        os.remove(path)
if os.path.isdir('/tmp/fallow_planted.d'):
    os.rmdir('/tmp/fallow_planted.d')
print('reader sandbox: %d ways tried, %d worked%s; %d work without it' %
      (len(names), len(escaped), ' (%s)' % ', '.join(escaped) if escaped else '', real))
sys.exit(1 if escaped or len(names) < 30 or real < 20 else 0)
