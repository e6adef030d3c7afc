#!/usr/bin/env python3
"""`fallow check` sees whatever another program changed in a register. A register is opened with plain SQLite, the guards
are taken away, one thing is changed, the guards are put back as they were. Every table and every column of the file is
walked, as its schema lists them: a table without a rule here makes the test fail. The check must end with 4 (or with 5
where it cannot tell, or not open the file, where a rule says so) and name the thing. Environment: FALLOW."""
import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

FALLOW = os.environ.get('FALLOW') or str(Path(__file__).resolve().parents[2] / 'build' / 'fallow')
work = Path(tempfile.mkdtemp(prefix='fallow_tamper_'))
env = dict(os.environ, FALLOW_HOME=str(work / 'home'), FALLOW_AUTHOR='Tester')
register, kept = work / 'r.gpkg', work / 'kept.gpkg'
passed = failed = 0

# What need not be seen, and why.
EXCEPT = {
    ('gpkg_contents', 'last_change'): 'when a layer was written last: other programs ask it to read again; nothing is computed from it',
    ('gpkg_metadata_reference', 'timestamp'): 'when the remark for other programs was written',
    ('layer_styles', 'id'): 'a running number',
    ('layer_styles', 'update_time'): 'when a style was written',
    ('sqlite_sequence', '*'): 'the next running number of layer_styles',
    ('figure_cache', 'delete'): 'an answer that is not kept is computed again',
}
# Words of the sentence that must name the table, where it is not the table's own name; {column} is replaced.
NAMES = {
    'revision': 'revision', 'submission': 'submission', 'erased': 'erased', 'checkpoint': 'checkpoint', 'form_version': 'form',
    'kind': 'form', 'sqlite_sequence': 'sqlite_sequence', 'gpkg_contents': 'gpkg_contents', 'fallow_meta': 'fallow_meta',
    'original': 'original',
}
# Files that do not open any more, or of which only their owner can tell: accepted codes and the word that is said.
SPECIAL = {
    ('fallow_meta', 'value', 'uuid'): ((1,), 'no register'),
    ('fallow_meta', 'value', 'origin'): ((4,), 'log key'),
    ('fallow_meta', 'value', 'schema'): ((1,), 'schema'),
    ('fallow_meta', 'key', 'uuid'): ((1,), 'no register'),
    ('fallow_meta', 'key', 'origin'): ((1,), 'no register'),
    ('fallow_meta', 'key', 'schema'): ((1,), 'no register'),
    ('fallow_meta', 'delete', 'uuid'): ((1,), 'no register'),
    ('fallow_meta', 'delete', 'origin'): ((1,), 'no register'),
    ('fallow_meta', 'delete', 'schema'): ((1,), 'no register'),
}


def ok(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print('FAILED:', what, flush=True)


def run(*args, expect=(0,), **more):
    r = subprocess.run([FALLOW, *map(str, args)], env=dict(env, **more), capture_output=True, text=True, cwd=work)
    ok(r.returncode in expect, '%s gave %d: %s' % (' '.join(map(str, args)), r.returncode, r.stderr.strip()))
    return r.stdout


def build():
    """A register with something of everything."""
    run('generate', register, '--hazards', 25, '--quiet')
    (work / 'a.csv').write_text(
        'national_id,lon,lat,given_datum,class,status,valid_from\n'
        'A1,-125.1,-45,WGS 84,sha,open,2020-01-01\nA2,-125.2,-45,WGS 84,sha,open,2020-01-01\n'
        'A3,,,WGS 84,sha,open,2020-01-01\nQ1,-125.3,-45,,sha,open,2020-01-01\nQ2,-125.4,-45,,sha,open,2020-01-01\n'
        'Q3,-125.5,-45,,sha,open,2020-01-01\n')
    run('import', register, 'hazard', 'a.csv', '--key', 'national_id', '--quiet', expect=(0, 3))
    (work / 'b.csv').write_text('national_id,lon,lat,given_datum,class,status,valid_from\nA1,-125.1,-45,WGS 84,cha,open,2021-01-01\n')
    run('import', register, 'hazard', 'b.csv', '--key', 'national_id', '--quiet')
    ok(db_rows('SELECT count(*) FROM quarantine')[0][0] >= 3, 'rows wait in quarantine')
    run('quarantine', register, 'dismiss', '2', '--reason', 'a double', expect=(0, 3))
    ids = db_rows('SELECT record_id FROM hazard ORDER BY fid DESC LIMIT 3')
    run('approve', register, ids[0][0], '--by', 'A')
    run('return', register, ids[1][0], '--by', 'A', '--reason', 'not there')
    # a form that gains a field and drops another
    survey, choices = run('form', 'show', 'education', '--in', register, '--csv').split('#choices\n')
    s, c = list(csv.DictReader(io.StringIO(survey))), list(csv.DictReader(io.StringIO(choices)))
    for r in s:
        if r['type'] == 'settings_version':
            r['name'] = '2'
    s.append({'type': 'text', 'name': 'drainage', 'label::English (en)': 'Drainage', 'access': 'partner'})
    out = io.StringIO()
    for table in (s, c):
        w = csv.DictWriter(out, list(table[0]), restval='', lineterminator='\n')
        w.writeheader()
        w.writerows(table)
        if table is s:
            out.write('#choices\n')
    (work / 'next.csv').write_text(out.getvalue(), encoding='utf-8')
    run('form', 'update', register, 'next.csv')
    run('figures', register, '--figure', 'finds')
    run('add', register, 'event', '--set', 'type=viewed', '--set', 'valid_from=2024-01-01', expect=(0, 1))
    run('check', register)


def build_notes():
    """Notes that an import makes of what it compared are the program's own."""
    square = [[[-125, -45], [-124.99, -45], [-124.99, -44.99], [-125, -44.99], [-125, -45]]]
    (work / 'o.geojson').write_text(json.dumps({'type': 'FeatureCollection', 'features': [
        {'type': 'Feature', 'geometry': {'type': 'Polygon', 'coordinates': square},
         'properties': {'national_id': n, 'class': 'sha', 'status': 'open', 'valid_from': '2024-01-01'}} for n in 'AB']}))
    run('init', 'o.gpkg', '--country', 'XXA', '--name', 'O')
    run('import', 'o.gpkg', 'hazard', 'o.geojson', '--guess', '--quiet')
    with sqlite3.connect(work / 'o.gpkg') as db:
        ok(db.execute('SELECT count(*) FROM note').fetchone()[0] == 1, 'the overlap is noted')
    run('check', 'o.gpkg')


def db_rows(sql, *args):
    with sqlite3.connect(register) as db:
        return db.execute(sql, args).fetchall()


def quoted(name):
    return '"%s"' % name.replace('"', '""')


class Opened:
    """The register without its guards; they come back as they were."""

    def __enter__(self):
        for tail in ('', '-wal', '-shm'):
            (work / ('r.gpkg' + tail)).unlink(missing_ok=True)
        shutil.copy(kept, register)
        self.db = sqlite3.connect(register, isolation_level=None)
        self.db.execute('PRAGMA foreign_keys = OFF')
        self.db.execute('PRAGMA ignore_check_constraints = ON')
        self.triggers = self.db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid").fetchall()
        for name, _ in self.triggers:
            self.db.execute('DROP TRIGGER ' + quoted(name))
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            for _, sql in self.triggers:
                self.db.execute(sql)
            self.db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        self.db.close()


def seen(what, words, codes=(4,)):
    r = subprocess.run([FALLOW, 'check', str(register)], env=env, capture_output=True, text=True, cwd=work)
    said = r.stderr
    for word in [words] if isinstance(words, str) else words:
        ok(r.returncode in codes and word in said, '%s: not seen as "%s": status %d, %s' %
           (what, word, r.returncode, said.strip()[:300] or '(nothing said)'))


def other(value):
    """Another value of the same type."""
    if value is None:
        return 1
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b'x'
    return value + 'x'


def key_of(db, table):
    """Columns that tell a row."""
    keys = [r[1] for r in sorted(db.execute('PRAGMA table_info(%s)' % quoted(table)), key=lambda r: r[5]) if r[5]]
    return keys or ['rowid']


def first_row(db, table, order='ASC'):
    keys = key_of(db, table)
    return keys, db.execute('SELECT %s FROM %s ORDER BY %s LIMIT 1' % (
        ', '.join(map(quoted, keys)), quoted(table), ', '.join('%s %s' % (quoted(k), order) for k in keys))).fetchone()


def where(keys):
    return ' AND '.join('%s IS ?' % quoted(k) for k in keys)


def special(table, column, row, name):
    if table in ('form_version', 'kind') and column in ('survey', 'choices', 'id', 'name'):
        return (1, 4), 'form'  # what is no form does not open
    return SPECIAL.get((table, column, row[0]), ((4,), name))


def tamper_table(table):
    """Each column of a row changed, rows deleted, a row added."""
    with sqlite3.connect(kept) as db:
        columns = [r[1] for r in db.execute('PRAGMA table_info(%s)' % quoted(table))]
        keys = key_of(db, table)
        rows = db.execute('SELECT %s FROM %s' % (', '.join(map(quoted, keys)), quoted(table))).fetchall()
        if table not in ('fallow_meta',):
            rows = rows[:1]
    name = NAMES.get(table, table)
    for row in rows:
        for column in columns:
            if (table, column) in EXCEPT:
                continue
            with Opened() as o:
                value = o.db.execute('SELECT %s FROM %s WHERE %s' % (quoted(column), quoted(table), where(keys)), row).fetchone()[0]
                o.db.execute('UPDATE OR REPLACE %s SET %s = ? WHERE %s' % (quoted(table), quoted(column), where(keys)), (other(value), *row))
            codes, word = special(table, column, row, name)
            seen('%s.%s of %s' % (table, column, row), word, codes)
        if (table, 'delete') in EXCEPT:
            continue
        with Opened() as o:
            o.db.execute('DELETE FROM %s WHERE %s' % (quoted(table), where(keys)), row)
        codes, word = special(table, 'delete', row, name)
        seen('a row of %s deleted %s' % (table, row), word, codes)
    with Opened() as o:  # one row more: a copy of one that is there, or an invented one
        info = o.db.execute('PRAGMA table_info(%s)' % quoted(table)).fetchall()
        like = o.db.execute('SELECT * FROM %s LIMIT 1' % quoted(table)).fetchone()
        values = [other(v) if r[5] or not like else v for r, v in zip(info, like or [None] * len(info))]
        if not like:
            values = [b'x' * 32 if r[2] == 'BLOB' else 'x' if r[2] == 'TEXT' else 1 for r in info]
        if table == 'gpkg_contents':
            values = ['x', 'attributes', 'x', '', '2020-01-01T00:00:00Z', None, None, None, None, None]
        while True:
            try:
                o.db.execute('INSERT INTO %s VALUES (%s)' % (quoted(table), ','.join('?' * len(values))), values)
                break
            except sqlite3.IntegrityError:
                values = [v + 7 if isinstance(v, int) and r[5] else other(v) if r[5] or r[2] != 'INTEGER' else v for r, v in zip(info, values)]
    seen('a row added to %s' % table, name)


def tamper_layer(table, spatial):
    """All columns of one row at once: each must be named."""
    with sqlite3.connect(kept) as db:
        columns = [r[1] for r in db.execute('PRAGMA table_info(%s)' % quoted(table))]
        row = db.execute('SELECT * FROM %s ORDER BY fid LIMIT 1' % quoted(table)).fetchone()
    if row:
        with Opened() as o:
            for column, value in zip(columns[1:], row[1:]):
                o.db.execute('UPDATE %s SET %s = ? WHERE fid = ?' % (quoted(table), quoted(column)), (other(value), row[0]))
        r = subprocess.run([FALLOW, 'check', str(register)], env=env, capture_output=True, text=True, cwd=work)
        line = next((l for l in r.stderr.splitlines() if 'row %d of the layer %s' % (row[0], table) in l), '')
        said = line.split(': ')[-1].split(', ')
        ok(r.returncode == 4 and set(said) == set(columns[1:]), 'layer %s: not seen: %s' % (table, [c for c in columns[1:] if c not in said]))
        with Opened() as o:
            o.db.execute('UPDATE %s SET fid = 900000 WHERE fid = ?' % quoted(table), (row[0],))
        seen('the number of a row of %s' % table, ['record %d is missing in the layer %s' % (row[0], table), 'rows that no record'])
        with Opened() as o:
            o.db.execute('DELETE FROM %s WHERE fid = ?' % quoted(table), (row[0],))
        seen('a row of %s deleted' % table, 'record %d is missing in the layer %s' % (row[0], table))
    with Opened() as o:
        info = o.db.execute('PRAGMA table_info(%s)' % quoted(table)).fetchall()
        o.db.execute('INSERT INTO %s VALUES (%s)' % (quoted(table), ','.join('?' * len(info))),
                     [900000] + [row[i] if row else (1 if r[3] else None) for i, r in enumerate(info)][1:])
    seen('a row added to %s' % table, 'the layer %s has 1 rows' % table)


def tamper_index(table):
    """The spatial index of a layer, through its virtual table and through what lies below."""
    index = 'rtree_%s_geometry' % table
    with sqlite3.connect(kept) as db:
        row = db.execute('SELECT id FROM %s LIMIT 1' % quoted(index)).fetchone()
        below = {t: db.execute('SELECT * FROM %s ORDER BY 1' % quoted(index + t)).fetchall() for t in ('_node', '_rowid', '_parent')}
    name = 'spatial index of %s' % table
    if row and table in ('hazard', 'activity'):  # the columns of two; the rows of all
        for column, change in (('minx', '- 0.01'), ('maxx', '+ 0.01'), ('miny', '- 0.01'), ('maxy', '+ 0.01'), ('minx', '+ 1, maxx = maxx + 1'), ('id', '+ 900000')):
            with Opened() as o:
                o.db.execute('UPDATE %s SET %s = %s %s WHERE id = ?' % (quoted(index), column, column, change), row)
            seen('%s.%s' % (index, column), name)
        with Opened() as o:
            o.db.execute('DELETE FROM %s WHERE id = ?' % quoted(index), row)
        seen('a row of %s deleted' % index, name)
    with Opened() as o:
        o.db.execute('INSERT INTO %s VALUES (900000, 1, 2, 1, 2)' % quoted(index))
    seen('a row added to %s' % index, name)
    for tail, rows in below.items():
        full = index + tail
        with Opened() as o:
            columns = [r[1] for r in o.db.execute('PRAGMA table_info(%s)' % quoted(full))]
        for column in columns if rows and row and table in ('hazard', 'activity') else []:
            with Opened() as o:
                value = rows[0][columns.index(column)]
                if isinstance(value, bytes):  # the first cell; what lies behind the last one says nothing
                    value = value[:8] + bytes([value[8] ^ 1]) + value[9:]
                else:
                    value = other(value)
                o.db.execute('UPDATE OR REPLACE %s SET %s = ? WHERE %s IS ?' % (quoted(full), quoted(column), quoted(columns[0])), (value, rows[0][0]))
            seen('%s.%s' % (full, column), 'spatial index')
        if rows:
            with Opened() as o:
                o.db.execute('DELETE FROM %s WHERE %s IS ?' % (quoted(full), quoted(columns[0])), (rows[0][0],))
            seen('a row of %s deleted' % full, 'spatial index')
        with Opened() as o:
            values = [900000] + ([rows[0][1]] if rows else [1]) + (list(rows[0][2:]) if rows else [None] * (len(columns) - 2))
            o.db.execute('INSERT INTO %s VALUES (%s)' % (quoted(full), ','.join('?' * len(values))), values)
        seen('a row added to %s' % full, 'spatial index')


def tamper_schema():
    with sqlite3.connect(kept) as db:
        things = db.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('trigger', 'index')").fetchall()
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%CHECK%'")]
    with Opened() as o:  # all of them at once: each must be named
        for type_, name, sql in things:
            if type_ == 'index':
                o.db.execute('DROP INDEX ' + quoted(name))
        o.triggers = []
    seen('triggers and indexes dropped', ['%s %s is missing' % (t, n) for t, n, _ in things])
    with Opened() as o:
        o.triggers.pop(0)
    seen('one trigger dropped', 'trigger %s is missing' % things[[t for t, _, _ in things].index('trigger')][1])
    with Opened() as o:  # they are there and refuse nothing
        o.triggers = [(n, s.replace('WHEN', 'WHEN 0 AND', 1) if ' WHEN ' in s else s.replace('BEGIN', 'WHEN 0 BEGIN', 1)) for n, s in o.triggers]
    seen('triggers blunted', ['sql of trigger %s' % n for t, n, _ in things if t == 'trigger'])
    for sql, word in (('CREATE VIEW v AS SELECT 1', 'view v'), ('CREATE TABLE t (x)', 'table t'), ('CREATE INDEX i ON hazard (status)', 'index i'),
                      ('CREATE TRIGGER w AFTER INSERT ON hazard BEGIN DELETE FROM place; END', 'trigger w'),
                      ('ALTER TABLE hazard ADD COLUMN safe TEXT', 'table hazard'), ('ALTER TABLE submission ADD COLUMN x', 'table submission'),
                      ('ANALYZE', 'sqlite_stat1'), ('PRAGMA user_version = 5', 'user_version')):
        with Opened() as o:
            o.db.execute(sql)
        seen(sql, word)
    with Opened() as o:
        o.db.execute('PRAGMA writable_schema = ON')
        o.db.execute("UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (', 'CHECK (1 OR ') WHERE type = 'table'")
        o.db.execute('PRAGMA writable_schema = RESET')
    seen('constraints', ['sql of table %s' % t for t in tables])


def main():
    build()
    build_notes()
    with sqlite3.connect(register) as db:
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        kinds = [r[0] for r in db.execute('SELECT name FROM kind')]
    db.close()
    shutil.copy(register, kept)
    only = sys.argv[1:]
    for table in tables:
        if only and table not in only or (table, '*') in EXCEPT:
            continue
        if table in kinds:
            tamper_layer(table, 'rtree_%s_geometry' % table in tables)
        elif table.startswith('rtree_'):
            if table.endswith('_geometry'):
                tamper_index(table[6:-9])
        elif table in TABLES:
            tamper_table(table)
        else:
            ok(False, 'the table %s has no rule here: say how the check sees a change of it' % table)
    if not only or 'schema' in only:
        tamper_schema()
    print('%d passed, %d failed' % (passed, failed))


TABLES = set('''gpkg_spatial_ref_sys gpkg_contents gpkg_geometry_columns gpkg_extensions gpkg_metadata gpkg_metadata_reference layer_styles
fallow_guard fallow_meta submission revision erased kind form_version log_hash checkpoint author original quarantine quarantine_end
ruling ruling_submission layer_state row_key note figure_cache'''.split())
try:
    main()
finally:
    shutil.rmtree(work)
sys.exit(1 if failed else 0)
