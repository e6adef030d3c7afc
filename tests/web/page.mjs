// Walks every view of the page on a running server: no console error, no breach of the policy, what is shown is what the
// API answers. usage: node tests/web/page.mjs ADDRESS   (registers exampla, ukraine, azerbaijan)
import { VectorTile } from '@mapbox/vector-tile';
import { PbfReader } from 'pbf';
import { check, done, holds, near, open, same, visit } from './harness.mjs';

const address = process.argv[2];
const api = async (path) => {
	const r = await fetch(address + path, { headers: { accept: 'application/json', connection: 'close' } });
	holds(r.ok, `${path}: ${r.status}`);
	return r.json();
};
const browser = await open();
const v = await visit(browser);
const { page } = v;
const go = async (path, wait = 'h1') => { await page.goto(address + path); await page.waitForSelector(wait); };
const settled = () => page.waitForSelector('[data-idle]', { timeout: 30000 });
const registers = (await api('/registers')).registers;
const prefix = (i) => (i === 0 ? '' : `/r/${registers[i].name}`);

await check('the policy forbids what is inline, and foreign addresses', async () => {
	const r = await fetch(address + '/picture', { headers: { accept: 'text/html' } });
	const policy = r.headers.get('content-security-policy') ?? '';
	holds(policy.includes("default-src 'none'") && policy.includes("script-src 'self'") && policy.includes("style-src 'self'"), policy);
	holds(!/unsafe|data:|https?:/.test(policy), policy);
	const html = await r.text();
	holds(!/<script(?![^>]*src=)|style=|<style|onclick=/i.test(html), 'something is inline');
});

await check('first view: under 600 kB as sent, without the map', async () => {
	const c = await visit(browser);
	const cdp = await c.context.newCDPSession(c.page);
	await cdp.send('Network.enable');
	let bytes = 0, parts = 0;
	const names = [];
	cdp.on('Network.responseReceived', (e) => names.push(e.response.url));
	cdp.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; parts++; });
	await c.page.goto(address + '/picture');
	await c.page.waitForSelector('.cards');
	await c.page.waitForLoadState('networkidle');
	console.log(`      ${(bytes / 1000).toFixed(0)} kB in ${parts} answers`);
	holds(bytes > 10000 && bytes < 600000, `${bytes} bytes`);
	holds(!names.some((n) => /map-worker|\.mvt/.test(n)), 'the map came with the first view');
	await c.context.close();
});

for (const [i, r] of registers.entries()) {
	await check(`picture of ${r.name}: each figure is that of the API`, async () => {
		await go(`${prefix(i)}/picture`, '.cards');
		const { figures, waiting_hazards, quarantined_hazards } = await api(`${prefix(i)}/api/figures`);
		await page.click('.all-figures summary');
		const seen = await page.$$eval('.amount', (all) => all.map((a) => ({ ...a.dataset, text: a.innerText })));
		holds(seen.length >= figures.length, `${seen.length} shown of ${figures.length}`);
		const key = (f) => `${f.code}|${f.dimension ?? ''}|${f.period ?? ''}`;
		for (const s of seen) {
			const f = figures.filter((x) => key(x) === key(s));
			holds(f.some((x) => String(x.value) === s.value && String(x.low) === s.low && String(x.high) === s.high), `${key(s)} shows ${s.value}, the API says ${f.map((x) => x.value)}`);
			if (f[0].value === null) holds(/no records/.test(s.text), `${key(s)}: ${s.text}`);
		}
		for (const f of figures) holds(seen.some((s) => key(s) === key(f)), `${key(f)} is not shown`);
		const area = figures.find((f) => f.code === 'extent.area' && f.value > 1e6);
		if (area) holds(seen.find((s) => s.code === 'extent.area').text.includes(`${Number((area.value / 1e6).toFixed(2))}\u00a0km²`), 'area in words');
		same(await page.$eval('[data-waiting]', (e) => e.dataset.waiting), String(waiting_hazards), 'waiting');
		same(await page.$eval('[data-quarantined]', (e) => e.dataset.quarantined), String(quarantined_hazards), 'quarantined');
		v.quiet();
	});
	await check(`records of ${r.name}: each list is that of the API`, async () => {
		const { sees } = await api(`${prefix(i)}/api/status`);
		for (const kind of sees.kinds) {
			await go(`${prefix(i)}/records?kind=${kind}`, '[data-rows], [data-empty]');
			const want = await api(`${prefix(i)}/api/records?kind=${kind}&limit=50`);
			same(await page.$$eval('tr[data-id]', (a) => a.map((x) => x.dataset.id)), want.records.map((x) => x.id), kind);
		}
		v.quiet();
	});
}

await check('explanation: from a number to its records, and back', async () => {
	await go('/picture', '.cards');
	await page.click('.amount-big[data-code="extent.area"] .amount-value');
	await page.waitForSelector('dialog [data-explained="extent.area"]');
	const want = (await api('/api/explain?figure=extent.area')).figures[0];
	same(await page.$$eval('dialog tbody tr', (a) => a.length), want.records_listed.length, 'rows');
	holds(page.url().includes('explain=extent.area'), 'it has an address');
	await page.reload();
	await page.waitForSelector('dialog [data-explained="extent.area"]');
	await page.keyboard.press('Escape');
	await page.waitForSelector('dialog', { state: 'detached' });
	await page.goBack();
	await page.waitForSelector('dialog tbody a');
	await page.click('dialog tbody a');
	await page.waitForSelector('.record');
	same(new URL(page.url()).pathname, `/records/${want.records_listed[0].id}`, 'the record');
	v.quiet();
});

await check('a record: fields and area as the API answers', async () => {
	const list = await api('/api/records?kind=hazard&limit=3');
	for (const row of list.records) {
		await go(`/records/${row.id}`, '.fields');
		const r = await api(`/api/records/${row.id}`);
		const shown = await page.$$eval('[data-field]', (a) => a.map((x) => x.dataset.field));
		for (const [k, x] of Object.entries(r.fields)) if (x !== null && x !== '') holds(shown.includes(k), `${k} is missing`);
		if (r.area_m2 != null) same(await page.$eval('[data-area]', (e) => e.dataset.area), String(r.area_m2), 'area');
	}
	v.quiet();
});

await check('filters are in the address; back, forward and reload work', async () => {
	await go('/records?kind=hazard', 'tr[data-id]');
	const before = await page.$eval('tr[data-id]', (e) => e.dataset.id);
	await page.selectOption('.filters select >> nth=1', 'battle_area');
	await page.waitForURL(/class=battle_area/);
	const want = await api('/api/records?kind=hazard&class=battle_area&limit=50');
	await page.waitForSelector(`tr[data-id="${want.records[0].id}"]`);
	await page.reload();
	await page.waitForSelector('tr[data-id]');
	same(await page.$$eval('tr[data-id]', (a) => a.map((x) => x.dataset.id)), want.records.map((x) => x.id), 'after reload');
	await page.click('tr[data-id] a');
	await page.waitForSelector('.record');
	await page.goBack();
	await page.waitForSelector('tr[data-id]');
	holds(page.url().includes('class=battle_area'), 'back');
	await page.goForward();
	await page.waitForSelector('.record');
	await go('/records?kind=hazard', 'tr[data-id]');
	same(await page.$eval('tr[data-id]', (e) => e.dataset.id), before, 'without the filter');
	v.quiet();
});

await check('more records load on asking', async () => {
	await go('/records?kind=hazard', 'tr[data-id]');
	await page.click('.more-line button');
	await page.waitForSelector('tr[data-id] >> nth=60');
	const one = await api('/api/records?kind=hazard&limit=100');
	same(await page.$$eval('tr[data-id]', (a) => a.map((x) => x.dataset.id)), one.records.map((x) => x.id), 'two pages');
	v.quiet();
});

await check('an error and an empty answer look different', async () => {
	await go('/records?kind=hazard&q=zzzzqqq', '[data-empty]');
	holds(!(await page.$('.box-error')), 'empty is no error');
	holds((await page.innerText('[data-empty]')).includes('No mark does not mean safe'), 'and says what it does not mean');
	await page.route('**/api/records?*', (r) => r.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"busy","status":503,"detail":"try later","hint":"in a minute"}' }));
	await go('/records?kind=hazard', '.box-error');
	holds(!(await page.$('[data-empty]')), 'an error is not empty');
	const text = await page.innerText('.box-error');
	for (const s of ['Hazard', 'try later', 'in a minute', '503', 'not an empty answer']) holds(text.includes(s), `${s} is not in: ${text}`);
	await page.unroute('**/api/records?*');
	await page.click('.box-error button');
	await page.waitForSelector('tr[data-id]');
	await page.route('**/api/figures*', (r) => r.abort());
	await go('/picture', '.box-error');
	holds((await page.innerText('.box-error')).includes('did not answer'), 'no answer');
	await page.unroute('**/api/figures*');
	v.quiet(/Failed to load resource/);
});

await check('figures older than the register say so, and are asked for until they are new', async () => {
	const now = await api('/api/figures');
	let asked = 0;
	await page.route('**/api/figures*', async (r) => {
		asked++;
		await r.fulfill({ json: asked < 3 ? { ...now, stale: true, log_size: now.checkpoint.size } : now });
	});
	await go('/picture', '[data-stale]');
	const text = await page.innerText('[data-stale]');
	holds(text.includes(`of submission ${now.checkpoint.size};`) && text.includes('newer ones have come'), text);
	holds(await page.$('.cards'), 'they are shown meanwhile');
	await page.waitForSelector('[data-stale]', { state: 'detached' });
	holds(asked === 3, `asked ${asked} times`);
	await page.unroute('**/api/figures*');
	// also when only the size of the log tells
	await page.route('**/api/status', async (r) => { const a = await r.fetch(); const s = await a.json(); await r.fulfill({ json: { ...s, log: { ...s.log, size: s.log.size + 1 } } }); });
	await go('/picture', '[data-stale]');
	await page.unroute('**/api/status');
	let compared = 0;
	await page.route('**/api/compare*', async (r) => { const a = await r.fetch(); const c = await a.json(); await r.fulfill({ json: compared++ ? c : { ...c, stale: true, log_size: 1 } }); });
	await go('/r/ukraine/compare?with=azerbaijan', '[data-stale]');
	await page.waitForSelector('[data-question]');
	await page.waitForSelector('[data-stale]', { state: 'detached' });
	await page.unroute('**/api/compare*');
	v.quiet();
});

await check('map: drawn, counted, and the counts are those of the register', async () => {
	await go('/map', '.map-canvas');
	await settled();
	await page.waitForSelector('[data-in-view]');
	const s = await api('/api/status');
	same(await page.$eval('[data-no-position]', (e) => e.dataset.noPosition), String(s.hazards.no_position), 'no position');
	same(await page.$eval('.legend [data-quarantine]', (e) => e.dataset.quarantine), String(s.quarantine.hazards), 'quarantine');
	near(Number(await page.$eval('[data-in-view]', (e) => e.dataset.inView)), s.hazards.danger + s.hazards.reported_released + s.hazards.released, 400, 'in view');
	holds((await page.innerText('.map-note')).includes('No mark does not mean safe'), 'the sentence on the map');
	const h = (await api('/api/records?kind=hazard&class=sha&status=open&limit=1')).records[0];
	const { bbox } = await api(`/api/records/${h.id}`);
	await go(`/map?at=${(bbox[0] + bbox[2]) / 2},${(bbox[1] + bbox[3]) / 2},15`, '.map-canvas');
	await settled();
	await page.waitForSelector('[data-in-view]:not([data-in-view="0"])');
	same(await page.$eval('[data-filtered]', (e) => e.dataset.filtered), '0', 'nothing filtered');
	await page.click('.many summary >> nth=0');
	await page.click('.many label:has-text("Battle area")');
	await page.waitForSelector('[data-filtered]:not([data-filtered="0"])');
	holds(/class=battle_area/.test(page.url()), 'the filter is in the address');
	v.quiet();
});

await check('is it dangerous here: the answer of the API, in words', async () => {
	const h = (await api('/api/records?kind=hazard&class=cha&status=open&limit=1')).records[0];
	const { bbox } = await api(`/api/records/${h.id}`);
	for (const [lon, lat] of [[(bbox[0] + bbox[2]) / 2, (bbox[1] + bbox[3]) / 2], [-100, -30]]) {
		await go(`/map?near=${lon},${lat}&at=${lon},${lat},13`, '[data-near]');
		const want = await api(`/api/find?near=${lon},${lat}&within=500`);
		same(await page.$eval('[data-near]', (e) => e.dataset.near), want.answer, `${lon}, ${lat}`);
		same(await page.$$eval('.near-items li', (a) => a.length), want.items.length, 'items');
		const text = await page.innerText('.near');
		holds(text.includes(want.answer === 'danger' ? 'Do not enter' : 'does not mean it is safe'), text);
	}
	await settled();
	v.quiet();
});

await check('when tiles fail the map itself says so, and another try mends it', async () => {
	await page.route('**/tiles/hazard/**/*.mvt*', (r) => r.fulfill({ status: 500, body: 'no' }));
	await go('/map', '[data-failed]');
	holds((await page.innerText('.map-failed')).includes('missing, not safe'), 'the sentence');
	await page.unroute('**/tiles/hazard/**/*.mvt*');
	await page.click('.map-failed button');
	await page.waitForSelector('[data-failed]', { state: 'detached' });
	await settled();
	v.quiet(/Failed to load resource|AJAXError|status of 500/);
});

await check('while the tiles of a view are not there yet the map says so', async () => {
	await go('/map', '.map-canvas[data-idle]');
	let held = true;
	const waiting = [];
	await page.route('**/tiles/hazard/**/*.mvt*', async (r) => { if (held) await new Promise((done) => waiting.push(done)); await r.continue().catch(() => {}); });
	await page.click('.map-buttons button:first-child');
	await page.click('.map-buttons button:first-child');
	await page.waitForSelector('.map-pending');
	holds((await page.innerText('.map-pending')).includes('not all drawn yet'), 'the sentence');
	holds(await page.$('.map-canvas[data-idle]') === null, 'the map takes itself for complete');
	held = false;
	for (const done of waiting) done();
	await page.waitForSelector('.map-pending', { state: 'detached' });
	await page.unroute('**/tiles/hazard/**/*.mvt*');
	await settled();
	v.quiet();
});

await check('the two clocks ask for the tiles of the past', async () => {
	await go('/login');
	await page.waitForLoadState('networkidle');
	const asked = [];
	page.on('request', (r) => { if (r.url().includes('.mvt')) asked.push(r.url()); });
	const yesterday = new Date(Date.now() - 86400e3).toISOString().slice(0, 10); // of a day to come nothing is said
	await go(`/map?as-of=2020-12-31&known-at=${yesterday}`, '.map-canvas');
	await settled();
	holds(asked.length > 0 && asked.every((u) => u.includes('as-of=2020-12-31') && u.includes(`known-at=${yesterday}`)), asked[0]);
	v.quiet();
});

// All features of a layer in the one tile of the whole world, by another reader of tiles.
async function world(layer, query) {
	const r = await fetch(`${address}/tiles/${layer}/0/0/0.mvt?${query}`, { headers: { connection: 'close' } });
	const tile = new VectorTile(new PbfReader(new Uint8Array(await r.arrayBuffer())));
	return Object.values(tile.layers).flatMap((l) => Array.from({ length: l.length }, (_, i) => l.feature(i).properties));
}
const hazards = async (query) => (await world('hazard', query)).reduce((n, p) => n + (p.count ?? 1), 0);
const end = (y, m) => new Date(Date.UTC(y, m, 0)).toISOString().slice(0, 10);

// So many hazards are counted on the map; else what it says instead.
const inView = (n) => page.waitForSelector(`[data-in-view="${n}"]`).catch(async () => {
	const says = await page.$eval('[data-in-view]', (x) => x.innerText).catch(() => 'nothing');
	throw new Error(`${n} hazards are not in view at ${page.url()}: ${says}`);
});
await check('time slider: by keyboard, on both clocks; the map is of that day and is kept in the address', async () => {
	await go('/map', '.map-canvas');
	await settled();
	await page.waitForSelector('[data-in-view]');
	await inView(await hazards(''));
	const slider = page.locator('.clock input').first();
	await slider.focus();
	const now = new Date(), months = Number(await slider.getAttribute('max'));
	await slider.press('Home');
	await page.waitForURL(/as-of=/);
	const first = new URL(page.url()).searchParams.get('as-of');
	same(first, end(now.getUTCFullYear(), now.getUTCMonth() + 1 - months), 'the oldest month, its last day');
	for (const day of ['2017-06-30', '2019-12-31']) {
		await page.goto(`${address}/map?as-of=${day}`);
		await page.waitForFunction(() => document.querySelector('[data-idle]') && document.querySelector('[data-in-view]'));
		const then = await hazards(`as-of=${day}`);
		holds(then > 0 && then < await hazards(''), `${then} on ${day}`);
		await inView(then);
		holds((await page.innerText('.map-note')).includes(day.slice(0, 4)), 'the day stands on the map');
	}
	await page.locator('.clock input').first().focus();
	await page.keyboard.press('ArrowLeft');
	await page.waitForURL(/as-of=2019-11-30/);
	await inView(await hazards('as-of=2019-11-30'));
	await page.locator('.clock input').nth(1).focus();
	await page.keyboard.press('ArrowLeft');
	await page.waitForURL(new RegExp(`known-at=${end(now.getUTCFullYear(), now.getUTCMonth())}`));
	await inView(0); // nothing was known then
	// days and filters changed in one breath, in either order: what is drawn at the end is of the day that is said
	const days = ['2018-03-31', '2019-06-30', '2017-01-31', '2020-09-30'];
	for (const [i, day] of [...days, ...days].entries()) {
		await page.evaluate(([d, odd]) => {
			const to = (q) => { history.pushState(null, '', `/map?${q}`); dispatchEvent(new PopStateEvent('popstate')); };
			to(odd ? `as-of=${d}&off=place` : 'as-of=2016-12-31&off=accident');
			to(odd ? `as-of=2016-12-31` : `as-of=${d}&off=place,accident`);
			if (odd) setTimeout(() => to(`as-of=${d}`), 20);
		}, [day, i % 2 === 1]);
		await inView(await hazards(`as-of=${day}`));
	}
	v.quiet();
});

await check('a bookmark of the map shows the same: place, filters, clocks, question', async () => {
	const h = (await api('/api/records?kind=hazard&class=sha&status=open&limit=1')).records[0];
	const { bbox } = await api(`/api/records/${h.id}`);
	const [lon, lat] = [((bbox[0] + bbox[2]) / 2).toFixed(5), ((bbox[1] + bbox[3]) / 2).toFixed(5)];
	const bookmark = `/map?at=${lon},${lat},12.00&class=sha,cha&status=open&as-of=2026-06-30&off=place&near=${lon},${lat}`;
	const look = async () => {
		await page.waitForFunction(() => document.querySelector('[data-idle]') && document.querySelector('[data-in-view]') && document.querySelector('[data-near]'));
		return page.evaluate(() => ({
			shown: document.querySelector('[data-in-view]').dataset.inView, filtered: document.querySelector('[data-filtered]').dataset.filtered, near: document.querySelector('[data-near]').dataset.near,
			checked: [...document.querySelectorAll('.map-side input[type=checkbox]')].map((x) => x.checked), slider: document.querySelector('.clock input').value,
		}));
	};
	await page.goto(address + bookmark);
	const one = await look();
	holds(Number(one.shown) > 0, 'something is shown');
	const at = new URL(page.url()).searchParams;
	for (const [k, x] of new URL(address + bookmark).searchParams) if (k !== 'at') same(at.get(k), x, k);
	near(Number(at.get('at').split(',')[0]), Number(lon), 2e-5, 'the place');
	await page.reload();
	same(await look(), one, 'after reload');
	await page.click('.tabs button:has-text("Table")');
	await page.waitForSelector('tr[data-id]');
	await page.click('.tabs button:has-text("Map")');
	same(await look(), one, 'from the table and back');
	v.quiet();
});

await check('lines by year: every value of the API, gaps where there is none', async () => {
	for (const query of ['', '?as-of=2021-12-31']) {
		await go(`/picture${query}`, '.spark');
		await page.waitForLoadState('networkidle');
		const drawn = await page.$$eval('.spark', (a) => a.map((x) => ({ values: x.dataset.values, points: [...x.querySelectorAll('.spark-line')].reduce((n, p) => n + p.getAttribute('d').split(/[ML]/).length - 1, 0) })));
		const want = [];
		for (const figure of ['extent', 'casualties', 'finds']) {
			const { points } = await api(`/api/timeline?figure=${figure}&${query.slice(1)}`);
			if (points.filter((p) => p.value !== null).length > 1 && (figure !== 'casualties' || (await page.$('.card [data-code="casualties.total"]')))) want.push({ values: points.map((p) => p.value ?? '').join(','), points: points.filter((p) => p.value !== null).length });
		}
		same(drawn, want, query);
	}
	v.quiet();
});

await check('table of the same selection: kinds, filters and clocks of the map', async () => {
	for (const [query, filter, more] of [
		['class=battle_area', "class IN ('battle_area')", ''],
		['class=cha,sha&status=open,suspended&shown=danger', "class IN ('cha','sha') AND status IN ('open','suspended') AND shown_as IN ('danger')", ''],
		['class=sha&as-of=2018-06-30', "class IN ('sha')", '&as-of=2018-06-30'],
		['unapproved=true', 'unapproved=1', ''],
	]) {
		await go(`/map?show=table&${query}`, 'tr[data-id]');
		const want = await api(`/collections/hazard/items?f=json&limit=50&filter=${encodeURIComponent(filter)}${more}`);
		holds(want.features.length > 0, query);
		same(await page.$$eval('tr[data-id]', (a) => a.map((x) => x.dataset.id)), want.features.map((x) => x.properties.record_id ?? ''), query);
	}
	await page.selectOption('.map-table-head select', 'place');
	await page.waitForURL(/table=place/);
	await page.waitForFunction(async () => document.querySelectorAll('tr[data-id]').length === 50 && /place/i.test(document.querySelector('[role=region][aria-label]').ariaLabel));
	await page.click('.more-line button');
	await page.waitForSelector('tr[data-id] >> nth=60');
	v.quiet();
});

await check('comparison: each line and each accident of the API', async () => {
	await go('/r/ukraine/compare?with=azerbaijan', '[data-question]');
	const c = await api('/r/ukraine/api/compare?with=azerbaijan');
	same(await page.$$eval('[data-question]', (a) => a.length), c.questions.length, 'questions');
	const values = await page.$$eval('[data-side]', (a) => a.map((x) => x.dataset.value));
	const want = c.questions.flatMap((q) => q.lines.flatMap((l) => l.sides)).filter((s) => s.basis !== null && (s.value !== null || s.low !== null || s.high !== null || s.text)).map((s) => String(s.value));
	same(values, want, 'values');
	same(await page.$$eval('[data-accident]', (a) => a.length), c.timeline.accidents.filter((a) => /^\d{4}-\d\d/.test(a.date)).length, 'accidents');
	v.quiet();
});

await check('sheet of a village', async () => {
	await go('/sheet', 'input[name=place]');
	const p = (await api('/api/records?kind=place&limit=200')).records.filter((x) => x.fields.name).at(-1);
	await page.fill('input[name=place]', p.fields.name);
	await page.keyboard.press('Enter');
	await page.click('.hits button');
	await page.waitForSelector('[data-sheet]');
	await settled();
	const text = await page.innerText('[data-sheet]');
	for (const s of [p.fields.name, 'No mark does not mean safe', 'Scale about 1', 'WGS 84', 'What is not known', 'Legend']) holds(text.includes(s), `${s} is missing`);
	const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
	same((pdf.toString('latin1').match(/\/Type\s*\/Page\b/g) ?? []).length, 1, 'pages of the print');
	v.quiet();
});

await browser.close();
done();
