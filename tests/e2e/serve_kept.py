#!/usr/bin/env python3
"""Kept answers: the same bytes as fresh ones, per question, encoding and access; gone when another program writes; ETag and 304 with
and without gzip; HEAD. When another file takes the place of the register's, answers are of that one.
Environment: FALLOW (the program)."""
import gzip
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving

failed = []


def expect(ok, what):
    if not ok:
        failed.append(what)


with Serving(os.environ['FALLOW'], hazards=300) as s:
    path = '/collections/hazard/items?limit=50'
    time.sleep(0.5)  # the front has looked at the registers by then
    first = s.get(path)
    expect(first.status == 200, 'items: %d %s' % (first.status, first.body[:200]))
    before = s.metrics()
    again = [s.get(path) for _ in range(20)]
    after = s.metrics()
    expect(all(a.body == first.body and a.getheader('ETag') == first.getheader('ETag') for a in again), 'kept answers differ')
    hits = after['fallow_kept_hits_total'] - before['fallow_kept_hits_total']
    expect(hits >= 5, '%d of 20 were kept' % hits)
    packed = [s.get(path, Accept_Encoding='gzip') for _ in range(3)]
    expect(all(p.getheader('Content-Encoding') == 'gzip' and gzip.decompress(p.body) == first.body for p in packed), 'gzip')
    tag = first.getheader('ETag')
    if tag:
        expect(packed[0].getheader('ETag') != tag, 'one tag for two encodings')
        for given in (tag, packed[0].getheader('ETag')):
            for more in ({}, {'Accept_Encoding': 'gzip'}):
                r = s.get(path, If_None_Match=given, **more)
                expect(r.status == 304 and not r.body, '304 for %s %s: %d' % (given, more, r.status))
    r = s.get(path, method='HEAD')
    expect(r.status == 200 and not r.body and int(r.getheader('Content-Length')) == len(first.body), 'HEAD of a kept answer')
    # a question that differs in anything is another question
    other = s.get('/collections/hazard/items?limit=49')
    expect(len(json.loads(other.body)['features']) == 49, 'another query')
    # another program writes: what was kept is gone
    (s.folder / 'h.csv').write_text('national_id,class,status,date,lat,lon\nNEW-1,sha,open,2024-05-05,%s,%s\n' % tuple(reversed(
        json.loads(s.get('/collections/hazard/items?limit=1').body)['features'][0]['geometry']['coordinates'][0][0][:2]
        if json.loads(s.get('/collections/hazard/items?limit=1').body)['features'][0]['geometry']['type'] == 'Polygon'
        else json.loads(s.get('/collections/hazard/items?limit=1').body)['features'][0]['geometry']['coordinates'][0][0][0][:2])))
    status = '/registers'
    kept = '/collections/hazard/items?limit=1000'
    count = len(json.loads(s.get(kept).body)['features'])
    s.get(kept)
    r = s.run('import', s.registers[0], 'hazard', s.folder / 'h.csv', '--guess', check=False)
    begun, now = time.time(), count
    while time.time() - begun < 3 and now == count:
        now = len(json.loads(s.get(kept).body)['features'])
        time.sleep(0.02)
    took = time.time() - begun
    expect(now == count + 1 and took < 1.5, '%d hazards, then %d after %.2f s; import said %s' % (count, now, took, r.stdout[-300:] + r.stderr[-300:]))
    print('%d of 20 kept; a change of another program shows after %.2f s' % (hits, took))
    # another file takes the place of the register's: what is answered is of the file that is there now, and so is what is written
    register, copy, old = Path(s.registers[0]), s.folder / 'copy.gpkg', s.folder / 'old.gpkg'
    point = ['--set', 'class=sha', '--set', 'status=open', '--set', 'geometry=POINT(-125.02 -45.02)']
    s.run('backup', register, copy)
    s.run('backup', register, old)
    s.run('add', copy, 'hazard', *point)
    count = len(json.loads(s.get(kept).body)['features'])
    first = s.pids()
    os.rename(copy, register)
    for end in ('-wal', '-shm'):
        Path(str(register) + end).unlink(missing_ok=True)
    begun, now = time.time(), count
    while time.time() - begun < 20 and now != count + 1:
        time.sleep(0.1)
        try:
            r = s.get(kept)
            now = len(json.loads(r.body)['features']) if r.status == 200 else now
        except OSError:  # while all starts anew
            pass
    expect(now == count + 1, 'the replaced file is shown: %d hazards, then %d' % (count, now))
    expect(not set(first) & set(s.pids()), 'a process of before the replacement is still there')
    expect('was replaced by another' in s.said(), 'the keeper is told: ' + s.said()[-300:])
    r = s.get('/api/find?near=-125.02,-45.02&within=500')
    expect(json.loads(r.body)['answer'] == 'danger', 'find after the replacement: %s' % r.body[:200])
    # an older one does not open: better no answer than one that lacks what was recorded since
    os.rename(old, register)
    for end in ('-wal', '-shm'):
        Path(str(register) + end).unlink(missing_ok=True)
    begun = time.time()
    while time.time() - begun < 20 and s.process.poll() is None:
        time.sleep(0.1)
    expect(s.process.poll() not in (None, 0), 'an older file: %s %s' % (s.process.poll(), s.said()[-300:]))
for f in failed:
    print('FAILED', f)
print('%d failed' % len(failed))
sys.exit(bool(failed))
