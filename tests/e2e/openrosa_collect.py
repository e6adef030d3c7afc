#!/usr/bin/env python3
"""The calls that ODK Collect makes, against a running server: credentials asked for, form list, form, lists, a probe
before the submission, a form with photographs, the same again, one split over several requests, a corrected one, and
what cannot be placed. Forms are filled in from their own instance, and every path in them must exist there.
Environment: FALLOW."""
import atexit
import base64
import hashlib
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

fallow = os.environ['FALLOW']
folder = tempfile.TemporaryDirectory(prefix='fallow-collect-')
base = Path(folder.name)
register = base / 'field.gpkg'
env = {**os.environ, 'FALLOW_HOME': str(base / 'home')}
LIST, MANIFEST = '{http://openrosa.org/xforms/xformsList}', '{http://openrosa.org/xforms/xformsManifest}'
XF, HTML = '{http://www.w3.org/2002/xforms}', '{http://www.w3.org/1999/xhtml}'
checks = 0


def expect(what, got, wanted):
    global checks
    checks += 1
    if got != wanted:
        sys.exit('%s: got %r, wanted %r' % (what, got, wanted))


def run(*args, stdin=None, code=0):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True, env=env, input=stdin)
    expect('fallow ' + args[0] + r.stderr, r.returncode, code)
    return r.stdout


run('init', register, '--country', 'XXA', '--name', 'Field')
run('add', register, 'place', '--set', 'name=Alder', '--set', 'national_id=P-1', '--set', 'geometry=-125.5,-45.5')
run('user', 'add', 'ana', '--role', 'reporter', '--password-stdin', stdin='correct horse battery\n')
token = run('user', 'token', 'ana', 'a phone').split()[-1]
server = subprocess.Popen([fallow, 'serve', str(register), '--listen', '127.0.0.1:0', '--quiet'], env=env,
                          stdout=subprocess.PIPE, text=True)
atexit.register(server.terminate)
address = re.search(r'http://127\.0\.0\.1:(\d+)', server.stdout.readline())
port = int(address.group(1))
site = address.group(0)
basic = {'Authorization': 'Basic ' + base64.b64encode(('ana:' + token).encode()).decode()}


def ask(method, path, headers=None, body=None, auth=True):
    c = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
    c.request(method, path.removeprefix(site), body, {'X-OpenRosa-Version': '1.0', **(basic if auth else {}), **(headers or {})})
    r = c.getresponse()
    data = r.read()
    c.close()
    return r, data


def post(xml, files=(), incomplete=False, path='/submission', auth=True):
    parts = [('xml_submission_file', 'form.xml', 'text/xml', xml.encode())]
    parts += [(name, name, 'image/jpeg', data) for name, data in files]
    body = b''
    for name, filename, kind, data in parts:
        body += ('--X-9\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n'
                 % (name, filename, kind)).encode() + data + b'\r\n'
    if incomplete:
        body += b'--X-9\r\nContent-Disposition: form-data; name="*isIncomplete*"\r\n\r\nyes\r\n'
    r, data = ask('POST', path, {'Content-Type': 'multipart/form-data; boundary=X-9'}, body + b'--X-9--\r\n', auth)
    message = ET.fromstring(data).find('{http://openrosa.org/http/response}message') if r.status == 201 else None
    return r.status, message.text if message is not None else data.decode()


def record_of(message):
    return re.search(r'Record ([0-9a-f-]{36})', message).group(1)


def size():
    db = sqlite3.connect('file:%s?mode=ro' % register, uri=True)
    n = db.execute('SELECT count(*) FROM submission').fetchone()[0]
    db.close()
    return n


# --- credentials
r, _ = ask('HEAD', '/submission', auth=False)
expect('without credentials', r.status, 401)
expect('how to show them', r.getheader('WWW-Authenticate', '').split(' ')[0], 'Basic')
r, _ = ask('GET', '/formList', {'Authorization': 'Basic ' + base64.b64encode(b'ana:wrong').decode()}, auth=False)
expect('a wrong password', r.status, 401)
r, _ = ask('HEAD', '/submission')
expect('probe', r.status, 204)
expect('its version', r.getheader('X-OpenRosa-Version'), '1.0')
expect('how much it takes', int(r.getheader('X-OpenRosa-Accept-Content-Length')) >= 1 << 20, True)
expect('a date', r.getheader('Date') is not None, True)

# --- forms
r, data = ask('GET', '/formList')
expect('form list', (r.status, r.getheader('Content-Type'), r.getheader('X-OpenRosa-Version')),
       (200, 'text/xml; charset=utf-8', '1.0'))
forms = {x.find(LIST + 'formID').text: x for x in ET.fromstring(data)}
expect('forms', {'hazard', 'accident', 'victim', 'ordnance', 'activity'} <= set(forms), True)
expect('nobody hands in decisions', 'decision' in forms or 'event' in forms, False)


def nodes(element, path, found):
    name = element.tag.split('}')[-1]
    found.add(path + '/' + name)
    for child in element:
        nodes(child, path + '/' + name, found)


def fetch(kind):
    """A form and its lists, as a phone downloads them. Returns the primary instance."""
    x = forms[kind]
    r, data = ask('GET', x.find(LIST + 'downloadUrl').text)
    expect(kind + ' form', r.status, 200)
    expect(kind + ' hash', x.find(LIST + 'hash').text, 'md5:' + hashlib.md5(data).hexdigest())
    root = ET.fromstring(data)
    model = root.find(HTML + 'head').find(XF + 'model')
    instance = model.find(XF + 'instance')[0]
    expect(kind + ' id', (instance.get('id'), instance.get('version')), (kind, x.find(LIST + 'version').text))
    there, texts = set(), {t.get('id') for t in model.iter(XF + 'text')}
    nodes(instance, '', there)
    for bind in model.iter(XF + 'bind'):
        expect(kind + ' bind ' + bind.get('nodeset'), bind.get('nodeset') in there, True)
    sources = {i.get('id') for i in model.iter(XF + 'instance')}
    for e in root.find(HTML + 'body').iter():
        ref = e.get('nodeset') or e.get('ref') or ''
        if e.tag == XF + 'itemset':
            expect(kind + ' list ' + ref, re.match(r"instance\('([^']+)'\)", ref).group(1) in sources, True)
        elif ref.startswith('/'):
            expect(kind + ' ' + ref, ref in there, True)
        elif ref.startswith('jr:itext('):
            expect(kind + ' ' + ref, ref[len("jr:itext('"):-2] in texts or ref == 'jr:itext(itextId)', True)
    wanted = set(re.findall(r'jr://file-csv/([a-z_]+\.csv)', data.decode()))
    manifest = x.find(LIST + 'manifestUrl')
    if manifest is not None:
        r, data = ask('GET', manifest.text)
        media = {m.find(MANIFEST + 'filename').text: m for m in ET.fromstring(data)}
        expect(kind + ' lists', set(media), wanted)
        for name, m in media.items():
            r, data = ask('GET', m.find(MANIFEST + 'downloadUrl').text)
            expect(name + ' hash', m.find(MANIFEST + 'hash').text, 'md5:' + hashlib.md5(data).hexdigest())
            expect(name + ' head', data.split(b'\r\n')[0], b'name,label')
            if name == 'place.csv':
                expect('a place to choose', b'"Alder, P-1"' in data, True)
    return instance


instances = {kind: fetch(kind) for kind in forms}


def fill(kind, answers, instance_id, replaces=None, photos=()):
    """The form's own instance with answers by path, as text."""
    copy = ET.fromstring(ET.tostring(instances[kind]))
    for path, value in answers.items():
        at = copy
        for name in path.split('/'):
            at = at.find(XF + name)
        at.text = value
    group = copy.find(XF + 'entry-photos')
    copy.remove(group)
    for name in photos:
        one = ET.SubElement(copy, XF + 'entry-photos')
        ET.SubElement(one, XF + 'photo').text = name
        ET.SubElement(one, XF + 'caption').text = 'from the road'
    meta = copy.find(XF + 'meta')
    meta.find(XF + 'instanceID').text = instance_id
    if replaces:
        ET.SubElement(meta, XF + 'deprecatedID').text = replaces
    return ET.tostring(copy, encoding='unicode')


# --- a hazard with two photographs
shape = '-45.50 -125.50 0 4;-45.50 -125.49 0 4;-45.49 -125.49 0 4;-45.50 -125.50 0 4;'
hazard = fill('hazard', {'valid_from': '2024-05-30', 'geometry/how': 'area', 'geometry/area': shape, 'class': 'sha',
                         'status': 'open'}, 'uuid:h-1', photos=('1.jpg', '2.jpg'))
photos = [('1.jpg', os.urandom(3000)), ('2.jpg', os.urandom(2000))]
before = size()
status, message = post(hazard, photos)
expect('hazard: ' + message, status, 201)
hid = record_of(message)
expect('one submission', size(), before + 1)
for _ in range(3):
    expect('again', post(hazard, photos)[0], 201)
expect('nothing more', size(), before + 1)
shown = json.loads(run('show', register, hid, '--json'))
text = json.dumps(shown)
expect('its class', '"sha"' in text, True)
for name, data in photos:
    sha = hashlib.sha256(data).hexdigest()
    expect(name, (base / 'field.files' / sha[:2] / sha).read_bytes(), data)
r, data = ask('GET', '/collections/hazard/items?f=json', {'Accept': 'application/geo+json'}, auth=False)
drawn = json.loads(data)
expect('danger shows at once', [f['properties']['unapproved'] for f in drawn['features']], [1])
lon = [p[0] for p in drawn['features'][0]['geometry']['coordinates'][0]] if drawn['features'][0]['geometry']['type'] == 'Polygon' \
    else [p[0] for g in drawn['features'][0]['geometry']['coordinates'] for p in g[0]]
expect('and is drawn larger than it is for the public', min(lon) < -125.50 and max(lon) > -125.49, True)

# --- a find whose photograph comes in a later request
find = fill('ordnance', {'valid_from': '2024-05-30', 'geometry/how': 'point', 'geometry/point': '-45.7 -125.7 10 3',
                         'marking_photos/photo': 'find.jpg'}, 'uuid:o-1', photos=('more.jpg',))
files = [('find.jpg', os.urandom(1000)), ('more.jpg', os.urandom(1000))]
status, message = post(find, files[:1], incomplete=True)
expect('first part: ' + message, status, 201)
oid = record_of(message)
sha = hashlib.sha256(files[0][1]).hexdigest()
expect('held by the field that asked for it', sha in run('show', register, oid, '--json'), True)
status, message = post(find, files[1:])
expect('second part', (status, record_of(message)), (201, oid))
full = size()
expect('all of it again', (post(find, files)[0], size()), (201, full))

# --- an accident, then the same form corrected
accident = {'valid_from': '2024-05-30', 'date': '2024-05-30', 'geometry/how': 'point',
            'geometry/point': '-45.8 -125.8 10 3', 'class': 'mine', 'killed': '0', 'injured': '1'}
status, message = post(fill('accident', accident, 'uuid:a-1'))
aid = record_of(message)
status, message = post(fill('accident', {**accident, 'killed': '1'}, 'uuid:a-2', replaces='uuid:a-1'))
expect('a corrected form', (status, record_of(message)), (201, aid))

# --- what cannot be placed waits; a phone that is told 201 lets go of it
status, message = post(fill('hazard', {'class': 'cha'}, 'uuid:h-2'), [('x.jpg', b'kept')])
expect('no place', (status, 'a person must look at it first' in message), (201, True))
expect('it waits', 'uuid:h-2' in run('quarantine', register, 'list', '--json'), True)
status, message = post('<data id="hazard"', [('y.jpg', b'kept too')])
expect('no form at all', status, 201)

# --- the token in the path, the register by its name
status, message = post(fill('accident', accident, 'uuid:a-3'), path='/t/%s/r/field/submission' % token, auth=False)
expect('token in the path: ' + message, status, 201)
r, data = ask('GET', '/t/%s/formList' % token, auth=False)
expect('links keep it', ('/t/%s/forms/hazard.xml' % token) in data.decode(), True)
expect('a decision', post('<data id="decision"><type>release</type></data>')[0], 403)
run('user', 'disable', 'ana')
expect('disabled', post(fill('accident', accident, 'uuid:a-4'))[0], 401)

server.send_signal(signal.SIGTERM)
expect('it ends well', server.wait(timeout=30), 0)
run('check', register)
print('%d checks' % checks)
