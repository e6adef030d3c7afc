#!/usr/bin/env python3
"""Run fallow-reader on a file and decode its stream (src/ingest/pipe.h), strictly. Used by the reader's tests.

usage: pipe_read.py READER MODE FILE [reader options ...]   prints one JSON object a frame or row
"""
import json
import os
import struct
import subprocess
import sys


class Broken(Exception):
    pass


class Body:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise Broken('frame ends early')
        self.at += n
        return self.data[self.at - n:self.at]

    def get(self, fmt):
        return struct.unpack('<' + fmt, self.take(struct.calcsize('<' + fmt)))[0]

    def text(self):
        return self.take(self.get('I')).decode('utf-8')

    def done(self):
        if self.at != len(self.data):
            raise Broken('frame has %d bytes too many' % (len(self.data) - self.at))


def row(b, columns):
    number = b.get('q')
    size = b.get('I')
    wkb = None if size == 0xffffffff else b.take(size)
    values = []
    for _ in range(columns):
        tag = b.get('B')
        if tag == 0:
            values.append(None)
        elif tag == 1:
            values.append(b.get('q'))
        elif tag == 2:
            values.append(b.get('d'))
        elif tag == 3:
            values.append(b.text())
        elif tag == 5:
            values.append(b.take(b.get('I')))
        else:
            raise Broken('tag %d' % tag)
    return ('R', number, wkb, values)


def frame(kind, b, state):
    if kind == 'L':
        return [('L', [(b.text(), b.text(), b.get('q')) for _ in range(b.get('H'))])]
    if kind == 'H':
        head = dict(layer=b.text(), driver=b.text(), encoding=b.text(), crs=b.text(), wkt=b.text(),
                    has_geometry=b.get('B'), features=b.get('q'))
        head['columns'] = [(b.text(), b.get('B')) for _ in range(b.get('H'))]
        state['columns'] = len(head['columns'])
        return [('H', head)]
    if kind == 'R':
        return [row(b, state['columns']) for _ in range(b.get('I'))]
    if kind == 'B':
        return [('B', b.get('q'), b.text(), b.text())]
    if kind == 'W':
        return [('W', b.text())]
    if kind == 'P':
        return [('P', dict(width=b.get('I'), height=b.get('I'), transform=[b.get('d') for _ in range(6)],
                           crs=b.text(), has_nodata=b.get('B'), nodata=b.get('d'), unit=b.text()))]
    if kind == 'D':
        y = b.get('I')
        n = (len(b.data) - 4) // 8
        return [('D', y, struct.unpack('<%dd' % n, b.take(8 * n)))]
    if kind == 'E':
        return [('E', b.get('q'))]
    if kind == 'F':
        return [('F', b.get('B'), b.text(), b.text())]
    raise Broken('frame type %r' % kind)


def decode(stream):
    """Yield the items of a stream; the last is ('E', ...) or ('F', ...)."""
    state = {'columns': 0}
    last = None
    while True:
        head = stream.read(5)
        if not head:
            break
        if last in ('E', 'F'):
            raise Broken('bytes after the end')
        size, kind = struct.unpack('<IB', head)
        if size > 64 << 20:
            raise Broken('frame of %d bytes' % size)
        data = stream.read(size)
        if len(data) != size:
            raise Broken('stream ends inside a frame')
        b = Body(data)
        items = frame(chr(kind), b, state)
        b.done()
        last = chr(kind)
        yield from items
    if last not in ('E', 'F'):
        raise Broken('stream has no end (last %r)' % last)


def start(reader, mode, path, *options):
    """Start the reader on a file, a list of files (main one first), or a FileGDB folder."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    argv, fds = [reader, mode], []
    if os.path.isdir(paths[0]):
        folder = os.path.basename(str(paths[0]).rstrip('/'))
        argv += ['--name', folder]
        for name in sorted(os.listdir(paths[0])):
            fds.append(os.open(os.path.join(paths[0], name), os.O_RDONLY))
            argv += ['--file', '%d:%s/%s' % (fds[-1], folder, name)]
    else:
        for i, p in enumerate(paths):
            fds.append(os.open(p, os.O_RDONLY))
            name = os.path.basename(p)
            argv += ['--fd', str(fds[-1]), '--name', name] if i == 0 else ['--file', '%d:%s' % (fds[-1], name)]
    argv += options
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, pass_fds=fds)
    for fd in fds:
        os.close(fd)
    return child


def read(reader, mode, path, *options):
    """All items of the stream as a list, and the reader's exit status."""
    child = start(reader, mode, path, *options)
    try:
        items = list(decode(child.stdout))
    except Broken:
        child.stdout.close()
        status = child.wait()
        if status < 0:
            return [('K', -status)], status
        raise
    return items, child.wait()


def shown(item):
    return json.dumps(item, ensure_ascii=False, default=lambda v: v.hex() if isinstance(v, bytes) else str(v))


if __name__ == '__main__':
    try:
        found, status = read(sys.argv[1], sys.argv[2], sys.argv[3], *sys.argv[4:])
        for one in found:
            print(shown(one))
        print('exit %d' % status)
    except BrokenPipeError:
        pass
