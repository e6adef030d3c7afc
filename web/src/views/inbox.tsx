// What waits: submissions to approve or return, releases that need a second person, edits from outside, quarantine.
import { useState } from 'preact/hooks';
import type { ViewProps } from '../app';
import { change, get, useAsk, type AskError } from '../api';
import { choiceName, choices, fieldName, fieldOf, form, kindName, shown } from '../forms';
import { asked, href, setQuery } from '../route';
import { checks, checkWords } from '../reasons';
import { lang, say } from '../state';
import { day, moment, number, t } from '../text';
import type { Inbox, QuarantineList, QuarantineRow, Value } from '../types';
import { Chip, Empty, ErrorBox, Head, Safety, Select, Show, Tabs, Window } from '../ui/parts';
import { Decide } from './record';
import { ChangeList, recordName } from './records';

type Submission = Inbox['submissions'][number];
// What was looked at is approved, not what may have come since.
const pickOf = (r: { id: string; leaf?: string }) => (r.leaf ? `${r.id}@${r.leaf}` : r.id);

// A new record in a line: its class and state, or its first values.
function brief(r: Submission['records'][number]): string {
	const told = r.changed.filter((c) => ['class', 'status', 'outcome', 'category', 'type', 'killed', 'injured', 'quantity', 'place_name', 'title', 'name'].includes(c.field));
	return (told.length ? told : r.changed.slice(0, 3)).map((c) => shown(r.kind, c.field, c.after)).filter(Boolean).join(' · ') || t('first_values', { n: r.changed.length });
}

// Did files come with it? What the role may open of them the record itself says.
const hasFiles = (r: Submission['records'][number]) => r.kind !== 'source' && r.changed.some((c) => (fieldOf(r.kind, c.field)?.type === 'file' || (c.field === 'source_refs' && Array.isArray(c.after))) && !!c.after);

function One({ s, picked, pick, may }: { s: Submission; picked: Set<string>; pick: (id: string, on: boolean) => void; may: boolean }) {
	for (const k of s.kinds) form(k.kind);
	const whole = `@${s.submission}`, all = picked.has(whole);
	return (
		<li class="rev rev-waits" data-submission={s.submission}>
			<header>
				<label class="check">
					{may && !s.mine && <input type="checkbox" checked={all} onChange={(e) => pick(whole, e.currentTarget.checked)} />}
					<b>{t('submission_n', { n: s.submission })}</b>
				</label>
				<span class="faint">{s.author} · {moment(s.received)}</span>
				{s.outside && <Chip kind="claim">{t('outside')}</Chip>}
				{s.mine && <Chip kind="plain">{t('your_own')}</Chip>}
				<span>{s.kinds.map((k) => `${kindName(k.kind)} ${number(k.revisions)}`).join(', ')}</span>
				<span class="faint">{t('waiting_of', { n: number(s.waiting), all: number(s.revisions) })}</span>
			</header>
			{s.remark && <p>“{s.remark}”</p>}
			<ul class="inbox-records">
				{s.records.map((r) => (
					<li key={r.id}>
						<span class="inbox-line">
							{may && !s.mine && <input type="checkbox" aria-label={`${t('record')} ${recordName(r)}`} checked={all || picked.has(pickOf(r))} disabled={all} onChange={(e) => pick(pickOf(r), e.currentTarget.checked)} />}
							<a href={href('records', r.id, { tab: 'history' })}>{recordName(r)}</a>
							{r.new && <Chip kind="plain">{t('new')}</Chip>}
							{r.closes && <Chip kind="danger">{t('closes')}</Chip>}
							{r.conflict && <Chip kind="conflict">{t('conflict')}</Chip>}
							{may && hasFiles(r) && <a class="small" href={href('records', r.id, { tab: 'originals' })}>{t('originals')}</a>}
							{r.flags && <span class="small flags" data-flags={r.flags}>⚑ {r.flags.split(' ').filter(Boolean).map(checkWords).join('; ')}</span>}
						</span>
						{r.changed.length > 0 && (r.new ? <details class="small"><summary>{brief(r)}</summary><ChangeList kind={r.kind} changes={r.changed} /></details> : <ChangeList kind={r.kind} changes={r.changed} most={12} />)}
					</li>
				))}
			</ul>
			{s.more && <p class="faint small">{t('more_in_submission')}</p>}
		</li>
	);
}

function Releases({ list, done }: { list: NonNullable<Inbox['releases']>; done: () => void }) {
	const [error, setError] = useState<AskError | null>(null);
	if (!list.length) return null;
	const act = async (body: Record<string, string>) => {
		setError(null);
		try {
			await change('POST', '/api/decisions', { type: 'release', ...body });
			say(t('done'));
			done();
		} catch (e) {
			setError(e as AskError);
		}
	};
	return (
		<section class="part">
			<h2>{t('releases_wait')}</h2>
			<p><Safety word="release" /></p>
			{error && <ErrorBox act error={error} what={t('do_release')} />}
			<ul class="revs">
				{list.map((r) => (
					<li key={r.release} class="rev rev-waits" data-release={r.release}>
						<p>{r.records.map((x, i) => <>{i > 0 && ', '}<a key={x.id} href={href('records', x.id)}>{recordName(x)}</a></>)}</p>
						<p class="faint">{r.by} · {moment(r.at)}{r.reason && ` · “${r.reason}”`}{r.certificate && ` · ${t('certificate')}: ${r.certificate}`}</p>
						<div class="actions">
							{r.mine ? <button type="button" onClick={() => void act({ withdraw: r.release })}>{t('withdraw')}</button> : <button type="button" class="primary" onClick={() => void act({ confirm: r.release })}>{t('confirm_release')}</button>}
						</div>
					</li>
				))}
			</ul>
		</section>
	);
}

function Waiting({ props, outside }: { props: ViewProps; outside: boolean }) {
	const ask = useAsk<Inbox>('/api/inbox', { limit: 50 });
	const [picked, setPicked] = useState<Set<string>>(new Set()), [doing, setDoing] = useState<'approval' | 'return' | ''>('');
	const [more, setMore] = useState<Submission[]>([]), [next, setNext] = useState<string | null | undefined>(undefined), [error, setError] = useState<AskError | null>(null);
	const may = props.status?.role === 'approver';
	const pick = (id: string, on: boolean) => { const s = new Set(picked); if (on) s.add(id); else s.delete(id); setPicked(s); };
	const done = () => { setDoing(''); setPicked(new Set()); setMore([]); setNext(undefined); ask.again(); props.again(); };
	return (
		<Show ask={ask} what={t('nav_inbox')} lines={6}>
			{(box) => {
				const list = [...box.submissions, ...more].filter((s) => !outside || s.outside);
				const go = next === undefined ? box.next : next;
				return (
					<>
						{!outside && <Releases list={box.releases ?? []} done={done} />}
						<p class="lead" data-waiting={props.status?.waiting.records}>{t('waiting_n', { n: number(props.status?.waiting.records ?? 0) })} <Safety word="waits_shown" /></p>
						{may && (
							<div class="pick-bar">
								<span role="status">{t('picked_n', { n: picked.size })}</span>
								<button type="button" class="primary" disabled={!picked.size} onClick={() => setDoing('approval')}>{t('do_approval')}</button>
								<button type="button" disabled={!picked.size} onClick={() => setDoing('return')}>{t('do_return')}</button>
							</div>
						)}
						{list.length === 0 ? <Empty>{t('inbox_empty')}</Empty> : <ul class="revs">{list.map((s) => <One key={s.submission} s={s} picked={picked} pick={pick} may={may} />)}</ul>}
						{error && <ErrorBox error={error} what={t('nav_inbox')} />}
						{go && <p class="more-line"><button type="button" onClick={async () => { try { const p = await get<Inbox>('/api/inbox', { limit: 50, after: go }); setMore([...more, ...p.submissions]); setNext(p.next); } catch (e) { setError(e as AskError); } }}>{t('load_more')}</button></p>}
						{doing && <Decide type={doing} ids={[...picked]} onClose={() => setDoing('')} onDone={done} />}
					</>
				);
			}}
		</Show>
	);
}

// Why a row waits: what the checks found, in the language of the page; the whole sentence, with its values, is English.
function Reason({ q }: { q: { reason: string; checks: string[] } }) {
	if (lang.value === 'en' || !q.checks.some((c) => c in checks)) return <span lang="en">{q.reason}</span>;
	return <span><b>{q.checks.map(checkWords).join('; ')}</b><br /><span lang="en" class="beside">{q.reason}</span></span>;
}

function Row({ qid, onClose, done }: { qid: number; onClose: () => void; done: () => void }) {
	const ask = useAsk<QuarantineRow>(`/api/quarantine/${qid}`);
	const [values, setValues] = useState<Record<string, string>>({}), [reason, setReason] = useState(''), [error, setError] = useState<AskError | null>(null), [still, setStill] = useState('');
	const send = async (body: unknown) => {
		setError(null);
		setStill('');
		try {
			const a = await change<{ accepted?: boolean; dismissed?: boolean; checks?: { code: string; sentence: string }[] }>('POST', `/api/quarantine/${qid}`, body);
			if (a.accepted === false) setStill(a.checks?.map((c) => (lang.value !== 'en' && checks[c.code] ? checkWords(c.code) : c.sentence)).join('; ') ?? '');
			else { say(t('done')); done(); }
		} catch (e) {
			setError(e as AskError);
		}
	};
	return (
		<Window wide title={t('quarantine_row', { n: qid })} onClose={onClose}>
			<Show ask={ask} what={t('quarantine')}>
				{(q) => {
					form(q.kind);
					const mapped = q.mapped ?? {};
					const names = [...new Set([...Object.keys(mapped), 'geometry'])];
					const text = (v: Value | undefined) => (v === undefined || v === null ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v));
					return (
						<div class="stack">
							<p class="box box-error"><Reason q={q} /></p>
							{q.settled ? <p>{t('settled')}: {q.settled.reason ?? ''} {q.settled.record && <a href={href('records', q.settled.record)}>{t('record')}</a>}</p> : (
								<form class="stack" onSubmit={(e) => { e.preventDefault(); const changed = Object.fromEntries(Object.entries(values).filter(([k, v]) => v !== text(mapped[k]))); void send({ retry: changed }); }}>
									<h3>{t('correct_row')}</h3>
									<div class="filters">{names.map((n) => {
										const now = values[n] ?? text(mapped[n]), codes = fieldOf(q.kind, n)?.type === 'select_one' ? choices(q.kind, n) : [];
										// What is no code stays to be seen, and to be replaced.
										if (codes.length) return <Select key={n} label={fieldName(q.kind, n)} all={t('not_stated')} value={now} options={[...(now && !codes.some((c) => c.code === now) ? [[now, now] as [string, string]] : []), ...codes.map((c): [string, string] => [c.code, choiceName(q.kind, n, c.code)])]} onChange={(v) => setValues({ ...values, [n]: v })} />;
										return <label key={n} class="field"><span>{fieldName(q.kind, n)}</span><input value={now} onInput={(e) => setValues({ ...values, [n]: e.currentTarget.value })} /></label>;
									})}</div>
									{still && <div class="box box-error" role="alert"><p>{t('still_not')} {still}</p></div>}
									{error && <ErrorBox act error={error} what={t('quarantine')} />}
									<div class="actions"><button class="primary" type="submit">{t('hand_in_again')}</button></div>
									<label class="field"><span>{t('dismiss_reason')}</span><input value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
									<div class="actions"><button type="button" class="danger-button" disabled={!reason.trim()} onClick={() => void send({ dismiss: reason })}>{t('dismiss')}</button></div>
								</form>
							)}
							{q.original_withheld && <p class="faint small">{t('original_withheld')}</p>}
							<details open><summary>{t('original_row')}</summary><dl class="fields">{Object.entries(q.original ?? {}).map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{text(v)}</dd></div>)}</dl></details>
						</div>
					);
				}}
			</Show>
		</Window>
	);
}

function Quarantine({ props }: { props: ViewProps }) {
	const ask = useAsk<QuarantineList>('/api/quarantine', { limit: 100, kind: asked('kind'), settled: asked('settled') });
	const qid = Number(asked('row')) || 0;
	return (
		<>
			<div class="filters">
				<Select label={t('kind')} all={t('all')} value={asked('kind')} onChange={(v) => setQuery({ kind: v })} options={(props.status?.sees.kinds ?? []).map((k) => [k, kindName(k)])} />
				<label class="check"><input type="checkbox" checked={asked('settled') === 'true'} onChange={(e) => setQuery({ settled: e.currentTarget.checked ? 'true' : '' })} /> {t('also_settled')}</label>
			</div>
			<Show ask={ask} what={t('quarantine')}>
				{(d) => d.rows.length === 0 ? <Empty>{t('quarantine_empty')}</Empty> : (
					<div class="scroll" tabIndex={0} role="region" aria-label={t('quarantine')}>
						<table class="rows">
							<thead><tr><th scope="col">{t('row')}</th><th scope="col">{t('kind')}</th><th scope="col">{t('reason')}</th><th scope="col">{t('place')}</th><th scope="col">{t('source')}</th><th scope="col">{t('received_at')}</th></tr></thead>
							<tbody>{d.rows.map((q) => (
								<tr key={q.qid} data-qid={q.qid}>
									<th scope="row"><button type="button" class="link" onClick={() => setQuery({ row: String(q.qid) }, false)}>{q.qid}</button> {q.settled && <Chip kind="plain">{t('settled')}</Chip>}</th>
									<td data-label={t('kind')}>{kindName(q.kind)}</td><td data-label={t('reason')}><Reason q={q} /></td><td data-label={t('place')}>{q.place ?? '–'}</td>
									<td data-label={t('source')}>{q.source ? <><a href={href('records', q.source.id)}>{q.source.title}</a>{q.row !== null && `, ${q.row}`}</> : '–'}</td><td data-label={t('received_at')}>{day(q.received)}</td>
								</tr>
							))}</tbody>
						</table>
					</div>
				)}
			</Show>
			{qid > 0 && <Row key={qid} qid={qid} onClose={() => setQuery({ row: '' })} done={() => { setQuery({ row: '' }); ask.again(); props.again(); }} />}
		</>
	);
}

export function InboxView(props: ViewProps) {
	const role = props.status?.role ?? 'public';
	const looks = role === 'officer' || role === 'approver';
	const tab = asked('tab') || 'waiting';
	if (props.status && !looks && role !== 'operator') return <><Head title={t('nav_inbox')} /><Empty>{t('err_403')} <a href={href('login')}>{t('log_in')}</a></Empty></>;
	const tabs: [string, string, number?][] = [['waiting', t('tab_waiting'), props.status?.waiting.records]];
	if (looks) tabs.push(['quarantine', t('quarantine'), props.status?.quarantine.rows], ['outside', t('outside')]);
	return (
		<>
			<Head title={t('nav_inbox')} />
			<Tabs label={t('nav_inbox')} value={tab} tabs={tabs} onChange={(v) => setQuery({ tab: v === 'waiting' ? '' : v, row: '', kind: '' }, false)} />
			{tab === 'quarantine' && looks ? <Quarantine props={props} /> : <Waiting props={props} outside={tab === 'outside'} />}
		</>
	);
}
