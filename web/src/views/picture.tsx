// The threat picture: what is known, how surely, what is claimed, and what waits.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useAsk } from '../api';
import { choiceName, form } from '../forms';
import { asked, href, setQuery } from '../route';
import { say } from '../state';
import { Chip, Empty, Head, Icon, Safety, Show, Slow } from '../ui/parts';
import { Explain } from '../ui/explain';
import { Spark } from '../ui/spark';
import { Swatch } from '../ui/swatch';
import { Note } from '../notes';
import { amount, day, interval, moment, number, scaleOf, t, tMaybe, unitWord } from '../text';
import type { Figure, Figures, Point, Status, Timeline } from '../types';

// Which field's labels a figure's rows go by.
export const fieldOfCode: Record<string, [string, string]> = {
	'extent.by_class': ['hazard', 'class'], 'extent.by_status': ['hazard', 'status'],
	'extent.reported_released': ['hazard', 'outcome'], 'extent.released': ['hazard', 'outcome'], 'extent.not_in_totals': ['hazard', 'class'],
	'casualties.persons': ['victim', 'outcome'], 'casualties.by_sex': ['victim', 'sex'], 'casualties.by_status': ['victim', 'status'],
	'casualties.by_activity': ['victim', 'activity'], 'casualties.by_device': ['accident', 'device_class'],
	'finds.by_category': ['ordnance', 'category'], 'finds.by_emplacement': ['ordnance', 'emplacement'],
	'finds.by_condition': ['ordnance', 'condition'], 'finds.by_object': ['ordnance', 'placement_object'],
};
export function rowName(f: Pick<Figure, 'code' | 'dimension' | 'period' | 'place'>): string {
	const parts: string[] = [];
	const code = f.dimension.split('=')[1];
	const by = fieldOfCode[f.code];
	if (f.code === 'exposure.people') {
		const within = /within=(\d+)(k?m)/.exec(f.dimension);
		if (within) parts.push(within[1] === '0' ? t('inside') : t('within', { m: `${within[1]} ${within[2] === 'km' ? t('unit_km') : t('unit_m')}` }));
		if (/source=settlements/.test(f.dimension)) parts.push(t('by_settlements'));
	} else if (by && code) parts.push(choiceName(by[0], by[1], code));
	else if (f.code === 'casualties.by_age' && code) parts.push(tMaybe('age_', code));
	else if (f.code.startsWith('claims.')) {
		const of = /figure=([\w.]+)/.exec(f.dimension)?.[1];
		parts.push(of && of !== 'statement' ? codeName(of) : t('statement'));
		if (claimant(f)) parts.push(claimant(f));
	} else if (f.dimension) parts.push(f.dimension.replace(/\w+=/g, '').split(' ').map((w) => (w === 'unknown' ? t('unknown').toLowerCase() : tMaybe('dim_', w))).join(' '));
	if (f.period) parts.push(f.period === 'unknown' ? t('unknown') : f.period);
	if (f.place) parts.push(f.place);
	return parts.join(', ') || t('all_of_it');
}
export const codeName = (code: string) => (code.startsWith('release.') ? `${t('land_release')}: ${tMaybe('rel_', code.slice(8))}` : tMaybe('fig_', code.replace('.', '_')));

export function explainHref(code: string, dimension = '', period = '') {
	return href('picture', '', {
		'as-of': asked('as-of'), 'known-at': asked('known-at'), after: asked('after'), explain: code, row: dimension, period,
	});
}

// A number, its bounds, and the way to its records.
export function Amount({ f, big, children }: { f: Figure; big?: boolean; children?: ComponentChildren }) {
	const s = scaleOf(f.unit, f.value ?? f.high ?? 0);
	const exact = f.value !== null && f.value === f.low && f.value === f.high;
	return (
		<div class={big ? 'amount amount-big' : 'amount'} data-code={f.code} data-dimension={f.dimension} data-period={f.period} data-value={f.value ?? 'null'} data-low={f.low ?? 'null'} data-high={f.high ?? 'null'}>
			<a class="amount-value" href={explainHref(f.code, f.dimension, f.period)} title={t('explain_this')}>
				{amount(f.value, f.unit, s)}
			</a>
			{f.value !== null && (
				<span class="amount-bounds">{exact ? big && t('exact_count') : interval(f.low, f.high, f.unit, s)}</span>
			)}
			{children}
		</div>
	);
}

function claimsFor(all: Figure[], ...codes: string[]) {
	return all.filter((f) => f.code === 'claims.claimed' && codes.includes(/figure=([\w.]+)/.exec(f.dimension)?.[1] ?? ''));
}
function claimant(f: Pick<Figure, 'dimension'>): string {
	const by = /by=(.*?)(?: on=(\S+))?$/.exec(f.dimension);
	return by ? by[1] + (by[2] ? `, ${day(by[2])}` : '') : '';
}
function Claims({ rows }: { rows: Figure[] }) {
	if (!rows.length) return null;
	return (
		<ul class="claims">
			{rows.map((f, i) => {
				const s = scaleOf(f.unit, f.value ?? f.low ?? f.high ?? 0);
				const text = f.value !== null && f.low !== null && f.low === f.high ? amount(f.value, f.unit, s) + (s.sign ? '' : ` ${unitWord(f.unit)}`)
					: f.high === null && f.low !== null ? t('more_than', { n: amount(f.low, f.unit, s) }) : f.high !== null ? t('up_to', { n: amount(f.high, f.unit, s) }) : '';
				return (
					<li key={i}>
						<Chip kind="claim">{t('claimed')}</Chip> {text && <b>{text}</b>} <span class="faint">{claimant(f)}{f.note ? `: “${f.note}”` : ''}</span>
					</li>
				);
			})}
		</ul>
	);
}

function Card({ title, f, points, unit, claims, children }: {
	title: string; f?: Figure; points?: Point[]; unit?: string; claims?: Figure[]; children?: ComponentChildren;
}) {
	return (
		<section class="card">
			<h2>{title}</h2>
			{f ? <Amount f={f} big /> : <p class="faint">{t('not_for_you')}</p>}
			{f?.note && f.value === null && <p class="faint small"><Note text={f.note} /></p>}
			{points && points.length > 1 && <Spark points={points} unit={unit ?? f?.unit ?? ''} label={title} />}
			{children}
			<Claims rows={claims ?? []} />
		</section>
	);
}

// Roles that may not see single cases get killed and injured by year; small numbers are left out, so no sum is made.
function ByYear({ rows }: { rows: Figure[] }) {
	const years = [...new Set(rows.map((f) => f.period))].slice(-7);
	const cell = (y: string, o: string) => { const f = rows.find((r) => r.period === y && r.dimension === `outcome=${o}`); return f ? <Amount f={f} /> : '–'; };
	return (
		<section class="card">
			<h2>{t('fig_casualties_by_year')}</h2>
			<table class="small-table">
				<thead><tr><th scope="col">{t('year')}</th><th scope="col" class="num">{t('killed')}</th><th scope="col" class="num">{t('injured')}</th></tr></thead>
				<tbody>{years.map((y) => <tr key={y}><th scope="row">{y === 'unknown' ? t('unknown') : y}</th><td class="num">{cell(y, 'killed')}</td><td class="num">{cell(y, 'injured')}</td></tr>)}</tbody>
			</table>
			<p class="faint small">{t('small_left_out')}</p>
		</section>
	);
}

// Bars with their bounds; the pattern tells the class without colour.
function Bars({ rows, swatch }: { rows: Figure[]; swatch?: (code: string) => ComponentChildren }) {
	const most = Math.max(...rows.map((r) => r.high ?? r.value ?? 0), 1e-9);
	return (
		<ul class="bars">
			{rows.map((f) => {
				const code = f.dimension.split('=')[1] ?? '';
				const at = (v: number) => `${((100 * v) / most).toFixed(2)}%`;
				return (
					<li key={f.dimension + f.period + f.place}>
						<span class="bar-name">{swatch?.(code)}{rowName(f).replace(`, ${t('by_settlements')}`, '')}</span>
						<span class="bar-track" aria-hidden="true">
							<span class="bar-range" style={{ left: at(f.low ?? 0), width: at((f.high ?? most) - (f.low ?? 0)) }} />
							<span class="bar-fill" style={{ width: at(f.value ?? 0) }} />
						</span>
						<Amount f={f} />
					</li>
				);
			})}
		</ul>
	);
}

function Part({ title, rows, note, children }: { title: string; rows?: Figure[]; note?: string; children?: ComponentChildren }) {
	if (rows && !rows.length) return null;
	return (
		<section class="part">
			<h2>{title}</h2>
			{note && <p class="faint small">{note}</p>}
			{children}
			{rows && <Bars rows={rows} />}
		</section>
	);
}

function Release({ rows }: { rows: Figure[] }) {
	const periods = [...new Set(rows.map((r) => r.period))].filter(Boolean);
	if (!periods.length) return null;
	const terms = ['opening', 'added', 'cha', 'sha', 'other_open', 'cleared', 'reduced', 'cancelled', 'reported_released', 'redrawn'];
	return (
		<section class="part part-wide">
			<h2>{t('land_release')}</h2>
			<p class="faint small">{t('land_release_note')}</p>
			<div class="scroll" tabIndex={0} role="region" aria-label={t('land_release')}>
				<table>
					<thead><tr><th scope="col">{t('term')}</th>{periods.map((p) => <th key={p} scope="col" class="num">{p.replace('/', ' – ')}</th>)}</tr></thead>
					<tbody>
						{terms.map((term) => (
							<tr key={term} class={term === 'added' ? 'rule-below' : undefined}>
								<th scope="row">{t(`rel_${term}` as 'rel_opening')}</th>
								{periods.map((p) => {
									const f = rows.find((r) => r.code === `release.${term}` && r.period === p);
									return <td key={p} class="num">{f ? <Amount f={f} /> : '–'}</td>;
								})}
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function ClaimTable({ all }: { all: Figure[] }) {
	const claimed = all.filter((f) => f.code === 'claims.claimed');
	if (!claimed.length) return null;
	return (
		<section class="part part-wide" id="claims">
			<h2>{t('claims_beside')}</h2>
			<p class="faint small">{t('claims_note')}</p>
			<div class="scroll" tabIndex={0} role="region" aria-label={t('claims_beside')}>
				<table class="claim-table">
					<thead><tr><th scope="col">{t('what')}</th><th scope="col">{t('claimed')}</th><th scope="col">{t('recorded')}</th></tr></thead>
					<tbody>
						{claimed.map((f, i) => {
							const code = /figure=([\w.]+)/.exec(f.dimension)?.[1] ?? '';
							const rec = all[all.indexOf(f) + 1];
							return (
								<tr key={i}>
									<th scope="row">{code ? codeName(code) : t('statement')}{f.place && <span class="faint"> · {f.place}</span>}</th>
									<td><b>{f.value === null ? '' : amount(f.value, f.unit)}</b> {f.note}<br /><span class="faint small">{claimant(f)}</span></td>
									<td>{rec?.code === 'claims.recorded' ? <Amount f={rec} /> : <span class="faint">{t('no_records')}</span>}</td>
								</tr>
							);
						})}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function AllFigures({ all }: { all: Figure[] }) {
	const codes = [...new Set(all.map((f) => f.code))];
	return (
		<details class="part part-wide all-figures">
			<summary>{t('all_figures', { n: number(all.length) })}</summary>
			<div class="scroll" tabIndex={0} role="region" aria-label={t('all_figures', { n: number(all.length) })}>
				<table>
					<thead><tr><th scope="col">{t('figure')}</th><th scope="col">{t('row')}</th><th scope="col" class="num">{t('value')}</th><th scope="col" class="num">{t('records_n')}</th><th scope="col">{t('method')}</th><th scope="col">{t('note')}</th></tr></thead>
					<tbody>
						{codes.map((c) => all.filter((f) => f.code === c).map((f, i) => (
							<tr key={`${c}${i}`}>
								<td>{i === 0 ? codeName(c) : ''}</td><td>{rowName(f)}</td><td class="num"><Amount f={f} /></td>
								<td class="num">{number(f.records)}</td><td class="faint">{f.method}</td><td class="faint small">{f.code.startsWith('claims.') ? f.note : <Note text={f.note} />}</td>
							</tr>
						)))}
					</tbody>
				</table>
			</div>
		</details>
	);
}

export function Waiting({ s, f }: { s: Status; f?: Figures }) {
	const wait = f?.waiting_hazards ?? s.waiting.hazards, q = f?.quarantined_hazards ?? s.quarantine.hazards;
	return (
		<ul class="waiting" aria-label={t('beside_figures')}>
			<li data-waiting={wait}><b>{number(wait)}</b> {t('wait_approval')}</li>
			<li data-quarantined={q}><b>{number(q)}</b> {t('wait_quarantine')}</li>
			{f && <li data-returned={f.returned_hazards}><b>{number(f.returned_hazards)}</b> {t('wait_returned')}</li>}
			<li><b>{number(s.hazards.no_position)}</b> {t('without_position')}</li>
		</ul>
	);
}

export function Clocks() {
	return (
		<div class="clocks">
			<Slow label={t('as_of')} type="date" value={asked('as-of')} onChange={(v) => setQuery({ 'as-of': v })} />
			<Slow label={t('known_at')} type="date" value={asked('known-at')} onChange={(v) => setQuery({ 'known-at': v })} />
			{(asked('as-of') || asked('known-at')) && (
				<button type="button" onClick={() => setQuery({ 'as-of': '', 'known-at': '' })}>{t('now')}</button>
			)}
		</div>
	);
}

function Body({ data, s }: { data: Figures; s: Status }) {
	const all = data.figures;
	const one = (code: string, dimension = '') => all.find((f) => f.code === code && !f.period && !f.place && (dimension ? f.dimension.startsWith(dimension) : !f.dimension));
	const rows = (code: string) => all.filter((f) => f.code === code);
	const clocks = { 'as-of': asked('as-of'), 'known-at': asked('known-at') };
	const times = { extent: useAsk<Timeline>('/api/timeline', { figure: 'extent', ...clocks }), casualties: useAsk<Timeline>('/api/timeline', { figure: 'casualties', ...clocks }), finds: useAsk<Timeline>('/api/timeline', { figure: 'finds', ...clocks }) };
	for (const k of ['hazard', 'victim', 'ordnance', 'accident']) form(k);
	const extent = one('extent.area'), share = one('extent.share'), hazards = one('extent.hazards'), unapproved = one('extent.unapproved');
	const inside = one('exposure.people', 'within=0m'), near = one('exposure.people', 'within=500m');
	const total = one('casualties.total'), byYear = rows('casualties.by_year').filter((f) => f.dimension);
	const persons = rows('casualties.persons'), released = rows('extent.released'), reported = rows('extent.reported_released');
	return (
		<>
			<Waiting s={s} f={data} />
			<div class="cards">
				<Card title={t('fig_extent_area')} f={extent} points={times.extent.data?.points} unit="m2" claims={claimsFor(all, 'extent.area', 'extent.share')}>
					<dl class="facts">
						{hazards && hazards.value !== null && <><dt>{t('in_areas')}</dt><dd><Amount f={hazards} /></dd></>}
						{share && share.value !== null && <><dt>{t('share')}</dt><dd><Amount f={share} /></dd></>}
						{unapproved && unapproved.value !== null && <><dt>{t('of_it_unapproved')}</dt><dd><Amount f={unapproved} /></dd></>}
					</dl>
				</Card>
				<Card title={t('fig_exposure_people')} f={inside ?? one('exposure.people')} claims={claimsFor(all, 'exposure.people')}>
					{near && <dl class="facts"><dt>{rowName(near)}</dt><dd><Amount f={near} /></dd></dl>}
					{inside && <p class="faint small">{t('inside_note')}</p>}
				</Card>
				{!total && byYear.length > 0 ? <ByYear rows={byYear} /> : <Card title={t('fig_casualties_total')} f={total} points={times.casualties.data?.points} unit="person" claims={claimsFor(all, 'casualties.total', 'casualties.persons')}>
					{persons.length > 0 && <dl class="facts">{persons.map((f) => <><dt>{rowName(f)}</dt><dd><Amount f={f} /></dd></>)}</dl>}
				</Card>}
				<Card title={t('fig_finds_items')} f={one('finds.items')} points={times.finds.data?.points} unit="item" claims={claimsFor(all, 'finds.items', 'laying.items')} />
			</div>
			<div class="parts-flow">
				<Part title={t('by_class')}>
					<Bars rows={rows('extent.by_class')} swatch={(c) => <Swatch of={c} />} />
					{!rows('extent.by_class').length && <Empty>{t('empty_land')}</Empty>}
				</Part>
				<Part title={t('by_status')} rows={rows('extent.by_status')} />
				<Part title={t('released')} note={t('released_note')}>
					<h3><Swatch of="released" /> {t('released_own')}</h3>
					{released.length ? <Bars rows={released} /> : <p class="faint small">{t('released_none')}</p>}
					<h3><Swatch of="reported_released" /> {t('released_reported')}</h3>
					{reported.length ? <Bars rows={reported} /> : <p class="faint small">{t('released_none_reported')}</p>}
				</Part>
				<Part title={t('exposure_by')} rows={rows('exposure.people').filter((f) => f.dimension && !f.dimension.includes('settlements'))} />
				<Part title={t('exposure_settlements')} note={t('exposure_settlements_note')} rows={rows('exposure.people').filter((f) => f.dimension.includes('settlements'))} />
				<Part title={t('fig_casualties_by_age')} rows={rows('casualties.by_age')} />
				<Part title={t('fig_casualties_by_sex')} rows={rows('casualties.by_sex')} />
				<Part title={t('fig_casualties_by_activity')} rows={rows('casualties.by_activity')} />
				<Part title={t('fig_casualties_by_device')} rows={rows('casualties.by_device')} />
				<Part title={t('fig_finds_by_category')} rows={rows('finds.by_category')} />
				<Part title={t('fig_finds_by_emplacement')} rows={rows('finds.by_emplacement')} />
			</div>
			<div class="parts">
				<Release rows={all.filter((f) => f.code.startsWith('release.'))} />
				<ClaimTable all={all} />
				<AllFigures all={all} />
			</div>
			<p class="faint small proof">
				{t('proof', { as_of: day(data.as_of), known: data.known_at ? moment(data.known_at) : t('now').toLowerCase(), n: number(data.checkpoint.size) })} <code>{data.checkpoint.root}</code>
			</p>
		</>
	);
}

// Of which submission the figures are, when the register has newer ones; asks until they are there.
function Behind({ data, s, again }: { data: Figures; s: Status | undefined; again: () => void }) {
	const newest = s?.log.size ?? 0;
	const behind = data.stale === true || (!data.known_at && data.checkpoint.size < newest);
	const tries = useRef(0), was = useRef(false);
	useEffect(() => {
		if (!behind) {
			if (was.current) say(t('reckoned'));
			was.current = false;
			tries.current = 0;
			return;
		}
		was.current = true;
		if (data.stale) return; // asked again as it is
		const wait = setTimeout(() => { tries.current++; again(); }, Math.min(20000, 2000 * 1.5 ** tries.current));
		return () => clearTimeout(wait);
	});
	if (!behind) return null;
	return <p class="box box-wait" role="status" data-stale={data.checkpoint.size}><Icon name="clock" /> <span>{newest > data.checkpoint.size ? t('stale', { a: number(data.checkpoint.size), b: number(newest) }) : t('stale_some', { a: number(data.checkpoint.size) })}</span></p>;
}

export function Picture({ status }: { status: Status | undefined }) {
	const params = { 'as-of': asked('as-of'), 'known-at': asked('known-at'), after: asked('after') };
	const figures = useAsk<Figures>('/api/figures', params);
	return (
		<>
			<Head title={status?.register.title ?? t('nav_picture')} lead={<Safety word="estimate" />}>
				<Clocks />
			</Head>
			<Show ask={figures} what={t('figures')} lines={8}>
				{(data) => (status ? <><Behind data={data} s={status} again={() => figures.again(true)} /><Body data={data} s={status} /></> : null)}
			</Show>
			<p><a class="button" href={href('map')}><Icon name="map" /> {t('see_map')}</a></p>
			{asked('explain') && <Explain />}
		</>
	);
}
