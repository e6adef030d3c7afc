#!/usr/bin/env python3
"""Identities over a running server: legal, logged in with a second factor, opens those of one record for a reason. The read stands in
the register when the answer is there, also if every process is killed at that moment. Nobody else gets them. And who asks is asked
again when a body took long: an account disabled meanwhile is nobody.
Environment: FALLOW (the program)."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import struct
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlparse

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving

failed, passed = [], 0
NAME = 'Olha Unheardof'


def ok(good, what):
    global passed
    passed += bool(good)
    if not good:
        failed.append(what)
        print('FAILED', what, flush=True)


def code(uri):
    secret = parse_qs(urlparse(uri).query)['secret'][0]
    mac = hmac.new(base64.b32decode(secret), struct.pack('>Q', int(time.time()) // 30), hashlib.sha1).digest()
    return '%06d' % ((struct.unpack('>I', mac[mac[19] & 15:][:4])[0] & 0x7fffffff) % 1000000)


def ask(s, path, body=None, cookie=None, **headers):
    more = dict(headers, **({'Cookie': cookie, 'Sec-Fetch-Site': 'same-origin'} if cookie else {}))
    return s.get(path, method='POST' if body is not None else 'GET', body=json.dumps(body).encode() if body is not None else None,
                 Content_Type='application/json', **more)


def person(s, name, role, factor=True):
    s.run('user', 'add', name, '--role', role, '--password-stdin', input='three unlike words\n')
    body = {'name': name, 'password': 'three unlike words'}
    if factor:
        body['code'] = code(s.run('user', 'totp', name).stdout.strip().splitlines()[0])
    r = ask(s, '/api/login', body)
    assert r.status == 200, r.body
    return r.getheader('Set-Cookie').split(';')[0]


def slowly(s, path, cookie, seconds, into):
    """The same question, its body drawn out by blanks."""
    size = 900 * seconds
    c = s.connect(120)
    body = b'{"reason":"a slow line"' + b' ' * (size - 25) + b'}'
    c.sendall(('POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n'
               'Connection: close\r\nContent-Length: %d\r\n\r\n' % (path, s.port, cookie, len(body))).encode())
    for i in range(0, len(body), 450):
        c.sendall(body[i:i + 450])
        time.sleep(0.5)
    answer = b''
    while piece := c.recv(65536):
        answer += piece
    into.append((int(answer.split()[1]), answer))


with Serving(os.environ['FALLOW']) as s:
    said = s.run('add', s.registers[0], 'victim', '--set', 'valid_from=2024-05-01', '--set', 'outcome=killed', '--set', 'name=' + NAME).stdout
    record = re.search(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', said).group(0)
    path = '/api/records/%s/identities' % record
    legal, clerk = person(s, 'iryna', 'legal'), person(s, 'petro', 'legal')
    others = {'taras': person(s, 'taras', 'approver'), 'olena': person(s, 'olena', 'officer', False), 'admin': person(s, 'admin', 'administrator')}
    why = {'reason': 'court order 12/24'}
    r = ask(s, path, why)
    ok(r.status == 401 and NAME.encode() not in r.body, 'a stranger: %d' % r.status)
    for name, cookie in others.items():
        r = ask(s, path, why, cookie)
        ok(r.status == 403 and NAME.encode() not in r.body, '%s: %d' % (name, r.status))
    token = s.run('user', 'token', 'iryna', 'x', '--scope', 'read').stdout.strip()
    r = ask(s, path, why, Authorization='Bearer ' + token)
    ok(r.status in (401, 403) and NAME.encode() not in r.body, 'a token: %d' % r.status)
    ok(ask(s, path, {}, legal).status == 400, 'without a reason')
    ok(json.loads(ask(s, '/api/reads', cookie=others['admin']).body)['reads'] == [], 'nothing was read yet')

    # a body that takes half a minute: still legal at its end, or not any more
    quiet, lost = [], []
    threads = [threading.Thread(target=slowly, args=(s, path, legal, 24, quiet)), threading.Thread(target=slowly, args=(s, path, clerk, 24, lost))]
    for t in threads:
        t.start()
    time.sleep(5)
    s.run('user', 'disable', 'petro')
    for t in threads:
        t.join()
    ok(quiet and quiet[0][0] == 200 and NAME.encode() in quiet[0][1], 'a slow body: %s' % quiet)
    ok(lost and lost[0][0] in (401, 403) and NAME.encode() not in lost[0][1], 'disabled while its body came: %s' % lost)

    # read, and everything killed at once
    r = ask(s, path, why, legal)
    for p in [*s.pids(), s.process.pid]:
        os.kill(p, signal.SIGKILL)
    ok(r.status == 200 and json.loads(r.body)['revisions'][0]['identities']['name'] == NAME, 'legal: %d %s' % (r.status, r.body))
    ok(r.getheader('Cache-Control') == 'no-store', 'kept by caches: %s' % r.getheader('Cache-Control'))
    s.process.wait()
    reads = [json.loads(line) for line in s.run('log', 'reads', s.registers[0], '--json').stdout.splitlines()]
    ok([(x['by'], x['role'], x['record'], x['reason']) for x in reads] ==
       [('iryna', 'legal', record, 'court order 12/24'), ('iryna', 'legal', record, 'a slow line')], 'the reads: %s' % reads)
    ok(s.run('check', s.registers[0], check=False).returncode == 0, 'the register holds')
    s.start()
    reads = json.loads(ask(s, '/api/reads', cookie=others['admin']).body)['reads']
    ok(len(reads) == 2 and reads[0]['reason'] == 'court order 12/24', 'administrators see them: %s' % reads)
    for path in ('/api/records?kind=event', '/collections/event/items', '/api/reads', '/api/records/' + reads[0]['event']):
        r = ask(s, path)
        ok(b'court order' not in r.body and b'iryna' not in r.body, 'the public sees a read at ' + path)

print('%d right, %d failed' % (passed, len(failed)))
sys.exit(bool(failed))
