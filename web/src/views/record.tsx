// One record: its state, its fields, its whole history, both sides of a conflict, its originals.
import type { ViewProps } from '../app';
import { useEffect, useState } from 'preact/hooks';
import { address, change, getBytes, useAsk, type AskError } from '../api';
import { fieldName, fieldOf, form, kindName, shown } from '../forms';
import { lookFor } from '../looks';
import { asked, href, setQuery } from '../route';
import { checkWords } from '../reasons';
import { say } from '../state';
import { amount, day, interval, label, moment, number, scaleOf, t, tMaybe } from '../text';
import type { History, Originals, RecordDetail, Revision, Value } from '../types';
import { Chip, Empty, ErrorBox, Head, Icon, Safety, Show, Tabs, Window } from '../ui/parts';
import { LookBox } from '../ui/swatch';
import { Outline } from '../ui/outline';
import { ChangeList, recordName, States } from './records';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

// A link by the name of what it leads to; its id where that has none.
function LinkTo({ id, links }: { id: string; links?: RecordDetail['links'] }) {
	return <a href={href('records', id)}>{links?.[id]?.label || `${id.slice(0, 8)}…`}</a>;
}

function ValueOf({ kind, name, v, links }: { kind: string; name: string; v: Value; links?: RecordDetail['links'] }) {
	const f = fieldOf(kind, name);
	if (typeof v === 'string' && (f?.type === 'record' || f?.link) && uuid.test(v)) return <LinkTo id={v} links={links} />;
	if (Array.isArray(v) && f?.type === 'records') return <>{v.map((x, i) => <>{i > 0 && ', '}<LinkTo key={i} id={String(x)} links={links} /></>)}</>;
	if (name === 'import_flags' && typeof v === 'string') return <>{v.split(' ').filter(Boolean).map(checkWords).join('; ')}</>;
	if (f?.type === 'date' && typeof v === 'string') return <>{day(v)}</>;
	if (f?.type === 'file' && typeof v === 'string') return <>{t('file_held')} <code class="small">SHA-256 {v.slice(0, 16)}…</code></>;
	if (Array.isArray(v) && v.some((x) => typeof x === 'object')) {
		const sub = f?.fields ?? [];
		return (
			<ul class="repeat">
				{v.map((row, i) => (
					<li key={i}>
						{Object.entries(row as Record<string, Value>).map(([k, x]) => (
							<span key={k}><span class="faint">{label(sub.find((s) => s.name === k)?.label, k)}:</span> {typeof x === 'object' ? JSON.stringify(x) : String(x)} </span>
						))}
					</li>
				))}
			</ul>
		);
	}
	return <>{shown(kind, name, v)}</>;
}

function FieldsOf({ r }: { r: RecordDetail }) {
	const f = form(r.kind);
	const order = f?.fields.map((x) => x.name) ?? [];
	const names = Object.keys(r.fields).filter((n) => r.fields[n] !== null && r.fields[n] !== '').sort((a, b) => order.indexOf(a) - order.indexOf(b));
	const own = names.filter((n) => !n.startsWith('import_'));
	const by = names.filter((n) => n.startsWith('import_'));
	const rows = (list: string[]) => list.map((n) => (
		<div key={n} data-field={n}>
			<dt title={label(fieldOf(r.kind, n)?.hint, '') || undefined}>{fieldName(r.kind, n)}</dt>
			<dd><ValueOf kind={r.kind} name={n} v={r.fields[n]} links={r.links} /></dd>
		</div>
	));
	return (
		<>
			<dl class="fields">{rows(own)}</dl>
			{by.length > 0 && <details><summary>{t('from_import')}</summary><dl class="fields">{rows(by)}</dl></details>}
			{r.withheld.length > 0 && <details class="faint small withheld"><summary>{t('withheld', { n: r.withheld.length })}</summary><p>{r.withheld.map((n) => fieldName(r.kind, n)).join(', ')}</p></details>}
		</>
	);
}

function Rev({ h, v, n }: { h: History; v: Revision; n: number }) {
	const inConflict = h.conflict.some((g) => g.includes(v.leaf));
	return (
		<li class={`rev rev-${v.ruling}${inConflict ? ' rev-conflict' : ''}`} id={v.leaf} data-leaf={v.leaf}>
			<header>
				<b>{t('revision', { n })}</b> <Chip kind={v.ruling === 'waits' ? 'wait' : v.ruling}>{tMaybe('ruling_', v.ruling)}</Chip>
				{v.head && <Chip kind="plain">{t('head')}</Chip>}{inConflict && <Chip kind="conflict">{t('conflict')}</Chip>}
			</header>
			<p class="rev-who">
				{v.author || <code>{v.author_key.slice(0, 12)}</code>} · {t('received_lower')} {moment(v.received)} · {t('submission')} {v.submission}
				{v.valid_from && <> · {t('true_on')} {day(v.valid_from)}</>}
			</p>
			{v.source && <p class="faint small">{t('source')}: <a href={href('records', v.source.id)}>{v.source.title}</a>{v.source.row !== null && `, ${t('row').toLowerCase()} ${v.source.row}`}</p>}
			{v.remark && <p>“{v.remark}”</p>}
			{v.decision && <p class="small">{tMaybe('decision_', v.decision.type)}: {v.decision.by}{v.decision.second && ` + ${v.decision.second}`}, {day(v.decision.date)}{v.decision.reason && ` – “${v.decision.reason}”`}</p>}
			{v.erased && <p class="faint small">{t('erased')}</p>}
			<details open={n > 1 && v.changed.length <= 12}>
				<summary>{n === 1 ? t('first_values', { n: v.changed.length }) : t('changed_n', { n: v.changed.length })}</summary>
				<ChangeList kind={h.kind} changes={v.changed} />
			</details>
			<details class="faint small"><summary>{t('proof_of')}</summary><p>{t('leaf')} <code>{v.leaf}</code>{v.parents.map((p) => <><br />{t('follows')} <a href={`#${p}`}><code>{p.slice(0, 16)}…</code></a></>)}<br />{t('author_key')} <code>{v.author_key}</code></p></details>
		</li>
	);
}

function Sides({ h }: { h: History }) {
	if (!h.conflict.length) return null;
	const groups = h.conflict.map((g) => g.map((leaf) => h.revisions.find((r) => r.leaf === leaf)!).filter(Boolean));
	return (
		<>
			{groups.map((g, i) => {
				const names = [...new Set(g.flatMap((r) => Object.keys(r.fields)))].filter((n) => new Set(g.map((r) => JSON.stringify(r.fields[n] ?? null))).size > 1);
				return (
					<section key={i} class="box box-conflict">
						<h3>{t('conflict_title')}</h3>
						<p><Safety word="conflict" /></p>
						<div class="scroll" tabIndex={0} role="region" aria-label={t('conflict_title')}>
							<table>
								<thead><tr><th scope="col">{t('field')}</th>{g.map((r) => <th key={r.leaf} scope="col">{r.author || r.author_key.slice(0, 8)}<br /><span class="faint small">{moment(r.received)}</span></th>)}</tr></thead>
								<tbody>{names.map((n) => <tr key={n}><th scope="row">{fieldName(h.kind, n)}</th>{g.map((r) => <td key={r.leaf}>{r.fields[n] === undefined ? '–' : <ValueOf kind={h.kind} name={n} v={r.fields[n]} />}</td>)}</tr>)}</tbody>
							</table>
						</div>
					</section>
				);
			})}
		</>
	);
}

function HistoryOf({ id }: { id: string }) {
	const ask = useAsk<History>(`/api/records/${id}/history`);
	return (
		<Show ask={ask} what={t('history')}>
			{(h) => (
				<>
					<Sides h={h} />
					{h.revisions.length === 0 ? <Empty /> : <ol class="revs" reversed>{[...h.revisions].map((v, i) => <Rev key={v.leaf} h={h} v={v} n={i + 1} />).reverse()}</ol>}
				</>
			)}
		</Show>
	);
}

// A photograph, fetched when asked for: it may be large. What is no picture is only downloaded.
const pictureKinds: [RegExp, string][] = [[/^ffd8ff/, 'image/jpeg'], [/^89504e470d0a1a0a/, 'image/png'], [/^52494646.{8}57454250/, 'image/webp'], [/^474946383[79]61/, 'image/gif']];
const looksPicture = (name: string) => /\.(jpe?g|png|webp|gif)$/i.test(name);
function Photo({ url, name }: { url: string; name: string }) {
	const [src, setSrc] = useState(''), [busy, setBusy] = useState(false), [error, setError] = useState<AskError | null>(null), [none, setNone] = useState(false);
	useEffect(() => () => { if (src) URL.revokeObjectURL(src); }, [src]);
	const load = async () => {
		setBusy(true);
		setError(null);
		try {
			const bytes = await getBytes(url);
			const head = [...new Uint8Array(bytes.slice(0, 12))].map((b) => b.toString(16).padStart(2, '0')).join('');
			const kind = pictureKinds.find(([is]) => is.test(head))?.[1];
			if (kind) setSrc(URL.createObjectURL(new Blob([bytes], { type: kind })));
			else setNone(true);
		} catch (e) {
			setError(e as AskError);
		}
		setBusy(false);
	};
	if (src && !none) return <img class="original" src={src} alt={name} onError={() => setNone(true)} />;
	return (
		<>
			{none ? <p class="faint small">{t('no_picture')}</p> : <button type="button" disabled={busy} onClick={() => void load()}>{t('show_picture')}</button>}
			{error && <ErrorBox error={error} what={name} />}
		</>
	);
}

function OriginalsOf({ r }: { r: RecordDetail }) {
	const ask = useAsk<Originals>(`/api/records/${r.id}/originals`);
	return (
		<Show ask={ask} what={t('originals')}>
			{(o) => o.originals.length === 0 ? <Empty>{t('no_originals')}</Empty> : (
				<ul class="hits originals">
					{o.originals.map((f) => {
						const path = `/api/records/${r.id}/originals/${f.sha256}`, name = f.name ?? f.sha256.slice(0, 12);
						return (
							<li key={f.sha256} data-original={f.sha256}>
								<p><a href={address(path)} data-outside download={name}>{name}</a> {f.size !== null && <span class="faint">{f.size < 1e5 ? t('bytes_kb', { n: number(f.size / 1000, 1) }) : t('bytes_mb', { n: number(f.size / 1e6, 1) })}</span>} · {fieldName(r.kind, f.field)}</p>
								{looksPicture(name) && <Photo url={path} name={name} />}
								<p class="small faint">SHA-256 <code>{f.sha256}</code></p>
							</li>
						);
					})}
				</ul>
			)}
		</Show>
	);
}

// A decision about one record, with its reason.
export function Decide({ type, ids, onDone, onClose }: { type: 'approval' | 'return' | 'release'; ids: string[]; onDone: () => void; onClose: () => void }) {
	const [reason, setReason] = useState(''), [paper, setPaper] = useState(''), [busy, setBusy] = useState(false), [error, setError] = useState<AskError | null>(null);
	const send = async (e: Event) => {
		e.preventDefault();
		setBusy(true);
		setError(null);
		try {
			await change('POST', '/api/decisions', type === 'release' ? { type, ids, reason, certificate: paper } : { type, ids, reason });
			say(t('done'));
			onDone();
		} catch (x) {
			setError(x as AskError);
		}
		setBusy(false);
	};
	return (
		<Window title={t(`do_${type}`)} onClose={onClose}>
			<form onSubmit={send} class="stack">
				{type === 'release' && <p><Safety word="release" /></p>}
				{type === 'approval' && <p>{t('approve_text', { n: ids.length })}</p>}
				<label class="field"><span>{t('reason')}{type !== 'approval' && ' *'}</span><textarea rows={3} required={type !== 'approval'} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
				{type === 'release' && <label class="field"><span>{t('certificate')} *</span><input required value={paper} onInput={(e) => setPaper(e.currentTarget.value)} /></label>}
				{error && <ErrorBox act error={error} what={t(`do_${type}`)} />}
				{error?.more.second_factor === true && <p><a href={href('login')}>{t('need_second_factor')}</a></p>}
				<div class="actions"><button type="submit" class="primary" disabled={busy}>{t(`do_${type}`)}</button><button type="button" onClick={onClose}>{t('cancel')}</button></div>
			</form>
		</Window>
	);
}

// What is sealed of persons: opened for a reason, which is recorded before anything is shown; gone when the window closes.
interface Opened { submission: number; revisions: { leaf: string; valid_from: string | null; identities: Record<string, Value> }[] }
function Identities({ r, onClose }: { r: RecordDetail; onClose: () => void }) {
	const [reason, setReason] = useState(''), [busy, setBusy] = useState(false), [error, setError] = useState<AskError | null>(null), [opened, setOpened] = useState<Opened | null>(null);
	const send = async (e: Event) => {
		e.preventDefault();
		setBusy(true);
		setError(null);
		try {
			setOpened(await change<Opened>('POST', `/api/records/${r.id}/identities`, { reason }));
			say(t('done'));
		} catch (x) {
			setError(x as AskError);
		}
		setBusy(false);
	};
	return (
		<Window title={t('identities')} onClose={onClose} wide={!!opened}>
			{opened ? (
				<div class="stack" data-opened={opened.submission}>
					<p class="box box-wait">{t('identities_read', { n: number(opened.submission) })}</p>
					{opened.revisions.map((v) => (
						<section key={v.leaf}>
							<h3>{day(v.valid_from)} <code class="small">{v.leaf.slice(0, 12)}</code></h3>
							<dl class="fields">{Object.entries(v.identities).map(([n, x]) => <div key={n} data-identity={n}><dt>{fieldName(r.kind, n)}</dt><dd>{typeof x === 'object' ? JSON.stringify(x) : String(x)}</dd></div>)}</dl>
						</section>
					))}
					<div class="actions"><button type="button" onClick={onClose}>{t('close')}</button></div>
				</div>
			) : (
				<form class="stack" onSubmit={send}>
					<p>{t('identities_note')}</p>
					<label class="field"><span>{t('reason')} *</span><input name="reason" required minLength={3} maxLength={500} autocomplete="off" value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
					{error && <ErrorBox act error={error} what={t('identities')} />}
					<div class="actions"><button type="submit" class="primary" disabled={busy}>{t('identities_open')}</button><button type="button" onClick={onClose}>{t('cancel')}</button></div>
				</form>
			)}
		</Window>
	);
}

function Detail({ r, props, again }: { r: RecordDetail; props: ViewProps; again: () => void }) {
	form(r.kind);
	const look = r.kind === 'hazard' ? lookFor(r.shown_as, (r.fields.class as string) ?? null) : undefined;
	const [doing, setDoing] = useState<'approval' | 'return' | 'release' | ''>('');
	const [names, setNames] = useState(false);
	const canHistory = ['operator', 'officer', 'approver', 'legal'].includes(props.status?.role ?? 'public');
	const cameWith = / of ([0-9a-f-]{36})$/.exec(String(r.fields.title ?? ''))?.[1] ?? '';
	const tab = asked('tab') || 'fields';
	const tabs: [string, string, number?][] = [['fields', t('fields')]];
	if (canHistory) tabs.push(['history', t('history'), r.revisions]);
	if (r.can.includes('originals')) tabs.push(['originals', t('originals')]);
	return (
		<>
			<Head title={recordName(r)} lead={<>{look && <LookBox look={look} dashed={r.unapproved} />} {kindName(r.kind)}{r.kind === 'hazard' && <> · {shown('hazard', 'class', r.fields.class) || t('class_not_stated')}</>} <States r={r} /></>}>
				{r.can.includes('correct') && <a class="button" href={href('enter', r.kind, { id: r.id })}><Icon name="pen" /> {t('correct')}</a>}
				{r.can.includes('approve') && <button type="button" class="primary" onClick={() => setDoing('approval')}>{t('do_approval')}</button>}
				{r.can.includes('return') && <button type="button" onClick={() => setDoing('return')}>{t('do_return')}</button>}
				{r.can.includes('release') && <button type="button" onClick={() => setDoing('release')}>{t('do_release')}</button>}
				{r.can.includes('identities') && <button type="button" onClick={() => setNames(true)}>{t('identities')}</button>}
				{r.bbox && <a class="button" href={href('map', '', { at: `${((r.bbox[0] + r.bbox[2]) / 2).toFixed(5)},${((r.bbox[1] + r.bbox[3]) / 2).toFixed(5)},14` })}><Icon name="map" /> {t('nav_map')}</a>}
			</Head>
			{r.unapproved && <p class="box box-wait">{t('unapproved_long')}</p>}
			{r.shown_as === 'reported_released' && <p class="box"><Safety word="reported_released" /></p>}
			{r.kind === 'source' && typeof r.fields.file === 'string' && !r.can.includes('originals') && <p class="faint small">{t('file_at_record')} {cameWith && <LinkTo id={cameWith} />}</p>}
			{r.conflict && !canHistory && <p class="box box-conflict"><Safety word="conflict" /></p>}
			<div class="record">
				<div>
					{tabs.length > 1 && <Tabs label={t('record')} value={tab} tabs={tabs} onChange={(v) => setQuery({ tab: v === 'fields' ? '' : v })} />}
					{tab === 'history' && canHistory ? <HistoryOf id={r.id} /> : tab === 'originals' && r.can.includes('originals') ? <OriginalsOf r={r} /> : <FieldsOf r={r} />}
				</div>
				<aside class="record-side">
					{r.geometry ? <Outline geometry={r.geometry} look={look} /> : <div class="box box-empty"><p>{r.area_m2 ? t('not_drawn') : t('no_geometry')}</p></div>}
					{r.public_geometry && r.geometry && <p class="faint small"><Safety word="coarse" values={{ m: props.status?.sees.grid_m ?? 100 }} /></p>}
					<dl class="facts">
						{r.area_m2 != null && <><dt>{t('area')}</dt><dd><span data-area={r.area_m2}>{amount(r.area_m2, 'm2', scaleOf('m2', r.area_m2))}</span><br />{r.area_low_m2 != null && <span class="faint small">{interval(r.area_low_m2, r.area_high_m2 ?? null, 'm2', scaleOf('m2', r.area_m2))}</span>}</dd></>}
						{!!r.perimeter_m && <><dt>{t('perimeter')}</dt><dd>{amount(r.perimeter_m, 'm', scaleOf('m', r.perimeter_m))}</dd></>}
						<dt>{t('revisions')}</dt><dd>{number(r.revisions)}</dd>
						<dt>{t('form_version')}</dt><dd>{r.form_version}</dd>
						<dt>ID</dt><dd><code class="small">{r.id}</code></dd>
					</dl>
				</aside>
			</div>
			{names && <Identities r={r} onClose={() => setNames(false)} />}
			{doing && <Decide type={doing} ids={[r.heads?.length === 1 ? `${r.id}@${r.heads[0]}` : r.id]} onClose={() => setDoing('')} onDone={() => { setDoing(''); again(); props.again(); }} />}
		</>
	);
}

export function RecordView({ id, ...props }: ViewProps & { id: string }) {
	const ask = useAsk<RecordDetail>(`/api/records/${encodeURIComponent(id)}`);
	return (
		<>
			<p class="back"><a href={href('records', '', { kind: ask.data?.kind })}>← {t('nav_records')}</a></p>
			{!ask.data && <Head title={t('record')} />}
			<Show ask={ask} what={t('record')}>{(r) => <Detail r={r} props={props} again={ask.again} />}</Show>
		</>
	);
}
