// Addresses of the page: /picture, /map ... and the same below /r/NAME. The state of a view is in the query string.
import { computed, signal } from '@preact/signals';

export const views = [
	'picture', 'map', 'records', 'inbox', 'compare', 'sheet', 'enter', 'login', 'accounts',
] as const;
export type View = (typeof views)[number];

export interface Place {
	register: string; // '' = the first one
	view: View | 'missing';
	arg: string; // id of a record, kind to enter; '' = none
	query: URLSearchParams;
}

function read(): Place {
	const parts = location.pathname.split('/').filter(Boolean).map(decodeURIComponent);
	let register = '';
	if (parts[0] === 'r' && parts.length > 1) {
		register = parts[1];
		parts.splice(0, 2);
	}
	const name = parts[0] ?? 'picture';
	const known = (views as readonly string[]).includes(name) && parts.length <= 2;
	return { register, view: known ? (name as View) : 'missing', arg: parts[1] ?? '', query: new URLSearchParams(location.search) };
}

export const place = signal<Place>(read());
export const prefix = computed(() => (place.value.register ? `/r/${encodeURIComponent(place.value.register)}` : ''));
// Counts the views entered, not changes of a filter: the shell moves the focus by it.
export const entered = signal(0);

function take() {
	const before = place.value, now = read();
	place.value = now;
	if (before.view !== now.view || before.arg !== now.arg || before.register !== now.register) entered.value++;
}

export function href(view: View | '', arg = '', query?: Record<string, string | undefined>, register = place.peek().register): string {
	const q = new URLSearchParams();
	for (const [k, v] of Object.entries(query ?? {})) if (v) q.set(k, v);
	const path = (register ? `/r/${encodeURIComponent(register)}` : '') + '/' + view + (arg ? '/' + encodeURIComponent(arg) : '');
	return q.size ? `${path}?${q}` : path;
}

export function go(to: string, replace = false) {
	if (to === location.pathname + location.search) return;
	history[replace ? 'replaceState' : 'pushState'](null, '', to);
	take();
}

// Change some of the query and keep the rest; an empty value takes it away.
export function setQuery(change: Record<string, string | undefined>, replace = true) {
	const q = new URLSearchParams(location.search);
	for (const [k, v] of Object.entries(change)) {
		if (v) q.set(k, v);
		else q.delete(k);
	}
	go(location.pathname + (q.size ? `?${q}` : ''), replace);
}

export const asked = (name: string): string => place.value.query.get(name) ?? '';

export function startRouting() {
	addEventListener('popstate', take);
	document.addEventListener('click', (e) => {
		if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
		const a = (e.target as Element).closest?.('a');
		if (!a || a.target || a.hasAttribute('download') || a.origin !== location.origin || a.dataset.outside !== undefined) return;
		if (a.hash && a.pathname === location.pathname) return;
		const parts = a.pathname.split('/').filter(Boolean);
		const first = parts[0] === 'r' ? parts[2] : parts[0];
		if (first && !(views as readonly string[]).includes(first)) return;
		e.preventDefault();
		go(a.pathname + a.search);
		if (a.hash) document.querySelector(a.hash)?.scrollIntoView();
	});
}
