"""For tests: a server on a free port, in a folder of its own, ended and looked at afterwards."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path


class Serving:
    """with Serving(fallow, hazards=50) as s: ...   s.port, s.get(path), s.raw(bytes), s.pids()"""

    def __init__(self, fallow, *registers, hazards=0, options=(), limits=None, env=None, wrap=()):
        self.fallow = str(Path(fallow).resolve())
        self.folder = Path(tempfile.mkdtemp(prefix='fallow-serve-'))
        self.env = dict(os.environ, FALLOW_HOME=str(self.folder / 'keys'), **(env or {}))
        self.registers = [str(r) for r in registers]
        self.options, self.limits, self.wrap = list(options), limits, list(wrap)
        self.process = None
        if not registers:
            path = self.folder / 'r.gpkg'
            if hazards:
                self.run('generate', path, '--hazards', str(hazards), '--seed', '5')
            else:
                self.run('init', path, '--country', 'XXA', '--name', 'Example')
            self.registers = [str(path)]

    def run(self, *args, check=True, **more):
        return subprocess.run([self.fallow, *map(str, args)], env=self.env, capture_output=True, text=True, check=check, **more)

    def start(self):
        self.log = open(self.folder / 'log', 'w+')
        self.process = subprocess.Popen([*self.wrap, self.fallow, 'serve', *self.registers, '--listen', '127.0.0.1:0', *self.options],
                                        env=self.env, stdout=subprocess.PIPE, stderr=self.log, text=True, preexec_fn=self.limits)
        line = self.process.stdout.readline()
        m = re.match(r'serving at (http://.*?:(\d+)|https?://\S+)$', line.strip())
        assert m, 'the server did not start: %r\n%s' % (line, self.said()[-800:])
        self.port = int(m.group(2)) if m.group(2) else None
        return self

    def said(self):
        return (self.folder / 'log').read_text()

    def pids(self):
        """{pid: name of its part}"""
        found = {}
        for p in subprocess.run(['pgrep', '-P', str(self.process.pid)], capture_output=True, text=True).stdout.split():
            try:
                found[int(p)] = Path('/proc/%s/comm' % p).read_text().strip()
            except OSError:
                pass
        return found

    def pid_of(self, part):
        return [p for p, name in self.pids().items() if name == 'fallow-' + part]

    def connect(self, timeout=10):
        return socket.create_connection(('127.0.0.1', self.port), timeout)

    def raw(self, data, timeout=10):
        """Send bytes, read until the server closes or says nothing for a second."""
        with self.connect(timeout) as s:
            s.sendall(data)
            got = b''
            s.settimeout(1)
            try:
                while True:
                    piece = s.recv(65536)
                    if not piece:
                        break
                    got += piece
            except (TimeoutError, ConnectionResetError):
                pass
            return got

    def get(self, path, method='GET', body=None, timeout=30, **headers):
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        c.request(method, path, body, {k.replace('_', '-'): v for k, v in headers.items()})
        r = c.getresponse()
        r.body = r.read()
        c.close()
        return r

    def json(self, path, **headers):
        r = self.get(path, **headers)
        assert r.status == 200, (path, r.status, r.body[:300])
        return json.loads(r.body)

    def metrics(self):
        return {line.rsplit(' ', 1)[0]: float(line.rsplit(' ', 1)[1]) for line in self.get('/metrics').body.decode().splitlines()
                if not line.startswith('#')}

    def wait_whole(self, seconds=10):
        until = time.time() + seconds
        while time.time() < until:
            try:
                if self.get('/health', timeout=2).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError('the server is not whole after %d s: %s' % (seconds, self.said()[-800:]))

    def stop(self, sign=signal.SIGTERM, seconds=40):
        if self.process and self.process.poll() is None:
            self.process.send_signal(sign)
            return self.process.wait(seconds)
        return self.process.returncode if self.process else None

    def close(self):
        try:
            self.stop()
        finally:
            if self.process:
                self.process.stdout.close()
                self.log.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
