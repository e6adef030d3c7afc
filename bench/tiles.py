"""Part of bench/tiles: the same tiles from both, warm; median over tiles of the best of five."""
import math, random, statistics, subprocess, sys
socket, register, role = sys.argv[1:4]
random.seed(5)

def tile(z, lon, lat):
    n = 2 ** z
    return z, int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)

def psql(script):
    return subprocess.run(['psql', '-h', socket, '-U', 'bench', '-d', 'postgres', '-qAtX'], input=script,
                          capture_output=True, text=True, check=True).stdout

# tiles around hazards, so that none is empty
at = [tuple(map(float, line.split('|'))) for line in psql(
    'select st_x(p), st_y(p) from (select st_transform(st_pointonsurface(geom), 4326) p from h'
    ' tablesample bernoulli (1) limit 2000) q;').split()]
tiles = sorted({tile(z, *random.choice(at)) for z in (8, 10, 12, 14) for _ in range(12)})
script = '\\timing on\n'
for z, x, y in tiles:
    box = f'st_tileenvelope({z},{x},{y})'
    wide = f'st_tileenvelope({z},{x},{y}, margin => 64.0/4096)'
    for _ in range(5):
        script += (f"select length(st_asmvt(t, 'hazard', 4096, 'geom', 'fid')) from (select st_asmvtgeom(geom, {box}, 4096, 64) geom,"
                   f" fid, id, class, status, shown_as, valid_from, name from h where geom && {wide}) t where geom is not null;\n")
out = psql(script).split('\n')
ms = [float(line.split()[1]) for line in out if line.startswith('Time:')]
size = [int(line) for line in out if line.strip().isdigit()]
theirs = {t: (min(ms[5 * i:5 * i + 5]), size[5 * i]) for i, t in enumerate(tiles)}
done = subprocess.run(['build/src/publish/bench_tiles', 'time', register, role] + [str(v) for t in tiles for v in t],
                      capture_output=True, text=True, check=True)
ours = {}
for line in done.stdout.split('\n'):
    if line:
        z, x, y, n, us = line.split()
        ours[int(z), int(x), int(y)] = (float(us) / 1000, int(n))
print(f'{role}: {done.stderr.strip()}')
for z in (8, 10, 12, 14):
    some = [t for t in tiles if t[0] == z]
    a = statistics.median(ours[t][0] for t in some)
    b = statistics.median(theirs[t][0] for t in some)
    print(f'  z{z:<2} {len(some):2} tiles  fallow {a:8.3f} ms {statistics.median(ours[t][1] for t in some):8.0f} bytes'
          f'   ST_AsMVT {b:8.2f} ms {statistics.median(theirs[t][1] for t in some):9.0f} bytes   {b / a:6.0f} times faster')
