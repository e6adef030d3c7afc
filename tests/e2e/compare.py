#!/usr/bin/env python3
"""fallow compare: two small registers with expectations worked out by hand, and the demonstration's answer against
tests/golden/compare.txt (renew it with UPDATE=1, then read the difference).
Environment: FALLOW (the program), FALLOW_SOURCE_ROOT."""
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

fallow, root = os.environ['FALLOW'], Path(os.environ['FALLOW_SOURCE_ROOT'])
golden = root / 'tests/golden/compare.txt'
os.environ['FALLOW_NOW'] = '2024-03-01T12:00:00Z'

# Productivity of A: (3000 + 1000) m2 in (10 + 10) days = 200 m2 a day; of B none, for no activity has days.
# Density of A: 3000 + 1000 m2 cleared = 0.004 km2, 2 + 6 items found = 2000 a km2; of B: 7 in 0.02 km2 = 350.
A = {
    'claim.csv': '''national_id,figure_code,statement,value,low,unit,made_by,published_date,counting_rule
A-C-1,casualties.total,ten killed,10,,person,Ann,2024-01-05,killed
A-C-2,extent.share,a tenth,10,,percent,Ann,2024-01-05,
A-C-3,exposure.people,more than 500,,500,person,Ann,2024-01-05,
''',
    'accident.csv': '''national_id,date,date_known,admin1_name,class,device_class,killed,injured
A-A-1,2024-01-10,exact,North,mine,ap_mine,1,2
A-A-2,2024-01-20,exact,North,mine,ap_mine,1,0
A-A-3,2024-02-01,month,North,mine,ap_mine,1,0
''',
    'victim.csv': '''national_id,accident,victim_no,accident_date,outcome,activity
A-V-1,A-A-1,1,2024-01-10,killed,farming
A-V-2,A-A-1,2,2024-01-10,injured,farming
''',
    'activity.csv': '''national_id,type,status,end_date,cleared_area_m2,reduced_area_m2,asset_days,admin1_name
A-W-1,clearance,completed,2024-01-31,3000,0,10,North
A-W-2,clearance,completed,2024-01-31,1000,0,10,North
''',
    'ordnance.csv': '''national_id,category,placement_object,quantity,found_date,made_year,made_year_confidence,marking_text,found_by_activity,admin1_name
A-O-1,ap_mine,none,2,2024-01-15,2021,certain,PMN 21,A-W-1,North
A-O-2,ap_mine,none,6,2024-01-15,2019,certain,PMN 19,A-W-2,North
A-O-3,booby_trap,j_animals,1,2024-01-16,,,,,North
A-O-4,booby_trap,c_graves,1,2024-01-16,,,,,North
''',
}
B = {
    'claim.csv': '''national_id,figure_code,statement,value,low,unit,made_by,published_date,counting_rule
B-C-1,casualties.total,twenty harmed,20,,person,Bob,2024-01-06,killed or injured
B-C-2,extent.share,30 km2,30,,km2,Bob,2024-01-06,
''',
    'accident.csv': '''national_id,date,date_known,admin1_name,class,device_class,killed,injured
B-A-1,2024-01-11,exact,South,mine,av_mine,0,4
B-A-2,2024-01-25,exact,South,mine,av_mine,2,0
B-A-3,2024-02-01,exact,South,mine,av_mine,2,0
''',
    'activity.csv': '''national_id,type,status,end_date,cleared_area_m2,reduced_area_m2,asset_days,admin1_name
B-W-1,clearance,completed,2024-01-31,20000,0,,South
''',
    'ordnance.csv': '''national_id,category,placement_object,quantity,found_date,made_year,made_year_confidence,marking_text,found_by_activity,admin1_name
B-O-1,ap_mine,,7,2024-01-15,,,,B-W-1,South
B-O-2,booby_trap,c_graves,,2024-01-16,,,,,South
''',
}


def run(*args):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True)
    assert r.returncode == 0, '%s: status %d\n%s%s' % (args, r.returncode, r.stdout, r.stderr)
    return r.stdout


def build(tmp, name, files):
    register = tmp / (re.sub('[^A-Za-z]', '', name) + '.gpkg')
    run('init', register, '--country', 'XXA', '--name', name)
    for file in ('claim.csv', 'accident.csv', 'victim.csv', 'activity.csv', 'ordnance.csv'):
        if file in files:
            (tmp / file).write_text(files[file])
            run('import', register, file[:-4], tmp / file, '--guess', '--key', 'national_id', '--quiet')
    return register


def lines(section, key, what=None):
    return [x for x in section['lines'] if x['key'] == key and (what is None or x['what'] == what)]


def values(line):
    return [s['value'] for s in line['sides']]


with tempfile.TemporaryDirectory() as tmp:
    tmp = Path(tmp)
    os.environ['FALLOW_HOME'] = str(tmp / 'keys')
    a, b = build(tmp, 'A', A), build(tmp, 'B', B)
    answer = json.loads(run('compare', a, b, '--after', '2020-11-10', '--json'))
    q = answer['questions']
    assert [x['question'] for x in q] == [1, 2, 3, 4, 5, 6]
    assert [r['name'] for r in answer['registers']] == ['A', 'B']

    # 1: both claimed numbers, never a ratio; the reason why not
    claim = lines(q[0], 'casualties.total', 'claimed')[0]
    assert values(claim) == [10, 20] and 'neither is divided' in claim['remark'], claim
    assert [s['named'] for s in claim['sides']] == [['A-C-1'], ['B-C-1']]
    # 2 listed victims and 2 accidents without any: 1 killed each -> 4 for A; 4 + 2 + 2 = 8 for B
    assert values(lines(q[0], 'casualties.total', 'recorded')[0])[1] == 8
    share = lines(q[0], 'extent.share', 'claimed')[0]
    assert values(share) == [10, 30] and 'units differ' in share['remark'], share
    people = lines(q[0], 'exposure.people', 'claimed')[0]
    assert people['sides'][0]['low'] == 500 and people['sides'][0]['high'] is None and values(people)[1] is None
    assert values(lines(q[0], 'exposure.people', 'recorded')[0]) == [None, None]

    # 2: the 10th and 11th of January; neither 20/25 nor the accident whose day is not known
    days = [x for x in q[1]['lines'] if x['what'] == 'accidents']
    assert [x['key'] for x in days] == ['2024-01-10'] and values(days[0]) == [3, 4], days
    assert [s['named'] for s in days[0]['sides']] == [['A-A-1'], ['B-A-1']]
    # A: two farmers and one who is not listed; B: four not listed
    assert values(lines(q[1], 'Farming')[0]) == [2, None]
    assert values(lines(q[1], 'Unknown')[0]) == [1, 4]

    # 3: graves on both sides (how many at B is not stated), animals on one
    graves = [x for x in q[2]['lines'] if x['what'] == 'c_graves'][0]
    assert values(graves) == [1, 1] and graves['remark'] == 'on both sides'
    assert [s['high'] for s in graves['sides']] == [1, None]
    animals = [x for x in q[2]['lines'] if x['what'] == 'j_animals'][0]
    assert values(animals) == [1, None] and animals['remark'] == ''

    # 4: two items of 2021 at A, with their marking; at B none is proved; more may be, how many is not stated
    made = [x for x in q[3]['lines'] if x['what'] == 'laying.by_marking']
    assert len(made) == 1 and 'PMN 21' in made[0]['key'] and 'North' in made[0]['key'] and values(made[0]) == [2, None]
    south = [x for x in q[3]['lines'] if x['what'] == 'laying.items' and x['key'] == 'South'][0]['sides'][1]
    assert (south['value'], south['low'], south['high']) == (0, 0, None), south
    assert 'no date was given' in json.loads(run('compare', a, b, '--json'))['questions'][3]['note']

    # 5: nobody handed over records
    assert q[4]['lines'] and all(v is None for x in q[4]['lines'] for v in values(x)), q[4]

    # as a page: well-formed, no script, nothing fetched, foreign text escaped, every accident on the time line
    page = run('compare', a, b, '--after', '2020-11-10', '--format', 'html')
    shown = ElementTree.fromstring(re.sub(r'<(meta|col)( [^>]*)?>', r'<\1\2/>', page.removeprefix('<!doctype html>'))
                                   .replace('&ndash;', '-'))
    assert not list(shown.iter('script')) and not re.search(r'\b(src|href|on[a-z]+)=|url\(|@import', page), page
    text = ' '.join(shown.itertext())
    for word in ('A-C-1', 'B-C-1', 'A-A-1', '2024-01-10', 'neither is divided by the other'):
        assert word in text, word
    assert len(list(shown.iter('circle'))) == 6, page
    odd = build(tmp, 'x<script>alert(1)</script>&"', {})
    assert '<script' not in run('compare', odd, a, '--format', 'html')

    # 6: each side's measure is the assumption of the other
    assert values(lines(q[5], 'productivity', 'recorded')[0]) == [200, None]
    assert values(lines(q[5], 'productivity', 'assumed')[0]) == [None, 200]
    assert values(lines(q[5], 'density of finds', 'recorded')[0]) == [2000, 350]
    assert values(lines(q[5], 'density of finds', 'assumed')[0]) == [350, 2000]
    assert [s['records'] for s in lines(q[5], 'density of finds', 'recorded')[0]['sides']] == [2, 1]

    # the same whichever way round
    turned = json.loads(run('compare', b, a, '--after', '2020-11-10', '--json'))['questions']
    assert values(lines(turned[5], 'density of finds', 'recorded')[0]) == [350, 2000]
    assert values(lines(turned[1], 'Unknown')[0]) == [4, 1]

    # the demonstration
    for country, code in (('ukraine', 'UKR'), ('azerbaijan', 'AZE')):
        register = tmp / (country + '.gpkg')
        run('init', register, '--country', code, '--name', country.capitalize())
        for name in ('source', 'claim', 'claim_later', 'accident', 'victim', 'ordnance'):
            run('import', register, name.split('_')[0], root / 'demo' / country / (name + '.csv'), '--guess', '--key',
                'national_id', '--quiet')
    said = run('compare', tmp / 'ukraine.gpkg', tmp / 'azerbaijan.gpkg', '--after', '2020-11-10')
    assert said == run('compare', tmp / 'ukraine.gpkg', tmp / 'azerbaijan.gpkg', '--after', '2020-11-10')
    if os.environ.get('UPDATE'):
        golden.write_text(said)
    if said != golden.read_text():
        sys.stdout.writelines(difflib.unified_diff(golden.read_text().splitlines(True), said.splitlines(True), 'golden', 'now'))
        sys.exit('the comparison differs from tests/golden/compare.txt')
print('compare: ok')
