// Numbers, dates and words of the page in the language chosen. All strings are in words.ts.
import { lang, type Lang } from './state';
import type { Label } from './types';
import { safety, words } from './words';

export type Word = keyof typeof words;
export type SafetyWord = keyof typeof safety;
const order: Record<Lang, 0 | 1 | 2> = { en: 0, uk: 1, az: 2 };

function fill(text: string, values?: Record<string, string | number>): string {
	return values ? text.replace(/\{(\w+)\}/g, (all, k: string) => (k in values ? String(values[k]) : all)) : text;
}
export function t(word: Word, values?: Record<string, string | number>): string {
	return fill(words[word]?.[order[lang.value]] ?? String(word), values);
}
// A word whose name comes from the server; the name itself where the table has none.
export function tMaybe(prefix: string, code: string): string {
	const k = `${prefix}${code}` as Word;
	return k in words ? t(k) : code.replaceAll('_', ' ');
}
export function tSafety(word: SafetyWord, values?: Record<string, string | number>): { here: string; english: string } {
	const s = safety[word];
	return { here: fill(s[order[lang.value]], values), english: fill(s[0], values) };
}
export function label(l: Label | undefined, fallback: string): string {
	return l?.[lang.value] || l?.en || fallback;
}

// Not every browser knows Azerbaijani; German writes numbers the same way (1.692, 9,4).
const tag: Record<Lang, string> = { en: 'en-GB', uk: 'uk-UA', az: 'de-DE' };
const formats = new Map<string, Intl.NumberFormat>();
export function number(v: number, digits = 0): string {
	const key = `${lang.value}${digits}`;
	let f = formats.get(key);
	if (!f) formats.set(key, (f = new Intl.NumberFormat(tag[lang.value], { maximumFractionDigits: digits })));
	return f.format(v);
}

// How a unit is shown: divided, with so many digits, followed by its sign.
interface Scale { by: number; sign: string; digits: number }
export function scaleOf(unit: string, largest: number): Scale {
	const n = Math.abs(largest);
	const digits = (x: number) => (x >= 100 ? 0 : x >= 10 ? 1 : 2);
	if (unit === 'm2') {
		if (n >= 1e5) return { by: 1e6, sign: t('unit_km2'), digits: digits(n / 1e6) };
		return { by: 1, sign: t('unit_m2'), digits: 0 };
	}
	if (unit === 'm') return n >= 10000 ? { by: 1000, sign: t('unit_km'), digits: digits(n / 1000) } : { by: 1, sign: t('unit_m'), digits: 0 };
	if (unit === 'percent') return { by: 1, sign: '%', digits: n < 1 ? 4 : 1 };
	return { by: 1, sign: '', digits: Number.isInteger(largest) ? 0 : 2 };
}
export function amount(v: number | null, unit: string, s = scaleOf(unit, v ?? 0)): string {
	if (v === null) return t('no_records');
	return number(v / s.by, s.digits) + (s.sign ? '\u00a0' + s.sign : '');
}
export function interval(low: number | null, high: number | null, _unit: string, s: Scale): string {
	if (low === null && high !== null) return t('up_to', { n: number(high / s.by, s.digits) + (s.sign ? '\u00a0' + s.sign : '') });
	const a = low === null ? '?' : number(low / s.by, s.digits);
	if (high === null) return t('or_more', { n: a + (s.sign ? '\u00a0' + s.sign : '') });
	const b = number(high / s.by, s.digits);
	return `${a} – ${b}${s.sign ? '\u00a0' + s.sign : ''}`;
}
export function unitWord(unit: string): string {
	return tMaybe('unit_', unit);
}

const months: Record<Lang, string[]> = {
	en: ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'],
	uk: ['січня', 'лютого', 'березня', 'квітня', 'травня', 'червня', 'липня', 'серпня', 'вересня', 'жовтня', 'листопада', 'грудня'],
	az: ['yanvar', 'fevral', 'mart', 'aprel', 'may', 'iyun', 'iyul', 'avqust', 'sentyabr', 'oktyabr', 'noyabr', 'dekabr'],
};
const monthsAlone: Record<Lang, string[]> = {
	...months,
	uk: ['січень', 'лютий', 'березень', 'квітень', 'травень', 'червень', 'липень', 'серпень', 'вересень', 'жовтень', 'листопад', 'грудень'],
};
// A day, month or year as the server gives it. Our own table: browsers differ in what they know of Azerbaijani.
export function day(text: string | null | undefined): string {
	const m = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?/.exec(text ?? '');
	if (!m) return text || '–';
	if (!m[2]) return m[1];
	const i = Number(m[2]) - 1;
	return m[3] ? `${Number(m[3])} ${months[lang.value][i]} ${m[1]}` : `${monthsAlone[lang.value][i]} ${m[1]}`;
}
export function moment(text: string | null | undefined): string {
	if (!text) return '–';
	const time = /T(\d\d:\d\d)/.exec(text);
	return time ? `${day(text)}, ${time[1]} UTC` : day(text);
}
export function age(days: number | null): string {
	if (days === null) return '–';
	if (days < 60) return t('days', { n: number(days) });
	if (days < 730) return t('months', { n: number(Math.round(days / 30.44)) });
	return t('years', { n: number(Math.round(days / 365.25)) });
}
