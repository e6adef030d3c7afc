#!/usr/bin/env python3
"""Processes that end: each part is replaced and answers again, whatever it is killed at; the front too; kill -TERM with requests in
flight answers them all and ends with status 0; a server whose supervisor was killed leaves nothing behind.
Environment: FALLOW (the program)."""
import os
import signal
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving

failed = []


def expect(ok, what):
    if not ok:
        failed.append(what)


def alive(pids):
    return [p for p in pids if Path('/proc/%d' % p).exists() and ') Z ' not in Path('/proc/%d/stat' % p).read_text()]


class Load(threading.Thread):
    """Asks again and again; counts what comes back."""

    def __init__(self, s, path):
        super().__init__()
        self.s, self.path, self.ended, self.count = s, path, False, {}

    def run(self):
        while not self.ended:
            try:
                status = self.s.get(self.path, timeout=10).status
            except OSError as e:
                status = type(e).__name__
            except Exception as e:  # a cut answer
                status = type(e).__name__
            self.count[status] = self.count.get(status, 0) + 1
            if isinstance(status, str):
                time.sleep(0.02)


fallow = os.environ['FALLOW']
with Serving(fallow, hazards=200) as s:
    parts = set(s.pids().values())
    expect(parts == {'fallow-front', 'fallow-quick', 'fallow-slow', 'fallow-write', 'fallow-account', 'fallow-login', 'fallow-draw'}, 'processes: %s' % parts)
    load = [Load(s, '/registers?n=%d' % i) for i in range(4)]
    for t in load:
        t.start()
    for part in ('quick', 'slow', 'write', 'account', 'login', 'draw', 'quick'):
        pid = s.pid_of(part)[0]
        os.kill(pid, signal.SIGKILL)
        until = time.time() + 5
        while time.time() < until and (pid in s.pids() or len(s.pids()) < 8):
            time.sleep(0.02)
        s.wait_whole()
        expect(s.get('/registers').status == 200, 'no answer after %s was killed' % part)
        time.sleep(2.1)  # it may fall five times in quick succession
    for t in load:
        t.ended = True
    for t in load:
        t.join()
    seen = {k: sum(t.count.get(k, 0) for t in load) for k in set().union(*(t.count for t in load))}
    print('while parts were killed:', seen)
    expect(set(seen) <= {200, 503} and seen.get(200, 0) > 100, 'clients saw %s' % seen)
    # the front: its clients see a cut connection, then all is there again
    os.kill(s.pid_of('front')[0], signal.SIGKILL)
    s.wait_whole()
    expect(s.get('/registers').status == 200, 'no answer after the front was killed')
    expect(len(s.pids()) == 8, 'processes: %s' % s.pids())

    # TERM with requests in flight: each gets its whole answer or was not taken at all
    load = [Load(s, '/registers?m=%d' % i) for i in range(8)]
    for t in load:
        t.start()
    time.sleep(0.5)
    held = s.connect()
    held.sendall(b'GET /registers HTTP/1.1\r\nHost: x\r\n')  # its head ends after the signal
    time.sleep(0.05)
    pids = list(s.pids())
    begun = time.time()
    s.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    held.sendall(b'\r\n')
    answer = b''
    while piece := held.recv(65536):
        answer += piece
    expect(answer.startswith(b'HTTP/1.1 200') and b'Connection: close' in answer, 'a request begun before TERM: %r' % answer[:80])
    status = s.process.wait(30)
    took = time.time() - begun
    for t in load:
        t.ended = True
    for t in load:
        t.join()
    seen = {k: sum(t.count.get(k, 0) for t in load) for k in set().union(*(t.count for t in load))}
    print('TERM: status %d after %.2f s, clients saw %s' % (status, took, seen))
    expect(status == 0 and took < 10, 'TERM: status %d after %.1f s' % (status, took))
    # refused or reset before it was read; never a cut answer
    expect(set(seen) <= {200, 'ConnectionRefusedError', 'ConnectionResetError', 'RemoteDisconnected'}, 'clients saw %s' % seen)
    expect(not alive(pids), 'processes are left: %s' % alive(pids))

with Serving(fallow) as s:
    pids = list(s.pids())
    s.process.kill()
    s.process.wait()
    until = time.time() + 5
    while time.time() < until and alive(pids):
        time.sleep(0.05)
    expect(not alive(pids), 'the supervisor was killed and these live on: %s' % alive(pids))
    s.start()  # and the register is as it was
    expect(s.get('/registers').status == 200, 'no start after the supervisor was killed')

# a start does not fail because its parts open the register in the same instant (1 of 100 did)
for n in range(30):
    with Serving(fallow) as s:
        expect(s.get('/health').status in (200, 503), 'start %d' % n)

# what another program writes is seen at once; kept answers are not older than a second
with Serving(fallow) as s:
    expect(s.json('/registers')['registers'][0]['submissions'] == 0, 'a new register')
    (s.folder / 'o.csv').write_text('name,short_name\nOne,O\n')
    s.run('import', s.registers[0], 'organisation', s.folder / 'o.csv', '--guess', check=False)
    got = s.json('/registers')['registers'][0]['submissions']
    expect(got == 1, 'after an import of another process: %d submissions' % got)

# what cannot start says why
with Serving(fallow) as s:
    r = s.run('serve', s.registers[0], '--listen', '127.0.0.1:%d' % s.port, check=False)
    expect(r.returncode == 1 and 'could not listen' in r.stderr, 'a taken port: %d %s' % (r.returncode, r.stderr))
    r = s.run('serve', s.folder / 'none.gpkg', check=False)
    expect(r.returncode == 1 and 'does not exist' in r.stderr, 'no register: %d %s' % (r.returncode, r.stderr))
    r = s.run('serve', s.registers[0], '--listen', 'nonsense', check=False)
    expect(r.returncode in (1, 2) and 'address' in r.stderr, 'no address: %d %s' % (r.returncode, r.stderr))
for f in failed:
    print('FAILED', f)
print('%d failed' % len(failed))
sys.exit(bool(failed))
