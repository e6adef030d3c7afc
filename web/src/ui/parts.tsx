// Small parts that every view uses.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { AskError, Asked } from '../api';
import { reasonHere } from '../reasons';
import { href, place } from '../route';
import { lang } from '../state';
import { t, tMaybe, tSafety, type SafetyWord, type Word } from '../text';

// A sentence people may stake their lives on: its English stands beside it until the translation is reviewed.
export function Safety({ word, values }: { word: SafetyWord; values?: Record<string, string | number> }) {
	const s = tSafety(word, values);
	if (lang.value === 'en') return <span class="safety-words">{s.english}</span>;
	return (
		<span class="safety-words">
			{s.here} <span class="beside" lang="en" title={t('not_reviewed')}>{s.english}</span>
		</span>
	);
}

const drawn: Record<string, string> = {
	picture: 'M4 20V10m6 10V4m6 16v-7m6 7V8',
	map: 'M9 4 3 6v14l6-2 6 2 6-2V4l-6 2-6-2Zm0 0v14m6-12v14',
	records: 'M5 4h14v16H5zM8 9h8M8 13h8M8 17h5',
	compare: 'M4 5h6v14H4zM14 5h6v14h-6zM10 12h4',
	enter: 'M12 5v14M5 12h14',
	inbox: 'M4 13 7 5h10l3 8v6H4zM4 13h5l1 2h4l1-2h5',
	sheet: 'M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z',
	account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 8c1-4 4-6 8-6s7 2 8 6',
	more: 'M5 12h.01M12 12h.01M19 12h.01',
	alert: 'M12 4 2 20h20L12 4Zm0 6v5m0 2.5v.01',
	search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 5 5',
	close: 'M6 6l12 12M18 6 6 18',
	clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3 2',
	layers: 'M12 4 3 9l9 5 9-5-9-5ZM3 14l9 5 9-5',
	table: 'M4 5h16v14H4zM4 10h16M10 5v14',
	pen: 'M4 20l1-5L16 4l4 4L9 19l-5 1Z',
	print: 'M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z',
};
export function Icon({ name }: { name: keyof typeof drawn | string }) {
	return (
		<svg class={name === 'more' ? 'icon icon-more' : 'icon'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
			<path d={drawn[name] ?? drawn.more} />
		</svg>
	);
}

// A sentence of the server in the language of the page, where there is one; else in English, marked as such.
export function Said({ children }: { children: string }) {
	const here = reasonHere(children);
	return here === undefined ? <span lang="en">{children}</span> : <span title={children}>{here}</span>;
}

// What has no translation is English: in another language our own words of the status come first.
function Why({ error }: { error: AskError }) {
	if (reasonHere(error.detail) !== undefined) return <Said>{error.detail}</Said>;
	const known = tMaybe('err_', String(error.status));
	const here = known === String(error.status) ? '' : known;
	if (!error.detail || (lang.value !== 'en' && here)) return <>{here || error.title} {error.detail && <span lang="en" class="beside">{error.detail}</span>}</>;
	return <span lang="en">{error.detail}</span>;
}

// act: something was to be done, not read.
export function ErrorBox({ error, what, again, act }: { error: AskError; what?: string; again?: () => void; act?: boolean }) {
	const why = error.status === 0 ? (error.title === 'unreachable' ? t('err_unreachable') : t('err_unreadable')) : error.title === 'unreadable' ? t('err_unreadable') : '';
	return (
		<div class="box box-error" role="alert" data-error={error.status}>
			<Icon name="alert" />
			<div>
				<p class="box-title">{what ? t(act ? 'err_act' : 'err_what', { what }) : t('err_title')}</p>
				<p>
					{why || <Why error={error} />}
					{error.status > 0 && <span class="faint"> ({error.status})</span>}
				</p>
				{error.hint && <p><Said>{error.hint}</Said></p>}
				{!act && <p class="faint">{t('err_not_empty')}</p>}
				{(error.status === 401 || error.status === 403) && place.value.view !== 'login' ? <p><a href={href('login')}>{t('log_in')}</a></p> : again && <button type="button" onClick={() => again()}>{t('again')}</button>}
			</div>
		</div>
	);
}

export function Empty({ children }: { children?: ComponentChildren }) {
	return (
		<div class="box box-empty" data-empty>
			<p>{children ?? t('empty')}</p>
		</div>
	);
}

export function Loading({ lines = 3 }: { lines?: number }) {
	return (
		<div class="loading" role="status" aria-label={t('loading')}>
			{Array.from({ length: lines }, (_, i) => <span key={i} class="bone" />)}
		</div>
	);
}

export function Show<T>({ ask, what, children, lines }: { ask: Asked<T>; what: string; lines?: number; children: (data: T, fresh: boolean) => ComponentChildren }) {
	if (ask.state === 'error') return <ErrorBox error={ask.error!} what={what} again={ask.again} />;
	if (ask.making !== undefined && ask.data === undefined) return <><p class="box box-wait" role="status" data-making={ask.making}><Icon name="clock" /> <span>{t('making', { n: ask.making })}</span></p><Loading lines={lines} /></>;
	if (ask.data === undefined) return <Loading lines={lines} />;
	return <div class={ask.fresh ? undefined : 'stale'} aria-busy={!ask.fresh}>{children(ask.data, ask.fresh)}</div>;
}

// The heading of a view takes the focus when the view is entered.
export function Head({ title, children, lead }: { title: ComponentChildren; children?: ComponentChildren; lead?: ComponentChildren }) {
	return (
		<div class="head">
			<div>
				<h1 id="title" tabIndex={-1}>{title}</h1>
				{lead && <p class="lead">{lead}</p>}
			</div>
			{children && <div class="head-side">{children}</div>}
		</div>
	);
}

export function Chip({ kind, children, title }: { kind: string; children: ComponentChildren; title?: string }) {
	return <span class={`chip chip-${kind}`} title={title}>{children}</span>;
}

export function Select({ label, value, options, onChange, all, id }: {
	label: string; value: string; options: [string, string][]; onChange: (v: string) => void; all?: string; id?: string;
}) {
	return (
		<label class="field">
			<span>{label}</span>
			<select id={id} value={value} onChange={(e) => onChange(e.currentTarget.value)}>
				{all !== undefined && <option value="">{all}</option>}
				{options.map(([v, l]) => <option key={v} value={v}>{l}</option>)}
			</select>
		</label>
	);
}

// A text that takes effect when typing pauses or ends, so that a filter does not ask for each letter.
export function Slow({ label, value, onChange, type = 'text' }: { label: string; value: string; onChange: (v: string) => void; type?: 'text' | 'search' | 'date' }) {
	const timer = useRef(0);
	useEffect(() => () => clearTimeout(timer.current), []);
	const wait = type === 'date' ? 600 : 350;
	return (
		<label class="field" data-blank={!value || undefined}>
			<span>{label}</span>
			<input
				type={type as 'text'}
				value={value}
				onInput={(e) => {
					const v = e.currentTarget.value;
					clearTimeout(timer.current);
					timer.current = window.setTimeout(() => onChange(v), wait);
				}}
			/>
		</label>
	);
}

// A window over the page, modal; Escape and the button close it.
export function Window({ title, onClose, children, wide }: { title: ComponentChildren; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
	const ref = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		const d = ref.current!, before = document.activeElement as HTMLElement | null;
		if (!d.open) d.showModal();
		return () => {
			if (d.open) d.close();
			if (before && before !== document.body) before.focus();
			// What opened it may be gone with what was done in it.
			setTimeout(() => { if (!document.activeElement || document.activeElement === document.body) document.getElementById('title')?.focus({ preventScroll: true }); }, 120);
		};
	}, []);
	return (
		<dialog ref={ref} class={wide ? 'wide' : undefined} aria-labelledby="window-title"
			onCancel={(e) => { e.preventDefault(); onClose(); }}
			onClick={(e) => { if (e.target === ref.current) onClose(); }}>
			<div class="window">
				<header>
					<h2 id="window-title">{title}</h2>
					<button type="button" class="quiet" onClick={onClose} aria-label={t('close')}><Icon name="close" /></button>
				</header>
				<div class="window-body">{children}</div>
			</div>
		</dialog>
	);
}

export function Tabs({ value, tabs, onChange, label }: { value: string; tabs: [string, string, number?][]; onChange: (v: string) => void; label: string }) {
	return (
		<div class="tabs" role="group" aria-label={label}>
			{tabs.map(([v, l, n]) => (
				<button key={v} type="button" aria-pressed={v === value} onClick={() => onChange(v)}>
					{l}
					{n !== undefined && <span class="count">{n}</span>}
				</button>
			))}
		</div>
	);
}

export type { Word };
