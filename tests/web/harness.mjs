// What the tests of the page share: a browser that notes every error of the console and every breach of the policy.
import { createHmac } from 'node:crypto';
import { chromium } from 'playwright-core';

let passed = 0, failed = 0;
export async function check(name, work) {
	if (process.env.PAGE_ONLY && !name.includes(process.env.PAGE_ONLY)) return;
	const begun = Date.now();
	try {
		await work();
		passed++;
		console.log(`ok    ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
	} catch (e) {
		failed++;
		console.log(`FAIL  ${name}: ${String(e.stack ?? e).split('\n').slice(0, 6).join('\n      ')}`);
	}
}
export function done() {
	console.log(`${passed} passed, ${failed} failed`);
	process.exitCode = failed ? 1 : 0;
}
export function same(a, b, what = '') {
	const x = JSON.stringify(a), y = JSON.stringify(b);
	if (x !== y) throw new Error(`${what}: ${x?.slice(0, 300)} is not ${y?.slice(0, 300)}`);
}
export function near(a, b, within, what = '') {
	if (!(Math.abs(a - b) <= within)) throw new Error(`${what}: ${a} is not ${b} within ${within}`);
}
export function holds(truth, what) {
	if (!truth) throw new Error(what);
}

export async function open() {
	return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
// A page whose troubles are noted; expected(text) says which ones a test means to cause.
export async function visit(browser, options = {}) {
	const { lang = 'en', look = 'auto', ...rest } = options;
	const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, locale: 'en-GB', timezoneId: 'UTC', ...rest });
	await context.addInitScript(([l, k]) => {
		localStorage.setItem('lang', localStorage.getItem('lang') ?? l);
		localStorage.setItem('look', k);
		addEventListener('securitypolicyviolation', (e) => console.error(`POLICY ${e.violatedDirective} ${e.blockedURI}`));
	}, [lang, look]);
	const page = await context.newPage();
	page.setDefaultTimeout(Number(process.env.PAGE_SECONDS ?? 60) * 1000);
	const troubles = [];
	page.on('console', (m) => { if (m.type() === 'error' || (m.type() === 'warning' && !/GPU stall|GL Driver/.test(m.text()))) troubles.push(`${page.url()}: ${m.text()}`); });
	page.on('pageerror', (e) => troubles.push(`${page.url()}: ${e.stack}`));
	return { context, page, troubles, quiet: (except) => {
		const bad = troubles.filter((x) => !except || !except.test(x));
		troubles.length = 0;
		if (bad.length) throw new Error(bad.join('\n'));
	} };
}

// One-time password of RFC 6238 from a secret in base 32, for the time step that is now or `ahead` of it.
export function oneTime(secret, ahead = 0) {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	let bits = '';
	for (const c of secret.replace(/=+$/, '')) bits += alphabet.indexOf(c).toString(2).padStart(5, '0');
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const step = Buffer.alloc(8);
	step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
	const h = createHmac('sha1', key).update(step).digest(), at = h[19] & 15;
	return String((h.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0');
}
