// Entry and correction, by the form of the kind. The server checks again and decides; what it says stands beside its field.
import type { Geometry } from 'geojson';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ViewProps } from '../app';
import { change, changeWithFiles, get, useAsk, AskError, type Held } from '../api';
import { isAllowed, isRelevant } from '../expr';
import { choices, form, formNames, kindName, shown } from '../forms';
import { checkWords, reasonHere } from '../reasons';
import { asked, href, place } from '../route';
import { lang, say } from '../state';
import { day, label, moment, t, tMaybe, unitWord } from '../text';
import type { Changed, Field, Fields, Form, RecordDetail, RecordPage, Stored, Value } from '../types';
import { Chip, Empty, ErrorBox, Head, Icon, Show } from '../ui/parts';
import { FileField, Files, filesFault, withoutRow } from '../ui/files';
import { PlaceInput } from '../ui/place';
import { ChangeList, recordName } from './records';

const byProgram = (n: string) => n.startsWith('import_') || n === 'operation';
const usual = new Set(['national_id', 'valid_from', 'geometry', 'accuracy_m', 'class', 'status', 'outcome', 'place', 'place_name', 'admin1_name', 'name', 'title', 'type', 'category', 'model', 'quantity', 'condition', 'date', 'accident_date', 'killed', 'injured', 'unknown_outcome', 'device_class', 'accident', 'sex', 'radius_m', 'remarks']);
const blank = (v: Value | undefined) => v === undefined || v === null || v === '' || (Array.isArray(v) && v.length === 0);
const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');

interface Ctx { kind: string; values: Fields; errors: Record<string, string>; set: (name: string, v: Value) => void; bounds?: [number, number, number, number]; today: string; start: Fields; held: Held[]; hold: (h: Held[]) => void }

function Hint({ f, id, error }: { f: Field; id: string; error?: string }) {
	const hint = label(f.hint, '');
	return (
		<>
			{(hint || f.reference) && <span class="faint small" id={`${id}-hint`}>{hint} {f.reference && <span class="reference">{f.reference}</span>}</span>}
			{error && <span class="field-error" id={`${id}-error`} role="alert">{error}</span>}
		</>
	);
}

// A link to another record: found by its words, kept as its id.
function Link({ f, id, value, many, onChange, error }: { f: Field; id: string; value: Value; many: boolean; onChange: (v: Value) => void; error?: string }) {
	const [q, setQ] = useState(''), [rows, setRows] = useState<RecordPage['records'] | null>(null), [failed, setFailed] = useState<AskError | null>(null);
	const list = (Array.isArray(value) ? value : value ? [value] : []) as string[];
	const find = async () => {
		setFailed(null);
		try {
			setRows((await get<RecordPage>('/api/records', { kind: f.link ?? undefined, q, limit: 8 })).records);
		} catch (e) {
			setFailed(e as AskError);
		}
	};
	const name = (r: RecordPage['records'][number]) => [r.national_id, r.fields.name ?? r.fields.title ?? r.fields.place_name].filter(Boolean).join(' · ') || recordName(r);
	return (
		<div class="field" role="group" aria-labelledby={`${id}-label`}>
			<span id={`${id}-label`}>{label(f.label, f.name)}</span>
			{list.map((x) => <span key={x} class="picked"><code>{x.slice(0, 8)}…{x.slice(-4)}</code> <button type="button" class="quiet" aria-label={`${t('take_row')} ${x}`} onClick={() => onChange(many ? list.filter((y) => y !== x) : null)}><Icon name="close" /></button></span>)}
			{(many || !list.length) && (
				<span class="joined">
					<input id={id} value={q} placeholder={t('find_link')} aria-label={`${label(f.label, f.name)}: ${t('find_link')}`} onInput={(e) => setQ(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === 'Enter') { e.preventDefault(); void find(); } }} />
					<button type="button" aria-label={t('search')} onClick={() => void find()}><Icon name="search" /></button>
				</span>
			)}
			{failed && <ErrorBox error={failed} what={t('search')} />}
			{rows && (rows.length === 0 ? <span class="faint small">{t('empty_records')}</span> : <ul class="hits">{rows.map((r) => <li key={r.id}><button type="button" class="link" onClick={() => { onChange(many ? [...list, r.id] : r.id); setRows(null); setQ(''); }}>{name(r)}</button></li>)}</ul>)}
			<Hint f={f} id={id} error={error} />
		</div>
	);
}

function Input({ f, at, value, error, onChange, ctx }: { f: Field; at: string; value: Value | undefined; error?: string; onChange: (v: Value) => void; ctx: Ctx }) {
	const id = `f-${at.replaceAll(/[^\w]/g, '-')}`;
	const name = <>{label(f.label, f.name)}{f.unit ? <span class="faint"> ({unitWord(f.unit)})</span> : null}{f.required === true || f.required === 'yes' ? <span class="must"> {t('required')}</span> : null}</>;
	const described = [label(f.hint, '') || f.reference ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
	const common = { id, name: at, 'aria-invalid': error ? true : undefined, 'aria-describedby': described } as const;
	const wrap = (inner: preact.ComponentChildren) => <div class="field" data-field={at}><label for={id}><span>{name}</span></label>{inner}<Hint f={f} id={id} error={error} /></div>;
	switch (f.type) {
	case 'select_one':
		return wrap(
			<select {...common} value={(value as string) ?? ''} onChange={(e) => onChange(e.currentTarget.value || null)}>
				<option value="">{t('not_stated')}</option>
				{choices(ctx.kind, f.list ?? f.name).map((c) => <option key={c.code} value={c.code}>{label(c.label, c.code)}</option>)}
			</select>,
		);
	case 'select_multiple': {
		const list = (Array.isArray(value) ? value : []) as string[];
		return (
			<fieldset class="field many-choices" data-field={at} aria-describedby={described}>
				<legend>{name}</legend>
				{choices(ctx.kind, f.list ?? f.name).map((c) => <label key={c.code} class="check"><input type="checkbox" checked={list.includes(c.code)} onChange={(e) => onChange(e.currentTarget.checked ? [...list, c.code] : list.filter((x) => x !== c.code))} /> {label(c.label, c.code)}</label>)}
				<Hint f={f} id={id} error={error} />
			</fieldset>
		);
	}
	case 'integer': case 'decimal':
		return wrap(<input {...common} inputMode={f.type === 'integer' ? 'numeric' : 'decimal'} value={value === undefined || value === null ? '' : String(value)} onInput={(e) => onChange(e.currentTarget.value.trim())} />);
	case 'date': return wrap(<input {...common} type="date" max="9999-12-31" value={(value as string) ?? ''} onInput={(e) => onChange(e.currentTarget.value || null)} />);
	case 'time': return wrap(<input {...common} type="time" value={(value as string) ?? ''} onInput={(e) => onChange(e.currentTarget.value || null)} />);
	case 'geometry':
		return <div data-field={at}><PlaceInput label={label(f.label, f.name)} value={(value as Geometry) ?? null} kinds={f.geometry} bounds={ctx.bounds} invalid={!!error} describedby={described} onChange={(g) => onChange(g as Value)} /><Hint f={f} id={id} error={error} /></div>;
	case 'record': return <div data-field={at}><Link f={f} id={id} value={value ?? null} many={false} error={error} onChange={onChange} /></div>;
	case 'records': return <div data-field={at}><Link f={f} id={id} value={value ?? null} many error={error} onChange={onChange} /></div>;
	case 'repeat': {
		const rows = (Array.isArray(value) ? value : []) as Fields[];
		const put = (i: number, n: string, v: Value) => onChange(rows.map((r, k) => (k === i ? { ...r, [n]: v } : r)));
		return (
			<fieldset class="repeat-input" data-field={at}>
				<legend>{name}</legend>
				<Hint f={f} id={id} error={error} />
				{rows.map((r, i) => (
					<div key={i} class="repeat-row">
						<div class="form-grid">{(f.fields ?? []).filter((s) => isRelevant(s.relevant, (n) => r[n] ?? ctx.values[n], ctx.today)).map((s) => s.type === 'file' ? <FileField key={s.name} f={s} at={`${at}/${i + 1}/${s.name}`} has={!blank(r[s.name])} held={ctx.held} error={ctx.errors[`${at}/${i + 1}/${s.name}`]} onChange={ctx.hold} /> : <Input key={s.name} f={s} at={`${at}/${i + 1}/${s.name}`} value={r[s.name]} error={ctx.errors[`${at}/${i + 1}/${s.name}`]} onChange={(v) => put(i, s.name, v)} ctx={ctx} />)}</div>
						<button type="button" onClick={() => { ctx.hold(withoutRow(ctx.held, at, i + 1)); onChange(rows.filter((_, k) => k !== i)); }}>{t('take_row')}</button>
					</div>
				))}
				<button type="button" onClick={() => onChange([...rows, {}])}>{t('add_row')}</button>
			</fieldset>
		);
	}
	default: {
		const long = /remark|reason|text|statement|quote|description|note/.test(f.name) && f.name !== 'given_text';
		return wrap(long ? <textarea {...common} rows={3} value={(value as string) ?? ''} onInput={(e) => onChange(e.currentTarget.value)} /> : <input {...common} value={(value as string) ?? ''} onInput={(e) => onChange(e.currentTarget.value)} />);
	}
	}
}

// Texts of numbers become numbers; what is empty is left out. An error stands under its field's name.
function settle(fields: Field[], values: Fields, errors: Record<string, string>, at: string, today: string, outer: Fields): Fields {
	const out: Fields = {};
	const of = (n: string) => values[n] ?? outer[n];
	for (const f of fields) {
		const here = at + f.name;
		let v = values[f.name];
		if (f.type === 'file' && at && !blank(v)) out[f.name] = v as Value; // what a row holds stays; a new file goes beside the record
		if (f.type === 'file' || byProgram(f.name) || !isRelevant(f.relevant, of, today)) continue;
		if ((f.type === 'integer' || f.type === 'decimal') && typeof v === 'string') {
			const s = v.trim().replace(/\s/g, '').replace(',', '.');
			if (s === '') v = null;
			else if (!/^[+-]?\d+(\.\d+)?$/.test(s)) { errors[here] = t('err_number'); continue; } else if (f.type === 'integer' && s.includes('.')) { errors[here] = t('err_integer'); continue; } else v = Number(s);
		}
		if (f.type === 'repeat' && Array.isArray(v)) v = (v as Fields[]).map((r, i) => settle(f.fields ?? [], r, errors, `${here}/${i + 1}/`, today, values));
		if (blank(v)) {
			if (f.required === true || f.required === 'yes') errors[here] = t('err_required');
			continue;
		}
		if (!isAllowed(f.constraint, of, v, today)) { errors[here] = label(f.constraint_message, t('err_constraint')); continue; }
		out[f.name] = v as Value;
	}
	return out;
}

interface Clash { yours: Fields; theirs: { leaf: string; author: string; received: string; fields: Fields; changed: Changed[] }[]; heads: string[] }

function Filling({ f, start, id, heads, withheld, props }: { f: Form; start: Fields; id: string; heads: string[]; withheld: string[]; props: ViewProps }) {
	const [values, setValues] = useState<Fields>(start), [errors, setErrors] = useState<Record<string, string>>({}), [remark, setRemark] = useState('');
	const [busy, setBusy] = useState(false), [failed, setFailed] = useState<AskError | null>(null), [stored, setStored] = useState<Stored | null>(null), [clash, setClash] = useState<Clash | null>(null);
	const [held, setHeld] = useState<Held[]>([]), [sent, setSent] = useState<number | null>(null);
	const once = useRef(key());
	const json = useAsk<{ bounds?: [number, number, number, number] }>('/tiles/hazard/tilejson.json');
	const today = (props.status?.now ?? new Date().toISOString()).slice(0, 10);
	const done = useRef<HTMLHeadingElement>(null);
	useEffect(() => { if (stored) done.current?.focus(); }, [stored]);
	const set = (name: string, v: Value) => {
		setValues((old) => ({ ...old, [name]: v }));
		if (errors[name]) { const e = { ...errors }; delete e[name]; setErrors(e); }
	};
	const ctx: Ctx = { kind: f.kind, values, errors, set, bounds: json.data?.bounds, today, start, held, hold: setHeld };
	// What this role may not see of a record it cannot correct either; identities are handed in unseen.
	const open = (x: Field) => !withheld.includes(x.name) || x.access === 'identity';
	const seen = f.fields.filter((x) => x.type !== 'file' && !byProgram(x.name) && open(x) && isRelevant(x.relevant, (n) => values[n], today));
	const first = seen.filter((x) => usual.has(x.name) || x.required === true || x.required === 'yes');
	const more = seen.filter((x) => !first.includes(x));
	const openMore = more.some((x) => Object.keys(errors).some((e) => e === x.name || e.startsWith(x.name + '/')) || !blank(start[x.name]));

	const send = async (extra: { parents?: string[]; force?: boolean } = {}) => {
		const bad: Record<string, string> = {};
		const now = settle(f.fields, values, bad, '', today, {});
		const loose = document.querySelector('[data-loose]')?.closest<HTMLElement>('[data-field]');
		if (loose) bad[loose.dataset.field!] = t('geo_loose');
		setErrors(bad);
		setFailed(null);
		const at = Object.keys(bad)[0] ?? (filesFault(held) ? 'files' : '');
		if (at) {
			say(t('must_correct'));
			setTimeout(() => (at === 'files' ? document.querySelector<HTMLElement>('.file-part input') : document.getElementById(`f-${at.replaceAll(/[^\w]/g, '-')}`) ?? document.querySelector<HTMLElement>(`[data-field="${CSS.escape(at)}"] :is(input, select, textarea, button)`))?.focus(), 30);
			return;
		}
		let body: Record<string, unknown> = { kind: f.kind, fields: now, remark };
		if (id) {
			const changed: Fields = {};
			for (const x of f.fields) {
				if (byProgram(x.name) || x.type === 'file') continue;
				if (JSON.stringify(now[x.name] ?? null) !== JSON.stringify(start[x.name] ?? null)) changed[x.name] = now[x.name] ?? null;
			}
			if (!Object.keys(changed).length && !held.length) { setFailed(new AskError(400, t('not_entered'), t('nothing_changed'), '', '')); return; }
			body = { fields: changed, parents: extra.parents ?? heads, remark, ...(extra.force ? { force: true } : {}) };
		}
		setBusy(true);
		try {
			const to = id ? `/api/records/${id}` : '/api/records';
			setStored(held.length ? await changeWithFiles<Stored>(to, body, held, once.current, setSent) : await change<Stored>('POST', to, body, false, { 'Idempotency-Key': once.current }));
			props.again();
		} catch (e) {
			const x = e as AskError;
			if (x.status > 0) once.current = key(); // another try is another change; without an answer it is the same one
			if (x.status === 409 && x.more.theirs) setClash(x.more as unknown as Clash);
			else {
				const field = typeof x.more.field === 'string' ? x.more.field : '';
				if (field) {
					setErrors({ [field]: reasonHere(x.detail) ?? x.detail.replace(/^field [^ :]+: /, '') });
					setTimeout(() => document.querySelector<HTMLElement>(`[data-field="${CSS.escape(field)}"] :is(input, select, textarea)`)?.focus(), 30);
				}
				setFailed(x);
			}
		}
		setBusy(false);
		setSent(null);
	};

	if (stored) return (
		<div class="box" data-stored={stored.id} data-submission={stored.submission}>
			<div>
				<h2 ref={done} tabIndex={-1}>{t('handed_in', { n: stored.submission })}</h2>
				{held.length > 0 && <p>{t('files_kept', { n: held.length })}</p>}
				{stored.flags.length > 0 && <p>{t('flagged')} {stored.flags.map((x) => <Chip key={x} kind="wait">{checkWords(x)}</Chip>)}</p>}
				<p class="actions"><a class="button" href={href('records', stored.id)}>{t('see_record')}</a> <button type="button" onClick={() => { once.current = key(); setValues(id ? values : {}); setHeld([]); setStored(null); }}>{t('enter_another')}</button></p>
			</div>
		</div>
	);
	return (
		<form class="stack form" noValidate onSubmit={(e) => { e.preventDefault(); void send(); }}>
			{lang.value !== 'en' && f.fields.some((x) => x.reviewed && !x.reviewed[lang.value]) && <p class="faint small">{t('labels_unreviewed')}</p>}
			{Object.keys(errors).length > 0 && <div class="box box-error" role="alert"><Icon name="alert" /><p>{t('must_correct')}</p></div>}
			<section class="part"><h2>{t('main_fields')}</h2><div class="form-grid">{first.map((x) => <Input key={x.name} f={x} at={x.name} value={values[x.name]} error={errors[x.name]} onChange={(v) => set(x.name, v)} ctx={ctx} />)}</div></section>
			{more.length > 0 && <details class="part" open={openMore}><summary>{t('more_fields', { n: more.length })}</summary><div class="form-grid">{more.map((x) => <Input key={x.name} f={x} at={x.name} value={values[x.name]} error={errors[x.name]} onChange={(v) => set(x.name, v)} ctx={ctx} />)}</div></details>}
			<Files fields={f.fields.filter((x) => x.type === 'file' && !byProgram(x.name) && open(x) && isRelevant(x.relevant, (n) => values[n], today))} held={held} errors={errors} onChange={setHeld} />
			<label class="field"><span>{t('remark')}</span><textarea name="remark" rows={2} value={remark} onInput={(e) => setRemark(e.currentTarget.value)} /></label>
			{clash && (
				<div class="box box-conflict" role="alert">
					<h3>{t('conflict_meanwhile')}</h3>
					{clash.theirs.map((x) => <div key={x.leaf}><p><b>{t('theirs')}:</b> {x.author}, {moment(x.received)}</p><ChangeList kind={f.kind} changes={x.changed} /></div>)}
					<p><b>{t('yours')}:</b> {Object.entries(clash.yours).map(([n, v]) => `${label(f.fields.find((y) => y.name === n)?.label, n)}: ${shown(f.kind, n, v)}`).join('; ')}</p>
					<div class="actions"><button type="button" onClick={() => { setClash(null); void send({ force: true }); }}>{t('keep_both')}</button><button type="button" onClick={() => { setClash(null); void send({ parents: clash.heads }); }}>{t('settle')}</button></div>
				</div>
			)}
			{failed && <ErrorBox act error={failed} what={t('hand_in')} />}
			<div class="actions form-send"><button class="primary" type="submit" disabled={busy}>{t('hand_in')}</button>{sent !== null && <span class="sending"><progress max={1} value={sent} aria-label={t('files_title')} /> {t('files_sending', { p: Math.round(sent * 100) })}</span>}</div>
		</form>
	);
}

function Correcting({ id, f, props }: { id: string; f: Form; props: ViewProps }) {
	const ask = useAsk<RecordDetail>(`/api/records/${encodeURIComponent(id)}`);
	if (!ask.data) return <><Head title={t('correct')} /><Show ask={ask} what={t('record')}>{() => null}</Show></>;
	return (
		<Show ask={ask} what={t('record')}>
			{(r) => (
				<>
					<Head title={t('correct_title', { name: recordName(r) })} lead={`${kindName(r.kind)}, ${day(r.fields.valid_from as string)}`} />
					{!r.can.includes('correct') ? <Empty>{t('err_403')}</Empty> : <Filling f={f} id={id} heads={r.heads ?? []} withheld={r.withheld} start={{ ...r.fields, ...(r.geometry && f.fields.some((x) => x.name === 'geometry') ? { geometry: r.geometry as unknown as Value } : {}) }} props={props} />}
				</>
			)}
		</Show>
	);
}

export function Enter(props: ViewProps) {
	const kind = place.value.arg, id = asked('id');
	const role = props.status?.role ?? 'public';
	if (props.status && (role === 'public' || role === 'administrator' || role === 'legal')) return <><Head title={t('nav_enter')} /><Empty>{t('login_to_enter')} <a href={href('login')}>{t('log_in')}</a></Empty></>;
	if (!kind) return (
		<>
			<Head title={t('nav_enter')} lead={t('enter_lead')} />
			<ul class="kinds">{formNames.value.filter((f) => f.may_enter).map((f) => <li key={f.kind}><a class="card" href={href('enter', f.kind)}><Icon name="enter" /> {label(f.title, f.kind)}</a></li>)}</ul>
		</>
	);
	const f = form(kind);
	if (!f) return <Head title={t('new_title', { kind: tMaybe('', kind) })} />;
	return id ? <Correcting key={id} id={id} f={f} props={props} /> : <><Head title={t('new_title', { kind: kindName(kind) })} /><Filling key={kind} f={f} id="" heads={[]} withheld={[]} start={{}} props={props} /></>;
}
