// A hazard with a photograph and an accident, entered in headless Chromium through @getodk/web-forms, ODK's form for browsers, from
// the XForms that the server gives. Called by tests/e2e/webforms.py: node webforms.mjs PORT AUTHORIZATION.
// A proxy in between shows the credentials, as an app would, and serves the page.
import http from 'node:http';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const [port, authorization] = process.argv.slice(2);
const here = new URL('.', import.meta.url).pathname;
const bundle = await build({ entryPoints: [`${here}page.js`], bundle: true, format: 'esm', write: false, logLevel: 'error', define: { 'process.env.NODE_ENV': '"production"' } });
const files = {
	'/': ['text/html', '<!doctype html><meta charset="utf-8"><title>form</title><div id="app"></div><script type="module" src="/page.js"></script>'],
	'/page.js': ['text/javascript', bundle.outputFiles[0].contents],
};
const proxy = http.createServer((q, r) => {
	const file = files[new URL(q.url, 'http://x').pathname];
	if (file) return r.setHeader('content-type', file[0]).end(file[1]);
	const headers = { ...q.headers, host: `127.0.0.1:${port}`, authorization };
	for (const name of Object.keys(headers)) if (name === 'origin' || name === 'referer' || name.startsWith('sec-')) delete headers[name];
	q.pipe(http.request({ host: '127.0.0.1', port, path: q.url, method: q.method, headers }, (a) => {
		r.writeHead(a.statusCode, a.headers);
		a.pipe(r);
	}));
});
await new Promise((ready) => proxy.listen(0, '127.0.0.1', ready));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });

async function enter(kind, fill) {
	const context = await browser.newContext({ geolocation: { latitude: -45.5, longitude: -125.5, accuracy: 4 }, permissions: ['geolocation'], viewport: { width: 900, height: 1400 } });
	const page = await context.newPage();
	page.setDefaultTimeout(20000);
	page.on('pageerror', (e) => { throw e; });
	await page.goto(`http://127.0.0.1:${proxy.address().port}/?kind=${kind}`);
	await page.getByText('Send', { exact: true }).waitFor();
	await page.getByText('A point', { exact: true }).first().click();
	await page.locator('button.zoom-current-location').click();
	await page.waitForTimeout(2000); // the map glides to the position
	const map = page.locator('.map-container, .map-block, canvas').first();
	await map.scrollIntoViewIfNeeded();
	const box = await map.boundingBox();
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
	await page.mouse.down();
	await page.waitForTimeout(1500); // a long press sets the point
	await page.mouse.up();
	await page.getByText('Tap to move point').first().waitFor();
	await fill(page);
	await page.getByText('Send', { exact: true }).click();
	await page.waitForFunction(() => /^\d{3} /.test(document.title));
	console.log(kind, await page.title());
	await context.close();
}

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
await enter('hazard', async (page) => {
	await page.getByText('Suspected hazardous area', { exact: true }).click();
	await page.getByText('Open', { exact: true }).click();
	await page.getByText('Add Photographs and documents').click();
	await page.locator('input[type=file]').first().setInputFiles({ name: 'gate.png', mimeType: 'image/png', buffer: png });
});
await enter('accident', async (page) => {
	await page.getByText('Mine', { exact: true }).first().click();
	const injured = page.locator('.question-container').filter({ hasText: 'Injured' }).locator('input').first();
	await injured.click();
	await page.keyboard.type('2', { delay: 50 });
	await page.keyboard.press('Tab');
	await page.waitForTimeout(500);
});
await browser.close();
proxy.close();
