#!/usr/bin/env python3
"""A log that we export verifies with golang.org/x/mod/sumdb, and no longer once a byte of it is changed or a file is missing.
usage: tlog_go.py EXPORTLOG SOURCE_ROOT. Exit status 77 (skipped) without Go or Debian's golang-golang-x-mod-dev."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

exportlog, root = sys.argv[1], Path(sys.argv[2])
GOCODE = Path('/usr/share/gocode')
if not shutil.which('go') or not (GOCODE / 'src/golang.org/x/mod/sumdb/tlog').is_dir():
    print('skipped: go or golang-golang-x-mod-dev is not installed')
    sys.exit(77)


def verify(folder, vkey):
    return subprocess.run([verifier, folder, vkey], capture_output=True, text=True)


with tempfile.TemporaryDirectory() as tmp:
    tmp = Path(tmp)
    verifier = tmp / 'verifylog'
    env = dict(os.environ, GO111MODULE='off', GOPATH='%s:%s' % (root / 'tests/e2e/go', GOCODE), GOFLAGS='',
               GOCACHE=os.environ.get('GOCACHE') or str(tmp / 'cache'))
    subprocess.run(['go', 'build', '-o', verifier, 'verifylog'], check=True, env=env)
    for size in (0, 1, 2, 3, 255, 256, 257, 600, 70000):
        out = tmp / str(size)
        out.mkdir()
        subprocess.run([exportlog, out, str(size)], check=True)
        done = verify(out / 'log', out / 'log.vkey')
        print(size, done.stdout.strip(), done.stderr.strip())
        assert done.returncode == 0, size
    # An older checkpoint's tiles are still there when a log has grown in the same folder.
    subprocess.run([exportlog, tmp / '255', '600'], check=True)
    assert verify(tmp / '255' / 'log', tmp / '255' / 'log.vkey').returncode == 0
    # One changed byte in any file, any file missing, another key: refused.
    folder, vkey = tmp / '600' / 'log', tmp / '600' / 'log.vkey'
    files = [f for f in sorted(folder.rglob('*')) if f.is_file()]
    assert len(files) == 8, files
    for f in files:
        good = f.read_bytes()
        for at in (0, len(good) // 2, len(good) - 1):
            f.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            assert verify(folder, vkey).returncode == 1, (f, at)
        f.unlink()
        assert verify(folder, vkey).returncode == 1, f
        f.write_bytes(good)
    assert verify(folder, vkey).returncode == 0
    assert verify(folder, root / 'tests/data/vectors/reference-log-600/log.vkey').returncode == 1
    # The reference logs are read by the same verifier.
    for name in ('reference-log-600', 'reference-log-sigsum-300'):
        vectors = root / 'tests/data/vectors' / name
        done = verify(vectors, vectors / 'log.vkey')
        assert done.returncode == 0, done.stderr
print('ok')
