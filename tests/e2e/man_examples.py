#!/usr/bin/env python3
"""Every example of `fallow help COMMAND` that begins with "$ " runs, each command's in a folder of its own; every manual page
is one that man reads without a warning (where man is installed).
Environment: FALLOW (the program)."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

fallow = Path(os.environ['FALLOW']).resolve()
env = dict(os.environ, PATH='%s:%s' % (fallow.parent, os.environ['PATH']))
failed, ran = [], 0

commands = [line.split()[0] for line in subprocess.run([fallow, 'help'], capture_output=True, text=True, check=True)
            .stdout.splitlines() if line.startswith('  ') and line.split()[0] != 'help']
assert 'import' in commands and 'compare' in commands, commands
for command in commands:
    text = subprocess.run([fallow, 'help', command], capture_output=True, text=True).stdout
    assert text, 'fallow help %s says nothing' % command
    if '\nExamples:\n' not in text:
        failed.append('help %s has no example' % command)
    synopsis = text.split('usage: ', 1)[1].split('\n\n', 1)[0].splitlines()
    for line in synopsis:  # a line goes on with an option, or begins a call of its own
        if not line.strip().startswith(('fallow %s' % command, '[', 'fallow import')):
            failed.append('help %s: usage has the line %r' % (command, line))
    with tempfile.TemporaryDirectory() as tmp:
        env['FALLOW_HOME'] = str(Path(tmp) / 'keys')
        for line in text.splitlines():
            if not line.startswith('$ '):
                continue
            ran += 1
            r = subprocess.run(['bash', '-c', line[2:]], cwd=tmp, env=env, capture_output=True, text=True)
            if r.returncode not in (0, 3):
                failed.append('help %s: %s\n  status %d: %s' % (command, line, r.returncode, r.stderr.strip()))
    page = subprocess.run([fallow, 'help', '--man', command], capture_output=True, text=True).stdout
    if not page.startswith('.TH '):
        failed.append('help --man %s is no manual page' % command)
    elif shutil.which('man'):
        with tempfile.NamedTemporaryFile('w', suffix='.1') as f:
            f.write(page)
            f.flush()
            r = subprocess.run(['man', '-l', '--warnings', '-E', 'UTF-8', f.name], capture_output=True, text=True,
                               env=dict(env, MANPAGER='cat', LC_ALL='C.UTF-8'))
            if r.returncode or r.stderr.strip():
                failed.append('man %s: %s' % (command, r.stderr.strip()))
print('\n'.join(failed))
print('man examples: %d commands, %d examples, %d failed' % (len(commands), ran, len(failed)))
assert ran >= 20, 'there are fewer examples than there were'
sys.exit(1 if failed else 0)
