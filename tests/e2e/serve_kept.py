#!/usr/bin/env python3
"""Kept answers: the same bytes as fresh ones, per question, encoding and access; gone when another program writes; ETag and 304 with
and without gzip; HEAD.
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
for f in failed:
    print('FAILED', f)
print('%d failed' % len(failed))
sys.exit(bool(failed))
