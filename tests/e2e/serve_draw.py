#!/usr/bin/env python3
"""Outlines of a large register are made ahead by a process of their own: as files for their owner alone, mapped by the processes
that answer, which make none themselves; tiles are the same with them, after a new start and without their folder."""
import os
import shutil
import sys
import time
from pathlib import Path

from serving import Serving

failed = []


def expect(true, what):
    if not true:
        failed.append(what)
        print('FAILED', what)


def tiles(s):
    return [s.get('/tiles/hazard/%s.mvt' % t).body for t in ('4/2/10', '8/39/164', '8/40/165', '9/79/329')]


def files(folder):
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


with Serving(os.environ['FALLOW'], hazards=25000) as s:
    folder = Path(s.registers[0] + '.tiles')
    before = tiles(s)  # waits for the first file
    expect(any(len(t) > 200 for t in before), 'tiles are empty')
    until = time.time() + 120
    while time.time() < until and len([f for f in files(folder) if '.' not in f]) < 3:
        time.sleep(0.1)
    made = files(folder)
    expect(len(made) >= 3 and not any(f.rsplit('.')[-1].isdigit() for f in made), 'files: %s' % made)
    expect(folder.stat().st_mode & 0o777 == 0o700, 'the folder is open to others')
    expect(all((folder / f).stat().st_mode & 0o777 == 0o600 for f in made), 'a file is open to others')
    try:
        maps = [Path('/proc/%d/maps' % p).read_text() for p in s.pid_of('quick')]
        expect(any('.tiles/' in m for m in maps), 'no process has a file mapped')
    except OSError:
        print('not looked at: the maps of the processes')
    times = {f: (folder / f).stat().st_mtime_ns for f in made}
    s.process.terminate()
    s.process.wait()
    (folder / (made[0] + '.12345')).write_text('left behind')
    s.start()
    expect(tiles(s) == before, 'other tiles after a new start')
    expect(files(folder) == made, 'after a new start: %s' % files(folder))
    expect({f: (folder / f).stat().st_mtime_ns for f in made} == times, 'files were made again')
    shutil.rmtree(folder)
    expect(tiles(s) == before, 'other tiles without the folder')
    s.process.terminate()
    s.process.wait()
print('%d failed' % len(failed))
sys.exit(bool(failed))
