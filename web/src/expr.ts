// Relevance and constraints of forms: the part of XPath that XLSForm uses. What is not understood gives undefined:
// then a field is shown and a value is left to the server, which decides in any case.
import type { Value } from './types';

type Result = string | number | boolean | undefined;
interface Token { kind: 'name' | 'ref' | 'text' | 'number' | 'op' | 'dot'; text: string }

const pattern = /\s*(?:\$\{([\w-]+)\}|'([^']*)'|"([^"]*)"|(\d+(?:\.\d+)?)|(<=|>=|!=|[=<>()+*,|-])|([A-Za-z_][\w-]*)|(\.))/y;

function tokens(text: string): Token[] | undefined {
	const out: Token[] = [];
	pattern.lastIndex = 0;
	let rest = text.trimEnd();
	let at = 0;
	while (at < rest.length) {
		pattern.lastIndex = at;
		const m = pattern.exec(rest);
		if (!m) return undefined;
		at = pattern.lastIndex;
		if (m[1] !== undefined) out.push({ kind: 'ref', text: m[1] });
		else if (m[2] !== undefined || m[3] !== undefined) out.push({ kind: 'text', text: m[2] ?? m[3] });
		else if (m[4] !== undefined) out.push({ kind: 'number', text: m[4] });
		else if (m[5] !== undefined) out.push({ kind: 'op', text: m[5] });
		else if (m[6] !== undefined) out.push({ kind: 'name', text: m[6] });
		else out.push({ kind: 'dot', text: '.' });
	}
	return out;
}

const text = (v: Result) => (v === undefined ? '' : typeof v === 'boolean' ? String(v) : String(v));
const num = (v: Result) => (typeof v === 'number' ? v : typeof v === 'boolean' ? Number(v) : v === undefined || v.trim() === '' ? NaN : Number(v));
const truth = (v: Result) => (typeof v === 'string' ? v !== '' : typeof v === 'number' ? v !== 0 && !Number.isNaN(v) : !!v);
class NotUnderstood extends Error {}

export function plain(v: Value | undefined): Result {
	if (v === undefined || v === null) return '';
	if (Array.isArray(v)) return v.map(String).join(' ');
	if (typeof v === 'object') return 'geometry';
	return v;
}

const isDate = (s: string) => /^\d{4}-\d\d-\d\d/.test(s);

export function evaluate(expression: string, of: (name: string) => Value | undefined, self: Value | undefined, today: string): Result {
	const t = tokens(expression);
	if (!t) return undefined;
	let i = 0;
	const peek = (text: string, kind: Token['kind'] = 'op') => t[i]?.kind === kind && t[i].text === text;
	const take = (text: string) => { if (!peek(text)) throw new NotUnderstood(); i++; };
	const call = (name: string, a: Result[]): Result => {
		switch (name) {
		case 'not': return !truth(a[0]);
		case 'true': return true;
		case 'false': return false;
		case 'selected': return text(a[0]).split(' ').includes(text(a[1]));
		case 'count-selected': return text(a[0]).split(' ').filter(Boolean).length;
		case 'string-length': return text(a[0]).length;
		case 'string': return text(a[0]);
		case 'number': return num(a[0]);
		case 'today': case 'now': return today;
		case 'if': return truth(a[0]) ? a[1] : a[2];
		case 'coalesce': return text(a[0]) !== '' ? a[0] : a[1];
		case 'contains': return text(a[0]).includes(text(a[1]));
		case 'starts-with': return text(a[0]).startsWith(text(a[1]));
		case 'regex': try { return new RegExp(text(a[1])).test(text(a[0])); } catch { throw new NotUnderstood(); }
		default: throw new NotUnderstood();
		}
	};
	const first = (): Result => {
		const k = t[i];
		if (!k) throw new NotUnderstood();
		if (k.kind === 'ref') { i++; return plain(of(k.text)); }
		if (k.kind === 'dot') { i++; return plain(self); }
		if (k.kind === 'text') { i++; return k.text; }
		if (k.kind === 'number') { i++; return Number(k.text); }
		if (peek('-')) { i++; return -num(first()); }
		if (peek('(')) { i++; const v = or(); take(')'); return v; }
		if (k.kind === 'name') {
			i++;
			take('(');
			const args: Result[] = [];
			if (!peek(')')) for (;;) { args.push(or()); if (!peek(',')) break; i++; }
			take(')');
			return call(k.text, args);
		}
		throw new NotUnderstood();
	};
	const product = (): Result => {
		let v = first();
		for (;;) {
			if (peek('*')) { i++; v = num(v) * num(first()); } else if (peek('div', 'name')) { i++; v = num(v) / num(first()); } else if (peek('mod', 'name')) { i++; v = num(v) % num(first()); } else return v;
		}
	};
	const sum = (): Result => {
		let v = product();
		for (;;) {
			if (peek('+')) { i++; v = num(v) + num(product()); } else if (peek('-')) { i++; v = num(v) - num(product()); } else return v;
		}
	};
	const compare = (): Result => {
		let v = sum();
		for (const op of ['=', '!=', '<=', '>=', '<', '>']) {
			if (!peek(op)) continue;
			i++;
			const w = sum();
			const bothText = typeof v === 'string' && typeof w === 'string';
			if (op === '=' || op === '!=') {
				const same = bothText ? v === w : typeof v === 'boolean' || typeof w === 'boolean' ? truth(v) === truth(w) : num(v) === num(w);
				v = op === '=' ? same : !same;
			} else {
				const dates = bothText && isDate(v as string) && isDate(w as string);
				const [a, b]: [number | string, number | string] = dates ? [v as string, w as string] : [num(v), num(w)];
				v = op === '<' ? a < b : op === '>' ? a > b : op === '<=' ? a <= b : a >= b;
			}
			break;
		}
		return v;
	};
	const and = (): Result => {
		let v = compare();
		while (peek('and', 'name')) { i++; const w = compare(); v = truth(v) && truth(w); }
		return v;
	};
	const or = (): Result => {
		let v = and();
		while (peek('or', 'name')) { i++; const w = and(); v = truth(v) || truth(w); }
		return v;
	};
	try {
		const v = or();
		return i === t.length ? v : undefined;
	} catch (e) {
		if (e instanceof NotUnderstood) return undefined;
		throw e;
	}
}
export function isRelevant(expression: string | null | undefined, of: (name: string) => Value | undefined, today: string): boolean {
	if (!expression) return true;
	const v = evaluate(expression, of, undefined, today);
	return v === undefined || truth(v);
}
export function isAllowed(expression: string | null | undefined, of: (name: string) => Value | undefined, self: Value | undefined, today: string): boolean {
	if (!expression || self === undefined || self === null || self === '') return true;
	const v = evaluate(expression, of, self, today);
	return v === undefined || truth(v);
}
