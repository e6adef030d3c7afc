#!/usr/bin/env python3
"""OGC API Features as real clients read it: GDAL's OAPIF driver for the public and for an operator, filters pushed down,
QGIS headless, pages that stay the same while another process writes, entity tags, compression; and the description of the
interface by two validators, one of which watches live traffic. Parts whose program is not installed are skipped by name."""
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FALLOW = os.environ.get('FALLOW') or str(ROOT / 'build' / 'fallow')
NPM = ROOT / 'tests' / 'web' / 'node_modules' / '.bin'
QGIS = next((p for p in ('/usr/lib/qgis/qgis_process.bin', '/usr/bin/qgis_process.bin') if os.path.exists(p)), None)
work = Path(tempfile.mkdtemp(prefix='fallow_oapif_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_AUTHOR='Tester')
passed = failed = 0
skipped = []


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what)


def run(*args, stdin=None, **more):
    r = subprocess.run([str(a) for a in args], input=stdin, env=dict(env, **more), capture_output=True, text=True, cwd=work)
    if r.returncode:
        ok(False, '%s gave %d: %s' % (' '.join(map(str, args))[:200], r.returncode, (r.stderr or r.stdout).strip()[-400:]))
    return r


def get(path, **headers):
    request = urllib.request.Request(path if path.startswith('http') else address + path, headers=headers)
    try:
        with urllib.request.urlopen(request) as r:
            return r.status, dict(r.headers), r.read()
    except urllib.error.HTTPError as e:
        return e.code, dict(e.headers), e.read()


def link(page, rel):
    return next((x['href'] for x in page['links'] if x['rel'] == rel), None)


def follow(url, **headers):
    out = []
    while url:
        page = json.loads(get(url, **headers)[2])
        out += page['features']
        url = link(page, 'next')
    return out


def ogr(kind, *more, token=None):
    """Ids that GDAL reads, and the addresses it asked for."""
    extra = {'GDAL_HTTP_HEADERS': 'Authorization: Bearer ' + token} if token else {}
    out = work / 'ogr.geojson'
    out.unlink(missing_ok=True)
    r = run('ogr2ogr', '-f', 'GeoJSON', out, 'OAPIF:' + address + '/', kind, *more, CPL_DEBUG='HTTP', **extra)
    asked = re.findall(r'Fetch\((\S+)\)', r.stderr)
    return json.loads(out.read_text())['features'] if out.exists() else [], asked


def exported(role, kind):
    out = work / ('%s_%s.geojson' % (role, kind))
    if not out.exists():
        run(FALLOW, 'export', register, out, '--role', role, '--kind', kind)
    return json.loads(out.read_text())['features']


def names(features):
    return sorted(f['properties'].get('record_id') or '' for f in features)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def test_gdal():
    for role, token in (('public', None), ('operator', operator)):
        for kind in ('hazard', 'activity', 'accident') if token else ('hazard', 'claim'):
            got, asked = ogr(kind, '-oo', 'PAGE_SIZE=70', token=token)
            want = exported(role, kind)
            ok(names(got) == names(want) and len(got) > 0, '%s: GDAL reads the %s that the export has: %d, %d'
               % (role, kind, len(got), len(want)))
            if kind == 'hazard':
                ok(sum('cursor=' in a for a in asked) >= len(want) // 70, 'GDAL follows the pages')
                shapes = {f['properties']['record_id']: f['geometry'] for f in want if f['properties'].get('record_id')}
                ok(all(f['geometry']['type'] == shapes[i]['type'] for f in got
                       if (i := f['properties'].get('record_id')) and f['geometry']), role + ': the same geometries')
    hazards = exported('operator', 'hazard')
    got, asked = ogr('hazard', '-where', "class = 'sha'", token=operator)
    ok(names(got) == names(f for f in hazards if f['properties'].get('class') == 'sha'), 'a filter by property')
    ok(any('class=sha' in a for a in asked), 'it is pushed down')
    got, asked = ogr('hazard', '-spat', '-126', '-48', '-124', '-45', token=operator)
    ok(0 < len(got) < len(hazards), 'a filter by place')
    ok(any('bbox=-126,-48,-124,-45' in a for a in asked), 'it is pushed down')
    info = run('ogrinfo', '-ro', '-so', 'OAPIF:' + address + '/', 'hazard').stdout
    ok('given_text' not in info and 'class: String' in info, 'the public has the public columns')
    ok('accident' not in re.findall(r'\d+: (\w+)', run('ogrinfo', '-ro', 'OAPIF:' + address + '/').stdout),
       'the public has no accidents one by one')


def test_qgis():
    if not QGIS:
        skipped.append('QGIS')
        return
    out = work / 'qgis.geojson'
    source = "OAPIF://url='%s/' typename='hazard'" % address
    r = subprocess.run([QGIS, 'run', 'native:savefeatures', '--INPUT=' + source, '--OUTPUT=' + str(out)], capture_output=True,
                       text=True, timeout=240, env=dict(env, QT_QPA_PLATFORM='offscreen', HOME=str(work),
                                                                   PATH='/usr/bin:/bin'))
    got = json.loads(out.read_text())['features'] if out.exists() else []
    ok(len(got) == len(follow(address + '/collections/hazard/items?limit=1000')),
       'QGIS reads all hazards: %d; %s' % (len(got), (r.stderr or r.stdout)[-300:] if not got else ''))


def test_http():
    path = '/collections/hazard/items?limit=50'
    status, head, body = get(path)
    tag = head['ETag']
    ok(status == 200 and head['Content-Crs'] == '<http://www.opengis.net/def/crs/OGC/1.3/CRS84>', 'a page')
    ok(get(path)[1]['ETag'] == tag, 'the entity tag stays while nothing changes')
    status, head, rest = get(path, **{'If-None-Match': tag})
    ok(status == 304 and rest == b'' and head['ETag'] == tag, 'not modified')
    ok(get(path, Authorization='Bearer ' + operator)[1]['ETag'] != tag, 'another for another role')
    status, head, packed = get(path, **{'Accept-Encoding': 'gzip'})
    ok(head.get('Content-Encoding') == 'gzip' and json.loads(gzip.decompress(packed))['numberReturned'] == 50, 'gzip')
    ok(len(packed) < len(body) / 4, 'and it is smaller')
    status, head, body = get('/collections/hazard/items?limit=nothing')
    ok(status == 400 and head['Content-Type'].startswith('application/problem+json'), 'a problem document')
    ok(get('/collections/hazard/items?f=html')[1]['Content-Type'].startswith('text/html'), 'HTML')


def test_stable():
    """Another process adds hazards and approves; every page is of the moment of the first."""
    before = names(follow(address + '/collections/hazard/items?limit=1000'))
    stop = threading.Event()
    written = []

    def write():
        while not stop.is_set():
            f = work / 'new.geojson'
            f.write_text(json.dumps({'type': 'FeatureCollection', 'features': [
                {'type': 'Feature', 'geometry': {'type': 'Point', 'coordinates': [-125 + len(written) / 1000, -46]},
                 'properties': {'class': 'cha', 'status': 'open', 'valid_from': '2026-01-02', 'n': len(written)}}]}))
            run(FALLOW, 'import', register, 'hazard', f, '--guess')
            written.append(1)

    writer = threading.Thread(target=write)
    url, got = address + '/collections/hazard/items?limit=20', []
    page = json.loads(get(url)[2])
    writer.start()
    while True:
        got += page['features']
        url = link(page, 'next')
        if not url:
            break
        time.sleep(0.3)
        page = json.loads(get(url)[2])
    stop.set()
    writer.join()
    ok(len(written) >= 2, 'there was writing: %d' % len(written))
    ok(names(got) == before, 'the pages hold what was there when the first was asked for')
    ok(len(follow(address + '/collections/hazard/items?limit=1000')) > len(before), 'a new walk has the new ones')


def test_filters():
    base = address + '/collections/hazard/items?limit=1000&filter='
    every = follow(address + '/collections/hazard/items?limit=1000')

    def count(filter, **more):
        return len(follow(base + urllib.parse.quote(filter) + ''.join('&%s=%s' % (k.replace('_', '-'), urllib.parse.quote(v))
                                                                     for k, v in more.items())))
    sha = sum(f['properties']['class'] == 'sha' for f in every)
    ok(count("class='sha'") == sha > 0, 'CQL2 text')
    ok(count(json.dumps({'op': '=', 'args': [{'property': 'class'}, 'sha']}), filter_lang='cql2-json') == sha, 'CQL2 JSON')
    ok(count("class IN ('sha','cha') AND status <> 'closed' OR class IS NULL") > 0, 'CQL2, joined')
    ok(get('/collections/hazard/items?filter=' + urllib.parse.quote("given_text = 'x'"))[0] == 400, 'a hidden property')


def test_description():
    for who, headers in (('public', {}), ('operator', {'Authorization': 'Bearer ' + operator})):
        f = work / ('openapi_%s.json' % who)
        f.write_bytes(get('/openapi.json', **headers)[2])
        if not (NPM / 'redocly').exists():
            skipped.append('redocly')
            return
        (work / 'redocly.yaml').write_text('extends:\n  - spec\n')
        r = subprocess.run([str(NPM / 'redocly'), 'lint', '--config', str(work / 'redocly.yaml'), str(f)], capture_output=True,
                           text=True, env=dict(env, REDOCLY_TELEMETRY='off', REDOCLY_SUPPRESS_UPDATE_NOTICE='true'))
        ok(r.returncode == 0, who + ': the description is valid: ' + (r.stdout + r.stderr)[-600:])


def test_traffic():
    if not (NPM / 'prism').exists():
        skipped.append('prism')
        return
    port = free_port()
    prism = subprocess.Popen([str(NPM / 'prism'), 'proxy', str(work / 'openapi_operator.json'), address, '-p', str(port),
                              '--errors'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    proxy = 'http://127.0.0.1:%d' % port
    head = {'Authorization': 'Bearer ' + operator}
    try:
        for _ in range(100):
            try:
                socket.create_connection(('127.0.0.1', port), 0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        kinds = [c['id'] for c in json.loads(get('/collections', **head)[2])['collections']]
        asked = ['/conformance', '/collections', '/registers', '/api/status']
        for k in kinds:
            items = json.loads(get('/collections/%s/items?limit=1' % k, **head)[2])['features']
            asked += ['/collections/%s%s' % (k, tail) for tail in ('', '/queryables', '/schema', '/items?limit=25')]
            asked += ['/collections/%s/items/%s' % (k, f['id']) for f in items]
        asked += ['/collections/hazard/items?limit=3&class=sha&sortby=-valid_from&bbox=-130,-50,-120,-42',
                  '/collections/hazard/items?limit=3&filter=depth_m%20IS%20NULL&datetime=2020-01-01/..'.replace('depth_m', 'class')]
        for path in asked:
            status, _, body = get(proxy + path, **head)
            ok(status == 200, 'live traffic: %s: %d %s' % (path, status, body[:300]))
    finally:
        prism.terminate()
        prism.wait()


register = work / 'exampla.gpkg'
run(FALLOW, 'generate', register, '--hazards', 200, '--quiet')
run(FALLOW, 'user', 'add', 'olena', '--role', 'operator', '--password-stdin', stdin='three unlike words\n')
operator = run(FALLOW, 'user', 'token', 'olena', 'gis', '--scope', 'read').stdout.strip().splitlines()[-1]
server = subprocess.Popen([FALLOW, 'serve', str(register), '--listen', '127.0.0.1:0', '--quiet', '--json'], env=env,
                          stdout=subprocess.PIPE, text=True)
try:
    address = json.loads(server.stdout.readline())['address'].rstrip('/')
    test_http()
    test_filters()
    if shutil.which('ogr2ogr'):
        test_gdal()
    else:
        skipped.append('GDAL')
    test_qgis()
    test_description()
    if (work / 'openapi_operator.json').exists():
        test_traffic()
    test_stable()
finally:
    server.terminate()
    code = server.wait(20)
ok(code == 0, 'the server ended well: %d' % code)
shutil.rmtree(work, ignore_errors=True)
if skipped:
    print('not installed, skipped:', ', '.join(skipped))
print('oapif_gdal: %d passed, %d failed' % (passed, failed))
sys.exit(1 if failed else 0)
