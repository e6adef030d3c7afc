#!/usr/bin/env python3
"""Try every planted way out of the reader's sandbox; none may work. The same tries without the sandbox show
that most of them are real.

usage: reader_sandbox.py PLANTED_READER
"""
import io
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pipe_read  # noqa: E402

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


def without(call, *more):
    """What the reader says on a kernel without that system call (strace plays the kernel); None without strace."""
    if not shutil.which('strace'):
        return None
    with tempfile.NamedTemporaryFile(suffix='.csv') as f:
        f.write(b'a,b\n1,2\n')
        f.flush()
        with open(f.name, 'rb') as given:
            argv = ['strace', '-qq', '-o', '/dev/null', '-e', 'trace=' + call, '-e', 'inject=%s:error=ENOSYS' % call,
                    planted, 'rows', '--fd', str(given.fileno()), '--name', 'x.csv', *more]
            child = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   pass_fds=[given.fileno()], timeout=60)
    return list(pipe_read.decode(io.BytesIO(child.stdout))) if child.stdout else None


refused = True
for call in ('landlock_create_ruleset', 'seccomp'):
    # libseccomp falls back to prctl where seccomp() is missing, so then it may still read.
    said = without(call)
    if said is None:
        print('reader sandbox: no strace, or it may not trace: %s not tried' % call)
        continue
    if call == 'seccomp' and said[-1][0] == 'E':
        continue
    refused = refused and said[-1][0] == 'F' and said[-1][1] == 10 and 'sandbox' in said[-1][2] and \
        'FALLOW_READER_UNSANDBOXED=1' in said[-1][3]
    in_writing = without(call, '--unsandboxed')
    refused = refused and in_writing[-1] == ('E', 1)
if not refused:
    print('FAILED: read without a sandbox, or refused although told in writing', said)

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
sys.exit(1 if escaped or not refused or len(names) < 30 or real < 20 else 0)
