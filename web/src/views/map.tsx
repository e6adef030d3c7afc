// The map: what is known of the land and what is not, with the same selection as a table.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ViewProps } from '../app';
import { get, useAsk, type AskError } from '../api';
import { choiceName, choices, fieldName, form, kindName, nearName, shown as shownValue } from '../forms';
import { hazardLooks, minefieldLook, pointLooks } from '../looks';
import { Box, type Counted } from '../map/box';
import { degrees } from '../map/graticule';
import { tileLayers, type MapFilter } from '../map/style';
import { asked, href, place, prefix, setQuery } from '../route';
import { look as lookSignal, say } from '../state';
import { day, number, t } from '../text';
import type { Hits, Near, RecordDetail, Status } from '../types';
import { Chip, ErrorBox, Head, Icon, Loading, Safety, Select, Show, Tabs } from '../ui/parts';
import { LookBox } from '../ui/swatch';
import { MapTable } from './maptable';
import { recordName } from './records';

const list = (name: string) => asked(name).split(',').filter(Boolean);
export function filterNow(kinds: string[] | undefined): MapFilter {
	const off = list('off');
	return {
		layers: [...tileLayers].filter((l) => !off.includes(l) && (l === 'place' || l === 'hazard' || !kinds || kinds.includes(l))),
		classes: list('class'), statuses: list('status'), shown: list('shown'), onlyUnapproved: asked('unapproved') === 'true',
	};
}

const monthsBetween = (a: string, b: string) => (Number(b.slice(0, 4)) - Number(a.slice(0, 4))) * 12 + Number(b.slice(5, 7) || 1) - Number(a.slice(5, 7) || 1);
function monthEnd(from: string, n: number): string {
	const m = Number(from.slice(5, 7) || 1) - 1 + n, y = Number(from.slice(0, 4)) + Math.floor(m / 12), mm = ((m % 12) + 12) % 12;
	return `${y}-${String(mm + 1).padStart(2, '0')}-${String(new Date(Date.UTC(y, mm + 1, 0)).getUTCDate()).padStart(2, '0')}`;
}
function Clock({ name, label, hint, from, today }: { name: 'as-of' | 'known-at'; label: string; hint: string; from: string; today: string }) {
	const all = Math.max(1, monthsBetween(from, today));
	const value = asked(name), at = value ? Math.min(all, Math.max(0, monthsBetween(from, value))) : all;
	const [drag, setDrag] = useState<number | null>(null);
	const now = drag ?? at;
	const text = now >= all ? t('now') : day(drag === null && value ? value : monthEnd(from, now));
	return (
		<label class="clock">
			<span>{label} <b>{text}</b></span>
			<input type="range" min={0} max={all} value={now} aria-valuetext={text} title={hint}
				onInput={(e) => setDrag(Number(e.currentTarget.value))}
				onChange={(e) => { const v = Number(e.currentTarget.value); setDrag(null); setQuery({ [name]: v >= all ? '' : monthEnd(from, v) }); }} />
		</label>
	);
}

function Legend({ f, s, counted, failed }: { f: MapFilter; s: Status | undefined; counted: Counted | null; failed: number }) {
	form('hazard');
	const toggle = (name: string) => {
		const off = new Set(list('off'));
		if (off.has(name)) off.delete(name);
		else off.add(name);
		setQuery({ off: [...off].join(',') });
	};
	const sees = (k: string) => !s || s.sees.kinds.includes(k);
	const row = (name: string, label: string) => sees(name) || name === 'hazard'
		? <label class="check"><input type="checkbox" checked={f.layers.includes(name)} onChange={() => toggle(name)} /> {label}</label>
		: <p class="faint small">{label} – {t('not_for_you')}</p>;
	const name = (h: (typeof hazardLooks)[number]) => h.classes.length ? h.classes.filter(Boolean).map((c) => choiceName('hazard', 'class', c!)).join(', ') : h.shownAs === 'released' ? t('released_own') : t('released_reported');
	const dim = (h: (typeof hazardLooks)[number]) => (f.classes.length && h.classes.length && !h.classes.some((c) => f.classes.includes(c ?? ''))) || (f.shown.length && !f.shown.includes(h.shownAs));
	const inRegister = s ? s.hazards.danger + s.hazards.reported_released + s.hazards.released : null;
	return (
		<section class="legend" aria-label={t('legend')}>
			<h2>{t('legend')}</h2>
			<ul class="keys">
				<li><span class="swatch swatch-unknown" aria-hidden="true">?</span> <span><b>{t('no_information')}</b> <span class="faint">– {t('no_information_short')}</span></span></li>
			</ul>
			{row('hazard', kindName('hazard'))}
			<ul class="keys">
				{hazardLooks.filter((h) => h.shownAs === 'danger').map((h) => <li key={h.key} class={dim(h) ? 'dim' : undefined}><LookBox look={h} /> {name(h)}{dim(h) ? ` (${t('filtered_out')})` : ''}</li>)}
				<li><LookBox look={hazardLooks[2]} dashed /> {t('unapproved_rim')}</li>
				{hazardLooks.filter((h) => h.shownAs !== 'danger').map((h) => <li key={h.key} class={dim(h) ? 'dim' : undefined}><LookBox look={h} /> {name(h)}</li>)}
			</ul>
			{row('accident', kindName('accident'))}
			{sees('accident') && <ul class="keys">{pointLooks.accident.map((p) => <li key={p.key}><Sym shape={p.shape} colour={p.colour} /> {t(p.killed ? 'accident_killed' : 'accident_other')}</li>)}</ul>}
			{row('ordnance', kindName('ordnance'))}
			{sees('ordnance') && <ul class="keys">{pointLooks.ordnance.map((p, i) => <li key={p.key}><Sym shape={p.shape} colour={p.colour} /> {t((['find_mine', 'find_sub', 'find_other'] as const)[i])}</li>)}</ul>}
			{row('minefield_record', kindName('minefield_record'))}
			{sees('minefield_record') && <ul class="keys"><li><LookBox look={{ key: 'm', shownAs: '', classes: [], fill: '#fff', opacity: 0, pattern: { ...minefieldLook.pattern, kind: 'line' }, outline: [minefieldLook.colour, 1.8, minefieldLook.dash], shape: '' }} /> {t('minefield_claim')}</li></ul>}
			{row('place', kindName('place'))}
			<h3>{t('not_shown')}</h3>
			<ul class="not-shown" aria-live="polite">
				{failed > 0 && <li class="warn"><b>{number(failed)}</b> {t('ns_failed')}</li>}
				{counted && <li data-in-view={counted.shown}><b>{number(counted.shown)}</b> {t('ns_in_view')}{inRegister !== null && ` ${t(s?.sees.exact ? 'ns_of' : 'ns_of_public', { n: number(inRegister) })}`}</li>}
				{counted && <li data-filtered={counted.filtered} class={counted.filtered ? 'warn' : undefined}><b>{number(counted.filtered)}</b> {t('ns_filtered')}</li>}
				{counted && counted.gathered > 0 && <li><b>{number(counted.gathered)}</b> {t('ns_gathered')}</li>}
				{s && <li data-no-position={s.hazards.no_position}><b>{number(s.hazards.no_position)}</b> {t('ns_no_position')}</li>}
				{s && <li data-quarantine={s.quarantine.hazards}><b>{number(s.quarantine.hazards)}</b> {t('ns_quarantine')}{s.quarantine.places?.length ? `: ${s.quarantine.places.map((p) => `${p.place} ${p.rows}`).join(', ')}` : ''}</li>}
				{(asked('as-of') || asked('known-at')) && <li>{t('ns_now')}</li>}
				{s && s.sees.not.length > 0 && <li>{t('ns_role', { kinds: s.sees.not.map(kindName).join(', ') })}</li>}
				{s && !s.sees.exact && <li>{t('strip_coarse', { m: s.sees.grid_m ?? 100 })}</li>}
			</ul>
		</section>
	);
}
export function Sym({ shape, colour }: { shape: string; colour: string }) {
	const d: Record<string, string> = { star: 'M9 1l2.3 5.3 5.7.5-4.3 3.8 1.3 5.6L9 13.3 4 16.2l1.3-5.6L1 6.8l5.7-.5z', triangle: 'M9 2 17 16H1z', pentagon: 'M9 1l8 6-3 9H4L1 7z', square: 'M2 2h14v14H2z', circle: 'M9 2a7 7 0 1 0 0 14A7 7 0 0 0 9 2z', diamond: 'M9 1l8 8-8 8-8-8z' };
	return <svg class="swatch swatch-sym" viewBox="0 0 18 18" aria-hidden="true"><path d={d[shape] ?? d.circle} fill={colour} stroke="#1a1a1a" stroke-width="1" /></svg>;
}

export function parsePosition(text: string): [number, number] | null {
	const m = /^\s*(-?\d+(?:\.\d+)?)\s*°?\s*([NSns]?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*°?\s*([EWew]?)\s*$/.exec(text);
	if (!m) return null;
	const lat = Number(m[1]) * (/s/i.test(m[2]) ? -1 : 1), lon = Number(m[3]) * (/w/i.test(m[4]) ? -1 : 1);
	return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lon, lat] : null;
}

// Nothing is drawn there, and yet it is not as if nothing were known.
export const signs = (n: Near) => n.answer !== 'danger' && (n.accidents ?? 0) + (n.minefield_records ?? 0) + (n.waiting_here ?? 0) > 0;

function NearAnswer({ lon, lat }: { lon: number; lat: number }) {
	const within = Number(asked('within')) || 500;
	const ask = useAsk<Near>('/api/find', { near: `${lon},${lat}`, within });
	form('hazard');
	return (
		<section class="near" aria-live="polite" aria-label={t('near_title')}>
			<header><h2>{t('near_title')}</h2><button type="button" class="quiet" aria-label={t('close')} onClick={() => setQuery({ near: '' })}><Icon name="close" /></button></header>
			<p class="faint small">{degrees(lat, 'lat')}, {degrees(lon, 'lon')} · {t('within', { m: `${number(within)} ${t('unit_m')}` })}</p>
			<Show ask={ask} what={t('near_title')}>
				{(n) => (
					<div data-near={n.answer}>
						<p class={`near-answer near-${signs(n) ? 'danger' : n.answer}`} data-signs={signs(n) || undefined}><Safety word={signs(n) ? 'near_signs' : `near_${n.answer}`} /></p>
						{n.answer !== 'danger' && <p class="small"><Safety word="no_mark" /></p>}
						{n.public_geometry && <p class="faint small">{t('near_public')}</p>}
						{n.items.length > 0 && (
							<ul class="near-items">
								{n.items.map((i, k) => (
									<li key={k}>
										<b>{i.distance_m === 0 ? t('right_here') : t('metres_away', { m: number(Math.round(i.distance_m)) })}</b>{' '}
										{nearName(i.kind, i.class)} {i.unapproved && <Chip kind="wait">{t('unapproved')}</Chip>}
										{i.reported_by && <span class="faint"> {t('reported_by', { who: i.reported_by })}</span>}
										{i.id && <> <a href={href('records', i.id)}>{i.national_id || t('record')}</a></>}
									</li>
								))}
							</ul>
						)}
						<ul class="faint small">
							{n.accidents !== null && n.accidents > 0 && <li>{t('near_accidents', { n: n.accidents })}</li>}
							{n.minefield_records !== null && n.minefield_records > 0 && <li>{t('near_minefields', { n: n.minefield_records })}</li>}
							{(n.waiting_here ?? 0) + (n.waiting_unplaced ?? 0) > 0 && <li>{t('near_waiting', { n: (n.waiting_here ?? 0) + (n.waiting_unplaced ?? 0) })}</li>}
						</ul>
					</div>
				)}
			</Show>
		</section>
	);
}

function Search({ fly }: { fly: (bbox: number[]) => void }) {
	const [q, setQ] = useState(''), [hits, setHits] = useState<Hits | null>(null), [error, setError] = useState<AskError | null>(null), [busy, setBusy] = useState(false);
	const find = async (e: Event) => {
		e.preventDefault();
		const p = parsePosition(q);
		setError(null);
		setHits(null);
		if (p) return setQuery({ near: `${p[0]},${p[1]}`, at: `${p[0]},${p[1]},14` }, false);
		if (!q.trim()) return;
		setBusy(true);
		try {
			const h = await get<Hits>('/api/find', { q });
			setHits(h);
			say(t('found_n', { n: h.hits.length }));
		} catch (x) {
			setError(x as AskError);
		}
		setBusy(false);
	};
	const show = async (id: string) => {
		try {
			const r = await get<RecordDetail>(`/api/records/${id}`);
			if (r.bbox) fly(r.bbox);
			else say(t('no_geometry'));
		} catch (x) {
			setError(x as AskError);
		}
	};
	return (
		<form class="map-search" role="search" onSubmit={find}>
			<label class="field"><span>{t('map_search')}</span><span class="joined"><input type="search" value={q} placeholder={t('map_search_hint')} onInput={(e) => setQ(e.currentTarget.value)} /><button type="submit" aria-label={t('search')}><Icon name="search" /></button></span></label>
			{busy && <Loading lines={1} />}
			{error && <ErrorBox error={error} what={t('search')} />}
			{hits && (hits.hits.length === 0 ? <p class="faint small">{t('empty_records')}</p> : (
				<ul class="hits">{hits.hits.slice(0, 12).map((h, i) => <li key={i}><button type="button" class="link" onClick={() => show(h.id)}>{h.kind === 'place' ? h.value : recordName(h)}</button> <span class="faint small">{kindName(h.kind)}{h.kind !== 'place' && ` · ${h.value.slice(0, 60)}`}</span></li>)}</ul>
			))}
		</form>
	);
}

function Filters({ f }: { f: MapFilter }) {
	form('hazard');
	const many = (name: string, value: string[], options: [string, string][]) => (
		<details class="many" open={value.length > 0}>
			<summary>{fieldName('hazard', name)}{value.length > 0 && <span class="count">{value.length}</span>}</summary>
			{options.map(([v, l]) => <label key={v} class="check"><input type="checkbox" checked={value.includes(v)} onChange={(e) => setQuery({ [name]: (e.currentTarget.checked ? [...value, v] : value.filter((x) => x !== v)).join(',') })} /> {l}</label>)}
		</details>
	);
	const any = f.classes.length || f.statuses.length || f.shown.length || f.onlyUnapproved;
	return (
		<section class="map-filters" aria-label={t('filters')}>
			<h2>{t('filters')}</h2>
			{many('class', f.classes, choices('hazard', 'class').map((c) => [c.code, choiceName('hazard', 'class', c.code)]))}
			{many('status', f.statuses, choices('hazard', 'status').map((c) => [c.code, choiceName('hazard', 'status', c.code)]))}
			<Select label={t('shown_as')} all={t('all')} value={f.shown[0] ?? ''} options={[['danger', t('shown_danger')], ['reported_released', t('shown_reported_released')], ['released', t('shown_released')]]} onChange={(v) => setQuery({ shown: v })} />
			<label class="check"><input type="checkbox" checked={f.onlyUnapproved} onChange={(e) => setQuery({ unapproved: e.currentTarget.checked ? 'true' : '' })} /> {t('only_unapproved')}</label>
			{any ? <button type="button" onClick={() => setQuery({ class: '', status: '', shown: '', unapproved: '' })}>{t('all_filters_off')}</button> : null}
		</section>
	);
}

interface TileJson { bounds?: [number, number, number, number]; minzoom?: number; maxzoom?: number }
const atOf = (text: string): [number, number, number] | undefined => {
	const p = text.split(',').map(Number);
	return p.length === 3 && p.every(Number.isFinite) ? (p as [number, number, number]) : undefined;
};

function Hit({ hit, onClose }: { hit: { layer: string; properties: Record<string, unknown> }[]; onClose: () => void }) {
	const seen = new Set<string>();
	const rows = hit.filter((h) => { const k = `${h.layer}/${String(h.properties.id ?? JSON.stringify(h.properties))}`; if (seen.has(k) || h.layer === 'place') return false; seen.add(k); return true; });
	if (!rows.length) return null;
	return (
		<div class="hit">
			<button type="button" class="quiet" aria-label={t('close')} onClick={onClose}><Icon name="close" /></button>
			<ul>
				{rows.slice(0, 6).map((h, i) => {
					const p = h.properties, kind = h.layer === 'hazard_point' ? 'hazard' : h.layer;
					const id = typeof p.id === 'string' ? p.id : '';
					return (
						<li key={i}>
							<b>{id ? <a href={href('records', id)}>{String(p.national_id ?? recordName({ id, national_id: null }))}</a> : t('unclassed_area')}</b> <span class="faint">{kindName(kind)}</span><br />
							{['class', 'status', 'category', 'killed', 'injured', 'party'].filter((n) => p[n] !== undefined).map((n) => `${fieldName(kind, n)}: ${shownValue(kind, n, p[n] as string)}`).join(' · ')}
						</li>
					);
				})}
			</ul>
			{rows.length > 6 && <p class="faint small">{t('and_more', { n: rows.length - 6 })}</p>}
		</div>
	);
}

function Canvas({ status, f, bounds, onBox, onCount, onFailed }: {
	status: Status | undefined; f: MapFilter; bounds: [number, number, number, number] | undefined;
	onBox: (b: Box | null) => void; onCount: (c: Counted | null) => void; onFailed: (n: number) => void;
}) {
	const el = useRef<HTMLDivElement>(null), box = useRef<Box | null>(null);
	const [lost, setLost] = useState(''), [hit, setHit] = useState<{ layer: string; properties: Record<string, unknown> }[]>([]), [ready, setReady] = useState(false), [turn, setTurn] = useState(0);
	const [failed, setFailed] = useState(0), [pending, setPending] = useState(false);
	const own = useRef(''); // the place that the map itself wrote into the address
	const query = new URLSearchParams();
	if (asked('as-of')) query.set('as-of', asked('as-of'));
	if (asked('known-at')) query.set('known-at', asked('known-at'));
	const where = { origin: location.origin, prefix: prefix.value, query: String(query), version: `${status?.log.size ?? ''}${turn ? `.${turn}` : ''}` };
	const whereKey = JSON.stringify(where);
	useEffect(() => {
		let b: Box;
		try {
			b = new Box(el.current!, {
				where, filter: f, bounds, at: atOf(asked('at')), label: t('map_label'),
				onMove: (lon, lat, z) => { if (place.peek().view === 'map') { own.current = `${lon.toFixed(5)},${lat.toFixed(5)},${z.toFixed(2)}`; setQuery({ at: own.current }); } },
				onClick: (x, lat, h) => { const lon = ((((x + 180) % 360) + 360) % 360) - 180; setHit(h); setQuery({ near: `${lon.toFixed(6)},${lat.toFixed(6)}` }, false); },
				onCount, onFailed: (n) => { setFailed(n); onFailed(n); }, onPending: setPending,
			});
		} catch (e) {
			setLost(String(e));
			return;
		}
		box.current = b;
		onBox(b);
		b.ready.then(() => setReady(true), (e) => setLost(String(e)));
		return () => { box.current = null; onBox(null); b.close(); };
	}, [lookSignal.value]);
	useEffect(() => { if (ready) box.current?.setFilter(f); }, [JSON.stringify(f), ready]);
	const first = useRef(whereKey);
	useEffect(() => { if (ready && first.current !== whereKey) { first.current = whereKey; box.current?.setWhere(where); } }, [whereKey, ready]);
	const near = asked('near').split(',').map(Number);
	const nearKey = asked('near');
	useEffect(() => {
		if (!ready || !box.current) return;
		if (near.length === 2 && near.every(Number.isFinite)) box.current.ask(near[0], near[1], Number(asked('within')) || 500);
		else { box.current.askNothing(); setHit([]); }
	}, [nearKey, ready]);
	const at = asked('at');
	useEffect(() => {
		const p = atOf(at), m = box.current?.map;
		if (!ready || !p || !m || at === own.current) return; // the map may have moved on
		const c = m.getCenter();
		if (Math.abs(c.lng - p[0]) > 1e-4 || Math.abs(c.lat - p[1]) > 1e-4 || Math.abs(m.getZoom() - p[2]) > 0.02) m.jumpTo({ center: [p[0], p[1]], zoom: p[2] });
	}, [at, ready]);
	const zoom = (d: number) => box.current?.map?.zoomTo(box.current.map.getZoom() + d);
	return (
		<div class="map-frame">
			<div class="map-canvas" ref={el} data-ready={ready} />
			{!ready && !lost && <div class="map-wait"><Loading lines={2} /><p>{t('map_loading')}</p></div>}
			{lost && <div class="map-wait"><div class="box box-error" role="alert"><Icon name="alert" /><div><p class="box-title">{t('map_lost')}</p><p class="small">{lost}</p><p><Safety word="no_mark" /></p><p><a href={href('map', '', { show: 'table' })}>{t('see_table')}</a></p></div></div></div>}
			{pending && ready && <p class="map-pending" role="status"><Safety word="tiles_pending" /></p>}
			{failed > 0 && (
				<div class="map-failed" role="alert" data-failed={failed}>
					<p><b><Safety word="tile_failed" values={{ n: failed }} /></b></p>
					<button type="button" onClick={() => { setFailed(0); onFailed(0); setTurn(turn + 1); }}>{t('again')}</button>
				</div>
			)}
			<div class="map-buttons">
				<button type="button" onClick={() => zoom(1)} aria-label={t('zoom_in')}>+</button>
				<button type="button" onClick={() => zoom(-1)} aria-label={t('zoom_out')}>−</button>
				<button type="button" onClick={() => { const c = box.current?.map?.getCenter(); if (c) setQuery({ near: `${c.lng.toFixed(6)},${c.lat.toFixed(6)}` }, false); }} title={t('ask_centre')} aria-label={t('ask_centre')}>?</button>
			</div>
			<p class="map-note"><strong><Safety word="no_mark" /></strong>{(asked('as-of') || asked('known-at')) && <span> · {t('as_of')} {asked('as-of') ? day(asked('as-of')) : t('now')}; {t('known_at')} {asked('known-at') ? day(asked('known-at')) : t('now')}</span>}</p>
			<Hit hit={hit} onClose={() => setHit([])} />
		</div>
	);
}

export function MapView({ status }: ViewProps) {
	const f = filterNow(status?.sees.kinds);
	const json = useAsk<TileJson>('/tiles/hazard/tilejson.json');
	const [counted, setCounted] = useState<Counted | null>(null), [failed, setFailed] = useState(0);
	const box = useRef<Box | null>(null);
	const table = asked('show') === 'table';
	const near = asked('near').split(',').map(Number);
	const today = (status?.now ?? new Date().toISOString()).slice(0, 10);
	const from = status?.information.oldest ?? `${Number(today.slice(0, 4)) - 10}-01`;
	const fly = (b: number[]) => box.current?.map?.fitBounds([b[0], b[1], b[2], b[3]], { padding: 60, maxZoom: 15, duration: 0 });
	const ok = json.state !== 'loading' && status;
	return (
		<>
			<Head title={t('nav_map')}>
				<Tabs label={t('show_as')} value={table ? 'table' : 'map'} tabs={[['map', t('nav_map')], ['table', t('table')]]} onChange={(v) => setQuery({ show: v === 'table' ? 'table' : '', table: '' })} />
				<a class="button" href={href('sheet', '', { at: asked('at') })}><Icon name="print" /> {t('nav_sheet')}</a>
			</Head>
			<div class="map-grid">
				<div class="map-main">
					{table ? (
						<MapTable f={f} kinds={status?.sees.kinds ?? []} />
					) : ok ? <Canvas key={prefix.value} status={status} f={f} bounds={json.data?.bounds} onBox={(b) => { box.current = b; }} onCount={setCounted} onFailed={setFailed} /> : <Loading lines={8} />}
					<div class="clock-row" role="group" aria-label={t('two_clocks')}>
						<Clock name="as-of" label={t('as_of')} hint={t('as_of_hint')} from={from} today={today} />
						<Clock name="known-at" label={t('known_at')} hint={t('known_at_hint')} from={from} today={today} />
						{(asked('as-of') || asked('known-at')) && <button type="button" onClick={() => setQuery({ 'as-of': '', 'known-at': '' })}>{t('now')}</button>}
					</div>
				</div>
				<div class="map-side">
					{near.length === 2 && near.every(Number.isFinite) ? <NearAnswer lon={near[0]} lat={near[1]} /> : <p class="near-invite"><b>{t('near_title')}</b> {t('near_invite')}</p>}
					<Search fly={fly} />
					<Filters f={f} />
					<Legend f={f} s={status} counted={table ? null : counted} failed={failed} />
				</div>
			</div>
		</>
	);
}
