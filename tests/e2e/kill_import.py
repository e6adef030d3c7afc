#!/usr/bin/env python3
"""An import stopped at any moment keeps what it acknowledged and nothing half; run again it completes, and the register
then shows the same as one that was never disturbed. Stopped by kill -9 at random moments, by write, fsync, fdatasync and
ftruncate failing for the Nth time (EIO, ENOSPC, once and for ever), and by a full disk.
Environment: FALLOW, FALLOW_SOURCE_ROOT; KILLS (default 10) moments, FAULTS (default 8) failing calls, SEED."""
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

fallow, root = os.environ['FALLOW'], Path(os.environ['FALLOW_SOURCE_ROOT'])
kills, faults = int(os.environ.get('KILLS', 10)), int(os.environ.get('FAULTS', 8))
seed = int(os.environ.get('SEED', time.time_ns() % 100000))
rng = random.Random(seed)
print('seed', seed)
ROWS, GROUP = 12000, 4000
sums = {0}  # what whole groups add up to


def run(*args, env=None):
    return subprocess.run([fallow, *map(str, args)], capture_output=True, text=True, env=env)


def write_source(path):
    r = random.Random(1)
    with open(path, 'w') as f:
        f.write('national_id,lon,lat,given_datum,class,status,valid_from\n')
        for i in range(ROWS):
            lon = '' if i % 500 == 7 else '%.6f' % r.uniform(-129, -121)  # some rows go to quarantine
            f.write('K-%d,%s,%.6f,WGS 84,%s,open,2020-01-%02d\n' % (i, lon, r.uniform(-49, -43), r.choice(('sha', 'cha')), i % 28 + 1))


def state(register):
    """What the register holds, apart from ids and times."""
    db = sqlite3.connect('file:%s?mode=ro' % register, uri=True)
    rows = db.execute("SELECT national_id, class, status, valid_from, hex(geometry) FROM hazard ORDER BY 1").fetchall()
    waits = db.execute('SELECT row, checks, original FROM quarantine ORDER BY 1').fetchall()
    size = db.execute('SELECT count(*) FROM submission').fetchone()[0]
    db.close()
    return rows, waits, size


def fresh(folder):
    """A register in a folder with the keys beside it."""
    shutil.copytree(template, folder)
    return folder / 'r.gpkg', {**os.environ, 'FALLOW_HOME': str(folder / 'home')}


def judge(name, register, env):
    """After the disturbance: everything that is there holds; an import completes it; then all is as undisturbed."""
    before = state(register)[0]
    r = run('check', register, env=env)
    # a group that was committed and not yet signed is finished by the next one who writes
    assert r.returncode == 0 or 'newest checkpoint covers' in r.stderr, '%s: check after: %s%s' % (name, r.stdout, r.stderr)
    assert len(before) in sums, '%s: half a group is there: %d rows' % (name, len(before))
    r = run('import', register, 'hazard', source, '--json', '--quiet', '--group', GROUP, env=env)
    assert r.returncode in (0, 3), '%s: again: %s%s' % (name, r.stdout, r.stderr)
    d = json.loads(r.stdout.strip().splitlines()[-1])
    assert d['read'] == ROWS and d['present'] >= len(before), (name, d)
    rows, waits, _ = state(register)
    assert rows == want[0], '%s: other hazards than undisturbed: %d, %d' % (name, len(rows), len(want[0]))
    assert [w[:2] for w in waits] == [w[:2] for w in want[1]], '%s: other rows in quarantine' % name
    r = run('check', register, env=env)
    assert r.returncode == 0, '%s: check at the end: %s%s' % (name, r.stdout, r.stderr)
    return len(before)


SHIM = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <fcntl.h>
#include <stdio.h>
/* Fails the FAULT_NTH of the named calls with FAULT_ERRNO, once or for ever; counts go to FAULT_COUNT. */
static long nth = -1, seen; static int code, sticky; static const char *what;
__attribute__((constructor)) static void start(void) {
	what = getenv("FAULT_CALL"); if (!what) what = "";
	if (getenv("FAULT_NTH")) nth = atol(getenv("FAULT_NTH"));
	code = getenv("FAULT_ERRNO") ? atoi(getenv("FAULT_ERRNO")) : EIO; sticky = getenv("FAULT_STICKY") != NULL;
}
__attribute__((destructor)) static void finish(void) {
	const char *p = getenv("FAULT_COUNT"); char text[40]; int fd, n;
	if (!p || !*what) return;
	fd = open(p, O_CREAT | O_WRONLY | O_APPEND, 0600); if (fd < 0) return;
	n = snprintf(text, sizeof text, "%ld\n", seen); if (write(fd, text, (size_t)n) < 0) seen = 0; close(fd);
}
static int fails(const char *name) {
	long now;
	if (strcmp(name, what) != 0) return 0;
	now = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
	if (nth < 0 || now < nth || (now > nth && !sticky)) return 0;
	errno = code; return 1;
}
#define REAL(type, name, args) static type (*real) args; if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name);
int fsync(int fd) { REAL(int, fsync, (int)) return fails("fsync") ? -1 : real(fd); }
int fdatasync(int fd) { REAL(int, fdatasync, (int)) return fails("fdatasync") ? -1 : real(fd); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t o) { REAL(ssize_t, pwrite, (int, const void *, size_t, off_t)) return fails("pwrite") ? -1 : real(fd, p, n, o); }
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t o) { REAL(ssize_t, pwrite64, (int, const void *, size_t, off64_t)) return fails("pwrite") ? -1 : real(fd, p, n, o); }
int ftruncate64(int fd, off64_t n) { REAL(int, ftruncate64, (int, off64_t)) return fails("ftruncate") ? -1 : real(fd, n); }
int rename(const char *a, const char *b) { REAL(int, rename, (const char *, const char *)) return fails("rename") ? -1 : real(a, b); }
'''

with tempfile.TemporaryDirectory() as tmp:
    tmp = Path(tmp)
    source, template = tmp / 'source.csv', tmp / 'template'
    write_source(source)
    template.mkdir()
    made = run('init', template / 'r.gpkg', '--country', 'XXA', '--name', 'test', env={**os.environ, 'FALLOW_HOME': str(template / 'home')})
    assert made.returncode == 0, made.stderr

    # undisturbed
    register, env = fresh(tmp / 'calm')
    begin = time.monotonic()
    r = run('import', register, 'hazard', source, '--quiet', '--group', GROUP, env=env)
    took = time.monotonic() - begin
    assert r.returncode == 3, r.stdout + r.stderr
    want = state(register)
    assert want[2] >= 3, 'the import was not acknowledged in groups: %d submissions' % want[2]
    assert len(want[0]) == ROWS - len(want[1]) and len(want[1]) == ROWS // 500
    # what a group may leave: whole groups of accepted rows, as the undisturbed one has them
    db = sqlite3.connect('file:%s?mode=ro' % register, uri=True)
    sizes = [n for (n,) in db.execute('SELECT statements FROM submission ORDER BY seq')]
    db.close()
    whole = 0
    for i, n in enumerate(sizes):
        whole += n - (i == 0)  # the first holds the source record
        sums.add(whole)

    shutil.rmtree(register.parent)

    kept = []
    for i in range(kills):
        register, env = fresh(tmp / 'killed')
        p = subprocess.Popen([fallow, 'import', str(register), 'hazard', str(source), '--quiet', '--group', str(GROUP)], env=env,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(0, took * 1.05))
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        p.wait()
        kept.append(judge('kill %d' % i, register, env))
        shutil.rmtree(register.parent)
    print('killed %d times; hazards kept: %s' % (kills, kept))

    shim = tmp / 'shim.so'
    (tmp / 'shim.c').write_text(SHIM)
    cc = subprocess.run(['cc', '-shared', '-fPIC', '-O1', '-o', shim, tmp / 'shim.c', '-ldl'], capture_output=True, text=True)
    assert cc.returncode == 0, cc.stderr
    kept, told, calls = [], 0, {}
    for i in range(faults):
        call = ('fsync', 'fdatasync', 'pwrite', 'ftruncate', 'rename')[i % 5]
        register, env = fresh(tmp / 'counted')
        shimmed = {**env, 'LD_PRELOAD': str(shim), 'FAULT_CALL': call, 'FAULT_COUNT': str(tmp / 'count')}
        if call not in calls:
            (tmp / 'count').unlink(missing_ok=True)
            run('import', register, 'hazard', source, '--quiet', '--group', GROUP, env=shimmed)
            calls[call] = max([int(x) for x in (tmp / 'count').read_text().split()] or [0])
        shutil.rmtree(register.parent)
        if calls[call] == 0:
            continue
        register, env = fresh(tmp / 'failed')
        shimmed = {**env, 'LD_PRELOAD': str(shim), 'FAULT_CALL': call, 'FAULT_NTH': str(rng.randint(1, calls[call])),
                   'FAULT_ERRNO': rng.choice(('5', '28'))}
        if rng.random() < 0.5:
            shimmed['FAULT_STICKY'] = '1'
        r = run('import', register, 'hazard', source, '--quiet', '--group', GROUP, env=shimmed)
        name = '%s %s errno %s%s' % (call, shimmed['FAULT_NTH'], shimmed['FAULT_ERRNO'], ' sticky' if 'FAULT_STICKY' in shimmed else '')
        assert r.returncode in (0, 1, 3, 4), '%s: status %d %s' % (name, r.returncode, r.stderr)
        told += r.returncode == 1 and bool(r.stderr.strip())
        assert r.returncode != 1 or r.stderr.strip(), name + ': failed without a sentence'
        kept.append(judge(name, register, env))
        shutil.rmtree(register.parent)
    print('failing calls %s of %s: %d told; hazards kept: %s' % (faults, calls, told, kept))

    # a full disk: a small file system if this machine lets us make one, else the limit on file sizes
    register, env = fresh(tmp / 'full')
    r = subprocess.run(['sh', '-c', 'ulimit -S -f 4096; trap "" XFSZ; exec "$0" import "$1" hazard "$2" --quiet --group ' + str(GROUP), fallow, str(register),
                        str(source)], capture_output=True, text=True, env=env)
    assert r.returncode in (1, 3), 'full: status %d %s' % (r.returncode, r.stderr)
    print('full disk: status %d: %s; hazards kept: %d' % (r.returncode, r.stderr.strip()[:100], judge('full', register, env)))
