#!/usr/bin/env python3
"""The server's HTTP from outside: framing that must be refused and never run a second request, heads, HEAD, 304, gzip, limits
and one past each, pipelining, requests in pieces.
Environment: FALLOW (the program)."""
import gzip
import itertools
import os
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving

failed = []


def expect(ok, what):
    if not ok:
        failed.append(what)


def statuses(answer):
    """The status of each answer in a stream of answers without bodies that look like one."""
    found = []
    while answer:
        head, _, rest = answer.partition(b'\r\n\r\n')
        if not head.startswith(b'HTTP/1.1 '):
            break
        status = int(head[9:12])
        length = next((int(line.split(b':')[1]) for line in head.split(b'\r\n') if line.lower().startswith(b'content-length:')), 0)
        found.append(status)
        answer = rest[length:]
    return found


PROBES = {
    'two lengths': b'POST /registers HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhelloX',
    'two equal lengths': b'POST /registers HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
    'length and chunked': b'POST /registers HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'blank before colon': b'POST /registers HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello',
    'bare LF': b'GET /registers HTTP/1.1\nHost: x\n\n',
    'two hosts': b'GET /registers HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
    'no host': b'GET /registers HTTP/1.1\r\n\r\n',
    'fold': b'GET /registers HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n',
    'NUL in path': b'GET /registers%00 HTTP/1.1\r\nHost: x\r\n\r\n',
    'dots': b'GET /a/../registers HTTP/1.1\r\nHost: x\r\n\r\n',
    'encoded dots': b'GET /a/%2e%2e/registers HTTP/1.1\r\nHost: x\r\n\r\n',
    'encoded slash': b'GET /r%2fr/registers HTTP/1.1\r\nHost: x\r\n\r\n',
    'absolute': b'GET http://x/registers HTTP/1.1\r\nHost: x\r\n\r\n',
    'HTTP/1.0': b'GET /registers HTTP/1.0\r\nHost: x\r\n\r\n',
    'body on GET': b'GET /registers HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello',
    'chunk extension': b'POST /registers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n',
    'no TLS here': b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n',
}


def framing(s):
    for name, probe in PROBES.items():
        got = statuses(s.raw(probe))
        expect(len(got) <= 1 and all(400 <= x < 600 for x in got), '%s: %s' % (name, got))
        # and a request after it on the same connection is never run
        got = statuses(s.raw(probe + b'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'))
        expect(200 not in got, '%s, then a request: %s' % (name, got))


def smuggling(s):
    """Every pair of framing fields with a request hidden in the body: what is not one clear length ends the connection, and
    a clear one never lets the hidden request out."""
    field = ['', 'Content-Length: 0', 'Content-Length: 40', 'Content-Length: 4', 'Content-Length: 4, 4', 'Content-Length : 40',
             'Transfer-Encoding: chunked', 'Transfer-Encoding : chunked', 'Transfer-Encoding: chunked\r\n ', 'Transfer-Encoding: identity',
             'Transfer-Encoding: xchunked', 'Transfer-Encoding:\x0bchunked', 'X: y\nTransfer-Encoding: chunked', 'transfer-encoding: cow']
    hidden = 'GET /health HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n'
    count = 0
    for a, b in itertools.product(field, field):
        for body in ('0\r\n\r\n' + hidden, '%x\r\n%s\r\n0\r\n\r\n' % (len(hidden), hidden), hidden):
            head = 'POST /registers HTTP/1.1\r\nHost: x\r\n' + ''.join(f + '\r\n' for f in (a, b) if f) + '\r\n'
            with s.connect() as c:
                c.sendall((head + body).encode())
                c.shutdown(1)
                got = b''
                while piece := c.recv(65536):
                    got += piece
            # /registers takes no POST: 405, and its body is not read as a request unless it has none (length 0 or none)
            bare = {a, b} <= {'', 'Content-Length: 0'} and not a == b == 'Content-Length: 0'
            expect(bare or 200 not in statuses(got), 'let out with %r %r: %r' % (a, b, statuses(got)))
            count += 1
    return count


def heads(s):
    r = s.get('/registers')
    csp = r.getheader('Content-Security-Policy', '')
    for part in ("default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "worker-src 'self'"):
        expect(part in csp, 'policy without %s: %s' % (part, csp))
    expect('unsafe' not in csp and '*' not in csp, csp)
    expect(r.getheader('X-Content-Type-Options') == 'nosniff' and r.getheader('Referrer-Policy') == 'no-referrer' and
           r.getheader('Cross-Origin-Opener-Policy') == 'same-origin', 'a security header is missing: %s' % r.getheaders())
    expect(r.getheader('Strict-Transport-Security') is None, 'HSTS without TLS')
    expect(r.getheader('Server') is None, 'tells what it is')
    expect(int(r.getheader('Content-Length')) == len(r.body), 'length')

    whole = s.raw(b'HEAD /registers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(whole.endswith(b'\r\n\r\n') and whole.count(b'\r\n\r\n') == 1, 'HEAD with a body: %r' % whole)
    expect(b'Content-Length: %d\r\n' % len(s.get('/registers', Host='x').body) in whole, 'HEAD without the length: %r' % whole)

    r = s.get('/nothing')
    expect(r.status == 404 and r.getheader('Content-Type') == 'application/problem+json', '404: %d' % r.status)
    r = s.get('/registers', method='POST')
    expect(r.status == 405 and r.getheader('Allow') == 'GET, HEAD', '405: %d %s' % (r.status, r.getheader('Allow')))
    expect(s.get('/registers', method='PATCH').status == 501, 'PATCH')
    expect(s.get('/health').status == 200, 'health')
    expect('fallow_requests_total{part="front",code="2xx"}' in s.metrics(), 'metrics')

    page = s.get('/map', Accept='text/html', Accept_Encoding='gzip')
    expect(page.status == 200 and b'<html' in gzip.decompress(page.body), 'page: %d' % page.status)
    tag = page.getheader('ETag')
    for given in (tag, 'W/' + tag, '"x", ' + tag, '*', tag.replace('-gz"', '"')):
        r = s.get('/map', Accept='text/html', If_None_Match=given)
        expect(r.status == 304 and not r.body, '304 for %s: %d' % (given, r.status))
    r = s.get('/map', Accept='text/html', If_None_Match='"x"')
    expect(r.status == 200 and b'<html' in r.body, 'no 304 for another tag: %d' % r.status)


def limits(s):
    """The last one that is taken, and one past it."""
    def status(data):
        got = statuses(s.raw(data))
        return got[0] if got else None
    target = lambda n: b'GET /' + b'a' * (n - 1) + b' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(status(target(8192)) == 404, 'target of 8192')
    expect(status(target(8193)) == 414, 'target of 8193')
    base = b'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: '
    head = lambda n: base + b'a' * (n - len(base) - 4) + b'\r\n\r\n'
    expect(status(head(16384)) == 200, 'head of 16384')
    expect(status(head(16385)) == 431, 'head of 16385')
    fields = lambda n: b'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' + b'A: b\r\n' * (n - 2) + b'\r\n'
    expect(status(fields(100)) == 200, '100 headers')
    expect(status(fields(101)) == 431, '101 headers')
    query = lambda n: b'GET /registers?' + b'&'.join([b'a=b'] * n) + b' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(status(query(64)) == 200, '64 parameters')
    expect(status(query(65)) == 400, '65 parameters')


def body_limit(s):
    """/api/login takes 16 KiB; one more is refused before it is sent, with a length or in chunks."""
    path = b'/api/login'
    if s.get(path.decode(), method='POST', body=b'{}', Content_Type='application/json').status in (404, 405):
        return
    head = b'POST ' + path + b' HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n'
    at, past = 16 << 10, (16 << 10) + 1
    got = statuses(s.raw(head + b'Content-Length: %d\r\n\r\n' % at + b' ' * at))
    expect(got and got[0] != 413, 'body of 16 KiB: %s' % got)
    expect(statuses(s.raw(head + b'Content-Length: %d\r\n\r\n' % past)) == [413], 'body past 16 KiB')
    got = statuses(s.raw(head + b'Transfer-Encoding: chunked\r\n\r\n%x\r\n' % past + b' ' * past))
    expect(got == [413], 'chunks past 16 KiB: %s' % got)
    # and it says so before the body is sent when that is waited for
    with s.connect() as c:
        c.sendall(head + b'Expect: 100-continue\r\nContent-Length: 2\r\n\r\n')
        expect(c.recv(100).startswith(b'HTTP/1.1 100 '), '100-continue')
        c.sendall(b'{}')
        expect(c.recv(100).startswith(b'HTTP/1.1 4'), 'after 100-continue')


def streams(s):
    """Requests one after another on one connection, in one piece and in pieces of every size."""
    one = b'GET /registers?n=%d HTTP/1.1\r\nHost: x\r\n\r\n'
    many = b''.join(one % i for i in range(50)) + b'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(statuses(s.raw(many)) == [200] * 51, '50 in one piece')
    for size in (1, 7, 100):
        with s.connect() as c:
            data = many if size > 1 else one % 1 + b'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
            for i in range(0, len(data), size):
                c.sendall(data[i:i + size])
                if size == 1:
                    time.sleep(0.001)
            got = b''
            while piece := c.recv(65536):
                got += piece
        expect(set(statuses(got)) == {200}, 'in pieces of %d: %s' % (size, statuses(got)))
    # a client that ends its side still gets its answer
    with s.connect() as c:
        c.sendall(one % 1)
        c.shutdown(1)
        expect(c.recv(100).startswith(b'HTTP/1.1 200'), 'half closed')


def origins(s):
    """A change that a page of another site asked for is refused."""
    if s.get('/api/logout', method='POST').status in (404, 405):
        return
    own = 'http://127.0.0.1:%d' % s.port
    post = lambda **h: s.get('/api/logout', method='POST', body=b'{}', Content_Type='application/json', **h)
    for given in ({'Origin': 'https://evil.example'}, {'Sec_Fetch_Site': 'cross-site'}, {'Sec_Fetch_Site': 'same-site'}, {'Origin': 'null'},
                  {'Origin': own, 'Sec_Fetch_Site': 'cross-site'}):
        r = post(**given)
        expect(r.status == 403, 'change from %s: %d' % (given, r.status))
    r = post(Origin=own)
    expect(b'page of this server' not in r.body, 'change from our own page: %d %s' % (r.status, r.body))


def noise(s):
    """Random bytes and cut requests: the server lives."""
    rng = random.Random(11)
    print('seed 11')
    for _ in range(200):
        data = bytearray(b'POST /registers?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')
        for _ in range(rng.randrange(6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with s.connect() as c:
            c.sendall(bytes(data[:rng.randrange(len(data))]))
    expect(s.get('/health').status == 200, 'alive after noise')


with Serving(os.environ['FALLOW']) as s:
    framing(s)
    count = smuggling(s)
    heads(s)
    limits(s)
    body_limit(s)
    streams(s)
    origins(s)
    noise(s)
    expect('started again' not in s.said(), 'a part ended: ' + s.said()[-500:])
for f in failed:
    print('FAILED', f)
print('%d probes, %d pairs of framing fields, %d failed' % (len(PROBES), count, len(failed)))
sys.exit(bool(failed))
