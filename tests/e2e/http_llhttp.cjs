// The server's reader of requests against another one, llhttp (the reader inside Node): whatever ours takes, llhttp must
// take too, with the same method, target, headers, body and end. What ours refuses and llhttp takes is counted only.
// usage: node http_llhttp.cjs HTTP1_PRINT [CASES [SEED]]
'use strict';
process.removeAllListeners('warning');
process.on('warning', () => {});
const { spawnSync } = require('node:child_process');
const { HTTPParser, methods } = process.binding('http_parser');
const program = process.argv[2];
const most = Number(process.argv[3] ?? 60000);
let state = BigInt(process.argv[4] ?? 1);

function random(n) { // splitmix64
	state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
	let z = state;
	z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
	z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
	return Number((z ^ (z >> 31n)) % BigInt(n));
}
const pick = (list) => list[random(list.length)];

function theirs(bytes) {
	const parser = new HTTPParser();
	parser.initialize(HTTPParser.REQUEST, {}, 1 << 20);
	const requests = [];
	let now = null;
	let upgraded = false;
	let pending = [];
	let pendingUrl = '';
	parser[HTTPParser.kOnHeaders | 0] = (headers, url) => { pending.push(...headers); pendingUrl += url; };
	parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, headers, method, url, code, message, upgrade, keepAlive) => {
		const all = headers ?? pending;
		now = { method: methods[method], target: Buffer.from(url ?? pendingUrl, 'latin1').toString('hex'), headers: [], body: '',
			close: !keepAlive, version: `${major}.${minor}` };
		for (let i = 0; i < all.length; i += 2) {
			now.headers.push(`${Buffer.from(all[i], 'latin1').toString('hex')}:${Buffer.from(all[i + 1], 'latin1').toString('hex')}`);
		}
		pending = [];
		pendingUrl = '';
		upgraded ||= upgrade;
		return 0;
	};
	parser[HTTPParser.kOnBody | 0] = (b) => { now.body += b.toString('hex'); };
	parser[HTTPParser.kOnMessageComplete | 0] = () => { requests.push(now); now = null; };
	const r = parser.execute(bytes);
	parser.close();
	return { requests, bad: r instanceof Error, upgraded };
}

const names = ['Host', 'host', 'Content-Length', 'content-length', 'Transfer-Encoding', 'transfer-encoding', 'Connection', 'Expect',
	'X', 'X-Y_z', 'Accept', 'Cookie', 'Content-Type', 'Content-Length ', ' X', 'X\t', 'X(', 'Transfer-Encoding\x0b', 'Content-Lengt\u0000h'];
const values = { host: ['x', 'x:80', '[::1]:8080', '', 'x y', 'a,b'],
	'content-length': ['0', '3', '5', '05', '+5', '-1', '5,5', '5 5', '0x5', '', '99999999999999999999', '5;', '1e1'],
	'transfer-encoding': ['chunked', 'Chunked', 'chunked, chunked', 'identity', 'gzip, chunked', ' chunked', 'chunked ', 'xchunked', 'chunked;q=1', ''],
	connection: ['close', 'keep-alive', 'Close, x', 'x', ''], expect: ['100-continue', 'x'], any: ['', 'a', 'a b', ' a\t', '\x80\xff', 'a\x00b', 'a\rb', 'a\x7f', '"a"'] };
const eols = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\n\r\n', '\r\n '];
const bodies = ['', 'abc', 'hello', '5\r\nhello\r\n0\r\n\r\n', '0\r\n\r\n', '3;x=y\r\nabc\r\n0\r\n\r\n', '3\r\nabc\r\n0\r\nT: u\r\n\r\n', '3\nabc\n0\n\n',
	'00000003\r\nabc\r\n0\r\n\r\n', '000000003\r\nabc\r\n0\r\n\r\n', '3 \r\nabc\r\n0\r\n\r\n', 'A\r\n0123456789\r\n0\r\n\r\n', '3\r\nabcX0\r\n\r\n', '-1\r\n\r\n'];

function one() {
	let s = pick(['GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'get', 'PATCH', 'G T', '']) + pick([' ', ' ', ' ', ' ', ' ', '  ', '\t']) +
		pick(['/', '/a?b=c', '/%00', '/a/../b', '*', 'http://x/', '/\x80', '/a b', '', '/a#b', '/"']) + pick([' ', ' ', ' ', ' ', '  ', '']) +
		pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'http/1.1', 'HTTP/11', '']) + pick(eols);
	if (random(10)) s += `Host: x${pick(eols)}`;
	for (let i = random(4); i > 0; i--) {
		const name = pick(names);
		const kind = name.trim().toLowerCase();
		s += `${name}${pick([': ', ': ', ': ', ':', ':\t', ' : '])}${pick(values[kind] ?? values.any)}${pick(eols)}`;
	}
	return s + pick(['\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r\n\r\n', '']) + pick(bodies);
}

function clean() { // a right one, so that what follows is tried too
	const body = 'x'.repeat(random(9));
	const k = random(3);
	const framing = [['GET', '', ''], ['POST', `Content-Length: ${body.length}\r\n`, body],
		['PUT', 'Transfer-Encoding: chunked\r\n', (body ? `${body.length.toString(16)}\r\n${body}\r\n` : '') + '0\r\n\r\n']][k];
	return `${framing[0]} /${random(99)} HTTP/1.1\r\nHost: x\r\n${framing[1]}\r\n${framing[2]}`;
}

function mutated(s) {
	const b = Buffer.from(s, 'latin1');
	for (let i = random(3); i > 0; i--) b[random(b.length)] = random(4) ? pick([0, 9, 10, 11, 13, 32, 44, 48, 53, 58, 59, 127, 128]) : random(256);
	return b;
}

const cases = [];
for (let i = 0; i < most; i++) {
	const s = (random(2) ? clean() : '') + (random(3) ? one() : clean()) + (random(2) ? clean() : '');
	cases.push(random(3) ? Buffer.from(s, 'latin1') : mutated(s));
}
const input = Buffer.concat(cases.flatMap((c) => { const h = Buffer.alloc(4); h.writeUInt32LE(c.length); return [h, c]; }));
const run = spawnSync(program, { input, maxBuffer: 1 << 30 });
const lines = run.stdout.toString().trim().split('\n');
if (run.status !== 0 || lines.length !== cases.length) { console.error('http1_print failed', run.status, run.stderr.toString()); process.exit(1); }
let taken = 0; let onlyWe = 0; let onlyThey = 0; let refused = 0;
for (let i = 0; i < cases.length; i++) {
	const ours = JSON.parse(lines[i]);
	const other = theirs(cases[i]);
	const n = ours.requests.length;
	taken += n;
	if (other.requests.length > n) onlyThey++;
	if (ours.end === 'bad') refused++;
	for (let k = 0; k < n; k++) {
		const a = ours.requests[k];
		const b = other.requests[k];
		// llhttp ends at Connection: close; an Upgrade ends its reading too. Neither is a different reading.
		if (!b && (other.upgraded || ours.requests.slice(0, k).some((r) => r.close))) break;
		if (!b || a.method !== b.method || a.target !== b.target || a.body !== b.body || b.version !== '1.1' ||
			JSON.stringify(a.headers) !== JSON.stringify(b.headers)) {
			onlyWe++;
			if (onlyWe < 10) console.log('different:', JSON.stringify(cases[i].toString('latin1')), '\n  ours  ', JSON.stringify(a), '\n  theirs', JSON.stringify(b));
			break;
		}
	}
}
console.log(`llhttp ${process.versions.llhttp}: ${cases.length} cases, ${taken} requests taken alike, ${refused} cases refused by ours, ` +
	`${onlyThey} in which llhttp takes more, ${onlyWe} read differently`);
process.exit(onlyWe || taken < most / 4 ? 1 : 0);
