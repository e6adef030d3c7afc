// Accounts, for the administrator.
import { useState } from 'preact/hooks';
import type { ViewProps } from '../app';
import { change, useAsk, type AskError } from '../api';
import { href } from '../route';
import { say } from '../state';
import { moment, t } from '../text';
import { Chip, Empty, ErrorBox, Head, Show } from '../ui/parts';
import { Reads } from '../ui/reads';

interface Account { id: number; name: string; role: string; disabled: boolean; totp: boolean; created?: string | null; login?: string | null }
const roles = ['reporter', 'operator', 'officer', 'approver', 'legal', 'administrator'] as const;

export function Accounts({ me }: ViewProps) {
	const ask = useAsk<{ accounts: Account[] }>(me?.role === 'administrator' ? '/api/accounts' : null, undefined, true);
	const [name, setName] = useState(''), [role, setRole] = useState<string>('reporter'), [password, setPassword] = useState(''), [error, setError] = useState<AskError | null>(null);
	const run = async (work: () => Promise<unknown>) => {
		setError(null);
		try {
			await work();
			say(t('done'));
			ask.again();
		} catch (e) {
			setError(e as AskError);
		}
	};
	// Who is no administrator is told so, and gets no form that could only fail.
	if (me && me.role !== 'administrator') return <><Head title={t('nav_accounts')} /><Empty>{t('err_403')} <a href={href('login')}>{t('log_in')}</a></Empty></>;
	const roleName = (r: string) => t(`role_${r}` as 'role_public');
	return (
		<>
			<Head title={t('nav_accounts')} lead={t('accounts_lead')} />
			{error && <ErrorBox act error={error} what={t('nav_accounts')} />}
			<Show ask={ask} what={t('nav_accounts')}>
				{(d) => (
					<div class="scroll" tabIndex={0} role="region" aria-label={t('nav_accounts')}>
						<table class="rows">
							<thead><tr><th scope="col">{t('account_name')}</th><th scope="col">{t('role')}</th><th scope="col">{t('second_factor')}</th><th scope="col">{t('state')}</th><th scope="col"><span class="sr">{t('change')}</span></th></tr></thead>
							<tbody>
								{d.accounts.map((a) => (
									<tr key={a.id} data-account={a.name}>
										<th scope="row">{a.name}</th>
										<td data-label={t('role')}><select aria-label={`${t('role')}: ${a.name}`} value={a.role} disabled={a.name === me?.account} onChange={(e) => { const v = e.currentTarget.value; void run(() => change('PUT', `/api/accounts/${a.id}`, { role: v }, true)); }}>{roles.map((r) => <option key={r} value={r}>{roleName(r)}</option>)}</select></td>
										<td data-label={t('second_factor')}>{a.totp ? <Chip kind="approved">{t('is_set')}</Chip> : <Chip kind="plain">{t('is_not_set')}</Chip>} {a.totp && a.name !== me?.account && <button type="button" onClick={() => void run(() => change('PUT', `/api/accounts/${a.id}`, { totp: false }, true))}>{t('take_away')}</button>}</td>
										<td data-label={t('state')}>{a.disabled ? <Chip kind="conflict">{t('disabled')}</Chip> : <Chip kind="plain">{t('enabled')}</Chip>}{a.login && <span class="faint small"> {moment(a.login)}</span>}</td>
										<td>{a.name !== me?.account && <button type="button" class={a.disabled ? undefined : 'danger-button'} onClick={() => void run(() => change('PUT', `/api/accounts/${a.id}`, { disabled: !a.disabled }, true))}>{a.disabled ? t('enable') : t('disable')}</button>}</td>
									</tr>
								))}
							</tbody>
						</table>
					</div>
				)}
			</Show>
			<Reads />
			<section class="part">
				<h2>{t('new_account')}</h2>
				<form class="stack narrow" onSubmit={(e) => { e.preventDefault(); void run(async () => { await change('POST', '/api/accounts', { name, role, password }, true); setName(''); setPassword(''); }); }}>
					<label class="field"><span>{t('account_name')}</span><input required value={name} autocomplete="off" onInput={(e) => setName(e.currentTarget.value)} /></label>
					<label class="field"><span>{t('role')}</span><select value={role} onChange={(e) => setRole(e.currentTarget.value)}>{roles.map((r) => <option key={r} value={r}>{roleName(r)}</option>)}</select></label>
					<label class="field"><span>{t('first_password')}</span><input type="password" autocomplete="new-password" required minLength={8} maxLength={64} value={password} onInput={(e) => setPassword(e.currentTarget.value)} /></label>
					<p class="faint small">{t('password_hint')}</p>
					<div class="actions"><button class="primary" type="submit">{t('new_account')}</button></div>
				</form>
			</section>
		</>
	);
}
