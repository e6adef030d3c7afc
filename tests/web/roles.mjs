// What people with an account do on the page: log in, enter, correct, approve with a second factor, release by two.
// usage: node tests/web/roles.mjs ADDRESS   (accounts olena, taras, halyna, oksana, lara, root; password "NAME walks by the river")
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import readQr from 'jsqr';
import { check, done, holds, near, oneTime, open, same, visit } from './harness.mjs';

const address = process.argv[2].replace('127.0.0.1', 'localhost'); // Secure cookies: browsers trust localhost
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await open();
const readCode = readQr.default ?? readQr;
const people = {};
const secrets = {};

async function logIn(name, code) {
	const v = people[name] ?? (people[name] = await visit(browser));
	await v.page.goto(address + '/login');
	await v.page.fill('input[name=username]', name);
	await v.page.fill('input[name=password]', `${name} walks by the river`);
	if (code) await v.page.fill('input[name=code]', code);
	await v.page.click('button[type=submit]');
	await v.page.waitForURL(/\/picture/);
	await v.page.waitForSelector('.menu-name');
	return v;
}
const api = (v, path) => v.page.evaluate(async (p) => (await fetch(p, { headers: { accept: 'application/json' } })).json(), path);
const settled = (v) => v.page.waitForSelector('[data-idle]', { timeout: 30000 });
// What a camera reads from the code on the page: its squares painted large, read by another program.
async function scanned(page) {
	const [d, side] = await page.$eval('svg.qr', (s) => [s.querySelector('path').getAttribute('d'), s.viewBox.baseVal.width]);
	const by = 5, size = side * by, pixels = new Uint8ClampedArray(size * size * 4).fill(255);
	for (const [, x, y] of d.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
		for (let i = 0; i < by * by; i++) pixels.fill(0, ((y * by + Math.floor(i / by)) * size + x * by + (i % by)) * 4, ((y * by + Math.floor(i / by)) * size + x * by + (i % by)) * 4 + 3);
	}
	return readCode(pixels, size, size)?.data ?? '';
}
async function secondFactor(name) {
	const v = people[name];
	await v.page.goto(address + '/login');
	await v.page.fill('section:has(h2:has-text("Second factor")) input[type=password]', `${name} walks by the river`);
	await v.page.click('button:has-text("Set it up")');
	await v.page.waitForSelector('[data-secret]');
	secrets[name] = await v.page.innerText('[data-secret]');
	const code = await scanned(v.page);
	holds(code.startsWith('otpauth://totp/') && new URL(code).searchParams.get('secret') === secrets[name], `the QR code says ${code}`);
	await v.page.fill('input[name=confirm]', oneTime(secrets[name]));
	await v.page.click('button:has-text("Confirm")');
	await v.page.waitForSelector('h2:has-text("Second factor") .chip-approved');
}

await check('a wrong password: one sentence, no account', async () => {
	const v = await visit(browser);
	await v.page.goto(address + '/login');
	await v.page.fill('input[name=username]', 'olena');
	await v.page.fill('input[name=password]', 'not this one');
	await v.page.click('button[type=submit]');
	await v.page.waitForSelector('.box-error');
	holds((await api(v, '/api/me')).account === '', 'nobody');
	v.quiet(/401/);
	await v.context.close();
	for (const [lang, words] of [['uk', 'пароль неправильні'], ['az', 'parol yanlışdır']]) { // why, in the language of the page
		const w = await visit(browser, { lang });
		await w.page.goto(address + '/login');
		await w.page.fill('input[name=username]', 'nobody-here');
		await w.page.fill('input[name=password]', 'not this one');
		await w.page.click('button[type=submit]');
		holds((await w.page.innerText('.box-error')).replaceAll('\n', ' ').includes(words.split(' ').at(-1)), await w.page.innerText('.box-error'));
		holds(!(await w.page.innerText('.box-error')).includes('wrong'), 'no English');
		w.quiet(/401/);
		await w.context.close();
	}
});

let id = '', withPhoto;
await check('an operator logs in, enters a hazard by typed coordinates; it is drawn at once, marked unapproved', async () => {
	const v = await logIn('olena'), { page } = v;
	same((await api(v, '/api/me')).role, 'operator');
	await page.goto(address + '/enter');
	await page.click('a[href="/enter/hazard"]');
	await page.waitForSelector('.form');
	await page.selectOption('[name=class]', 'cha');
	await page.selectOption('[name=status]', 'open');
	await page.fill('[name=national_id]', 'WEB-1');
	await page.fill('[name=valid_from]', '2024-05-01');
	await page.fill('[name=accuracy_m]', 'seven');
	await page.click('button:has-text("Type coordinates")');
	await page.fill('[name=typed]', '45.5001 S, 125.5001 W\n45.5001 S, 125.4990 W\n45.5009 S, 125.4990 W\nhere');
	holds((await page.innerText('.place-input')).includes('Not understood: line 4'), 'line 4');
	await page.fill('[name=typed]', '45.5001 S, 125.5001 W\n45.5001 S, 125.4990 W\n45.5009 S, 125.4990 W\n45.5009 S, 125.5001 W');
	const understood = await page.innerText('.place-understood');
	holds(understood.includes('45.5001° S, 125.5001° W') && understood.includes('4 points'), understood);
	await page.click('.form button[type=submit]');
	await page.waitForSelector('#f-accuracy_m-error');
	await page.fill('[name=accuracy_m]', '10');
	await page.click('.form button[type=submit]');
	await page.waitForSelector('[data-stored]');
	id = await page.getAttribute('[data-stored]', 'data-stored');
	const r = await api(v, `/api/records/${id}`);
	same([r.fields.class, r.fields.accuracy_m, r.unapproved, r.shown_as], ['cha', 10, true, 'danger']);
	same(r.geometry.coordinates[0].length, 5);
	near(r.geometry.coordinates[0][0][0], -125.5001, 1e-9);
	await page.click('a:has-text("See the record")');
	await page.waitForSelector('.chip-wait');
	const near_ = await fetch(`${process.argv[2]}/api/find?near=-125.4995,-45.5005`, { headers: { connection: 'close' } }).then((x) => x.json());
	same(near_.answer, 'danger', 'the public is warned at once');
	v.quiet();
});

await check('the server refuses: its sentence stands beside the field', async () => {
	const v = people.olena, { page } = v;
	await page.goto(address + '/enter/hazard');
	await page.waitForSelector('.form');
	await page.route('**/api/records', (r) => r.fulfill({ status: 400, contentType: 'application/problem+json', body: '{"title":"invalid","status":400,"detail":"field status: no such code","field":"status"}' }));
	await page.selectOption('[name=class]', 'sha');
	await page.click('.form button[type=submit]');
	await page.waitForSelector('#f-status-error');
	same(await page.innerText('#f-status-error'), 'no such code');
	await page.unroute('**/api/records');
	v.quiet(/400/);
});

await check('relevance: how it was released is asked only of what is closed', async () => {
	const { page } = people.olena;
	await page.goto(address + '/enter/hazard');
	await page.waitForSelector('[name=status]');
	same(await page.$$eval('[name=outcome]', (a) => a.length), 0);
	await page.selectOption('[name=status]', 'closed');
	await page.waitForSelector('[name=outcome]');
});

await check('a record with photographs and a paper: limits said before, whole or not at all, kept byte by byte', async () => {
	const v = people.olena, { page } = v;
	const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
	const photo = { name: 'road "1".png', mimeType: 'image/png', buffer: Buffer.concat([png, randomBytes(200000)]) };
	const paper = { name: 'звіт.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\nnot much') };
	await page.goto(address + '/enter/accident');
	await page.waitForSelector('.file-part');
	holds((await page.innerText('.file-part')).includes('At most 20 files, 30 MB together'), 'the limits');
	await page.setInputFiles('input[name=photos]', Array.from({ length: 21 }, (_, i) => ({ ...photo, name: `${i}.png`, buffer: png })));
	await page.waitForSelector('[data-fault]');
	holds((await page.innerText('[data-fault]')).includes('21'), 'too many');
	for (let i = 0; i < 21; i++) await page.click('.files li button >> nth=0');
	await page.setInputFiles('input[name=photos]', { ...photo, buffer: Buffer.alloc(0) });
	holds((await page.innerText('[data-fault]')).includes('is empty'), 'empty');
	await page.click('.files li button >> nth=0');
	await page.setInputFiles('input[name=photos]', photo);
	await page.setInputFiles('input[name=report]', paper);
	await page.waitForSelector('.thumb[src^="blob:"]');
	same(await page.$$eval('[data-file]', (a) => a.map((x) => x.dataset.file)), [paper.name, photo.name]);
	await page.fill('[name=national_id]', 'WEB-2');
	await page.fill('[name=valid_from]', '2024-05-02');
	await page.fill('[name=date]', '2024-05-02');
	await page.selectOption('[name=class]', { index: 1 });
	// the first answer is lost on its way: what is sent again is the same
	let lost = 0;
	await page.route('**/api/records', async (r) => { if (lost++) return r.continue(); await r.fetch(); await r.abort(); });
	await page.click('.form button[type=submit]');
	await page.waitForSelector('.box-error');
	await page.click('.form button[type=submit]');
	await page.waitForSelector('[data-stored]');
	await page.unroute('**/api/records');
	const stored = await page.getAttribute('[data-stored]', 'data-stored');
	const w = await logIn('oksana');
	same((await api(w, '/api/records?kind=accident&q=WEB-2')).records.map((r) => r.id), [stored], 'once');
	const r = await api(w, `/api/records/${stored}`);
	same(r.fields.report, createHash('sha256').update(paper.buffer).digest('hex'), 'the report');
	const source = await api(w, `/api/records/${r.fields.source_refs[0]}`);
	same([r.fields.source_refs.length, source.fields.file, source.fields.type, source.fields.file_name], [1, createHash('sha256').update(photo.buffer).digest('hex'), 'photo', 'road _1_.png']);
	v.quiet(/ERR_FAILED|Failed to load/);
	withPhoto = { id: stored, photo: createHash('sha256').update(photo.buffer).digest('hex'), paper: paper.buffer };
});

await check('photographs of the rows of a list go with their rows, and stay when something else is corrected', async () => {
	const v = people.olena, { page } = v;
	const png = (n) => ({ name: `${n}.png`, mimeType: 'image/png', buffer: Buffer.from(`\x89PNG ${n}`) });
	const sha = (n) => createHash('sha256').update(png(n).buffer).digest('hex');
	await page.goto(address + '/enter/ordnance');
	await page.click('details.part > summary');
	const list = page.locator('[data-field=marking_photos]');
	for (const n of [1, 2, 3]) {
		await list.locator('> button').click();
		await page.setInputFiles(`input[name="marking_photos/${n}/photo"]`, png(n));
	}
	await list.locator('.repeat-row >> nth=1').locator('button:has-text("Remove") >> nth=-1').click();
	same(await list.locator('[data-file]').evaluateAll((a) => a.map((x) => x.dataset.file)), ['1.png', '3.png']);
	await page.fill('[name=national_id]', 'WEB-3');
	await page.click('.form button[type=submit]');
	await page.waitForSelector('[data-stored]');
	const stored = await page.getAttribute('[data-stored]', 'data-stored');
	const photos = async () => (await api(people.oksana, `/api/records/${stored}`)).fields.marking_photos.map((r) => r.photo);
	same(await photos(), [sha(1), sha(3)]);
	await page.goto(`${address}/enter/ordnance?id=${stored}`);
	await page.fill('[name=quantity]', '4');
	await page.setInputFiles('input[name="marking_photos/2/photo"]', png(4));
	await page.click('.form button[type=submit]');
	await page.waitForSelector('[data-stored]');
	same(await photos(), [sha(1), sha(4)]);
	same((await api(people.oksana, `/api/records/${stored}`)).fields.quantity, 4);
	v.quiet();
});

await check('a perimeter by bearing and distance, its closing error, and drawing on the map', async () => {
	const v = people.olena, { page } = v;
	await page.goto(address + '/enter/hazard');
	await page.waitForSelector('.form');
	await page.click('button:has-text("Bearings and distances")');
	await page.fill('[name=walk-start]', '-45.51, -125.51');
	await page.fill('[name=walk-legs]', '0 100\n90 104\n180 100\n270 96');
	await page.waitForSelector('[data-closure]');
	near(Number(await page.getAttribute('[data-closure]', 'data-closure')), 8, 0.01, 'by hand: 104 - 96');
	// what was measured and not used yet is not left behind on handing in
	await page.click('.form button[type=submit]');
	await page.waitForSelector('[data-field=geometry] .field-error');
	holds((await page.innerText('[data-field=geometry] .field-error')).includes('not taken as the position yet'), 'not used yet');
	same(await page.$$eval('[data-stored]', (a) => a.length), 0);
	await page.click('button:has-text("Use as measured")');
	holds((await page.innerText('.place-understood')).includes('5 points'), 'as measured');
	await page.click('button:has-text("Use adjusted")');
	holds((await page.innerText('.place-understood')).includes('4 points'), 'adjusted');
	await page.click('.place-understood button:has-text("Clear")');
	await page.click('button:has-text("Draw on the map")');
	await settled(v);
	await page.locator('.place-map canvas').first().scrollIntoViewIfNeeded();
	const box = await page.locator('.place-map canvas').first().boundingBox();
	for (const [n, [x, y]] of [[100, 100], [200, 110], [180, 200]].entries()) {
		await page.mouse.click(box.x + x, box.y + y);
		await page.waitForSelector(`.corners li >> nth=${n}`);
	}
	await page.mouse.move(box.x + 180, box.y + 200);
	await page.mouse.down();
	await page.mouse.move(box.x + 220, box.y + 220, { steps: 4 });
	await page.mouse.up();
	same(await page.$$eval('.corners li', (a) => a.length), 3, 'moved, not removed');
	await page.mouse.click(box.x + 220, box.y + 220);
	await page.waitForSelector('.corners li >> nth=2', { state: 'detached' });
	v.quiet();
});

await check('correction: a new revision; the history shows what changed; a change meanwhile is a conflict to settle', async () => {
	const v = people.olena, { page } = v;
	await page.goto(`${address}/records/${id}`);
	await page.click('a:has-text("Correct")');
	await page.waitForSelector('.form');
	same(await page.inputValue('[name=class]'), 'cha');
	await page.selectOption('[name=class]', 'high_risk');
	const { heads } = await api(v, `/api/records/${id}`);
	const meanwhile = await page.evaluate(async ([rid, parents]) => (await fetch(`/api/records/${rid}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ fields: { status: 'worked_on' }, parents }) })).status, [id, heads]);
	same(meanwhile, 200);
	await page.click('.form button[type=submit]');
	await page.waitForSelector('.box-conflict');
	await page.click('button:has-text("Mine settles it")');
	await page.waitForSelector('[data-stored]');
	await page.goto(`${address}/records/${id}?tab=history`);
	await page.waitForSelector('[data-leaf]');
	const h = await api(v, `/api/records/${id}/history`);
	same(await page.$$eval('[data-leaf]', (a) => a.map((x) => x.dataset.leaf)), h.revisions.map((r) => r.leaf).reverse());
	v.quiet(/409/);
});

await check('an approver needs the second factor; own entries are not his to approve; approval and return', async () => {
	const v = await logIn('taras'), { page } = v;
	same((await api(v, '/api/me')).role, 'public', 'without it he reads as the public');
	await secondFactor('taras');
	same((await api(v, '/api/me')).role, 'approver');
	await page.goto(address + '/inbox');
	await page.waitForSelector('[data-submission]');
	const box = await api(v, '/api/inbox');
	same(await page.$$eval('[data-submission]', (a) => a.map((x) => Number(x.dataset.submission))), box.submissions.map((s) => s.submission));
	same(await page.getAttribute('[data-waiting]', 'data-waiting'), String((await api(v, '/api/status')).waiting.records));
	const mine = box.submissions.filter((s) => s.records.some((r) => r.id === id)).map((s) => s.submission);
	for (const n of mine) await page.check(`[data-submission="${n}"] header input`);
	await page.click('.pick-bar button:has-text("Approve")');
	await page.click('dialog button[type=submit]');
	await page.waitForSelector('dialog', { state: 'detached' });
	same((await api(v, `/api/records/${id}`)).unapproved, false, 'approved');
	v.quiet();
});

await check('who approves sees the photographs and papers that came with a record', async () => {
	const v = people.taras, { page } = v;
	await page.goto(`${address}/inbox`); // its line leads there
	await page.click(`.inbox-line a[href="/records/${withPhoto.id}?tab=originals"]`);
	await page.waitForSelector('[data-original]');
	same(await page.$$eval('[data-original]', (a) => a.length), 2, 'the report and the photograph');
	await page.click(`[data-original="${withPhoto.photo}"] button`);
	await page.waitForSelector(`[data-original="${withPhoto.photo}"] img[src^="blob:"]`);
	same(await page.$eval(`[data-original="${withPhoto.photo}"] img`, (i) => i.decode().then(() => i.naturalWidth)), 1, 'shown');
	const sha = createHash('sha256').update(withPhoto.paper).digest('hex');
	const got = await page.evaluate(async (p) => [...new Uint8Array(await (await fetch(p)).arrayBuffer())], `/api/records/${withPhoto.id}/originals/${sha}`);
	holds(Buffer.from(got).equals(withPhoto.paper), 'the paper, byte by byte');
	v.quiet();
	const operator = people.olena;
	await operator.page.goto(`${address}/records/${withPhoto.id}`);
	await operator.page.waitForSelector('h1');
	same((await api(operator, `/api/records/${withPhoto.id}`)).can.includes('originals'), false, 'not the operator');
	operator.quiet();
});

await check('closing land waits: the danger stays drawn until two people release it', async () => {
	const v = people.olena, { page } = v;
	await page.goto(`${address}/enter/hazard?id=${id}`);
	await page.waitForSelector('.form');
	await page.selectOption('[name=status]', 'closed');
	await page.selectOption('[name=outcome]', 'cleared');
	await page.click('.form button[type=submit]');
	await page.waitForSelector('[data-stored]');
	same((await api(v, `/api/records/${id}`)).shown_as, 'danger');
	v.quiet();
});

await check('release: asked by one approver, confirmed by another', async () => {
	const v = people.taras, { page } = v;
	await page.goto(`${address}/records/${id}`);
	await page.waitForSelector('.record');
	await page.click('button:has-text("Release")');
	await page.fill('dialog textarea', 'cleared, see the report');
	await page.fill('dialog input', 'R-1');
	await page.click('dialog button[type=submit]');
	await page.waitForSelector('dialog', { state: 'detached' });
	await page.goto(address + '/inbox');
	await page.waitForSelector('[data-release] button:has-text("Withdraw")');
	const w = await logIn('halyna');
	await secondFactor('halyna');
	await w.page.goto(address + '/inbox');
	await w.page.click('[data-release] button:has-text("Confirm the release")');
	await w.page.waitForSelector('[data-release]', { state: 'detached' });
	same((await api(w, `/api/records/${id}`)).shown_as, 'released');
	v.quiet();
	w.quiet();
});

await check('an officer: quarantine and the inbox', async () => {
	const v = people.oksana, { page } = v;
	await page.goto(address + '/inbox?tab=quarantine');
	await page.waitForSelector('[data-qid], [data-empty]');
	const q = await api(v, '/api/quarantine?limit=100');
	same(await page.$$eval('[data-qid]', (a) => a.length), q.rows.length);
	v.quiet();
});

await check('a row in quarantine is corrected and handed in again, another is dismissed; why it waits is said in words', async () => {
	const v = people.oksana, { page } = v;
	const rows = (await api(v, '/api/quarantine?limit=100')).rows;
	same(rows.map((r) => r.checks[0]), ['out_of_range', 'zero_island']);
	await page.evaluate(() => localStorage.setItem('lang', 'uk'));
	await page.goto(`${address}/inbox?tab=quarantine`);
	await page.waitForSelector('[data-qid]');
	holds((await page.innerText(`[data-qid="${rows[1].qid}"]`)).includes('координати 0, 0'), 'in Ukrainian');
	await page.evaluate(() => localStorage.setItem('lang', 'en'));
	await page.goto(`${address}/inbox?tab=quarantine&row=${rows[0].qid}`);
	await page.waitForSelector('dialog select');
	same(await page.$eval('dialog label:has-text("Class of land") select', (s) => s.value), 'sha', 'what the file said is chosen');
	await page.selectOption('dialog label:has-text("Class of land") select', 'cha');
	await page.click('dialog button:has-text("Hand in again")');
	await page.waitForSelector('dialog [role=alert]');
	holds((await page.innerText('dialog [role=alert]')).includes('Not accepted yet'), 'it still waits');
	await page.fill('dialog label:has-text("Outline") input', 'POINT(-125.1 -45.2)');
	await page.click('dialog button:has-text("Hand in again")');
	await page.waitForSelector('dialog', { state: 'detached' });
	const [r] = (await api(v, '/api/records?kind=hazard&q=Q-1')).records;
	same([r.fields.class, r.unapproved], ['cha', true]);
	await page.click(`[data-qid="${rows[1].qid}"] button`);
	await page.fill('dialog label:has-text("dismiss") input', 'a test of the phone');
	await page.click('dialog .danger-button');
	await page.waitForSelector('[data-empty]');
	same((await api(v, '/api/quarantine?limit=100')).waiting, 0);
	v.quiet();
});

await check('exact roles see accidents, finds and minefield records on the map', async () => {
	const v = people.oksana, { page } = v;
	await page.goto(address + '/map');
	await settled(v);
	const text = await page.innerText('.legend');
	for (const s of ['Accident', 'Find: mine', 'Claim: what a party says it laid']) holds(text.includes(s), s);
	holds(!text.includes('not shown to your role'), text);
	v.quiet();
});

await check('near an accident it is never said that nothing is recorded', async () => {
	const v = people.oksana, { page } = v;
	for (const row of (await api(v, '/api/records?kind=accident&limit=50')).records) {
		const g = (await api(v, `/api/records/${row.id}`)).geometry;
		const n = g?.type === 'Point' ? await api(v, `/api/find?near=${g.coordinates}&within=500`) : { answer: 'danger' };
		if (n.answer === 'danger') continue;
		holds(n.accidents > 0, 'the API counts it');
		await page.goto(`${address}/map?near=${g.coordinates}&at=${g.coordinates},13`);
		await page.waitForSelector('[data-signs]');
		const text = await page.innerText('.near');
		holds(text.includes('signs of danger near') && text.includes('Do not enter') && !text.includes('Nothing is recorded'), text);
		await settled(v);
		return v.quiet();
	}
	throw new Error('no accident away from danger');
});

await check('tokens: shown once, then revoked', async () => {
	const v = people.olena, { page } = v;
	await page.goto(address + '/login');
	await page.fill('section:has(h2:has-text("Tokens")) input', 'phone 7');
	await page.click('button:has-text("Make a token")');
	await page.waitForSelector('[data-token]');
	holds(/^fw_/.test(await page.innerText('[data-token]')), 'the token');
	await page.click('button:has-text("Revoke")');
	await page.waitForSelector('td:has-text("revoked")');
	v.quiet();
});

await check('accounts: the administrator adds one and disables it', async () => {
	const v = await logIn('root'), { page } = v;
	await page.goto(address + '/accounts');
	await page.waitForSelector('[data-account=olena]');
	const form = page.locator('section:has(h2:has-text("New account"))');
	await form.locator('input').first().fill('newcomer');
	await form.locator('input[type=password]').fill('a river walks by nobody');
	await form.locator('button').click();
	await page.waitForSelector('[data-account=newcomer]');
	await page.click('[data-account=newcomer] button:has-text("Disable")');
	await page.waitForSelector('[data-account=newcomer] .chip-conflict');
	v.quiet();
});

await check('legal opens what is sealed of a person: for a reason, which is recorded first and seen by the administrator', async () => {
	const { page } = people.olena;
	const entered = await page.evaluate(async () => (await fetch('/api/records', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ kind: 'victim', fields: { valid_from: '2024-05-02', outcome: 'injured', name: 'Somebody Real' } }) })).json());
	holds(entered.id, JSON.stringify(entered));
	const v = await logIn('lara');
	await secondFactor('lara');
	await v.page.goto(`${address}/records/${entered.id}`);
	await v.page.waitForSelector('.record');
	holds(!(await v.page.content()).includes('Somebody Real'), 'sealed');
	await v.page.click('button:has-text("Identities")');
	await v.page.fill('dialog input[name=reason]', 'court order 12/24');
	await v.page.click('dialog button[type=submit]');
	await v.page.waitForSelector('[data-opened]');
	same(await v.page.innerText('[data-identity=name] dd'), 'Somebody Real');
	await v.page.click('dialog .actions button');
	await v.page.waitForSelector('dialog', { state: 'detached' });
	holds(!(await v.page.content()).includes('Somebody Real'), 'gone');
	await v.page.goto(address + '/login');
	await v.page.waitForSelector(`[data-read="${entered.id}"]`);
	v.quiet();
	const root = people.root.page;
	await root.goto(address + '/accounts');
	holds((await root.innerText(`[data-read="${entered.id}"]`)).includes('court order 12/24'), 'the administrator sees it');
});

await check('accessibility (axe) of what needs an account', async () => {
	for (const [name, paths] of [['olena', ['/enter', '/enter/hazard', '/login', `/records/${id}?tab=history`]], ['taras', ['/inbox', '/inbox?tab=quarantine']], ['root', ['/accounts']]]) {
		const { page } = people[name];
		for (const path of paths) {
			await page.goto(address + path);
			await page.waitForSelector('h1');
			await page.waitForLoadState('networkidle');
			await page.evaluate(axe);
			const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
			holds(!found.violations.length, `${path}: ${found.violations.map((x) => `${x.id}: ${x.nodes.slice(0, 3).map((n) => n.target.join(' ')).join('; ')}`).join('\n')}`);
		}
	}
});

await check('logging out ends the session', async () => {
	const { page } = people.root;
	await page.goto(address + '/login');
	await page.click('button:has-text("Log out")');
	await page.waitForSelector('input[name=username]');
	same((await api(people.root, '/api/me')).account, '');
});

await browser.close();
done();
