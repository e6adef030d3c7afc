#!/usr/bin/env python3
"""Tables that Python's datetime, float and decimal make, for the tests of clock and text to be held against.

oracle.py FOLDER [TIMES [SEED]] : writes dates.txt, times.txt, shortest.txt, read.txt, fixed.txt; TIMES as many
random rows as the unit tests need (1), from that seed (fixed)
"""
import datetime
import decimal
import random
import struct
import sys
from pathlib import Path


def bits(x):
    return '%016x' % struct.unpack('<Q', struct.pack('<d', x))[0]


def real(n):
    return struct.unpack('<d', struct.pack('<Q', n))[0]


def ecmascript(x):
    """ECMAScript's layout of the digits that Python's repr chooses."""
    sign, digits, exponent = decimal.Decimal(repr(x)).as_tuple()
    text = ''.join(map(str, digits))
    point = len(text) + exponent
    text = text.strip('0') if text.strip('0') else '0'
    point -= len(''.join(map(str, digits))) - len(''.join(map(str, digits)).lstrip('0'))
    n = len(text)
    if text == '0':
        return '0'
    if n <= point <= 21:
        out = text + '0' * (point - n)
    elif 0 < point <= 21:
        out = text[:point] + '.' + text[point:]
    elif -6 < point <= 0:
        out = '0.' + '0' * -point + text
    else:
        out = text[0] + ('.' + text[1:] if n > 1 else '') + 'e%+d' % (point - 1)
    return ('-' if sign else '') + out


def dates(out):
    first = datetime.date(1, 1, 1)
    for n in [*range(0, 1500), *range(0, 3652059, 97), *range(3652059 - 1500, 3652059)]:
        d = first + datetime.timedelta(n)
        out.write('%d %04d-%02d-%02d\n' % ((d - datetime.date(1970, 1, 1)).days, d.year, d.month, d.day))


def times(out, rnd, many):
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    for _ in range(5000 * many):
        offset = rnd.randint(-1439, 1439)
        zone = datetime.timezone(datetime.timedelta(minutes=offset))
        t = datetime.datetime(rnd.randint(2, 9998), rnd.randint(1, 12), rnd.randint(1, 28), rnd.randint(0, 23),
                              rnd.randint(0, 59), rnd.randint(0, 59), rnd.randint(0, 999999), zone)
        us = (t - epoch) // datetime.timedelta(microseconds=1)
        utc = t.astimezone(datetime.timezone.utc)
        out.write('%d %s %s\n' % (us, t.isoformat(timespec='microseconds'),
                                  utc.strftime('%Y').zfill(4) + utc.strftime('-%m-%dT%H:%M:%S.%fZ')))


def shortest(out, rnd, many):
    cases = [e << 52 | d for e in range(2047) for d in (0, 1, (1 << 52) - 1)]
    cases += [rnd.getrandbits(63) % 0x7ff0000000000000 for _ in range(20000 * many)]
    cases += [rnd.getrandbits(52) for _ in range(2000 * many)]
    reals = [real(c) for c in cases]
    reals += [rnd.uniform(-180, 180) for _ in range(20000 * many)]
    reals += [round(rnd.uniform(-180, 180), rnd.randint(0, 12)) for _ in range(20000 * many)]
    reals += [float(rnd.getrandbits(rnd.randint(1, 64))) for _ in range(5000 * many)]
    for x in reals:
        out.write('%s %s\n' % (bits(x), ecmascript(x)))


def read(out, rnd, many):
    decimal.getcontext().prec = 1200
    for _ in range(20000 * many):
        n = rnd.choice([1, 5, 10, 16, 17, 18, 19, 20, 21, 25, 40, 100])
        text = str(rnd.randint(10 ** (n - 1), 10 ** n - 1))
        at = rnd.randint(0, n)
        text = text[:at] + '.' + text[at:] + rnd.choice(['', 'e%d' % rnd.randint(-340, 280)])
        out.write('%s %s\n' % (bits(float(text)), text))
    for _ in range(3000 * many):  # exactly half way between two neighbours, and a hair beside it
        n = rnd.choice([rnd.getrandbits(63) % 0x7fe0000000000000, rnd.getrandbits(54),
                        struct.unpack('<Q', struct.pack('<d', rnd.uniform(0, 1e6)))[0]])
        half = (decimal.Decimal(real(n)) + decimal.Decimal(real(n + 1))) / 2
        text = format(half, 'e')
        mantissa, _, exponent = text.partition('e')
        for t in (text, mantissa + ('' if '.' in mantissa else '.') + '0' * 30 + '1e' + exponent):
            out.write('%s %s\n' % (bits(float(t)), t))


def fixed(out, rnd, many):
    decimal.getcontext().prec = 800
    for _ in range(10000 * many):
        places = rnd.randint(0, 12)
        x = rnd.choice([rnd.uniform(-1e3, 1e3), rnd.randint(-10 ** 6, 10 ** 6) / 64, rnd.uniform(-1, 1) * 1e-9,
                        rnd.uniform(-1, 1) * 10 ** rnd.randint(0, 300)])
        exact = decimal.Decimal(x).quantize(decimal.Decimal(1).scaleb(-places), rounding=decimal.ROUND_HALF_EVEN)
        if exact == 0:
            exact = abs(exact)
        out.write('%s %d %s\n' % (bits(x), places, format(exact, 'f')))


def main():
    folder = Path(sys.argv[1])
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rnd = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 20260504)
    with open(folder / 'dates.txt', 'w') as out:
        dates(out)
    for name, make in (('times', times), ('shortest', shortest), ('read', read), ('fixed', fixed)):
        with open(folder / (name + '.txt'), 'w') as out:
            make(out, rnd, many)
    return 0


sys.exit(main())
