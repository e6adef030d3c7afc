#!/usr/bin/env python3
"""Accounts of a running server, from outside: users made on the command line log in over HTTP, one-time passwords are computed
here from RFC 6238, what is changed on the command line counts with the next request, and a wrong password takes as long
for a name that is there as for one that is not.
Environment: FALLOW (the program)."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlparse

ROOT = Path(__file__).resolve().parents[2]
FALLOW = os.environ.get('FALLOW') or str(ROOT / 'build' / 'fallow')
work = Path(tempfile.mkdtemp())
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_AUTHOR='Tester')
env.pop('FALLOW_NOW', None)
passed, failed = 0, []


def ok(good, what):
    global passed
    passed += bool(good)
    if not good:
        failed.append(what)


def run(*args, given=None, expect=0):
    r = subprocess.run([FALLOW, *args], cwd=work, env=env, input=given, capture_output=True, text=True)
    ok(r.returncode == expect, '%s: %d %s' % (args, r.returncode, r.stderr))
    return r.stdout.strip()


def code(uri, at):
    secret = parse_qs(urlparse(uri).query)['secret'][0]
    mac = hmac.new(base64.b32decode(secret), struct.pack('>Q', int(at) // 30), hashlib.sha1).digest()
    return '%06d' % ((struct.unpack('>I', mac[mac[19] & 15:][:4])[0] & 0x7fffffff) % 1000000)


run('init', 'r.gpkg', '--country', 'XXA', '--name', 'Example')
run('user', 'add', 'olena', '--role', 'operator', '--password-stdin', given='three unlike words\n')
run('user', 'add', 'taras', '--role', 'approver', '--password-stdin', given='four more unlike words\n')
run('user', 'add', 'short', '--role', 'operator', '--password-stdin', given='password1\n', expect=1)
run('user', 'add', 'olena', '--role', 'operator', '--password-stdin', given='three unlike words\n', expect=1)
uri = run('user', 'totp', 'taras')
token = run('user', 'token', 'olena', 'QGIS', '--scope', 'read')
ok(re.fullmatch(r'fw_[a-z2-7]{26}', token), 'a token of another shape: ' + token)

server = subprocess.Popen([FALLOW, 'serve', 'r.gpkg', '--listen', '127.0.0.1:0'], cwd=work, env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
try:
    line = ''
    for line in server.stdout:
        if re.search(r'http://127\.0\.0\.1:\d+', line):
            break
    port = int(re.search(r'127\.0\.0\.1:(\d+)', line).group(1))
    link = http.client.HTTPConnection('127.0.0.1', port, timeout=60)

    def ask(method, path, body=None, **header):
        header = {k.replace('_', '-'): v for k, v in header.items()}
        if body is not None:
            header['Content-Type'] = 'application/json'
        link.request(method, path, json.dumps(body) if body is not None else None, header)
        r = link.getresponse()
        text = r.read()
        return r.status, json.loads(text) if text else None, r.headers

    def login(name, password, one_time=None):
        body = {'name': name, 'password': password}
        if one_time:
            body['code'] = one_time
        status, answer, headers = ask('POST', '/api/login', body)
        cookie = (headers['Set-Cookie'] or '').split(';')[0]
        return status, answer, cookie

    ok(ask('GET', '/api/me')[1]['role'] == 'public', 'nobody is the public')
    status, me, cookie = login('olena', 'three unlike words')
    ok(status == 200 and me['role'] == 'operator' and cookie.startswith('__Host-fallow='), 'operator logs in')
    ok(ask('GET', '/api/me', Cookie=cookie)[1]['account'] == 'olena', 'the cookie is known')
    ok(ask('GET', '/api/me', Authorization='Bearer ' + token)[1]['role'] == 'operator', 'Bearer')
    basic = 'Basic ' + base64.b64encode(('olena:' + token).encode()).decode()
    ok(ask('GET', '/api/me', Authorization=basic)[1]['role'] == 'operator', 'Basic')
    status, _, headers = ask('GET', '/api/status', Authorization='Bearer fw_' + 'a' * 26)
    ok(status == 401 and 'Basic' in (headers['WWW-Authenticate'] or ''), 'a wrong token is refused')
    # another site's page, and a form, change nothing
    status = ask('POST', '/api/tokens', {'name': 'x', 'scope': 'read'}, Cookie=cookie, Origin='http://evil.example')[0]
    ok(status == 403, 'a change from another origin: %d' % status)
    status = ask('POST', '/api/tokens', {'name': 'x', 'scope': 'read'}, Cookie=cookie, Sec_Fetch_Site='cross-site')[0]
    ok(status == 403, 'a cross-site change: %d' % status)

    # second factor
    status, answer, headers = login('taras', 'four more unlike words')
    ok(status == 401 and answer.get('second_factor') is True and not headers, 'the code is asked for')
    now = time.time()
    ok(login('taras', 'four more unlike words', code(uri, now + 300))[0] == 401, 'a code of another time')
    status, me, approver = login('taras', 'four more unlike words', code(uri, now))
    ok(status == 200 and me['role'] == 'approver' and me['second_factor'], 'approver with the code')
    ok(login('taras', 'four more unlike words', code(uri, now))[0] == 401, 'a code is taken once')

    # the command line, while the server runs
    run('user', 'role', 'olena', 'officer')
    ok(ask('GET', '/api/me', Cookie=cookie)[1]['role'] == 'public', 'another role ends the session')
    ok(ask('GET', '/api/me', Authorization='Bearer ' + token)[1]['role'] == 'officer', 'and counts for the token')
    run('user', 'token', 'olena', '--revoke', '1')
    ok(ask('GET', '/api/me', Authorization='Bearer ' + token)[0] == 401, 'a revoked token')
    run('user', 'disable', 'taras')
    ok(ask('GET', '/api/me', Cookie=approver)[1]['role'] == 'public', 'disabled at once')

    # as long for a name that is not there; medians of four each, in turn, from fresh names
    known, unknown = [], []
    for i in range(4):
        for name, list_ in (('olena', known), ('nobody', unknown)):
            at = time.perf_counter()
            status, answer, _ = login(name, 'not the password')
            list_.append(time.perf_counter() - at)
            ok(status == 401, 'wrong: %d' % status)
    a, b = statistics.median(known), statistics.median(unknown)
    ok(a > 0.03 and b > 0.03 and 0.4 < a / b < 2.5, 'a known name takes %.0f ms, an unknown one %.0f' % (a * 1e3, b * 1e3))
    print('wrong password: known name %.0f ms, unknown name %.0f ms' % (a * 1e3, b * 1e3))
    for _ in range(6):
        status, _, headers = ask('POST', '/api/login', {'name': 'olena', 'password': 'not the password'})
    ok(status == 429 and int(headers['Retry-After']) >= 1, 'then it has to wait')
finally:
    server.terminate()
    server.wait(20)
text = run('user', 'audit')
ok('login refused' in text and 'disable' in text and 'three unlike' not in text, 'the audit tells of it')
print('\n'.join(failed))
print('%d passed, %d failed' % (passed, len(failed)))
sys.exit(1 if failed else 0)
