#!/usr/bin/env python3
"""What a front that has fallen can say about who asks: a build whose front does as the header X-Planted tells it claims to be an
approver, with no ticket, with one of its own make, with a changed one, with one for another use. No part believes it; the front that
shows such a ticket is ended, and all is started again. A part or a front that makes a system call that none of ours makes is killed
and replaced, and the keeper is told.
usage: serve_trust.py PLANTED    (the planted build)"""
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving

failed, passed = [], 0
LIE = 'the front showed a ticket that the part of accounts did not make'


def ok(good, what):
    global passed
    passed += bool(good)
    if not good:
        failed.append(what)
        print('FAILED', what, flush=True)


def ask(s, path, method='GET', body=None, **headers):
    """The status, or 0 when the connection was lost; and the body."""
    try:
        r = s.get(path, method=method, body=json.dumps(body).encode() if body else None, **headers)
        return r.status, r.body
    except (OSError, ValueError, __import__('http.client').client.HTTPException):
        return 0, b''


def told(s, text, count, seconds=15):
    until = time.time() + seconds
    while time.time() < until and s.said().count(text) < count:
        time.sleep(0.05)
    return s.said().count(text) >= count


with Serving(sys.argv[1], hazards=20, env={'FALLOW_PLANTED_LATER': '1'}) as s:
    if 'runs without' in s.said():
        print('skipped: this kernel offers no sandbox')
        sys.exit(77)
    s.run('user', 'add', 'olena', '--role', 'operator', '--password-stdin', input='three unlike words\n')
    submit = s.run('user', 'token', 'olena', 'phone', '--scope', 'submit').stdout.strip()
    read = s.run('user', 'token', 'olena', 'QGIS', '--scope', 'read').stdout.strip()
    read, submit = 'Bearer ' + read, 'Bearer ' + submit
    decision = {'type': 'approval', 'ids': ['01900000-0000-7000-8000-000000000000'], 'reason': 'x'}
    typed = {'Content_Type': 'application/json'}

    # honest
    ok(ask(s, '/api/inbox', Authorization=read)[0] == 200, 'a token reads the inbox')
    ok(ask(s, '/api/decisions', 'POST', decision, **typed)[0] == 401, 'a stranger may not decide')
    ok(ask(s, '/api/decisions', 'POST', decision, Authorization=submit, **typed)[0] == 403, 'a reporter may not decide')

    # claims without a ticket: the public asks
    for path in ('/api/inbox', '/api/records/01900000-0000-7000-8000-000000000000/history', '/api/quarantine', '/api/tokens', '/api/accounts'):
        ok(ask(s, path, X_Planted='claim')[0] in (401, 403), path + ' claimed')
    status, body = ask(s, '/api/decisions', 'POST', decision, X_Planted='claim', **typed)
    ok(status == 401, 'a decision claimed: %d' % status)
    status, body = ask(s, '/api/me', X_Planted='claim')
    ok(status == 200 and json.loads(body)['role'] == 'public', 'who am I, claimed: %s' % body)
    status, claimed = ask(s, '/collections/hazard/items?limit=5', X_Planted='claim')
    public = s.json('/collections/hazard/items?limit=5')
    claimed = json.loads(claimed)
    ok([f['geometry'] for f in claimed['features']] == [f['geometry'] for f in public['features']], 'exact outlines for a claim')
    ok(LIE not in s.said(), 'a claim is not yet a lie')

    # lies: the front is ended, all is started again, and works
    lies = 0
    for what, path, method, body, shown in (('forge', '/api/decisions', 'POST', decision, None), ('forge', '/api/inbox', 'GET', None, None),
                                            ('forge', '/collections/hazard/items', 'GET', None, None), ('forge', '/api/figures', 'GET', None, None),
                                            ('flip', '/api/decisions', 'POST', decision, submit),
                                            ('flip', '/api/inbox', 'GET', None, read)):
        more = dict(Authorization=shown) if shown else {}
        fronts = s.pid_of('front')
        status, answer = ask(s, path, method, body, X_Planted=what, **typed, **more)
        lies += 1
        ok(status in (0, 503), '%s %s: %d %s' % (what, path, status, answer[:100]))
        ok(told(s, LIE, lies), '%s %s is not told: %s' % (what, path, s.said()[-400:]))
        s.wait_whole()
        ok(s.pid_of('front') != fronts, '%s %s: the same front goes on' % (what, path))
        if lies % 3 == 0:
            time.sleep(2.1)  # five falls at once would end the server
    # a ticket for reading kept and shown for a change, and for another part
    for path, method, body in (('/api/decisions', 'POST', decision), ('/api/quarantine', 'GET', None)):
        ok(ask(s, '/api/inbox', X_Planted='keep', Authorization=read)[0] == 200, 'keeping a ticket')
        status, _ = ask(s, path, method, body, X_Planted='earlier', **typed)
        lies += 1
        ok(status in (0, 503) and told(s, LIE, lies), 'a ticket of another use at %s: %d' % (path, status))
        s.wait_whole()
    ok(ask(s, '/api/inbox', Authorization=read)[0] == 200, 'afterwards the token reads the inbox')

    # system calls that none of ours makes: the process is killed (SIGSYS, 31), said, replaced
    for part, path, method in (('quick', '/api/status', 'GET'), ('slow', '/api/figures', 'GET'), ('write', '/api/inbox', 'GET'),
                               ('account', '/api/me', 'GET'), ('login', '/api/login', 'POST')):
        for way in ('run_program', 'internet_socket', 'trace_parent'):
            said = s.said().count('the part %s ended (signal 31)' % part)
            status, _ = ask(s, path, method, {'name': 'x', 'password': 'y'} if method == 'POST' else None, Authorization=read,
                            X_Planted_Part=way, **typed)
            ok(status in (0, 503), '%s %s: %d' % (part, way, status))
            ok(told(s, 'the part %s ended (signal 31)' % part, said + 1), '%s %s is not told: %s' % (part, way, s.said()[-300:]))
            s.wait_whole()
    for way in ('run_program', 'internet_socket', 'read_passwd'):
        said = s.said().count('the part front ended (signal 31)')
        status, _ = ask(s, '/api/status', X_Planted='do-' + way)
        ok(status == 0 and told(s, 'the part front ended (signal 31)', said + 1), 'front %s: %d' % (way, status))
        s.wait_whole()
        time.sleep(2.1)
    ok(ask(s, '/api/inbox', Authorization=read)[0] == 200, 'at the end the token reads the inbox')

print('%d right, %d failed' % (passed, len(failed)))
sys.exit(bool(failed))
