// Who read what is sealed of persons: for administrators and legal officers.
import { useState } from 'preact/hooks';
import { get, useAsk, type AskError } from '../api';
import { kindName } from '../forms';
import { href } from '../route';
import { moment, t } from '../text';
import { Empty, ErrorBox, Show } from './parts';

interface Read { at: string; by: string; role: string | null; kind: string; record: string; reason: string; event: string }
interface ReadList { reads: Read[]; next: number | null }

export function Reads() {
	const ask = useAsk<ReadList>('/api/reads', { limit: 50 });
	const [more, setMore] = useState<Read[]>([]), [next, setNext] = useState<number | null | undefined>(undefined), [error, setError] = useState<AskError | null>(null);
	return (
		<section class="part part-wide">
			<h2>{t('reads_title')}</h2>
			<p class="faint small">{t('reads_note')}</p>
			<Show ask={ask} what={t('reads_title')}>
				{(d) => {
					const rows = [...d.reads, ...more], go = next === undefined ? d.next : next;
					if (!rows.length) return <Empty>{t('reads_none')}</Empty>;
					return (
						<>
							<div class="scroll" tabIndex={0} role="region" aria-label={t('reads_title')}>
								<table class="rows">
									<thead><tr><th scope="col">{t('date')}</th><th scope="col">{t('account_name')}</th><th scope="col">{t('record')}</th><th scope="col">{t('reason')}</th></tr></thead>
									<tbody>{rows.map((r) => (
										<tr key={r.event} data-read={r.record}>
											<th scope="row">{moment(r.at)}</th><td data-label={t('account_name')}>{r.by}{r.role && <span class="faint"> · {t(`role_${r.role}` as 'role_public')}</span>}</td>
											<td data-label={t('record')}>{kindName(r.kind)} <a href={href('records', r.record)}>{r.record.slice(0, 8)}…{r.record.slice(-4)}</a></td><td data-label={t('reason')}>{r.reason}</td>
										</tr>
									))}</tbody>
								</table>
							</div>
							{error && <ErrorBox error={error} what={t('reads_title')} />}
							{go !== null && <p class="more-line"><button type="button" onClick={async () => { try { const p = await get<ReadList>('/api/reads', { limit: 50, after: go }); setMore([...more, ...p.reads]); setNext(p.next); } catch (e) { setError(e as AskError); } }}>{t('load_more')}</button></p>}
						</>
					);
				}}
			</Show>
		</section>
	);
}
