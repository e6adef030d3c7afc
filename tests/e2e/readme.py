#!/usr/bin/env python3
"""Run the tour of the README: every line of its blocks marked <!-- test -->, in a folder of their own."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(os.environ.get('FALLOW_SOURCE_ROOT', Path(__file__).resolve().parents[2]))
fallow = Path(os.environ.get('FALLOW', root / 'build/fallow'))
passed = failed = 0
blocks = re.findall(r'<!-- test -->\s*```sh\n(.*?)```', (root / 'README.md').read_text(), re.S)
with tempfile.TemporaryDirectory() as folder:
    env = dict(os.environ, PATH='%s:%s' % (fallow.parent, os.environ['PATH']), FALLOW_HOME=folder + '/keys')
    for line in (l for b in blocks for l in b.splitlines() if l.strip()):
        run = subprocess.run(['bash', '-c', line], cwd=folder, env=env, capture_output=True, text=True)
        if run.returncode == 0:
            passed += 1
        else:
            failed += 1
            print('FAILED (%d): %s\n%s%s' % (run.returncode, line, run.stdout, run.stderr))
print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed or not passed else 0)
