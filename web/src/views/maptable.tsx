// What the map draws, as a table: the same kinds, filters and dates, asked of the features as outside programs ask them.
import { form, kindName } from '../forms';
import type { MapFilter } from '../map/style';
import { asked, setQuery } from '../route';
import { day, t } from '../text';
import type { RecordRow, Value } from '../types';
import { Empty, Safety, Select } from '../ui/parts';
import { Growing } from './records';

interface Features { features: { id?: string; properties: Record<string, Value> }[]; links: { rel: string; href: string }[] }

const quoted = (v: string) => `'${v.replaceAll("'", "''")}'`;
const oneOf = (name: string, values: string[]) => (values.length ? [`${name} IN (${values.map(quoted).join(',')})`] : []);

// The filter of the map in CQL2; only hazards have one.
export function cqlOf(f: MapFilter, kind: string): string {
	if (kind !== 'hazard') return '';
	return [...oneOf('class', f.classes), ...oneOf('status', f.statuses), ...oneOf('shown_as', f.shown), ...(f.onlyUnapproved ? ['unapproved=1'] : [])].join(' AND ');
}

function rowsOf(kind: string, page: Features): RecordRow[] {
	const text = (v: Value | undefined) => (typeof v === 'string' && v ? v : null);
	return page.features.map((f) => {
		const p = f.properties;
		return {
			id: text(p.record_id) ?? '', kind, national_id: text(p.national_id), label: text(p.national_id) ?? text(p.name) ?? text(p.title),
			shown_as: text(p.shown_as), unapproved: !!p.unapproved, conflict: !!p.conflict, revisions: 0, valid_from: text(p.valid_from),
			area_m2: typeof p.shown_area_m2 === 'number' ? p.shown_area_m2 : null, fields: p,
		};
	});
}
const cursorOf = (page: Features) => new URL(page.links.find((l) => l.rel === 'next')?.href ?? 'x:', location.origin).searchParams.get('cursor') ?? '';

export function MapTable({ f, kinds }: { f: MapFilter; kinds: string[] }) {
	const offered = [...f.layers].sort((a, b) => Number(b === 'hazard') - Number(a === 'hazard')).filter((k) => k === 'hazard' || kinds.includes(k));
	const kind = offered.includes(asked('table')) ? asked('table') : offered[0] ?? '';
	if (kind) form(kind);
	const params = { f: 'json', skipGeometry: 'true', filter: cqlOf(f, kind), 'as-of': asked('as-of'), 'known-at': asked('known-at') };
	return (
		<>
			<div class="actions map-table-head">
				<Select label={t('kind')} value={kind} options={offered.map((k) => [k, kindName(k)])} onChange={(v) => setQuery({ table: v === 'hazard' ? '' : v })} />
				<p class="faint small">{t('table_note')}{(asked('as-of') || asked('known-at')) && ` ${t('as_of')}: ${asked('as-of') ? day(asked('as-of')) : t('now')}; ${t('known_at')}: ${asked('known-at') ? day(asked('known-at')) : t('now')}.`}</p>
			</div>
			{!kind ? <Empty>{t('empty_records')} <Safety word="no_mark" /></Empty>
				: <Growing kind={kind} path={`/collections/${kind}/items`} params={params} step="cursor" read={(p: Features) => ({ rows: rowsOf(kind, p), next: cursorOf(p) })} />}
		</>
	);
}
