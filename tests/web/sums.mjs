// The page's own sums, against hand values and GeographicLib's GeodSolve: node tests/web/sums.mjs
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, done, holds, near, same } from './harness.mjs';

const here = path.dirname(fileURLToPath(import.meta.url)), web = path.join(here, '../../web');
const { build } = createRequire(path.join(web, 'package.json'))('esbuild');
async function load(file) {
	const r = await build({ entryPoints: [path.join(web, 'src', file)], bundle: true, format: 'esm', write: false, platform: 'neutral', mainFields: ['module', 'main'], logLevel: 'error' });
	return import('data:text/javascript;base64,' + Buffer.from(r.outputFiles[0].contents).toString('base64'));
}
const { walk, readLegs } = await load('geo/traverse.ts');
const { readPosition, readPositions } = await load('geo/coord.ts');
const { evaluate, isRelevant, isAllowed } = await load('expr.ts');
Object.assign(globalThis, { document: { documentElement: { dataset: {} } }, localStorage: { getItem: () => 'uk', setItem() {} }, location: { search: '' } });
const { reasons, checks, reasonHere } = await load('reasons.ts');
const solve = (...args) => execFileSync('GeodSolve', args.slice(0, -1), { input: args.at(-1), encoding: 'utf8' }).trim().split(/\s+/).map(Number);

await check('one leg is a geodesic (GeodSolve -p 6: 48.5 33.2 45 1000)', () => {
	const w = walk({ lon: 33.2, lat: 48.5, legs: [{ bearing_deg: 45, distance_m: 1000 }, { bearing_deg: 180, distance_m: 500 }], declination_deg: 0, closed: false });
	near(w.ring[1][0], 33.20956944156, 1e-9);
	near(w.ring[1][1], 48.50635847039, 1e-9);
	same([w.ring.length, w.closure_m, w.adjusted.length], [4, 0, 0]);
});
await check('many legs end where GeodSolve ends', () => {
	let at = '48.5 33.2';
	const legs = [[12.5, 340.2], [98.25, 1210], [201, 77.7], [300, 5000]];
	for (const [b, d] of legs) at = solve('-p', '9', `${at} ${b} ${d}`).slice(0, 2).join(' ');
	const w = walk({ lon: 33.2, lat: 48.5, legs: legs.map(([b, d]) => ({ bearing_deg: b, distance_m: d })), declination_deg: 0, closed: true });
	const [lat, lon] = at.split(' ').map(Number);
	near(w.ring[4][1], lat, 1e-11);
	near(w.ring[4][0], lon, 1e-11);
	near(w.closure_m, solve('-i', '-p', '6', `${at} 48.5 33.2`)[2], 1e-5, 'closure');
});
await check('Bowditch by hand: 8 m over legs of 100, 104, 100, 96 m', () => {
	const w = walk({ lon: 33.2, lat: 48.5, legs: [[0, 100], [90, 104], [180, 100], [270, 96]].map(([b, d]) => ({ bearing_deg: b, distance_m: d })), declination_deg: 0, closed: true });
	near(w.closure_m, 8, 0.005);
	near(w.ratio, 50, 0.05);
	same([w.ring.length, w.adjusted.length], [6, 5]);
	[0, 2, 4.08, 6.08].forEach((m, i) => {
		const [a, b] = [w.ring[i], w.adjusted[i]];
		near(solve('-i', '-p', '6', `${a[1]} ${a[0]} ${b[1]} ${b[0]}`)[2], m, 0.01, `corner ${i}`);
		holds(b[0] <= a[0], 'moved west');
	});
});
await check('a square of 100 m closes, magnetic bearings get their declination', () => {
	const legs = [0, 90, 180, 270].map((b) => ({ bearing_deg: b, distance_m: 100 }));
	const w = walk({ lon: 33.2, lat: 48.5, legs, declination_deg: 0, closed: true });
	holds(w.length_m === 400 && w.closure_m > 0 && w.closure_m < 0.003, `closure ${w.closure_m}`);
	same(walk({ lon: 33.2, lat: 48.5, legs: legs.map((l) => ({ ...l, bearing_deg: (l.bearing_deg + 352) % 360 })), declination_deg: 8, closed: false }).ring.length, 6);
});
await check('legs as people write them', () => {
	same(readLegs('45 120.5\n135,5; 80\n 270° 33m').legs, [{ bearing_deg: 45, distance_m: 120.5 }, { bearing_deg: 135.5, distance_m: 80 }, { bearing_deg: 270, distance_m: 33 }]);
	for (const bad of ['45', '361 10', '10 0', '10 -5', 'x 5', '10 100001', 'NaN 5']) same(readLegs(bad).bad, 1, bad);
});
await check('positions as people write them', () => {
	const is = (text, lat, lon) => { const p = readPosition(text); holds(p, `${text} was not understood`); near(p.lat, lat, 1e-9, text); near(p.lon, lon, 1e-9, text); };
	is('48.30512, 30.12087', 48.30512, 30.12087);
	is('48.30512 30.12087', 48.30512, 30.12087);
	is('-45.5, -125.25', -45.5, -125.25);
	is('48,30512; 30,12087', 48.30512, 30.12087);
	is('48,30512, 30,12087', 48.30512, 30.12087);
	is('48°18′18.4″N 30°07′15.1″E', 48 + 18 / 60 + 18.4 / 3600, 30 + 7 / 60 + 15.1 / 3600);
	is('30.12087E 48.30512N', 48.30512, 30.12087);
	is('45.5 S, 125.25 W', -45.5, -125.25);
	is('N 48 18 18.4 E 30 7 15.1', 48 + 18 / 60 + 18.4 / 3600, 30 + 7 / 60 + 15.1 / 3600);
	for (const bad of ['', '48.3', '48.3N 30.1', '91, 30', '48, 181', '48.5 30 20.1', '48°61′N 30°E', '-48 S, 30 E', '48N 30N', 'six, seven', '48.3, 30.1, 5', 'NaN, NaN', '36U 5500000 400000']) same(readPosition(bad), null, bad);
});
await check('the precision of what was typed (half of the last digit)', () => {
	near(readPosition('48.305, 30.121').precision_m, 55.6, 0.5);
	near(readPosition('48.30512, 30.12087').precision_m, 0.556, 0.005);
	near(readPosition("48°18'18\"N 30°07'15\"E").precision_m, 15.44, 0.05);
	same(readPositions('48.1, 30.1\n\n48.2, 30.2\nrubbish').bad, 4);
});
await check('relevance and constraints', () => {
	const v = { status: 'closed', kinds: ['a', 'b'], n: 5, start_date: '2024-05-01', empty: '' };
	const of = (k) => v[k];
	const is = (x, want, self) => same(evaluate(x, of, self, '2024-06-01'), want, x);
	is("${status} = 'closed' or ${status} = 'handed_over'", true);
	is("${status} != 'closed' and ${n} > 3", false);
	is("selected(${kinds}, 'b')", true);
	is("not(selected(${kinds}, 'c'))", true);
	is('. >= 0', true, 0);
	is('. >= 0 and . <= 100', false, 101);
	is("${start_date} = '' or . >= ${start_date}", false, '2024-04-30');
	is("${start_date} = '' or . >= ${start_date}", true, '2024-05-01');
	is('. <= today()', true, '2024-06-01');
	is('2 + 3 * 4 = 14', true);
	is('unknown-function(1)', undefined);
	is('${status} = ', undefined);
	same(isRelevant('rubbish((', of, ''), true, 'what is not understood is shown');
	same(isAllowed('rubbish((', of, 1, ''), true, 'and left to the server');
});
await check('what the server says: each sentence that is translated stands in the source of the program, with as many values', () => {
	const sources = execFileSync('git', ['ls-files', 'src/*.c'], { cwd: path.join(web, '..'), encoding: 'utf8' }).trim().split('\n')
		.map((f) => readFileSync(path.join(web, '..', f), 'utf8').replace(/"\s*(?:\n\s*)"/g, '')).join('\n');
	for (const [en, ...others] of reasons) {
		holds(sources.includes(`"${en}"`), `no such sentence in src: ${en}`);
		const values = (en.match(/%[\d.]*(?:lld|zu|[sdgf])/g) ?? []).length;
		for (const o of others) holds(o && [...o.matchAll(/\{(\d)\}/g)].every((m) => Number(m[1]) >= 1 && Number(m[1]) <= values), `${en}: ${o}`);
	}
	const codes = [...readFileSync(path.join(web, '../docs/CHECKS.md'), 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map((m) => m[1]);
	holds(codes.length > 40, 'the checks');
	same(codes.filter((c) => !(c in checks)), [], 'checks without words');
	same(reasonHere('you entered submission 12 yourself; another person must decide it'), 'подання 12 внесли ви самі; вирішити має інша особа');
	same(reasonHere("field class: field 'class' is 'x (y)', which is no code of list 'c' (a, b)"), '«x (y)» немає в переліку');
	same(reasonHere('nothing of the kind'), undefined);
});
done();
