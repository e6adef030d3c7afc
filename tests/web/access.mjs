// Whoever looks at the page, and however: three languages, keyboard alone, small screens, 200 % zoom, high contrast and the device's
// own colours, judged by axe and by walking. usage: node tests/web/access.mjs ADDRESS   (registers exampla, ukraine, azerbaijan)
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { check, done, holds, open, same, visit } from './harness.mjs';

const address = process.argv[2];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
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

await check('three languages; safety sentences stand beside their English', async () => {
	for (const [lang, word] of [['uk', 'Відсутність позначки'], ['az', 'Nişanın olmaması']]) {
		const c = await visit(browser, { lang });
		await c.page.goto(address + '/picture');
		await c.page.waitForSelector('.cards');
		same(await c.page.getAttribute('html', 'lang'), lang);
		const strip = await c.page.innerText('.strip-safe');
		holds(strip.includes(word) && strip.includes('No mark does not mean safe'), strip);
		holds(!/\b(Picture|Records|Compare)\b/.test(await c.page.innerText('.nav')), 'navigation is translated');
		c.quiet();
		await c.context.close();
	}
});

await check('keyboard: skip link, focus on the heading of the view entered, menu closes by Escape', async () => {
	await go('/picture', '.cards');
	await page.keyboard.press('Tab');
	same(await page.evaluate(() => document.activeElement.className), 'skip');
	await page.keyboard.press('Enter');
	same(await page.evaluate(() => document.activeElement.id), 'main');
	await page.focus('.nav a[href="/records"]');
	await page.keyboard.press('Enter');
	await page.waitForSelector('tr[data-id]');
	await page.waitForSelector('h1:focus');
	same(await page.title(), `Records · ${registers[0].title}`);
	await page.focus('tr[data-id] a');
	await page.keyboard.press('Enter');
	await page.waitForSelector('.record');
	await page.waitForSelector('h1:focus'); // the one that came with the record's data
	await page.focus('.menu summary');
	await page.keyboard.press('Enter');
	await page.waitForSelector('.menu[open]');
	await page.keyboard.press('Escape');
	await page.waitForSelector('.menu:not([open])');
	v.quiet();
});

// Goes through a view by Tab; each stop must have a name and be seen to have the focus.
async function walk(p, most = 400) {
	const seen = [];
	let again = 0;
	await p.evaluate(() => { document.activeElement?.blur?.(); scrollTo(0, 0); });
	for (let i = 0; i < most; i++) {
		await p.keyboard.press('Tab');
		const stop = await p.evaluate((first) => {
			const e = document.activeElement;
			if (!e || e === document.body) return null;
			if (first) window.walked = new Set();
			if (window.walked.has(e)) return 'again'; // a date has several stops inside
			window.walked.add(e);
			const ring = (x) => { const c = getComputedStyle(x); return c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 2; };
			const box = e.getBoundingClientRect();
			const by = (e.getAttribute('aria-labelledby') ?? '').split(' ').map((x) => document.getElementById(x)?.textContent ?? '').join(' ');
			const name = [e.getAttribute('aria-label'), by, e.textContent, e.labels?.[0]?.textContent, e.title].find((x) => x?.trim())?.trim() ?? '';
			return { what: e.tagName + (e.className && typeof e.className === 'string' ? '.' + e.className.split(' ')[0] : ''), name: name.slice(0, 40), ring: ring(e) || (e.closest('label') ? ring(e.closest('label')) : false), seen: box.width > 0 && box.height > 0 };
		}, i === 0);
		if (!stop || (stop === 'again' && ++again > 8)) break;
		if (stop === 'again') continue;
		again = 0;
		seen.push(stop);
	}
	return seen;
}

await check('keyboard: every stop of every view has a name and is seen to have the focus', async () => {
	const list = (await api('/api/records?kind=hazard&limit=1')).records;
	for (const path of ['/picture', '/map', '/map?show=table', '/records?kind=hazard', `/records/${list[0].id}`, '/r/ukraine/compare?with=azerbaijan', '/sheet', '/login', '/enter', '/records/nothing']) {
		await go(path);
		await page.waitForLoadState('networkidle');
		const stops = await walk(page);
		const buttons = await page.$$eval('a[href], button:not([disabled]), select, input:not([type=hidden]):not([disabled]), textarea, summary', (a) => a.filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('details:not([open]) > :not(summary)') && e.tabIndex >= 0).length);
		holds(stops.length >= Math.min(buttons, 390), `${path}: ${stops.length} stops of ${buttons}`);
		for (const s of stops) holds(s.name && s.ring, `${path}: ${JSON.stringify(s)}`);
	}
	v.quiet(/404/);
});

await check('keyboard: a window keeps the focus and gives it back', async () => {
	await go('/picture', '.cards');
	const link = page.locator('.amount-big[data-code="extent.area"] .amount-value');
	await link.focus();
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog tbody tr');
	for (let i = 0; i < 30; i++) {
		await page.keyboard.press(i < 15 ? 'Tab' : 'Shift+Tab');
		holds(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest('dialog')), `the focus left the window at step ${i}`);
	}
	same(await page.evaluate(() => { const h = document.querySelector('main a'); h.focus(); return document.activeElement === h; }), false, 'what is behind cannot be reached');
	await page.keyboard.press('Escape');
	await page.waitForSelector('dialog', { state: 'detached' });
	same(await page.evaluate(() => document.activeElement.closest('.amount')?.dataset.code), 'extent.area', 'back where it was');
	await page.goto(`${address}/picture?explain=extent.area`);
	await page.waitForSelector('dialog tbody tr');
	await page.click('dialog header button');
	await page.waitForSelector('dialog', { state: 'detached' });
	await page.waitForFunction(() => document.activeElement?.id === 'title');
	v.quiet();
});

await check('keyboard: the map is moved and asked without a mouse; its controls have names', async () => {
	await go('/map', '.map-canvas');
	await settled();
	await page.waitForSelector('[data-in-view]');
	await page.focus('.map-canvas canvas');
	same(await page.getAttribute('.map-canvas canvas', 'aria-label'), await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'the map itself');
	await page.keyboard.press('ArrowRight');
	await page.waitForURL(/at=/);
	const at = () => new URL(page.url()).searchParams.get('at').split(',').map(Number);
	const before = at();
	await page.keyboard.press('Equal');
	await page.waitForFunction((z) => Number(new URL(location.href).searchParams.get('at').split(',')[2]) > z + 0.5, before[2]);
	same(await page.$$eval('.map-buttons button', (a) => a.map((x) => x.getAttribute('aria-label'))), ['Zoom in', 'Zoom out', 'Is the centre of the map dangerous?'], 'buttons');
	await page.focus('.map-buttons button >> nth=2');
	await page.keyboard.press('Enter');
	await page.waitForSelector('[data-near]');
	v.quiet();
});

await check('three languages: no word of the page is left in English', async () => {
	const source = readFileSync(new URL('../../web/src/words.ts', import.meta.url), 'utf8');
	const english = new Set([...source.matchAll(/\['((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\]/g)].filter((m) => m[1] !== m[2] && m[1] !== m[3] && /[a-z]{3}/.test(m[1]) && !m[1].includes('{')).map((m) => m[1]));
	holds(english.size > 200, `${english.size} words`);
	for (const lang of ['uk', 'az']) {
		const c = await visit(browser, { lang });
		for (const path of ['/picture', '/map', '/records?kind=hazard', '/r/ukraine/compare?with=azerbaijan', '/sheet', '/login', '/enter', '/records/nothing']) {
			await c.page.goto(address + path);
			await c.page.waitForSelector('h1');
			await c.page.waitForLoadState('networkidle');
			const texts = await c.page.evaluate(() => {
				const out = [], w = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
				for (const d of document.querySelectorAll('details')) d.open = true;
				while (w.nextNode()) if (!w.currentNode.parentElement.closest('body [lang=en], script, noscript')) out.push(w.currentNode.data.trim());
				for (const e of document.querySelectorAll('[aria-label], [title], [placeholder]')) out.push(...['aria-label', 'title', 'placeholder'].map((a) => e.getAttribute(a) ?? ''));
				return out;
			});
			const left = texts.filter((x) => english.has(x));
			holds(!left.length, `${lang} ${path}: ${left.join(' | ')}`);
		}
		await c.context.close();
	}
});

await check('phone and 200 % zoom: nothing wider than the screen', async () => {
	for (const viewport of [{ width: 390, height: 844 }, { width: 680, height: 450 }, { width: 720, height: 450 }, { width: 320, height: 640 }]) {
		const c = await visit(browser, { viewport, lang: 'uk' });
		for (const path of ['/picture', '/map', '/records?kind=hazard', '/r/ukraine/compare?with=azerbaijan', '/login', '/map?show=table', '/picture?explain=extent.area', '/records?kind=place', '/enter', '/records/nothing']) {
			await c.page.goto(address + path);
			await c.page.waitForSelector('h1');
			await c.page.waitForLoadState('networkidle');
			const over = await c.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
			holds(over <= 1, `${path} at ${viewport.width}: ${over} px too wide`);
			const frame = await c.page.$eval('h1', (h) => h.getBoundingClientRect().top + scrollY);
			holds(frame < 260, `${path} at ${viewport.width}: the frame takes ${frame} px before the heading`);
			const over2 = await c.page.$$eval('.bars li', (a) => a.filter((li) => {
				const text = document.createRange(), b = li.querySelector('.amount').getBoundingClientRect();
				text.selectNodeContents(li.querySelector('.bar-name'));
				return [...text.getClientRects()].some((r) => r.right > b.left + 1 && r.left < b.right - 1 && r.bottom > b.top + 4 && r.top < b.bottom - 4);
			}).map((li) => li.innerText));
			holds(!over2.length, `${path} at ${viewport.width}: a name lies on its number: ${over2[0]}`);
		}
		await c.context.close();
	}
});

await check('what is printed says that no mark does not mean safe, and is dark on white in every look', async () => {
	const c = await visit(browser, { look: 'dark' });
	for (const path of ['/picture', '/records?kind=hazard', '/map?show=table']) {
		await c.page.goto(address + path);
		await c.page.waitForSelector('h1');
		await c.page.waitForLoadState('networkidle');
		await c.page.emulateMedia({ media: 'print' });
		holds(await c.page.isVisible('.strip-safe') && await c.page.isVisible('.strip-age'), `${path}: the strip`);
		holds(!(await c.page.isVisible('.nav')), `${path}: no navigation`);
		same(await c.page.$$eval('input[type=date]', (a) => a.filter((i) => !i.value && i.offsetParent).length), 0, `${path}: no empty date`);
		same(await c.page.evaluate(() => ['body', 'h1'].map((q, i) => getComputedStyle(document.querySelector(q))[i ? 'color' : 'backgroundColor'])), ['rgb(255, 255, 255)', 'rgb(0, 0, 0)'], path);
		await c.page.emulateMedia({ media: 'screen' });
	}
	await c.context.close();
});

await check('accessibility (axe), light, dark and high contrast', async () => {
	for (const look of ['light', 'dark', 'contrast', 'forced']) {
		const c = await visit(browser, { look: look === 'forced' ? 'auto' : look, lang: look === 'dark' ? 'az' : 'en', ...(look === 'forced' ? { forcedColors: 'active', colorScheme: 'dark' } : {}) });
		const list = (await api('/api/records?kind=hazard&limit=1')).records;
		for (const path of ['/picture', '/picture?explain=extent.area', '/map', '/map?show=table', '/records?kind=hazard', `/records/${list[0].id}`, '/r/ukraine/compare?with=azerbaijan', '/sheet', '/login', '/records/nothing']) {
			await c.page.goto(address + path);
			await c.page.waitForSelector('h1');
			await c.page.waitForLoadState('networkidle');
			await c.page.evaluate(axe);
			const found = await c.page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
			const bad = found.violations.map((x) => `${x.id} (${x.impact}): ${x.nodes.slice(0, 3).map((n) => n.target.join(' ') + (n.any[0]?.data?.contrastRatio ? ` ${n.any[0].data.contrastRatio}` : '')).join('; ')}`);
			holds(!bad.length, `${look} ${path}\n      ${bad.join('\n      ')}`);
		}
		await c.context.close();
	}
});

await browser.close();
done();
