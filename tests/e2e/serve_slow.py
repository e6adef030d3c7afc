#!/usr/bin/env python3
"""Slow and idle clients: 10,000 idle connections (fewer where the system allows fewer, which is said), heads and bodies that come
byte by byte, answers that nobody reads; honest clients are served all the while, and memory stays small.
usage: serve_slow.py [IDLE]    Environment: FALLOW (the program)."""
import os
import resource
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving

failed = []


def expect(ok, what):
    if not ok:
        failed.append(what)


def honest(s, count=100):
    """Milliseconds that requests take, sorted."""
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        r = s.get('/registers')
        took.append((time.perf_counter() - begun) * 1000)
        expect(r.status == 200, 'an honest client got %d' % r.status)
    return sorted(took)


def memory_kib(s):
    total = 0
    for pid in [s.process.pid, *s.pids()]:
        for line in Path('/proc/%d/smaps_rollup' % pid).read_text().splitlines():
            if line.startswith('Pss:'):
                total += int(line.split()[1])
    return total


def dial(s, n):
    """Connections spread over source addresses, so that ports suffice."""
    found = []
    for i in range(n):
        c = socket.socket()
        c.bind(('127.0.0.%d' % (2 + i // 5000), 0))
        c.connect(('127.0.0.1', s.port))
        found.append(c)
    return found


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
idle = min(wanted, hard - 200)
print('%d idle connections%s' % (idle, '' if idle == wanted else ' (the system allows no more)'))

with Serving(os.environ['FALLOW'], options=['--quiet']) as s:
    quiet = honest(s)
    before = memory_kib(s)
    begun = time.time()
    crowd = dial(s, idle)
    took = honest(s)
    print('honest p50 %.2f ms, p99 %.2f ms (alone %.2f, %.2f); %d KiB for all, %d KiB before' %
          (took[50], took[98], quiet[50], quiet[98], memory_kib(s), before))
    expect(took[98] < 500, 'p99 among idle connections is %.0f ms' % took[98])
    # the same crowd begins a head each and never ends it
    for c in crowd:
        c.send(b'GET / HTTP/1.1\r\nX')
    took = honest(s)
    print('with as many unfinished heads: p99 %.2f ms, %d KiB' % (took[98], memory_kib(s)))
    expect(took[98] < 500, 'p99 among unfinished heads is %.0f ms' % took[98])
    expect(memory_kib(s) < 512 << 10, 'memory %d KiB' % memory_kib(s))

    # heads: a byte now and then does not buy time
    slow = s.connect(30)
    begun = time.time()
    slow.sendall(b'GET / HTTP/1.1\r\nX: ')
    slow.settimeout(0.5)
    answer = b''
    while time.time() - begun < 20 and not answer:
        try:
            answer = slow.recv(1000)
        except TimeoutError:
            slow.sendall(b'a')
    expect(answer.startswith(b'HTTP/1.1 408') and 9 < time.time() - begun < 13,
           'a slow head after %.1f s: %r' % (time.time() - begun, answer[:40]))
    # by then the crowd's heads are over too, and two seconds later they are closed
    time.sleep(4)
    left = s.metrics()['fallow_connections']
    expect(left < 50, '%d connections are left' % left)
    for c in crowd:
        c.close()

    # bodies: slower than the least rate, byte after byte, is ended; faster is not
    path = '/api/login'
    if s.get(path, method='POST', body=b'{}', Content_Type='application/json').status not in (404, 405):
        head = b'POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16000\r\n\r\n'
        slow, fast = s.connect(30), s.connect(30)
        slow.sendall(head)
        fast.sendall(head)
        slow.settimeout(0.25)
        fast.settimeout(0.001)
        begun, answer, early = time.time(), b'', b''
        while time.time() - begun < 15 and not answer:
            fast.sendall(b' ' * 200)
            try:
                early = early or fast.recv(1000)
            except TimeoutError:
                pass
            try:
                answer = slow.recv(1000)
            except TimeoutError:
                slow.sendall(b' ')
        expect(answer.startswith(b'HTTP/1.1 408') and time.time() - begun < 8, 'a slow body after %.1f s: %r' % (time.time() - begun, answer[:40]))
        expect(not early, 'a body that came fast enough was ended: %r' % early[:60])

    # many who ask and do not read
    deaf = []
    for _ in range(100):
        c = s.connect()
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        c.sendall(b'GET /registers HTTP/1.1\r\nHost: x\r\n\r\n' * 300)
        deaf.append(c)
    took = honest(s)
    expect(took[98] < 500, 'p99 among clients that do not read is %.0f ms' % took[98])
    expect('started again' not in s.said(), s.said()[-500:])
    for c in deaf:
        c.close()

# many who each ask for another long answer and read none of it: more than may be on its way at once
with Serving(os.environ['FALLOW'], hazards=300, options=['--quiet']) as s:
    size = len(s.get('/collections/hazard/items?limit=1000').body)
    deaf = []
    for i in range((160 << 20) // size):
        c = s.connect()
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        c.sendall(b'GET /collections/hazard/items?limit=%d HTTP/1.1\r\nHost: x\r\n\r\n' % (1000 + i))
        deaf.append(c)
        if i % 50 == 49:
            expect(s.get('/registers').status == 200, 'an honest client is refused while %d do not read' % i)
    took = honest(s)
    shed = s.metrics()['fallow_connections_evicted_total']
    print('%d clients do not read %d MiB: p99 %.2f ms, %d were closed' % (len(deaf), len(deaf) * size >> 20, took[98], shed))
    expect(took[98] < 500 and shed > 0, 'honest p99 %.0f ms, %d closed' % (took[98], shed))
for f in failed:
    print('FAILED', f)
print('%d failed' % len(failed))
sys.exit(bool(failed))
