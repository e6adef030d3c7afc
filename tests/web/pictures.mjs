// Pictures of every view, to look at: phone and desktop, three languages, light and dark.
// usage: node tests/web/pictures.mjs ADDRESS OUT_DIR [VIEW...]      (FALLOW_LANGS=en,uk,az FALLOW_SIZES=phone,desktop FALLOW_LOOK=dark FALLOW_FULL=no
//        FALLOW_LOGIN=NAME:PASSWORD[:SECRET] as somebody; then the address must be http://localhost:PORT)
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { oneTime } from './harness.mjs';

const [address, out, ...only] = process.argv.slice(2);
const langs = (process.env.FALLOW_LANGS ?? 'en,uk,az').split(',');
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1360, height: 900 } };
const wanted = (process.env.FALLOW_SIZES ?? 'phone,desktop').split(',');
const [name, password, secret] = (process.env.FALLOW_LOGIN ?? '').split(':');
mkdirSync(out, { recursive: true });

// A hazard that is drawn, and where it is.
async function drawn() {
	const get = (path) => fetch(address + path, { headers: { connection: 'close' } }).then((x) => x.json());
	const { records } = await get('/api/records?kind=hazard&limit=50');
	for (const r of records) {
		const one = r.shown_as === 'danger' ? await get(`/api/records/${r.id}`) : {};
		if (one.bbox) return { id: r.id, at: [(one.bbox[0] + one.bbox[2]) / 2, (one.bbox[1] + one.bbox[3]) / 2].map((v) => v.toFixed(4)).join(',') };
	}
	return { id: records[0].id, at: '-125,-45' };
}
const { id, at } = await drawn();
const views = {
	picture: '/picture', explain: '/picture?explain=extent.area', map: '/map', table: '/map?show=table', near: `/map?near=-125,-45`,
	records: '/records?kind=hazard', record: `/records/${id}`, compare: '/r/ukraine/compare?with=azerbaijan', sheet: `/sheet?at=${at}&width=10`, login: '/login',
	inbox: '/inbox', quarantine: '/inbox?tab=quarantine', enter: '/enter', form: '/enter/hazard', accounts: '/accounts', missing: '/records/nothing',
};
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const size of wanted) {
	for (const lang of langs) {
		const context = await browser.newContext({ viewport: sizes[size], deviceScaleFactor: 1, locale: lang, colorScheme: process.env.FALLOW_LOOK === 'dark' ? 'dark' : 'light' });
		await context.addInitScript(([l, look]) => { localStorage.setItem('lang', l); localStorage.setItem('look', look); }, [lang, process.env.FALLOW_LOOK ?? 'auto']);
		const page = await context.newPage();
		if (name) {
			await page.goto(address + '/login');
			const code = secret ? oneTime(secret) : undefined;
			await page.evaluate((body) => fetch('/api/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }), { name, password, code });
		}
		page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(`${size} ${lang} ${page.url()}: ${m.text()}`));
		page.on('pageerror', (e) => console.log(`${size} ${lang} ${page.url()}: ${e.stack}`));
		for (const [name, path] of Object.entries(views)) {
			if (only.length && !only.includes(name)) continue;
			await page.goto(address + path);
			await page.waitForLoadState('networkidle').catch(() => {});
			if (['map', 'near', 'sheet', 'form'].includes(name)) await page.waitForSelector('[data-idle]', { timeout: 15000 }).catch(() => console.log(`${name}: the map is not still`));
			await page.screenshot({ path: `${out}/${name}-${size}-${lang}.png`, fullPage: name !== 'explain' && process.env.FALLOW_FULL !== 'no' });
		}
		await context.close();
	}
}
await browser.close();
