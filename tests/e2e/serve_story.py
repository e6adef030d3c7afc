#!/usr/bin/env python3
"""The whole story of a served register: ./run serves the demonstration; an administrator makes an operator and an approver; a
phone hands in a hazard and an accident with a photo (the OpenRosa calls that ODK Collect makes); the hazard is on the public map at
once, marked unapproved and coarsened; the approver, with a second factor, approves; figures and explanations change; GDAL reads the
same over OGC API Features for each role; the server is killed (-9) after every step and loses nothing that it acknowledged.
usage: serve_story.py [--pictures FOLDER]     the README's pictures of the views are taken so"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(os.environ.get('FALLOW_SOURCE_ROOT', Path(__file__).resolve().parents[2]))
FALLOW = os.environ.get('FALLOW', str(ROOT / 'build/fallow'))
TMP = Path(tempfile.mkdtemp())
passed = 0
LON, LAT = -125.4321987, -46.1234567  # open Pacific; digits that must not reach the public


def check(what, ok, *more):
    global passed
    if not ok:
        print('FAILED: %s %s' % (what, ' '.join(str(m)[:600] for m in more)))
        sys.exit(1)
    passed += 1
    print('ok: ' + what)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Server:
    """`./run` the first time, `fallow serve` on its registers after a kill."""

    def __init__(self):
        self.port = free_port()
        self.env = dict(os.environ, FALLOW_LISTEN='127.0.0.1:%d' % self.port)
        self.log = open(TMP / 'server.log', 'ab')
        self.start([str(ROOT / 'run'), '--listen', '127.0.0.1:%d' % self.port])

    def start(self, command):
        self.p = subprocess.Popen(command, cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                  start_new_session=True)
        for _ in range(1800):
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            except OSError:
                if self.p.poll() is not None:
                    break
                time.sleep(0.1)
        print((TMP / 'server.log').read_text()[-2000:])
        check('the server answers', False)

    def kill(self):
        os.killpg(self.p.pid, signal.SIGKILL)
        self.p.wait()
        for _ in range(100):  # its children may die a little later
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                time.sleep(0.05)
            except OSError:
                break
        self.env['FALLOW_HOME'] = str(ROOT / '.demo/keys')
        demo = ROOT / '.demo'
        self.start([FALLOW, 'serve', str(demo / 'exampla.gpkg'), str(demo / 'ukraine.gpkg'), str(demo / 'azerbaijan.gpkg'),
                    '--listen', '127.0.0.1:%d' % self.port])

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        try:
            self.p.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.p.pid, signal.SIGKILL)


class Person:
    """One browser or phone."""

    def __init__(self, server, headers=None):
        self.server, self.headers, self.cookie = server, headers or {}, None

    def ask(self, method, path, body=None, headers=None):
        h = dict(self.headers, **(headers or {}))
        if self.cookie:
            h['Cookie'] = self.cookie
            h['Origin'] = 'http://127.0.0.1:%d' % self.server.port
            h['Sec-Fetch-Site'] = 'same-origin'
        if isinstance(body, (dict, list)):
            body, h['Content-Type'] = json.dumps(body).encode(), 'application/json'
        c = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=120)
        c.request(method, path, body, h)
        r = c.getresponse()
        data = r.read()
        for name, value in r.getheaders():
            if name.lower() == 'set-cookie':
                self.cookie = value.split(';')[0]
        c.close()
        return r.status, data, dict((n.lower(), v) for n, v in r.getheaders())

    def json(self, method, path, body=None, want=(200, 201), headers=None):
        status, data, _ = self.ask(method, path, body, headers)
        check('%s %s is %s' % (method, path.split('?')[0], status), status in want, data)
        return json.loads(data) if data else None


def one_time(secret, step):
    key = base64.b32decode(secret + '=' * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack('>Q', step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return '%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


class Factor:
    """An authenticator: each code is used once, so each next one is of a later step."""

    def __init__(self, secret):
        self.secret, self.last = secret, 0

    def code(self):
        step = max(int(time.time()) // 30 - 1, self.last + 1)
        while step > int(time.time()) // 30 + 1:
            time.sleep(1)
        self.last = step
        return one_time(self.secret, step)


def multipart(parts):
    edge = uuid.uuid4().hex
    out = b''
    for name, filename, kind, data in parts:
        out += ('--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n'
                % (edge, name, filename, kind)).encode() + data + b'\r\n'
    return out + ('--%s--\r\n' % edge).encode(), 'multipart/form-data; boundary=' + edge


def instance(form, values):
    """An instance as Collect writes it: the form's own empty one, with these values put in."""
    model = re.search(rb'<instance>\s*(<.*?)</instance>', form, re.S).group(1).decode()
    for name, value in values.items():
        model, n = re.subn(r'<%s\s*/>|<%s>[^<]*</%s>' % (name, name, name), '<%s>%s</%s>' % (name, value, name), model, count=1)
        check('the form asks for ' + name, n == 1, model)
    return ("<?xml version='1.0' ?>" + model).encode()


def gdal(server, kind, token):
    out = TMP / ('%s_%s.json' % (kind, 'token' if token else 'public'))
    out.unlink(missing_ok=True)
    env = dict(os.environ, GDAL_HTTP_HEADERS='Authorization: Bearer ' + token) if token else dict(os.environ)
    r = subprocess.run(['ogr2ogr', '-f', 'GeoJSON', str(out), 'OAPIF:http://127.0.0.1:%d' % server.port, kind,
                        '-oo', 'PAGE_SIZE=500'], env=env, capture_output=True, text=True)
    check('GDAL reads %s as %s' % (kind, 'a token' if token else 'the public'), r.returncode == 0, r.stderr)
    return json.loads(out.read_text())['features']


def corners(g):
    if isinstance(g[0], (int, float)):
        yield g
    else:
        for part in g:
            yield from corners(part)


def pictures(server, factor, folder):
    """The views as the approver sees them, for the README."""
    views = ['picture', 'map', 'records', 'record', 'compare', 'sheet', 'form', 'inbox', 'login']
    taken = TMP / 'pictures'
    while int(time.time()) // 30 <= factor.last:  # a code is good once
        time.sleep(1)
    env = dict(os.environ, FALLOW_LOGIN='taras:eight tall poplars sway:' + factor.secret, FALLOW_LANGS='en', FALLOW_SIZES='desktop', FALLOW_FULL='no')
    r = subprocess.run(['node', str(ROOT / 'tests/web/pictures.mjs'), 'http://localhost:%d' % server.port, str(taken)] + views, env=env,
                       capture_output=True, text=True)
    check('pictures of %d views' % len(views), r.returncode == 0, r.stdout, r.stderr)
    for view in views:
        shutil.copy(taken / (view + '-desktop-en.png'), Path(folder) / ('view-' + view + '.png'))
    # fewer colours make them small; without python3-pil they stay as they are
    small = """
import sys
from PIL import Image
for path in sys.argv[1:]:
    Image.open(path).convert('RGB').quantize(64, kmeans=1, dither=0).save(path, optimize=True)
"""
    if Path('/usr/bin/python3').exists():
        subprocess.run(['/usr/bin/python3', '-c', small] + [str(Path(folder) / ('view-' + view + '.png')) for view in views], capture_output=True)


def story(server):
    public = Person(server)
    check('the page is there', b'<div id="app">' in public.ask('GET', '/map', headers={'Accept': 'text/html'})[1])
    before = public.json('GET', '/api/figures?figure=extent.area')
    home = {'FALLOW_HOME': str(ROOT / '.demo/keys')}
    r = subprocess.run([FALLOW, 'user', 'add', 'admin', '--role', 'administrator', '--password-stdin'],
                       input='seven calm herons wade\n', env=dict(os.environ, **home), capture_output=True, text=True)
    check('the first account is made on the machine itself', r.returncode == 0, r.stderr)

    admin = Person(server)
    admin.json('POST', '/api/login', {'name': 'admin', 'password': 'seven calm herons wade'})
    begun = admin.json('POST', '/api/me/totp', {'password': 'seven calm herons wade'})
    factor = Factor(begun['secret'])
    admin.json('POST', '/api/me/totp', {'code': factor.code()})
    admin.json('POST', '/api/accounts', {'name': 'olena', 'role': 'operator', 'password': 'nine quiet rivers bend'})
    admin.json('POST', '/api/accounts', {'name': 'taras', 'role': 'approver', 'password': 'eight tall poplars sway'})
    server.kill()
    olena = Person(server)
    olena.json('POST', '/api/login', {'name': 'olena', 'password': 'nine quiet rivers bend'})
    app = olena.json('POST', '/api/tokens', {'name': 'phone', 'scope': 'submit'})
    reading = olena.json('POST', '/api/tokens', {'name': 'desktop', 'scope': 'read'})['token']
    server.kill()
    check('a session outlives the server', olena.json('GET', '/api/me')['role'] == 'operator')

    phone = Person(server, {'Authorization': 'Basic ' + base64.b64encode(('olena:' + app['token']).encode()).decode(),
                            'X-OpenRosa-Version': '1.0'})
    status, forms, headers = phone.ask('GET', '/formList')
    check('the phone gets the list of forms', status == 200 and b'<formID>hazard' in forms, status, forms)
    check('without an account it does not', Person(server).ask('GET', '/formList')[0] == 401)
    status, _, headers = phone.ask('HEAD', '/submission')
    check('the phone may hand in', status == 204 and 'x-openrosa-accept-content-length' in headers, status, headers)
    _, hazard_form, _ = phone.ask('GET', '/forms/hazard.xml')
    _, accident_form, _ = phone.ask('GET', '/forms/accident.xml')
    d = 0.002
    ring = [(LAT, LON), (LAT, LON + d), (LAT + d, LON + d), (LAT + d, LON), (LAT, LON)]
    hazard = instance(hazard_form, {
        'national_id': 'STORY-1', 'valid_from': '2026-11-20', 'class': 'sha', 'status': 'open', 'accuracy_m': '5',
        'instanceID': 'uuid:' + str(uuid.uuid4()), 'how': 'area', 'area': '; '.join('%.7f %.7f 0 0' % p for p in ring)})
    body, kind = multipart([('xml_submission_file', 'hazard.xml', 'text/xml', hazard)])
    for again in range(2):
        status, data, _ = phone.ask('POST', '/submission', body, {'Content-Type': kind})
        check('the hazard is taken in, %s' % ('again' if again else 'once'), status == 201, status, data)
        server.kill()
    photo = b'\xff\xd8\xff\xe0' + os.urandom(60000) + b'\xff\xd9'
    values = {'national_id': 'STORY-2', 'valid_from': '2026-11-21', 'date': '2026-11-21',
              'instanceID': 'uuid:' + str(uuid.uuid4()), 'point': '%.7f %.7f 0 4' % (LAT, LON), 'how': 'point'}
    field = re.search(rb'<upload[^>]*ref="[^"]*/(\w+)"', accident_form)
    check('the accident form takes a file', field is not None)
    accident = instance(accident_form, dict(values, **{field.group(1).decode(): 'photo.jpg'}))
    body, kind = multipart([('xml_submission_file', 'accident.xml', 'text/xml', accident), ('photo.jpg', 'photo.jpg', 'image/jpeg', photo)])
    status, data, _ = phone.ask('POST', '/submission', body, {'Content-Type': kind})
    check('the accident and its photo are taken in', status == 201, status, data)
    server.kill()
    kept = ROOT / '.demo/exampla.files'
    check('the photo is kept as it was', any(hashlib.sha256(f.read_bytes()).digest() == hashlib.sha256(photo).digest()
                                            for f in kept.rglob('*') if f.is_file()))

    # at once, unapproved, coarsened
    seen = [r for r in public.json('GET', '/api/records?kind=hazard&q=STORY-1')['records']]
    check('the public sees the hazard at once, once, unapproved', len(seen) == 1 and seen[0]['unapproved'] is True, seen)
    ident = seen[0]['id']
    shown = public.json('GET', '/api/records/' + ident)
    check('what it sees is coarsened', shown['public_geometry'] is True and '4321987' not in json.dumps(shown), shown)
    near = public.json('GET', '/api/find?near=%f,%f&within=100' % (LON + d / 2, LAT + d / 2))
    check('it is dangerous there', near['answer'] == 'danger', near)
    z, n = 12, 4096
    import math
    x = int((LON + d / 2 + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(LAT + d / 2))) / math.pi) / 2 * n)
    tile = TMP / 'map.mvt'
    status, data, _ = public.ask('GET', '/tiles/hazard/%d/%d/%d.mvt' % (z, x, y))
    tile.write_bytes(data)
    check('the public map has it', status == 200 and ident.encode() in data, status, len(data))
    by_all = gdal(server, 'hazard', None)
    by_olena = gdal(server, 'hazard', reading)
    mine = [[f for f in found if f['properties'].get('national_id') == 'STORY-1'] for found in (by_all, by_olena)]
    check('both roles read it over OGC API Features', [len(m) for m in mine] == [1, 1], mine)
    exact = [tuple(round(v, 7) for v in c[:2]) for c in corners(mine[1][0]['geometry']['coordinates'])]
    coarse = [tuple(round(v, 7) for v in c[:2]) for c in corners(mine[0][0]['geometry']['coordinates'])]
    check('the operator gets the exact outline', all((round(lo, 7), round(la, 7)) in exact for la, lo in ring), exact)
    check('the public a larger one', min(c[0] for c in coarse) <= LON and max(c[0] for c in coarse) >= LON + d and
          min(c[1] for c in coarse) <= LAT and max(c[1] for c in coarse) >= LAT + d and not set(exact) & set(coarse), coarse)

    # approval
    check('an operator does not approve', olena.ask('POST', '/api/decisions', {'type': 'approval', 'ids': [ident]})[0] == 403)
    taras = Person(server)
    me = taras.json('POST', '/api/login', {'name': 'taras', 'password': 'eight tall poplars sway'})
    check('without a second factor the approver reads as the public', me['role'] == 'public', me)
    begun = taras.json('POST', '/api/me/totp', {'password': 'eight tall poplars sway'})
    taras_factor = Factor(begun['secret'])
    taras.json('POST', '/api/me/totp', {'code': taras_factor.code()})
    taras = Person(server)
    status, _, _ = taras.ask('POST', '/api/login', {'name': 'taras', 'password': 'eight tall poplars sway', 'code': '000000'})
    check('a wrong code does not log in', status in (401, 403), status)
    me = taras.json('POST', '/api/login', {'name': 'taras', 'password': 'eight tall poplars sway', 'code': taras_factor.code()})
    check('with it the role counts', me['role'] == 'approver', me)
    inbox = taras.json('GET', '/api/inbox?limit=50')
    waits = [r for s in inbox['submissions'] for r in s['records']]
    check('the hazard waits in the inbox, from olena', any(r['id'] == ident for r in waits) and
          any(s['author'] == 'olena' for s in inbox['submissions']), inbox)
    hurt = taras.json('GET', '/api/records?kind=accident&q=STORY-2')['records'][0]['id']
    file = '/api/records/%s/originals/%s' % (hurt, hashlib.sha256(photo).hexdigest())
    status, data, headers = taras.ask('GET', file)
    check('the approver looks at the photo before deciding', status == 200 and data == photo and headers.get('cache-control') == 'no-store', status)
    check('the operator and the public do not', (olena.ask('GET', file)[0], public.ask('GET', file)[0]) == (404, 401))
    decision = taras.json('POST', '/api/decisions', {'type': 'approval', 'ids': [ident], 'reason': 'seen on site'})
    server.kill()
    shown = public.json('GET', '/api/records/' + ident)
    check('it is approved now', shown['unapproved'] is False, shown)
    after = public.json('GET', '/api/figures?figure=extent.area')
    value = lambda a: [f['value'] for f in a['figures'] if f['code'] == 'extent.area'][0]
    grown = value(after) - value(before)
    check('the extent grew by the hazard (%.0f m2)' % grown, 30000 < grown < 40000, grown)
    told = taras.json('GET', '/api/explain?figure=extent.area&limit=2000')
    check('its explanation leads to the hazard', any(r['id'] == ident for f in told['figures'] for r in f['records_listed']))
    history = taras.json('GET', '/api/records/%s/history' % ident)['revisions']
    check('its history says who handed it in and who approved', len(history) == 1 and history[0]['author'] == 'olena' and
          history[0]['ruling'] == 'approved' and history[0]['decision']['by'] == 'taras', history)
    if '--pictures' in sys.argv:
        pictures(server, taras_factor, sys.argv[sys.argv.index('--pictures') + 1])
    server.stop()
    r = subprocess.run([FALLOW, 'check', str(ROOT / '.demo/exampla.gpkg')], env=dict(os.environ, **home), capture_output=True, text=True)
    check('everything holds: ' + r.stdout.strip(), r.returncode == 0, r.stdout, r.stderr)


def main():
    server = Server()
    try:
        story(server)
    finally:
        server.stop()
        shutil.rmtree(TMP, ignore_errors=True)
    print('%d passed, 0 failed' % passed)


main()
