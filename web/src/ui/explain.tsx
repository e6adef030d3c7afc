// From a number to the records behind it, in a window of its own address (?explain=CODE&row=..&period=..).
import { useAsk } from '../api';
import { kindName } from '../forms';
import { asked, href, setQuery } from '../route';
import { amount, day, interval, number, scaleOf, t } from '../text';
import type { Explained } from '../types';
import { Note } from '../notes';
import { codeName, rowName } from '../views/picture';
import { Empty, Show, Window } from './parts';

// One unit down a column, with digits for its small parts too.
const finer = (s: ReturnType<typeof scaleOf>) => (s.by === 1 ? s : { ...s, digits: 3 });

export function Explain() {
	const code = asked('explain');
	const ask = useAsk<Explained>('/api/explain', { figure: code, 'as-of': asked('as-of'), 'known-at': asked('known-at'), after: asked('after') });
	return (
		<Window wide title={codeName(code)} onClose={() => setQuery({ explain: '', row: '', period: '' }, false)}>
			<p class="faint">{t('explain_lead')}</p>
			<Show ask={ask} what={codeName(code)}>
				{(data) => {
					const wanted = data.figures.filter((f) => (!asked('row') || f.dimension === asked('row')) && (!asked('period') || f.period === asked('period')));
					const rows = wanted.length ? wanted : data.figures;
					if (!rows.length) return <Empty>{t('explain_none')}</Empty>;
					return rows.map((f, i) => {
						const s = scaleOf(f.unit, f.value ?? 0);
						const part = finer(scaleOf(f.unit, Math.max(0, ...(f.records_listed ?? []).map((r) => Math.abs(r.part ?? 0)))));
						return (
							<section key={i} class="explain-row" data-explained={f.code} data-value={f.value ?? 'null'}>
								<h3>{rowName(f)}: <span class="num-inline">{amount(f.value, f.unit, s)}</span>{f.value !== null && f.low !== f.high && <span class="faint"> ({interval(f.low, f.high, f.unit, s)})</span>}</h3>
								<p class="faint small">{t('method')}: {f.method}{f.note && <> · <Note text={f.note} /></>}</p>
								{f.records_listed?.length ? (
									<>
										<p class="small">{f.count === null ? t('listed', { n: number(f.listed ?? f.records_listed.length) }) : t('listed_of', { n: number(f.listed ?? f.records_listed.length), all: number(f.count ?? f.records_listed.length) })}{f.more && ` ${t('there_are_more')}`} {f.unit === 'm2' && t('before_overlap')}</p>
										<div class="scroll tall" tabIndex={0} role="region" aria-label={rowName(f)}>
											<table>
												<thead><tr><th scope="col">{t('record')}</th><th scope="col">{t('kind')}</th><th scope="col" class="num">{t('adds')}</th><th scope="col">{t('submissions')}</th></tr></thead>
												<tbody>
													{f.records_listed.map((r) => (
														<tr key={r.id}>
															<td><a href={href('records', r.id)}>{r.national_id || r.id.slice(0, 8) + '…' + r.id.slice(-6)}</a></td>
															<td>{kindName(r.kind)}</td>
															<td class="num">{r.part === null ? '–' : amount(r.part, f.unit, part)}</td>
															<td class="faint">{r.submissions?.join(', ')}</td>
														</tr>
													))}
												</tbody>
											</table>
										</div>
									</>
								) : <p class="faint">{t('not_listed')}</p>}
							</section>
						);
					});
				}}
			</Show>
			<p class="faint small explain-end">{t('as_of')}: {ask.data ? day(ask.data.as_of) : '–'}</p>
		</Window>
	);
}
