#!/usr/bin/env python3
"""docs/ASVS.md: every row has a test that is there, or says why it has none; no item twice."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
bad, rows, tests, seen = [], 0, 0, set()
for line in (ROOT / 'docs/ASVS.md').read_text(encoding='utf-8').splitlines():
    cell = [c.strip() for c in line.strip().strip('|').split('|')]
    if len(cell) != 3 or not re.match(r'\d', cell[0]):
        continue
    rows += 1
    item = cell[0].split()[0].rstrip(',')
    if item in seen:
        bad.append('%s stands twice' % item)
    seen.add(item)
    m = re.match(r'`([^`]+)` (\w+)$', cell[2])
    if m:
        tests += 1
        path = ROOT / m.group(1)
        if not path.is_file():
            bad.append('%s: there is no %s' % (item, m.group(1)))
        elif not re.search(r'\b%s' % m.group(2), path.read_text(encoding='utf-8')):
            bad.append('%s: %s has no %s' % (item, m.group(1), m.group(2)))
    elif not re.match(r'(not tested|-).{8,}', cell[2]):
        bad.append('%s: neither a test nor a reason' % item)
print('\n'.join(bad))
print('asvs: %d rows, %d with a test, %d broken' % (rows, tests, len(bad)))
sys.exit(1 if bad or rows < 60 else 0)
