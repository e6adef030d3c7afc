// What all views share: the language, the look, who is logged in, what the server serves.
import { signal } from '@preact/signals';

export type Lang = 'en' | 'uk' | 'az';
export const langs: Record<Lang, string> = { en: 'English', uk: 'Українська', az: 'Azərbaycanca' };
export type Look = 'auto' | 'light' | 'dark' | 'contrast';
export const looks: Look[] = ['auto', 'light', 'dark', 'contrast'];

function kept(name: string): string {
	try {
		return localStorage.getItem(name) ?? '';
	} catch {
		return ''; // storage may be forbidden; then nothing is kept
	}
}
export function keep(name: string, value: string) {
	try {
		localStorage.setItem(name, value);
	} catch {
		/* as above */
	}
}

function firstLang(): Lang {
	const asked = new URLSearchParams(location.search).get('lang') ?? kept('lang');
	if (asked in langs) return asked as Lang;
	for (const l of navigator.languages) {
		const two = l.slice(0, 2);
		if (two in langs) return two as Lang;
	}
	return 'en';
}

export const lang = signal<Lang>(firstLang());
export const look = signal<Look>(looks.includes(kept('look') as Look) ? (kept('look') as Look) : 'auto');
export const loadedAt = signal(0); // when the server last answered, ms
export const said = signal(''); // read out by screen readers

lang.subscribe((l) => {
	document.documentElement.lang = l;
	keep('lang', l);
});
look.subscribe((l) => {
	if (l === 'auto') delete document.documentElement.dataset.look;
	else document.documentElement.dataset.look = l;
	keep('look', l);
});

export function say(text: string) {
	said.value = said.peek() === text ? text + '\u00a0' : text;
}
