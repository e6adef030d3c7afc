#!/usr/bin/env python3
"""deploy/nginx.conf before the server: TLS and HTTP/2 outside, the address in answers, HSTS, what nginx lets through of framing tricks;
deploy/fallow.service as systemd reads it. Without nginx, openssl or curl the test is skipped.
Environment: FALLOW (the program), FALLOW_SOURCE_ROOT."""
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving

root = Path(os.environ.get('FALLOW_SOURCE_ROOT', Path(__file__).resolve().parents[2]))
nginx = shutil.which('nginx') or ('/usr/sbin/nginx' if Path('/usr/sbin/nginx').exists() else None)
if not (nginx and shutil.which('openssl') and shutil.which('curl')):
    print('skipped: nginx, openssl or curl is missing')
    sys.exit(77)
failed = []


def expect(ok, what):
    if not ok:
        failed.append(what)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


tmp = Path(tempfile.mkdtemp(prefix='fallow-nginx-'))
plain, tls = free_port(), free_port()
base = 'https://register.example'
subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', tmp / 'key.pem', '-out', tmp / 'fullchain.pem',
                '-days', '2', '-subj', '/CN=register.example'], check=True, capture_output=True)
port = free_port()
with Serving(os.environ['FALLOW']) as s:
    s.stop()
    s.process.stdout.close()
    s.log = open(s.folder / 'log', 'w+')
    s.process = subprocess.Popen([s.fallow, 'serve', s.registers[0], '--listen', '127.0.0.1:%d' % port, '--base', base], env=s.env,
                                 stdout=subprocess.PIPE, stderr=s.log, text=True)
    expect(s.process.stdout.readline().strip() == 'serving at ' + base, 'what it says')
    conf = (root / 'deploy/nginx.conf').read_text()
    conf = conf.replace('/etc/ssl/register.example/', '%s/' % tmp).replace('/var/log/nginx/', '%s/' % tmp).replace('127.0.0.1:8080', '127.0.0.1:%d' % port)
    conf = re.sub(r'\tlisten \[::\].*\n', '', conf).replace('listen 80;', 'listen 127.0.0.1:%d;' % plain).replace('listen 443', 'listen 127.0.0.1:%d' % tls)
    temporary = ''.join('%s_temp_path %s/%s;\n' % (n, tmp, n) for n in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
    (tmp / 'nginx.conf').write_text('daemon off; pid %s/pid; error_log %s/error;\nevents {}\nhttp {\n%s%s}\n' % (tmp, tmp, temporary, conf))
    proxy = subprocess.Popen([nginx, '-c', tmp / 'nginx.conf', '-e', tmp / 'error'])
    try:
        for _ in range(100):
            try:
                socket.create_connection(('127.0.0.1', tls), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        curl = ['curl', '-ksi', '--resolve', 'register.example:%d:127.0.0.1' % tls]
        got = subprocess.run([*curl, '--http2', 'https://register.example:%d/registers' % tls], capture_output=True, text=True).stdout
        expect(got.startswith('HTTP/2 200') and '"registers"' in got, 'over HTTP/2: %s' % got[:200])
        expect('strict-transport-security: max-age=31536000' in got.lower(), 'no HSTS: %s' % got[:800])
        got = subprocess.run(['curl', '-si', 'http://127.0.0.1:%d/map?x=1' % plain], capture_output=True, text=True).stdout
        expect(got.startswith('HTTP/1.1 308') and 'ocation: https://' in got, 'plain is not sent to TLS: %s' % got[:200])
        for site, want in (('https://register.example', True), ('https://evil.example', False), ('http://register.example', False)):
            got = subprocess.run([*curl, '-X', 'POST', '-H', 'Origin: ' + site, '-H', 'Content-Type: application/json', '-d', '{}',
                                  'https://register.example:%d/api/logout' % tls], capture_output=True, text=True).stdout
            expect(('page of this server' not in got) == want, 'a change from %s: %s' % (site, got[-200:]))
        # what is hidden in a body is not run by either
        hidden = b'GET /health HTTP/1.1\r\nHost: register.example\r\n\r\n'
        for head in (b'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', b'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n',
                     b'Content-Length: 4\r\nContent-Length: %d\r\n' % (4 + len(hidden)), b'Transfer-Encoding: xchunked\r\n'):
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(socket.create_connection(('127.0.0.1', tls), 5), server_hostname='register.example') as c:
                c.sendall(b'POST /registers HTTP/1.1\r\nHost: register.example\r\n' + head + b'\r\n0\r\n\r\n' + hidden)
                c.settimeout(1)
                got = b''
                try:
                    while piece := c.recv(65536):
                        got += piece
                except (TimeoutError, ssl.SSLError):
                    pass
            expect(b'"status":"ok"' not in got and got.startswith(b'HTTP/1.1 4') or got.startswith(b'HTTP/1.1 501'), '%r through nginx: %r' % (head, got[:100]))
    finally:
        proxy.terminate()
        proxy.wait(10)
    log = (tmp / 'fallow.log').read_text()
    expect(log and '127.0.0.1' not in log and 'x=1' not in log, "nginx's log tells too much: %s" % log[:200])
shutil.rmtree(tmp)
if shutil.which('systemd-analyze'):
    unit = root / 'deploy/fallow.service'
    r = subprocess.run(['systemd-analyze', 'verify', unit], capture_output=True, text=True)
    faults = [line for line in r.stderr.splitlines() if str(unit) in line]
    expect(not faults, 'the unit: %s' % faults)
    r = subprocess.run(['systemd-analyze', 'security', '--offline=true', unit], capture_output=True, text=True)
    m = re.search(r'exposure level for fallow.service: ([0-9.]+)', r.stdout)
    expect(not m or float(m.group(1)) <= 2, 'exposure %s' % (m and m.group(1)))
for f in failed:
    print('FAILED', f)
print('%d failed' % len(failed))
sys.exit(bool(failed))
