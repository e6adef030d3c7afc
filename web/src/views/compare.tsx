// Two registers side by side, and the accidents of both on one time line.
import type { ViewProps } from '../app';
import { useAsk } from '../api';
import { asked, href, place, setQuery } from '../route';
import { choiceName, choices, form } from '../forms';
import { Note } from '../notes';
import { lang } from '../state';
import { amount, day, interval, number, scaleOf, t, tMaybe, unitWord } from '../text';
import type { Compared, CompareAccident, CompareSide, RegisterName } from '../types';
import { Chip, Empty, Head, Icon, Select, Show, Slow } from '../ui/parts';
import { codeName } from './picture';

function Side({ s, register }: { s: CompareSide; register: string }) {
	if (s.basis === null || (s.value === null && s.low === null && s.high === null && !s.text)) return <span class="faint">{s.basis === 'records' || s.basis === null ? t('no_records') : '–'}</span>;
	const scale = scaleOf(s.unit, s.value ?? s.low ?? s.high ?? 0);
	return (
		<div data-side data-value={s.value ?? 'null'}>
			{s.basis === 'claim' && <Chip kind="claim">{t('claimed')}</Chip>}
			{s.basis === 'assumption' && <Chip kind="claim">{t('assumed')}</Chip>}
			{s.value !== null ? <b class="num-inline">{amount(s.value, s.unit, scale)}{scale.sign ? '' : s.unit ? ` ${unitWord(s.unit)}` : ''}</b> : s.basis === 'records' && !s.text ? <span class="faint">{t('no_records')}</span> : null}
			{s.value !== null && s.low !== s.high && <span class="amount-bounds"> {interval(s.low, s.high, s.unit, scale)}</span>}
			{s.text && <p class="small"><Note text={s.text} /></p>}
			{s.named.length > 0 && <p class="faint small">{s.named.slice(0, 6).map((n, i) => <>{i > 0 && ', '}<a key={n} href={href('records', '', { q: n, in: 'all' }, register)}>{n}</a></>)}{s.named.length > 6 && ` … ${number(s.named.length)}`}</p>}
		</div>
	);
}

// One line of time, one side above it and the other below; what fell on the same days stands face to face.
function TimeLine({ c, names }: { c: Compared; names: string[] }) {
	const a = c.timeline?.accidents ?? [];
	const dated = a.filter((x) => /^\d{4}-\d\d/.test(x.date)).sort((x, y) => x.date.localeCompare(y.date));
	if (!dated.length) return null;
	const ms = (d: string) => Date.parse(d.length === 7 ? d + '-15' : d);
	let from = ms(dated[0].date), to = ms(dated[dated.length - 1].date);
	const pad = Math.max((to - from) * 0.06, 3 * 864e5);
	from -= pad;
	to += pad;
	const w = 900, h = 220, mid = h / 2, x = (d: string) => 12 + ((ms(d) - from) / (to - from)) * (w - 24);
	const years: string[] = [];
	const spanDays = (to - from) / 864e5;
	for (const d = new Date(from); d.getTime() <= to; ) {
		const s = d.toISOString().slice(0, spanDays > 1200 ? 4 : 7);
		if (years[years.length - 1] !== s) years.push(s);
		d.setUTCDate(d.getUTCDate() + 5);
	}
	const step = Math.ceil(years.length / 8);
	// Days on which both sides had one, a day apart at most.
	const pairs = dated.filter((p) => p.side === 0).flatMap((p) => dated.filter((q) => q.side === 1 && Math.abs(ms(p.date) - ms(q.date)) <= 864e5).map((q) => [p, q] as const));
	const harmed = (p: CompareAccident) => (p.killed ?? 0) + (p.injured ?? 0);
	const placed: Record<string, number> = {};
	return (
		<section class="part part-wide">
			<h2>{t('one_time_line')}</h2>
			<p class="faint small">{t('time_line_note')}</p>
			<div class="scroll" tabIndex={0} role="region" aria-label={t('one_time_line')}>
				<svg class="timeline" viewBox={`0 0 ${w} ${h}`} role="img" aria-label={t('time_line_text', { n: dated.filter((p) => p.side === 0).length, a: names[0], m: dated.filter((p) => p.side === 1).length, b: names[1], p: pairs.length })}>
					<line x1="0" x2={w} y1={mid} y2={mid} class="tl-axis" />
					{years.map((y, i) => i % step === 0 && i > 0 && <g key={y}><line x1={x(y.length === 4 ? y + '-01-01' : y + '-01')} x2={x(y.length === 4 ? y + '-01-01' : y + '-01')} y1={mid - 5} y2={mid + 5} class="tl-axis" /><text x={x(y.length === 4 ? y + '-01-01' : y + '-01')} y={mid + 4} class="tl-date" text-anchor="start" dx="4" dy="-6">{day(y)}</text></g>)}
					{pairs.map(([p, q], i) => <line key={i} x1={x(p.date)} x2={x(q.date)} y1={mid - 34} y2={mid + 34} class="tl-pair" />)}
					{dated.map((p) => {
						const key = `${p.side}/${Math.round(x(p.date) / 7)}`, level = (placed[key] = (placed[key] ?? -1) + 1);
						const r = 4.5 + Math.min(9, Math.sqrt(harmed(p)) * 1.8), y = p.side === 0 ? mid - 34 - level * 16 : mid + 34 + level * 16;
						return (
							<a key={p.id} href={href('records', p.id, undefined, p.side === 0 ? place.value.register : asked('with'))}>
								<title>{`${names[p.side]}: ${day(p.date)}${p.place ? ', ' + p.place : ''}. ${t('killed_injured', { k: p.killed ?? '?', i: p.injured ?? '?' })}`}</title>
								<circle cx={x(p.date)} cy={y} r={r} class={`tl-dot tl-side${p.side}${(p.killed ?? 0) > 0 ? ' tl-killed' : ''}`} />
							</a>
						);
					})}
					<text x="4" y="16" class="tl-name">{names[0]}</text>
					<text x="4" y={h - 6} class="tl-name">{names[1]}</text>
				</svg>
			</div>
			<details>
				<summary>{t('table')}</summary>
				<div class="scroll" tabIndex={0} role="region" aria-label={t('table')}>
					<table>
						<thead><tr><th scope="col">{t('date')}</th><th scope="col">{t('register')}</th><th scope="col">{t('place')}</th><th scope="col" class="num">{t('killed')}</th><th scope="col" class="num">{t('injured')}</th></tr></thead>
						<tbody>{dated.map((p) => <tr key={p.id} data-accident={p.id}><td><a href={href('records', p.id, undefined, p.side === 0 ? place.value.register : asked('with'))}>{day(p.date)}</a></td><td>{names[p.side]}</td><td>{p.place ?? '–'}</td><td class="num">{p.killed ?? '?'}</td><td class="num">{p.injured ?? '?'}</td></tr>)}</tbody>
					</table>
				</div>
			</details>
		</section>
	);
}

function Years({ c, names, exact }: { c: Compared; names: string[]; exact: boolean }) {
	const none = exact ? '?' : '<5'; // not stated; or too few to be published
	const rows = c.timeline?.years ?? [];
	if (!rows.length) return null;
	const most = Math.max(1, ...rows.flatMap((r) => r.sides.map((s) => (s.killed ?? 0) + (s.injured ?? 0) || (s.persons ?? 0))));
	return (
		<section class="part part-wide">
			<h2>{t('harmed_by_year')}</h2>
			<div class="scroll" tabIndex={0} role="region" aria-label={t('harmed_by_year')}>
				<table class="years">
					<thead><tr><th scope="col" class="num">{names[0]}</th><th scope="col" class="mid">{t('year')}</th><th scope="col">{names[1]}</th></tr></thead>
					<tbody>
						{rows.map((r) => (
							<tr key={r.year}>
								{[0, 1].flatMap((i) => {
									const s = r.sides[i] ?? { killed: null, injured: null };
									const all = (s.killed ?? 0) + (s.injured ?? 0) || (s.persons ?? 0);
									const cell = (
										<td key={`s${i}`} class={i === 0 ? 'num' : undefined}>
											<span class="year-cell">
												<span class="year-text">{s.killed === null && s.injured === null ? (s.persons ? `${number(s.persons)} ${unitWord('person')}` : <span class="faint">{exact ? '–' : t('fewer')}</span>) : t('killed_injured', { k: s.killed ?? none, i: s.injured ?? none })}</span>
												<span class="year-bar" aria-hidden="true" style={{ width: `${(100 * all) / most}%` }}><span style={{ width: `${(100 * (s.killed ?? 0)) / Math.max(1, (s.killed ?? 0) + (s.injured ?? 0))}%` }} /></span>
											</span>
										</td>
									);
									return i === 0 ? [cell, <th key="y" scope="row" class="mid">{r.year === 'unknown' ? t('unknown') : r.year}</th>] : [cell];
								})}
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

// Keys and what they are of come as codes, dates, or English labels of the forms.
const isCode = (s: string) => /^[a-z]+\.[a-z_]+$/.test(s);
const object = (code: string) => choices('ordnance', 'placement_object').some((x) => x.code === code);
function keyName(l: Compared['questions'][number]['lines'][number]): string {
	if (object(l.what)) return choiceName('ordnance', 'placement_object', l.what);
	if (isCode(l.key)) return codeName(l.key);
	if (/^\d{4}/.test(l.key)) return day(l.key);
	const known = tMaybe('line_', l.key.replaceAll(' ', '_'));
	if (known !== l.key) return known;
	for (const c of choices('victim', 'activity')) if (c.label.en === l.key) return choiceName('victim', 'activity', c.code);
	return l.key === 'Unknown' ? t('unknown') : l.key;
}
function whatName(l: Compared['questions'][number]['lines'][number]): string {
	if (object(l.what)) return /^[a-j]_/.test(l.what) ? t('article_7', { l: l.what[0] }) : '';
	return isCode(l.what) ? codeName(l.what) : tMaybe('line_', l.what.replaceAll(' ', '_'));
}

function Both({ c, other, exact }: { c: Compared; other: string; exact: boolean }) {
	for (const k of ['ordnance', 'victim']) form(k);
	const names = c.registers.map((r) => r.name);
	const where = [place.value.register, other];
	return (
		<div class="parts">
			{c.stale && <p class="box box-wait part-wide" role="status" data-stale><Icon name="clock" /> <span>{t('stale_any')}</span></p>}
			<TimeLine c={c} names={names} />
			<Years c={c} names={names} exact={exact} />
			{c.questions.map((q) => (
				<section key={q.question} class="part part-wide" data-question={q.question}>
					<h2>{lang.value === 'en' ? q.title : tMaybe('question_', String(q.question)) === String(q.question) ? q.title : tMaybe('question_', String(q.question))}</h2>
					{q.note && <p class="faint small"><Note text={q.note} /></p>}
					{q.lines.length === 0 ? !q.note && <Empty>{t('no_records')}</Empty> : (
						<table class="sides">
							<thead><tr><th scope="col">{t('what')}</th>{names.map((n) => <th key={n} scope="col">{n}</th>)}{q.lines.some((x) => x.remark) && <td class="remark" />}</tr></thead>
							<tbody>
								{q.lines.map((l, i) => (
									<tr key={i}>
										<th scope="row">{keyName(l)}<br /><span class="faint small">{whatName(l)}</span></th>
										{l.sides.map((s, k) => <td key={k} data-label={names[k]}><Side s={s} register={where[k]} /></td>)}
										{q.lines.some((x) => x.remark) && <td class="remark faint small"><Note text={l.remark} /></td>}
									</tr>
								))}
							</tbody>
						</table>
					)}
					<p class="faint small">{t('method')}: {q.method}</p>
				</section>
			))}
			<p class="faint small part-wide">{c.registers.map((r) => t('side_proof', { name: r.name, when: day(r.as_of), n: number(r.size), root: r.root })).join(' · ')}</p>
		</div>
	);
}

export function Compare({ status }: ViewProps) {
	const registers = useAsk<{ registers: RegisterName[] }>('/registers', undefined, true);
	const all = registers.data?.registers ?? [];
	const mine = place.value.register || all[0]?.name || '';
	const others = all.filter((r) => r.name !== mine);
	// Without a choice: one like this, that is neither empty nor the fictional country when there is a real one.
	const other = asked('with') || (others.find((r) => r.country !== 'XXA') ?? others[0])?.name || '';
	const ask = useAsk<Compared>(other ? '/api/compare' : null, { with: other, 'as-of': asked('as-of'), 'known-at': asked('known-at'), after: asked('after') });
	return (
		<>
			<Head title={t('nav_compare')} lead={t('compare_lead')}>
				<Select label={t('beside')} value={other} options={others.map((r) => [r.name, r.title])} onChange={(v) => setQuery({ with: v }, false)} />
				<Slow label={t('made_after')} type="date" value={asked('after')} onChange={(v) => setQuery({ after: v })} />
			</Head>
			{registers.state === 'error' ? <Show ask={registers} what={t('register')}>{() => null}</Show>
				: registers.data && !others.length ? <Empty>{t('only_one')}</Empty>
					: <Show ask={ask} what={t('nav_compare')} lines={10}>{(c) => <Both c={c} other={other} exact={status?.sees.exact ?? false} />}</Show>}
		</>
	);
}
