#!/usr/bin/env python3
"""Real files (../shared/data, not part of the project) with the mappings of tests/mappings and with guessed ones: the counts
add up to what the files are known to hold, a dry run counts the same, a second import adds nothing, the register holds.
Environment: FALLOW (the program), FALLOW_SOURCE_ROOT, FALLOW_SHARED (else beside the source)."""
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

fallow, root = os.environ['FALLOW'], Path(os.environ['FALLOW_SOURCE_ROOT'])
places = [os.environ.get('FALLOW_SHARED'), root / '../shared', root / '../../shared']
shared = next((Path(p) for p in places if p and (Path(p) / 'data').is_dir()), None)
if not shared:
    print('skipped: no shared/data beside the source')
    sys.exit(77)
data, maps = shared / 'data', root / 'tests/mappings'
KEYS = ('read', 'accepted', 'flagged', 'quarantined', 'present')
failed = 0


def run(*args, ok=(0, 3)):
    r = subprocess.run([fallow, *map(str, args)], capture_output=True, text=True)
    assert r.returncode in ok, '%s: status %d\n%s%s' % (args, r.returncode, r.stdout, r.stderr)
    return r


def imported(register, kind, path, *more):
    r = run('import', register, kind, path, '--json', '--quiet', *more)
    d = json.loads(r.stdout.strip().splitlines()[-1])
    assert d['read'] == sum(d[k] for k in KEYS[1:]), d
    assert (r.returncode == 3) == (d['quarantined'] > 0), d
    return d


def expect(name, got, **want):
    global failed
    bad = {k: (got.get(k, got['checks'].get(k)), v) for k, v in want.items() if got.get(k, got['checks'].get(k, 0)) != v}
    failed += bool(bad)
    print('%-28s %s%s' % (name, {k: got[k] for k in KEYS}, '  WRONG (got, want): %s' % bad if bad else ''))


def thrice(name, register, kind, path, *more, **want):
    """Dry run, import, import again."""
    dry = imported(register, kind, path, '--dry-run', *more)
    got = imported(register, kind, path, *more)
    expect(name, got, **want)
    expect(name + ', dry run', dry, **{k: got[k] for k in KEYS})
    expect(name + ', again', imported(register, kind, path, *more), read=got['read'], accepted=0, flagged=0, quarantined=0,
           present=got['read'])


def mapped(name):
    return '--map', maps / (name + '.sql')


with tempfile.TemporaryDirectory() as tmp:
    tmp = Path(tmp)
    os.environ.setdefault('FALLOW_HOME', str(tmp / 'home'))
    for iso3 in ('BIH', 'COL', 'UKR', 'AZE'):
        run('init', tmp / (iso3 + '.gpkg'), '--country', iso3, '--name', 'test')
    bih, col, ukr, aze = (tmp / (c + '.gpkg') for c in ('BIH', 'COL', 'UKR', 'AZE'))

    # SOURCES.md: 11,068 features, 3,094 null geometries, 467 self-crossing; three more are empty
    thrice('bih hazards', bih, 'hazard', data / 'hazards/bih_suspect_areas.geojson.gz', *mapped('bih_hazards'),
           read=11068, quarantined=3097, invalid_outline=467, present=0)
    victims = data / 'victims/col_victimas_map_muse_1990_2021.csv.gz'
    thrice('col victims', col, 'victim', victims, *mapped('col_victims'), read=12062, quarantined=0, present=0)
    events = list(csv.DictReader(gzip.open(data / 'hazards/col_eventos_map_muse_1990_2019.csv.gz', 'rt', encoding='utf-8-sig')))
    others = sum(not r['tipo_evento'].startswith('Accidente') for r in events)
    thrice('col events', col, 'accident', data / 'hazards/col_eventos_map_muse_1990_2019.csv.gz', *mapped('col_events'),
           read=36527, left_out_by_mapping=others)
    thrice('col clearance', col, 'activity', data / 'hazards/col_desminado_humanitario_2005_2014.csv', *mapped('col_clearance'),
           read=333, quarantined=0)
    for register, name, file, rows in ((ukr, 'place_ua_adm1', 'ua_adm1_osm2020', 27), (aze, 'place_az_adm1', 'az_adm1_osm2020', 74),
                                       (bih, 'place_ba_adm1', 'ba_adm1_osm2020', 13), (col, 'place_co_adm1', 'co_adm1_osm2020', 33),
                                       (ukr, 'place_ua_adm2', 'ua_adm2_raion', 147),
                                       (bih, 'place_bih_municipalities', 'bih_municipalities_geoboundaries', 142)):
        thrice(name, register, 'place', data / 'admin' / (file + '.geojson.gz'), *mapped(name), read=rows, quarantined=0)
    for register in (bih, col, ukr, aze):
        run('check', register, ok=(0,))

    # guessed mappings, in registers of their own
    for iso3, kind, path, want in (
            ('BIH', 'hazard', 'hazards/bih_suspect_areas.geojson.gz', {'read': 11068, 'quarantined': 3097, 'invalid_outline': 467}),
            ('COL', 'victim', 'victims/col_victimas_map_muse_1990_2021.csv.gz', {'read': 12062, 'quarantined': 0, 'bad_value': 0}),
            ('COL', 'accident', 'hazards/col_eventos_map_muse_1990_2019.csv.gz',
             {'read': 36527, 'quarantined': 1, 'repeated_row': 4927}),
            ('COL', 'activity', 'hazards/col_desminado_humanitario_2005_2014.csv', {'read': 333, 'quarantined': 0}),
            ('UKR', 'place', 'admin/ua_adm2_raion.geojson.gz', {'read': 147, 'quarantined': 0}),
            ('BIH', 'place', 'admin/bih_municipalities_geoboundaries.geojson.gz', {'read': 142, 'accepted': 142})):
        register = tmp / ('guess_%s_%s.gpkg' % (iso3, Path(path).name.split('.')[0]))
        run('init', register, '--country', iso3, '--name', 'test')
        thrice('guess ' + Path(path).name[:20], register, kind, data / path, '--guess', **want)
sys.exit(1 if failed else 0)
