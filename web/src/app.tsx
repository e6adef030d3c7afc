// The frame of every view: which register, where to go, how old the data is, and that no mark does not mean safe.
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useAsk } from './api';
import { useRegisterForms } from './forms';
import { entered, go, href, place, setQuery, type View } from './route';
import { lang, langs, look, looks, said, say, type Lang, type Look } from './state';
import { age, day, moment, number, t } from './text';
import type { Me, RegisterName, Status } from './types';
import { Empty, ErrorBox, Head, Icon, Loading, Safety } from './ui/parts';
import { Picture } from './views/picture';

export interface ViewProps { status: Status | undefined; me: Me | undefined; again: () => void }
type Loader = () => Promise<FunctionComponent<ViewProps>>;
const loaders: Record<Exclude<View, 'picture'>, Loader> = {
	map: () => import('./views/map').then((m) => m.MapView),
	records: () => import('./views/records').then((m) => m.Records),
	inbox: () => import('./views/inbox').then((m) => m.InboxView),
	compare: () => import('./views/compare').then((m) => m.Compare),
	sheet: () => import('./views/sheet').then((m) => m.Sheet),
	enter: () => import('./views/enter').then((m) => m.Enter),
	login: () => import('./views/login').then((m) => m.Login),
	accounts: () => import('./views/accounts').then((m) => m.Accounts),
};
const loaded = signal<Partial<Record<View, FunctionComponent<ViewProps>>>>({ picture: Picture });

function Later({ view, ...props }: { view: View } & ViewProps) {
	const [failed, setFailed] = useState('');
	const C = loaded.value[view];
	useEffect(() => {
		if (C) return;
		setFailed('');
		loaders[view as 'map']().then(
			(c) => { loaded.value = { ...loaded.peek(), [view]: c }; },
			() => setFailed(view),
		);
	}, [view]);
	if (C) return <C {...props} />;
	if (failed === view) return (
		<>
			<Head title={t(`nav_${view}` as 'nav_map')} />
			<div class="box box-error" role="alert"><Icon name="alert" /><div><p>{t('err_part')}</p><button type="button" onClick={() => location.reload()}>{t('again')}</button></div></div>
		</>
	);
	return <Loading lines={6} />;
}

const always: View[] = ['picture', 'map', 'records', 'compare'];

function Bar({ registers, me }: { registers: RegisterName[] | undefined; me: Me | undefined }) {
	const p = place.value;
	const role = me?.role ?? 'public';
	const here = p.view;
	const works: View[] = [];
	if (role !== 'public' && role !== 'administrator' && role !== 'legal') works.push('enter');
	if (['operator', 'officer', 'approver'].includes(role)) works.push('inbox');
	if (role === 'administrator') works.push('accounts');
	const links = [...always, ...works];
	const item = (v: View) => (
		<li key={v}>
			<a href={href(v)} aria-current={here === v ? 'page' : undefined}><Icon name={v === 'accounts' ? 'account' : v} /><span>{t(`nav_${v}` as 'nav_map')}</span></a>
		</li>
	);
	const more = useRef<HTMLDetailsElement>(null);
	useEffect(() => {
		if (more.current) more.current.open = false;
	}, [entered.value]);
	useEffect(() => {
		const away = (e: Event) => { if (more.current?.open && !more.current.contains(e.target as Node)) more.current.open = false; };
		const esc = (e: KeyboardEvent) => { if (e.key === 'Escape' && more.current?.open) { more.current.open = false; more.current.querySelector('summary')?.focus(); } };
		addEventListener('pointerdown', away);
		addEventListener('keydown', esc);
		return () => { removeEventListener('pointerdown', away); removeEventListener('keydown', esc); };
	}, []);
	return (
		<header class="bar">
			<a class="skip" href="#main">{t('skip')}</a>
			<div class="bar-inner">
				<a class="brand" href={href('picture')} aria-label={`Fallow, ${t('nav_picture')}`}>
					<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path d="M3 23c4.3-3.5 8.7-3.5 13 0s8.7 3.5 13 0M3 16c4.3-3.5 8.7-3.5 13 0s8.7 3.5 13 0M3 9c4.3-3.5 8.7-3.5 13 0s8.7 3.5 13 0" /></svg>
					<span>Fallow</span>
				</a>
				{registers && registers.length > 1 ? (
					<label class="register">
						<span class="sr">{t('register')}</span>
						<select value={p.register || registers[0].name} onChange={(e) => go(href(here === 'missing' ? 'picture' : here, here === 'records' ? '' : p.arg, undefined, e.currentTarget.value === registers[0].name ? '' : e.currentTarget.value))}>
							{registers.map((r) => <option key={r.name} value={r.name}>{r.title}</option>)}
						</select>
					</label>
				) : <span class="register">{registers?.[0]?.title}</span>}
				<nav aria-label={t('views')} class="nav">
					<ul>{links.map(item)}</ul>
				</nav>
				<details class="menu" ref={more}>
					<summary aria-label={me?.account ? `${me.account} – ${t('settings')}` : t('settings')}><Icon name={me?.account ? 'account' : 'more'} /><span class="menu-name">{me?.account || t('settings')}</span></summary>
					<div class="menu-body">
						{me?.account ? (
							<p class="menu-who"><b>{me.account}</b><br /><span class="faint">{t(`role_${me.role}` as 'role_public')}</span></p>
						) : null}
						<ul>
							{me?.account ? <li><a href={href('login')}>{t('my_account')}</a></li> : <li><a href={href('login')}>{t('log_in')}</a></li>}
							<li><a href={href('sheet')}>{t('nav_sheet')}</a></li>
						</ul>
						<label class="field"><span>{t('language')}</span>
							<select value={lang.value} onChange={(e) => { lang.value = e.currentTarget.value as Lang; setQuery({ lang: '' }); }}>
								{Object.entries(langs).map(([k, l]) => <option key={k} value={k} lang={k}>{l}</option>)}
							</select>
						</label>
						<label class="field"><span>{t('look')}</span>
							<select value={look.value} onChange={(e) => { look.value = e.currentTarget.value as Look; }}>
								{looks.map((l) => <option key={l} value={l}>{t(`look_${l}`)}</option>)}
							</select>
						</label>
						<p class="faint small">{lang.value !== 'en' && t('not_reviewed')}</p>
					</div>
				</details>
			</div>
		</header>
	);
}

function Strip({ status }: { status: Status | undefined }) {
	const i = status?.information;
	return (
		<aside class="strip" aria-label={t('limits')}>
			<p class="strip-safe"><Icon name="alert" /><strong><Safety word="no_mark" /></strong></p>
			{status && (
				<p class="strip-age">
					<span>{i?.newest ? <>{t('newest')} <b>{day(i.newest)}</b>{i.age_days !== null && ` (${t('ago', { age: age(i.age_days) })})`}</> : t('no_information_date')}</span>
					{i?.oldest && <span class="second">{t('oldest')} <b>{day(i.oldest)}</b></span>}
					{status.log.received && <span class="second">{t('received')} <b>{moment(status.log.received)}</b></span>}
					{status.quarantine.hazards > 0 && <span class="warn" data-strip-quarantine={status.quarantine.hazards}>{t('strip_quarantine', { n: number(status.quarantine.hazards) })}</span>}
					{!status.sees.exact && <span class="second">{t('strip_coarse', { m: status.sees.grid_m ?? 100 })}</span>}
				</p>
			)}
		</aside>
	);
}

export function App() {
	const p = place.value;
	const registers = useAsk<{ registers: RegisterName[] }>('/registers', undefined, true);
	const status = useAsk<Omit<Status, 'role' | 'now'>>('/api/status');
	const me = useAsk<Me>('/api/me', undefined, true);
	useRegisterForms();
	const again = () => { status.again(); me.again(); };
	// The status is the same for all who see the same, so who asks and today's date are not in it.
	const known = useMemo(() => status.data && { ...status.data, role: me.data?.role ?? 'public', now: new Date().toISOString() }, [status.data, me.data]);
	const first = useRef(true);
	useEffect(() => {
		const name = p.view === 'missing' ? t('missing') : t(`nav_${p.view}` as 'nav_map');
		document.title = `${name} · ${status.data?.register.title ?? 'Fallow'}`;
		if (first.current) { first.current = false; return; }
		say(name);
		window.scrollTo(0, 0);
		// The heading may come late, and again with the view's data: a view is a part of its own, and a link may be slow. Who has moved on
		// meanwhile is not called back.
		const from = document.activeElement, old = document.getElementById('title'), begun = Date.now();
		let given: HTMLElement | null = null, until = begun + 10000;
		const timer = setInterval(() => {
			const h = document.getElementById('title'), at = document.activeElement;
			if (Date.now() > until || (at !== from && at !== document.body && at !== given)) return clearInterval(timer);
			if (!h || h === given || (h === old && Date.now() < begun + 200)) return;
			if (!given) until = Date.now() + 3000;
			given = h;
			h.focus({ preventScroll: true });
		}, 30);
		return () => clearInterval(timer);
	}, [entered.value]);
	useEffect(() => {
		const name = p.view === 'missing' ? t('missing') : t(`nav_${p.view}` as 'nav_map');
		document.title = `${name} · ${status.data?.register.title ?? 'Fallow'}`;
	}, [status.data, lang.value]);
	const key = `${p.register}/${p.view}`;
	return (
		<>
			<Bar registers={registers.data?.registers} me={me.data} />
			<Strip status={known} />
			<main id="main" class={`view-${p.view}`} tabIndex={-1}>
				{status.state === 'error' && <ErrorBox error={status.error!} what={t('register')} again={status.again} />}
				{p.view === 'missing' ? (
					<><Head title={t('missing')} /><Empty>{t('missing_text')} <a href={href('picture')}>{t('nav_picture')}</a></Empty></>
				) : <Later key={key} view={p.view} status={known} me={me.data} again={again} />}
			</main>
			<footer class="foot">
				<p>Fallow{status.data && ` · ${t('log_size', { n: number(status.data.log.size) })}`}{status.data?.log.received && ` · ${t('received')} ${moment(status.data.log.received)}`}{status.data?.information.oldest && ` · ${t('oldest')} ${day(status.data.information.oldest)}`}{lang.value !== 'en' && <><br />{t('not_reviewed')}</>}</p>
				<p><a href={`${p.register ? `/r/${p.register}` : ''}/collections?f=html`} data-outside>{t('open_data')}</a> · <a href="/openapi.json" data-outside>OpenAPI</a> · <a href={`${p.register ? `/r/${p.register}` : ''}/log/checkpoint`} data-outside>{t('checkpoint')}</a></p>
			</footer>
			<div class="sr" role="status" aria-live="polite">{said.value}</div>
		</>
	);
}
