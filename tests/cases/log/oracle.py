#!/usr/bin/env python3
"""A second implementation of docs/FORMATS.md (statements, disclosures, manifests, leaves, record paths), written from
that page alone and sharing no code with src/. It writes the cases beside it: `oracle.py` prints a difference and exits 1
if the files are not what it computes, `oracle.py --write` renews them. Standard library only."""
import base64
import hashlib
import json
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def sha256(b):
    return hashlib.sha256(b).digest()


def b64(b):
    return base64.b64encode(b).decode()


def b64url(b):
    return base64.urlsafe_b64encode(b).rstrip(b'=').decode()


def text(v):
    """RFC 8785 for values without numbers that are not integers, names in ASCII."""
    return json.dumps(v, ensure_ascii=False, separators=(',', ':'), sort_keys=True)


# ChaCha20, RFC 8439 section 2.3
def chacha20_block(key, counter, nonce):
    def rotl(x, n):
        return (x << n & 0xffffffff) | x >> (32 - n)

    state = list(struct.unpack('<4I', b'expand 32-byte k') + struct.unpack('<8I', key) + (counter,) + struct.unpack('<3I', nonce))
    w = state[:]
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                w[x] = (w[x] + w[y]) & 0xffffffff
                w[z] = rotl(w[z] ^ w[x], n)
    return struct.pack('<16I', *((x + y) & 0xffffffff for x, y in zip(w, state)))


assert chacha20_block(bytes(range(32)), 1, bytes.fromhex('000000090000004a00000000')).hex().startswith('10f1e7e4d13b5915')


def salt(key, i):
    return chacha20_block(key, i // 4, b'fallow/salt1')[16 * (i % 4):16 * (i % 4) + 16]


# Ed25519, RFC 8032 section 6 (slow, enough here)
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_mul(s, p):
    q = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = point_add(q, p)
        p = point_add(p, p)
        s >>= 1
    return q


def recover_x(y):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return x if x % 2 == 0 else P - x


GY = 4 * pow(5, P - 2, P) % P
GX = recover_x(GY)
G = (GX, GY, 1, GX * GY % P)


def compress(p):
    z = pow(p[2], P - 2, P)
    return (p[1] * z % P | (p[0] * z % P & 1) << 255).to_bytes(32, 'little')


def ed25519_public(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], 'little') & (1 << 254) - 8 | 1 << 254
    return a, h[32:], compress(point_mul(a, G))


def ed25519_sign(seed, message):
    a, prefix, public = ed25519_public(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), 'little') % L
    big_r = compress(point_mul(r, G))
    h = int.from_bytes(hashlib.sha512(big_r + public + message).digest(), 'little') % L
    return big_r + ((r + h * a) % L).to_bytes(32, 'little')


assert ed25519_public(bytes.fromhex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))[2].hex() == \
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'


# RFC 6962
def leaf_hash(entry):
    return sha256(b'\0' + entry)


def root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return sha256(b'\1' + root(hashes[:k]) + root(hashes[k:]))


def path(i, hashes):
    if len(hashes) == 1:
        return []
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return path(i, hashes[:k]) + [root(hashes[k:])] if i < k else path(i - k, hashes[k:]) + [root(hashes[:k])]


def disclosure(salt_bytes, name, value_text):
    return b64url(('["%s",%s,%s]' % (b64url(salt_bytes), text(name), value_text)).encode())


def digest(disclosed):
    return b64url(sha256(disclosed.encode()))


def statement(kind, ident, form, parents, fields, key):
    names = sorted(fields, key=lambda f: f[0].encode())
    found = [disclosure(salt(key, i), n, v) for i, (n, v) in enumerate(names)]
    body = text({'_sd': sorted(digest(d) for d in found), '_sd_alg': 'sha-256', 'form': form, 'id': ident, 'kind': kind,
                 'parents': sorted(b64url(p) for p in parents)})
    return names, found, body


def salts_cases():
    for key in (bytes(32), bytes(range(32)), sha256(b'revision key')):
        yield {'key': key.hex(), 'salts': [salt(key, i).hex() for i in range(23)]}


def disclosure_cases():
    key = sha256(b'disclosures')
    values = [('status', '"open"'), ('killed', '3'), ('class', 'null'), ('flag', 'true'), ('name', '"Гора \\"X\\"\\n"'),
              ('empty', '""'), ('list', '[{"age":12,"sex":"f"},{}]'), ('geometry', '{"coordinates":[48.5,39.25],"type":"Point"}'),
              ('a"b\\c\u0001й', '"odd name"'), ('long', '"%s"' % ('x' * 700))]
    for i, (name, value) in enumerate(values):
        d = disclosure(salt(key, i), name, value)
        other = disclosure(salt(key, i + 1), name, value)  # the failing twin: another salt, another digest
        yield {'salt': salt(key, i).hex(), 'name': name, 'value': value, 'disclosure': d, 'digest': digest(d),
               'twin': other}


def refused_disclosures():
    def enc(s):
        return b64url(s.encode())

    good = 'AAAAAAAAAAAAAAAAAAAAAA'
    yield {'why': 'two elements', 'disclosure': enc('["%s","a"]' % good)}
    yield {'why': 'four elements', 'disclosure': enc('["%s","a",1,2]' % good)}
    yield {'why': 'not an array', 'disclosure': enc('{"%s":"a"}' % good)}
    yield {'why': 'name is a number', 'disclosure': enc('["%s",1,2]' % good)}
    yield {'why': 'name is empty', 'disclosure': enc('["%s","",2]' % good)}
    yield {'why': 'name holds U+0000', 'disclosure': enc('["%s","a\\u0000",2]' % good)}
    yield {'why': 'name of 256 bytes', 'disclosure': enc('["%s","%s",2]' % (good, 'n' * 256))}
    yield {'why': 'salt of 15 bytes', 'disclosure': enc('["AAAAAAAAAAAAAAAAAAAA","a",2]')}
    yield {'why': 'salt of 17 bytes', 'disclosure': enc('["AAAAAAAAAAAAAAAAAAAAAAA","a",2]')}
    yield {'why': 'salt is a number', 'disclosure': enc('[1,"a",2]')}
    yield {'why': 'salt with stray bits', 'disclosure': enc('["AAAAAAAAAAAAAAAAAAAAAB","a",2]')}
    yield {'why': 'rest behind the array', 'disclosure': enc('["%s","a",2]x' % good)}
    yield {'why': 'broken JSON', 'disclosure': enc('["%s","a",]' % good)}
    yield {'why': 'one name twice inside', 'disclosure': enc('["%s","a",{"b":1,"b":2}]' % good)}
    yield {'why': 'padding', 'disclosure': base64.urlsafe_b64encode(b'["%s","a",2]' % good.encode()).decode()}
    yield {'why': 'standard alphabet', 'disclosure': enc('["%s","a","\u07ff\u07ff\u07ff>>???"]' % good).replace('-', '+').replace('_', '/')}
    yield {'why': 'not UTF-8', 'disclosure': b64url(b'["' + good.encode() + b'","a","\xff"]')}
    yield {'why': 'empty', 'disclosure': ''}


def statement_cases():
    ident = '0190d9b2-7c00-7000-8000-00000000000'
    p = [leaf_hash(b'parent %d' % i) for i in range(3)]
    many = [('f%03d' % i, '%d' % i) for i in range(100)]
    cases = [
        ('no fields', 'hazard', 'hazard@1', [], []),
        ('one field', 'hazard', 'hazard@1', [], [('status', '"open"')]),
        ('usual', 'hazard', 'hazard@3', p[:1], [('valid_from', '"2026-05-04"'), ('class', '"cha"'), ('status', '"open"'),
                                                 ('area_m2', '1234.5'), ('name', '"Yalnız dağ"'),
                                                 ('geometry', '{"coordinates":[[[0,0],[0,1],[1,1],[0,0]]],"type":"Polygon"}')]),
        ('three parents, given unsorted', 'accident', 'accident@12', p, [('killed', '0'), ('injured', '2')]),
        ('a hundred fields', 'minefield_record', 'minefield_record@1', [], many),
        ('bytewise names', 'place', 'place@1', [], [('a', '1'), ('a_b', '2'), ('aB', '3'), ('ab', '4'), ('z', '5'), ('é', '6')]),
    ]
    for n, (what, kind, form, parents, fields) in enumerate(cases):
        key = sha256(b'statement %d' % n)
        names, found, body = statement(kind, ident + '%d' % n, form, parents, fields, key)
        yield {'what': what, 'kind': kind, 'id': ident + '%d' % n, 'form': form, 'parents': [x.hex() for x in parents],
               'key': key.hex(), 'fields': [list(f) for f in names], 'disclosures': found, 'bytes': body,
               'leaf': leaf_hash(body.encode()).hex()}


def refused_statements():
    a, b = sorted([b64url(sha256(b'a')), b64url(sha256(b'b'))])
    ident = '0190d9b2-7c00-7000-8000-000000000001'

    def body(**change):
        v = {'_sd': [a, b], '_sd_alg': 'sha-256', 'form': 'hazard@1', 'id': ident, 'kind': 'hazard', 'parents': [a]}
        v.update(change)
        return text({k: x for k, x in v.items() if x is not None})

    yield {'why': None, 'bytes': body()}  # the good one of which these are twins
    yield {'why': 'digests unsorted', 'bytes': body(_sd=[b, a])}
    yield {'why': 'digest twice', 'bytes': body(_sd=[a, a])}
    yield {'why': 'digest too short', 'bytes': body(_sd=[a[:42]])}
    yield {'why': 'digest with stray bits', 'bytes': body(_sd=[a[:42] + chr(ord(a[42]) + 1)])}
    yield {'why': 'parents unsorted', 'bytes': body(parents=[b, a])}
    yield {'why': 'another algorithm', 'bytes': body(_sd_alg='sha-512')}
    yield {'why': 'a seventh member', 'bytes': body(more='x')}
    yield {'why': 'no parents', 'bytes': body(parents=None)}
    yield {'why': 'form without version', 'bytes': body(form='hazard')}
    yield {'why': 'form version 0', 'bytes': body(form='hazard@0')}
    yield {'why': 'form version 01', 'bytes': body(form='hazard@01')}
    yield {'why': 'kind in capitals', 'bytes': body(kind='Hazard')}
    yield {'why': 'kind is a number', 'bytes': body(kind=1)}
    yield {'why': 'kind holds U+0000', 'bytes': body(kind='hazard\0')}
    yield {'why': 'id in capitals', 'bytes': body(id=ident.upper())}
    yield {'why': 'id too short', 'bytes': body(id=ident[:35])}
    yield {'why': 'a space', 'bytes': body().replace(',"id"', ', "id"')}
    yield {'why': 'members in another order', 'bytes': body().replace('"kind":"hazard","parents":["%s"]' % a, '"parents":["%s"],"kind":"hazard"' % a)}
    yield {'why': 'an escape that is not needed', 'bytes': body().replace('"hazard"', '"\\u0068azard"')}
    yield {'why': 'a line feed at the end', 'bytes': body() + '\n'}
    yield {'why': 'cut', 'bytes': body()[:-1]}
    yield {'why': 'an array', 'bytes': '[]'}


def kept_rows(rows):
    """Rows that are no leaves (FORMATS.md, "Kept rows"): SHA-256 over the sorted hashes of their lines."""
    return b64url(sha256(b''.join(sorted(sha256(text(row).encode()) for row in rows))))


def manifest_cases():
    rows = [['quarantine', 1, 3, 5, '0190d9b2a3c47e5f8a1b2c3d4e5f6071', 2, '00' * 31 + 'ff', 'unknown_datum',
             'the datum is not "known"\n', '{"a":"é"}', None, 'Oreva'],
            ['quarantine', 2, 3, 5, '0190d9b2a3c47e5f8a1b2c3d4e5f6071', 3, '01' * 32, 'x', 'y', '{}', '{}', None]]
    received = [['submission', 0, 1767225600000000]]
    for n, (count, at, name, remark, run, before, kept) in enumerate((
            (1, '2026-05-04T09:12:44Z', 'A. Survey', '', None, None, None),
            (3, '1970-01-01T00:00:00Z', '', 'second edition of the file, "as received"', None, None, None),
            (5, '9999-12-31T23:59:59Z', 'Ümid Əliyev', 'Огляд\nдва рядки', '0190d9b2-7c00-7000-8000-0000000000ff', None, None),
            (50000, '2026-05-04T09:12:44Z', 'bulk', 'import', 'run-1', None, None),
            (1, '2026-01-01T00:00:00Z', 'A. Survey', 'two rows wait', None, {'submission': kept_rows(received)},
             {'quarantine': kept_rows(rows), 'submission': kept_rows(received)}))):
        seed = sha256(b'author %d' % n)
        public = ed25519_public(seed)[2]
        log_public = ed25519_public(sha256(b'log %d' % n))[2]
        origin = 'sigsum.org/v1/tree/' + sha256(log_public).hex()
        hashes = [leaf_hash(b'statement %d' % i) for i in range(count)]
        key = sha256(b'remark %d' % n)
        value = {'author': name, 'remark': remark}
        if run is not None:
            value['run'] = run
        if kept is not None:
            value['before'], value['kept'] = before, kept
        d = disclosure(salt(key, 0), 'remark', text(value))
        body = text({'author': sha256(public).hex(), 'origin': origin, 'remark': digest(d), 'root': b64url(root(hashes)),
                     'statements': count, 'time': at, 'type': 'fallow-submission/v1'})
        checksum = sha256(sha256(body.encode()))
        sig = ed25519_sign(seed, b'sigsum.org/v1/tree-leaf\0' + checksum)
        leaf = checksum + sig + sha256(public)
        yield {'author_seed': seed.hex(), 'author_key': public.hex(), 'origin': origin, 'time': at, 'statements': count,
               'root': root(hashes).hex(), 'remark_key': key.hex(), 'author_name': name, 'remark': remark, 'run': run,
               'before': before and text(before), 'kept': kept and text(kept), 'remark_disclosure': d, 'bytes': body, 'leaf': leaf.hex(), 'leaf_hash': leaf_hash(leaf).hex()}


def refused_manifests():
    good = next(manifest_cases())['bytes']

    def change(a, b):
        assert a in good
        return good.replace(a, b, 1)

    yield {'why': None, 'error': None, 'bytes': good}
    yield {'why': 'another type', 'error': 'unsupported', 'bytes': change('/v1"}', '/v2"}')}
    yield {'why': 'a line feed at the end', 'error': 'invalid', 'bytes': good + '\n'}
    yield {'why': 'a space', 'error': 'invalid', 'bytes': change(',"root"', ', "root"')}
    yield {'why': 'no statement', 'error': 'invalid', 'bytes': change('"statements":1,', '"statements":0,')}
    yield {'why': 'one statement too many', 'error': 'invalid', 'bytes': change('"statements":1,', '"statements":50001,')}
    yield {'why': 'a leading zero', 'error': 'invalid', 'bytes': change('"statements":1,', '"statements":01,')}
    yield {'why': 'statements as text', 'error': 'invalid', 'bytes': change('"statements":1,', '"statements":"1",')}
    yield {'why': 'a date that is none', 'error': 'invalid', 'bytes': change('2026-05-04', '2026-02-29')}
    yield {'why': 'a leap second', 'error': 'invalid', 'bytes': change('09:12:44Z', '09:12:60Z')}
    yield {'why': 'an offset', 'error': 'invalid', 'bytes': change('09:12:44Z', '09:12:44+00:00')}
    yield {'why': 'a fraction', 'error': 'invalid', 'bytes': change('09:12:44Z', '09:12:44.0Z')}
    yield {'why': 'before 1970', 'error': 'invalid', 'bytes': change('2026-05-04', '1969-05-04')}
    yield {'why': 'another origin', 'error': 'invalid', 'bytes': change('sigsum.org/v1', 'sigsum.org/v2')}
    author = json.loads(good)['author']
    yield {'why': 'hex in capitals', 'error': 'invalid', 'bytes': change(author, author.upper())}
    yield {'why': 'hash cut', 'error': 'invalid', 'bytes': change(author, author[:62])}
    the_root = json.loads(good)['root']
    yield {'why': 'stray bits in the root', 'error': 'invalid', 'bytes': change(the_root, the_root[:42] + chr(ord(the_root[42]) + 1))}
    yield {'why': 'one more member', 'error': 'invalid', 'bytes': change('{"author"', '{"aa":1,"author"')}
    yield {'why': 'empty', 'error': 'invalid', 'bytes': ''}
    yield {'why': 'longer than the limit', 'error': 'limit', 'bytes': good + ' ' * 4096}


def path_cases():
    sub = leaf_hash(b'submission')
    for i, n in ((0, 1), (0, 2), (4, 5), (6, 13), (49999, 50000)):
        hashes = [leaf_hash(b'statement %d' % j) for j in range(n)]
        p = path(i, hashes)
        body = 'fallow-record-path/v1\nsubmission %s\nindex %d\nsize %d\n%s' % (
            sub.hex()[:16], i, n, ''.join(b64(h) + '\n' for h in p))
        yield {'submission': sub.hex(), 'index': i, 'size': n, 'path': [h.hex() for h in p], 'text': body,
               'leaf': hashes[i].hex(), 'root': root(hashes).hex(),
               'twin': body.replace('index %d\n' % i, 'index %d\n' % (i - 1 if i else 1)) if n > 1 else body.replace('size 1', 'size 2')}


def refused_paths():
    good = list(path_cases())[2]['text']
    lines = good.split('\n')
    yield {'why': None, 'text': good}
    yield {'why': 'no LF at the end', 'text': good[:-1]}
    yield {'why': 'blank line at the end', 'text': good + '\n'}
    yield {'why': 'another version', 'text': good.replace('/v1', '/v2')}
    yield {'why': 'index = size', 'text': good.replace('index 4', 'index 5')}
    yield {'why': 'leading zero', 'text': good.replace('index 4', 'index 04')}
    yield {'why': 'two blanks', 'text': good.replace('index 4', 'index  4')}
    yield {'why': 'CR LF', 'text': good.replace('\n', '\r\n')}
    yield {'why': 'name in capitals', 'text': good.replace(lines[1], 'submission ' + lines[1][11:].upper())}
    yield {'why': 'name cut', 'text': good.replace(lines[1], lines[1][:-1])}
    yield {'why': 'base64url', 'text': good.replace('=', '')}
    yield {'why': 'hash of 31 bytes', 'text': good + b64(bytes(31)) + '\n'}
    yield {'why': '65 hashes', 'text': good + (b64(bytes(32)) + '\n') * 64}
    yield {'why': 'index behind size', 'text': '\n'.join([lines[0], lines[1], lines[3], lines[2]] + lines[4:])}
    yield {'why': 'empty', 'text': ''}


FILES = {
    'salts.json': salts_cases, 'disclosures.json': disclosure_cases, 'disclosures.refused.json': refused_disclosures,
    'statements.json': statement_cases, 'statements.refused.json': refused_statements,
    'manifests.json': manifest_cases, 'manifests.refused.json': refused_manifests,
    'paths.json': path_cases, 'paths.refused.json': refused_paths,
}


def main():
    wrong = 0
    for name, make in FILES.items():
        content = '[\n' + ',\n'.join(json.dumps(c, ensure_ascii=True) for c in make()) + '\n]\n'
        file = HERE / name
        if sys.argv[1:] == ['--write']:
            file.write_text(content)
        elif not file.exists() or file.read_text() != content:
            print('%s is not what the oracle computes' % name)
            wrong += 1
    sys.exit(1 if wrong else 0)


main()
