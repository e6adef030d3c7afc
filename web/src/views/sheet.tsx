// A village on one sheet of A4: map, legend, scale, date, limits, and what is not known.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ViewProps } from '../app';
import { get, useAsk, type AskError } from '../api';
import { readPosition } from '../geo/coord';
import { choiceName, form, kindName, nearName } from '../forms';
import { hazardLooks } from '../looks';
import { Box, type Counted } from '../map/box';
import { degrees } from '../map/graticule';
import { tileLayers } from '../map/style';
import { asked, prefix, setQuery } from '../route';
import { rings } from '../ui/outline';
import { day, moment, number, t } from '../text';
import type { Near, RecordDetail, RecordPage, Status } from '../types';
import { ErrorBox, Head, Icon, Loading, Safety, Select, Show } from '../ui/parts';
import { LookBox } from '../ui/swatch';
import { signs } from './map';

const PAPER_MM = 180, HIGH_MM = 128;

function Chooser() {
	const [q, setQ] = useState(asked('name')), [rows, setRows] = useState<RecordPage['records'] | null>(null), [error, setError] = useState<AskError | null>(null);
	const find = async (e: Event) => {
		e.preventDefault();
		setError(null);
		const p = readPosition(q);
		if (p) { setRows(null); return setQuery({ at: `${p.lon.toFixed(6)},${p.lat.toFixed(6)}`, name: '' }, false); }
		try {
			setRows((await get<RecordPage>('/api/records', { kind: 'place', q, limit: 20 })).records);
		} catch (x) {
			setError(x as AskError);
		}
	};
	const take = async (r: RecordPage['records'][number]) => {
		try {
			const d = await get<RecordDetail>(`/api/records/${r.id}`);
			const box = d.bbox ?? (d.geometry ? rings(d.geometry).flat().reduce((b, p) => [Math.min(b[0], p[0]), Math.min(b[1], p[1]), Math.max(b[2], p[0]), Math.max(b[3], p[1])], [180, 90, -180, -90]) : null);
			if (!box) return;
			setRows(null);
			setQuery({ at: `${((box[0] + box[2]) / 2).toFixed(6)},${((box[1] + box[3]) / 2).toFixed(6)}`, name: String(r.fields.name ?? r.national_id ?? '') }, false);
		} catch (x) {
			setError(x as AskError);
		}
	};
	return (
		<form class="filters no-print" role="search" onSubmit={find}>
			<label class="field"><span>{t('sheet_place')}</span><span class="joined"><input type="search" name="place" value={q} onInput={(e) => setQ(e.currentTarget.value)} /><button type="submit" aria-label={t('search')}><Icon name="search" /></button></span></label>
			<Select label={t('sheet_width')} value={asked('width') || '5'} options={['2', '5', '10', '20', '50'].map((w) => [w, `${w} ${t('unit_km')}`])} onChange={(v) => setQuery({ width: v })} />
			{error && <ErrorBox error={error} what={t('search')} />}
			{rows && (rows.length === 0 ? <p class="faint">{t('empty_records')}</p> : <ul class="hits">{rows.map((r) => <li key={r.id}><button type="button" class="link" onClick={() => void take(r)}>{String(r.fields.name ?? r.national_id ?? r.id)}</button> <span class="faint small">{choiceName('place', 'type', String(r.fields.type ?? ''))}</span></li>)}</ul>)}
		</form>
	);
}

function Paper({ lon, lat, s }: { lon: number; lat: number; s: Status }) {
	const width_m = (Number(asked('width')) || 5) * 1000;
	const el = useRef<HTMLDivElement>(null);
	const [counted, setCounted] = useState<Counted | null>(null), [failed, setFailed] = useState(0), [lost, setLost] = useState(false);
	const within = Math.min(50000, Math.round(width_m / 2));
	const near = useAsk<Near>('/api/find', { near: `${lon},${lat}`, within });
	form('hazard');
	const dy = ((width_m * HIGH_MM) / PAPER_MM / 2) / 111195, dx = width_m / 2 / 111195 / Math.cos((lat * Math.PI) / 180);
	const kinds = s.sees.kinds;
	useEffect(() => {
		let b: Box;
		const query = new URLSearchParams();
		if (asked('as-of')) query.set('as-of', asked('as-of'));
		if (asked('known-at')) query.set('known-at', asked('known-at'));
		try {
			b = new Box(el.current!, {
				where: { origin: location.origin, prefix: prefix.peek(), query: String(query), version: String(s.log.size) }, print: true, quiet: true, exact: true,
				filter: { layers: [...tileLayers].filter((l) => l === 'place' || l === 'hazard' || kinds.includes(l)), classes: [], statuses: [], shown: [], onlyUnapproved: false },
				bounds: [lon - dx, lat - dy, lon + dx, lat + dy], label: t('map_label'), onCount: setCounted, onFailed: setFailed,
			});
		} catch {
			setLost(true);
			return;
		}
		b.ready.catch(() => setLost(true));
		return () => b.close();
	}, [lon, lat, width_m]);
	const name = asked('name') || `${degrees(lat, 'lat')}, ${degrees(lon, 'lon')}`;
	return (
		<article class="paper" data-sheet>
			<header class="paper-head">
				<div><h2>{name}</h2><p>{s.register.title} · {degrees(lat, 'lat')}, {degrees(lon, 'lon')}</p></div>
				<p class="paper-date">{t('sheet_date')} <b>{day(s.now)}</b><br />{t('as_of')} <b>{day(asked('as-of') || s.now)}</b><br />{t('known_at')} <b>{asked('known-at') ? day(asked('known-at')) : t('now')}</b></p>
			</header>
			<p class="paper-warn"><strong><Safety word="no_mark" /></strong></p>
			<div class="paper-map">
				<div ref={el} class="map-canvas" />
				{lost && <p class="box box-error">{t('map_lost')}</p>}
				{failed > 0 && <p class="map-failed"><Safety word="tile_failed" values={{ n: failed }} /></p>}
				<svg class="paper-north" viewBox="0 0 20 34" aria-label="N" role="img"><path d="M10 33V15m-5 7 5-8 5 8" fill="none" stroke="#000" stroke-width="2" /><text x="10" y="11" font-size="11" font-weight="bold" text-anchor="middle">N</text></svg>
			</div>
			<p class="paper-scale">{t('sheet_scale', { n: number(Math.round(width_m / (PAPER_MM / 1000) / 100) * 100) })} · {number(width_m / 1000)} {t('unit_km')} · {t('sheet_datum')} {!s.sees.exact && <Safety word="coarse" values={{ m: s.sees.grid_m ?? 100 }} />}</p>
			<div class="paper-columns">
				<section>
					<h3>{t('legend')}</h3>
					<ul class="keys">
						<li><span class="swatch swatch-unknown" aria-hidden="true">?</span> {t('no_information')} – {t('no_information_short')}</li>
						{hazardLooks.map((h) => <li key={h.key}><LookBox look={h} /> {h.classes.length ? h.classes.filter(Boolean).map((c) => choiceName('hazard', 'class', c!)).join(', ') : t(h.shownAs === 'released' ? 'released_own' : 'released_reported')}</li>)}
						<li><LookBox look={hazardLooks[2]} dashed /> {t('unapproved_rim')}</li>
					</ul>
				</section>
				<section>
					<h3>{t('sheet_here', { m: number(within / 1000, 1) })}</h3>
					<Show ask={near} what={t('near_title')}>
						{(n) => (
							<>
								<p><Safety word={n.answer === 'danger' ? 'near_danger' : signs(n) ? 'near_signs' : 'near_no_information'} /></p>
								<ul class="plain">{n.items.slice(0, 14).map((i, k) => <li key={k}>{nearName(i.kind, i.class)} {i.national_id} – {i.distance_m === 0 ? t('right_here').replace(':', '') : `${number(Math.round(i.distance_m))} ${t('unit_m')}`}{i.unapproved && ` (${t('unapproved')})`}</li>)}</ul>
								{n.dangers > 14 && <p>{t('and_more', { n: number(n.dangers - 14) })}</p>}
							</>
						)}
					</Show>
				</section>
				<section>
					<h3>{t('sheet_unknown')}</h3>
					<ul class="plain">
						<li><Safety word="sheet_limits" /></li>
						{s.information.newest && <li>{t('newest')} {day(s.information.newest)}; {t('oldest')} {day(s.information.oldest)}.</li>}
						<li>{number(s.hazards.no_position)} {t('ns_no_position')}; {number(s.quarantine.hazards)} {t('ns_quarantine')}.</li>
						<li>{number(s.waiting.hazards)} {t('wait_approval')}.</li>
						{s.sees.not.length > 0 && <li>{t('ns_role', { kinds: s.sees.not.map(kindName).join(', ') })}.</li>}
						{counted && <li>{number(counted.shown)} {t('ns_in_view')}.</li>}
					</ul>
				</section>
			</div>
			<footer class="paper-foot">{t('sheet_role', { role: t(`role_${s.role}` as 'role_public') })} · {t('received')} {moment(s.log.received)} · {t('sheet_source', { name: s.register.title, n: number(s.log.size), root: s.log.root })}</footer>
		</article>
	);
}

export function Sheet({ status }: ViewProps) {
	const at = asked('at').split(',').map(Number);
	const ok = at.length >= 2 && at.slice(0, 2).every(Number.isFinite);
	return (
		<>
			<div class="no-print">
				<Head title={t('sheet_title')} lead={t('sheet_lead')}>
					<button type="button" class="primary" disabled={!ok} onClick={() => print()}><Icon name="print" /> {t('sheet_print')}</button>
				</Head>
			</div>
			<Chooser />
			{ok && (status ? <Paper key={`${asked('at')}/${asked('width')}`} lon={at[0]} lat={at[1]} s={status} /> : <Loading lines={8} />)}
		</>
	);
}
