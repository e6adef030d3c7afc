// Records: the list of a kind, and one record with all that is known of it.
import { useEffect, useState } from 'preact/hooks';
import type { ViewProps } from '../app';
import { get, useAsk, type AskError, type Params } from '../api';
import { choiceName, choices, fieldName, form, formNames, kindName, shown } from '../forms';
import { asked, go, href, place, setQuery } from '../route';
import { amount, day, moment, number, scaleOf, t, tMaybe } from '../text';
import type { Changed, Hits, RecordPage, RecordRow, Status } from '../types';
import { Chip, Empty, ErrorBox, Head, Icon, Safety, Select, Show, Slow } from '../ui/parts';
import { LookBox } from '../ui/swatch';
import { lookFor } from '../looks';
import { RecordView } from './record';

export function States({ r }: { r: { shown_as: string | null; unapproved: boolean; conflict: boolean } }) {
	return (
		<>
			{r.shown_as === 'danger' && <Chip kind="danger">{t('shown_danger')}</Chip>}
			{r.shown_as === 'reported_released' && <Chip kind="reported">{t('shown_reported_released')}</Chip>}
			{r.shown_as === 'released' && <Chip kind="released">{t('shown_released')}</Chip>}
			{r.unapproved && <Chip kind="wait" title={t('unapproved_long')}>{t('unapproved')}</Chip>}
			{r.conflict && <Chip kind="conflict">{t('conflict')}</Chip>}
		</>
	);
}
export const recordName = (r: { id: string; national_id: string | null; label?: string | null }) => r.label || r.national_id || `${r.id.slice(0, 8)}…${r.id.slice(-4)}`;

export function ChangeList({ kind, changes, most = 50 }: { kind: string; changes: Changed[]; most?: number }) {
	return (
		<>
		<dl class="changes">
			{changes.slice(0, most).map((c) => (
				<div key={c.field}>
					<dt>{fieldName(kind, c.field)}</dt>
					<dd>
						{c.before !== undefined && c.before !== null && <del>{shown(kind, c.field, c.before)}</del>}
						{c.after !== undefined && c.after !== null ? <ins>{shown(kind, c.field, c.after)}</ins> : c.before !== undefined && <span class="faint"> {t('removed')}</span>}
					</dd>
				</div>
			))}
		</dl>
		{changes.length > most && <p class="faint">{t('and_more', { n: changes.length - most })}</p>}
		</>
	);
}

// The columns worth showing in a list of a kind; the first that the records have.
const columns: Record<string, string[]> = {
	hazard: ['class', 'status', 'place_name', 'admin1_name'],
	accident: ['class', 'killed', 'injured', 'place_name', 'admin1_name'],
	minefield_record: ['party', 'reliability', 'area_name', 'place_name'],
	ordnance: ['category', 'model', 'quantity', 'condition', 'place_name', 'admin1_name'],
	claim: ['claimed_by', 'figure_code', 'value', 'statement', 'quote'],
	source: ['title', 'publisher', 'published'],
	place: ['name', 'level'],
	activity: ['type', 'status', 'start_date'],
	organisation: ['name', 'type'],
};
function columnsOf(kind: string, rows: RecordRow[]): string[] {
	const has = (f: string) => rows.some((r) => r.fields[f] !== undefined && r.fields[f] !== null && r.fields[f] !== '');
	const wanted = (columns[kind] ?? []).filter(has);
	if (wanted.length) return wanted.slice(0, 4);
	const any = form(kind)?.fields.filter((f) => !f.name.startsWith('import_') && !['national_id', 'valid_from', 'remarks', 'imsma_id', 'geometry'].includes(f.name) && has(f.name)).map((f) => f.name) ?? [];
	return any.slice(0, 4);
}

function Filters({ kind, status }: { kind: string; status: Status | undefined }) {
	const kinds = status?.sees.kinds ?? [];
	const has = (name: string) => form(kind)?.fields.some((f) => f.name === name);
	return (
		<form class="filters" role="search" onSubmit={(e) => e.preventDefault()} aria-label={t('filters')}>
			<Select label={t('kind')} value={kind} onChange={(v) => go(href('records', '', { kind: v }))} options={(kinds.includes(kind) ? kinds : [kind, ...kinds]).map((k) => [k, kindName(k) + countOf(status, k)])} />
			<Slow label={t('search_words')} type="search" value={asked('q')} onChange={(v) => setQuery({ q: v, after: '' })} />
			<Slow label={t('place')} type="search" value={asked('place')} onChange={(v) => setQuery({ place: v, after: '' })} />
			{has('class') && <Select label={fieldName(kind, 'class')} all={t('all')} value={asked('class')} onChange={(v) => setQuery({ class: v, after: '' })} options={choices(kind, 'class').map((c) => [c.code, choiceName(kind, 'class', c.code)])} />}
			{has('status') && <Select label={fieldName(kind, 'status')} all={t('all')} value={asked('status')} onChange={(v) => setQuery({ status: v, after: '' })} options={choices(kind, 'status').map((c) => [c.code, choiceName(kind, 'status', c.code)])} />}
			<label class="check"><input type="checkbox" checked={asked('unapproved') === 'true'} onChange={(e) => setQuery({ unapproved: e.currentTarget.checked ? 'true' : '', after: '' })} /> {t('only_unapproved')}</label>
			<label class="check"><input type="checkbox" checked={asked('conflict') === 'true'} onChange={(e) => setQuery({ conflict: e.currentTarget.checked ? 'true' : '', after: '' })} /> {t('only_conflict')}</label>
		</form>
	);
}
function countOf(s: Status | undefined, kind: string): string {
	const c = s?.counts.find((x) => x.kind === kind);
	return c ? ` (${number(c.records)})` : '';
}

export const filterNames = ['q', 'status', 'class', 'unapproved', 'conflict', 'place', 'from', 'to'] as const;
export function recordParams(kind: string) {
	const out: Record<string, string> = { kind };
	for (const n of filterNames) out[n] = asked(n);
	return out;
}

export function Table({ kind, rows }: { kind: string; rows: RecordRow[] }) {
	const cols = columnsOf(kind, rows);
	const area = rows.some((r) => r.area_m2);
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={kindName(kind)}>
			<table class="rows" data-rows={rows.length}>
				<thead>
					<tr>
						<th scope="col">{t('record')}</th>
						{cols.map((c) => <th key={c} scope="col">{fieldName(kind, c)}</th>)}
						{area && <th scope="col" class="num">{t('area')}</th>}
						<th scope="col">{fieldName(kind, 'valid_from')}</th>
						<th scope="col">{t('state')}</th>
					</tr>
				</thead>
				<tbody>
					{rows.map((r, i) => {
						const look = kind === 'hazard' ? lookFor(r.shown_as, (r.fields.class as string) ?? null) : undefined;
						return (
							<tr key={r.id || `n${i}`} data-id={r.id}>
								<th scope="row">{look && <LookBox look={look} dashed={r.unapproved} />}{r.id ? <a href={href('records', r.id)}>{recordName(r)}</a> : t('unclassed_area')}</th>
								{cols.map((c) => <td key={c} data-label={fieldName(kind, c)}>{shown(kind, c, r.fields[c]) || <span class="faint">–</span>}</td>)}
								{area && <td class="num" data-label={t('area')}>{r.area_m2 ? amount(r.area_m2, 'm2', scaleOf('m2', r.area_m2)) : <span class="faint">–</span>}</td>}
								<td data-label={fieldName(kind, 'valid_from')}>{day(r.valid_from)}</td>
								<td><States r={r} /></td>
							</tr>
						);
					})}
				</tbody>
			</table>
		</div>
	);
}

// A list that grows by pages; the pages asked for are not in the address, its filters are. step: the parameter that asks for the next one.
export function Growing<P>({ kind, path, params, step, read }: { kind: string; path: string; params: Params; step: string; read: (page: P) => { rows: RecordRow[]; next: string } }) {
	const first = useAsk<P>(path, { ...params, limit: 50 });
	const key = JSON.stringify([path, params, place.value.register]);
	const [more, setMore] = useState<{ key: string; rows: RecordRow[]; next: string; busy: boolean; error?: AskError }>({ key: '', rows: [], next: '', busy: false });
	const mine = more.key === key;
	useEffect(() => setMore({ key: '', rows: [], next: '', busy: false }), [key]);
	return (
		<Show ask={first} what={kindName(kind)} lines={8}>
			{(got, fresh) => {
				const page = read(got), rows = mine ? [...page.rows, ...more.rows] : page.rows, next = mine ? more.next : page.next;
				const load = async () => {
					setMore({ key, rows: mine ? more.rows : [], next, busy: true });
					try {
						const p = read(await get<P>(path, { ...params, limit: 50, [step]: next }));
						setMore((m) => ({ key, rows: [...m.rows, ...p.rows], next: p.next, busy: false }));
					} catch (e) {
						setMore((m) => ({ ...m, busy: false, error: e as AskError }));
					}
				};
				return (
					<>
						{rows.length === 0 && !next && fresh ? <Empty>{t('empty_records')} <Safety word="no_mark" /></Empty> : <Table kind={kind} rows={rows} />}
						<p class="more-line">
							<span class="faint" role="status">{next ? t('shown_so_far', { n: number(rows.length) }) : t('shown_all', { n: number(rows.length) })}</span>
							{next && <button type="button" disabled={more.busy} onClick={load}>{t('load_more')}</button>}
						</p>
						{mine && more.error && <ErrorBox error={more.error} what={kindName(kind)} again={load} />}
					</>
				);
			}}
		</Show>
	);
}
const ofRecords = (p: RecordPage) => ({ rows: p.records, next: p.next ?? '' });

function Everywhere({ q }: { q: string }) {
	const ask = useAsk<Hits>('/api/find', { q });
	return (
		<Show ask={ask} what={t('search_words')}>
			{(hits) => hits.hits.length === 0 ? <Empty>{t('empty_records')} <Safety word="no_mark" /></Empty> : (
				<>
					<ul class="hits">
						{hits.hits.map((h, i) => (
							<li key={i}><a href={href('records', h.id)}>{recordName(h)}</a> <span class="faint">{kindName(h.kind)} · {fieldName(h.kind, h.field)}:</span> {shown(h.kind, h.field, h.value)}</li>
						))}
					</ul>
					{hits.more && <p class="faint">{t('more_hits')}</p>}
				</>
			)}
		</Show>
	);
}

export function Records(props: ViewProps) {
	const arg = place.value.arg;
	if (arg) return <RecordView key={arg} id={arg} {...props} />;
	const { status } = props;
	const kinds = status?.sees.kinds ?? [];
	const kind = asked('kind') || (kinds.includes('hazard') ? 'hazard' : kinds[0] ?? '');
	if (kind) form(kind);
	const not = status?.sees.not ?? [];
	return (
		<>
			<Head title={t('nav_records')} lead={kind ? t('records_lead', { kind: kindName(kind) }) : undefined}>
				<a class="button" href={href('map', '', { class: asked('class'), status: asked('status'), q: asked('q') })}><Icon name="map" /> {t('nav_map')}</a>
			</Head>
			{kind && <Filters kind={kind} status={status} />}
			{asked('q') && (
				<p class="everywhere"><label class="check"><input type="checkbox" checked={asked('in') === 'all'} onChange={(e) => setQuery({ in: e.currentTarget.checked ? 'all' : '' })} /> {t('search_everywhere')}</label></p>
			)}
			{asked('in') === 'all' && asked('q') ? <Everywhere q={asked('q')} /> : kind ? <Growing kind={kind} path="/api/records" params={recordParams(kind)} step="after" read={ofRecords} /> : status && <Empty />}
			{not.length > 0 && <p class="faint small">{t('not_one_by_one', { kinds: not.map((k) => (formNames.value.length ? kindName(k) : tMaybe('', k))).join(', ') })}</p>}
			<p class="faint small">{status && t('as_received', { when: moment(status.log.received) })}</p>
		</>
	);
}
