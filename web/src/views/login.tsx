// Log in, second factor, password, tokens.
import { useState } from 'preact/hooks';
import type { ViewProps } from '../app';
import { change, useAsk, type AskError } from '../api';
import { go, href } from '../route';
import { say } from '../state';
import { moment, t } from '../text';
import type { Me } from '../types';
import { Chip, Empty, ErrorBox, Head, Show } from '../ui/parts';
import { Qr } from '../ui/qr';
import { Reads } from '../ui/reads';

function useSend() {
	const [busy, setBusy] = useState(false), [error, setError] = useState<AskError | null>(null);
	const run = async (work: () => Promise<void>) => {
		setBusy(true);
		setError(null);
		try {
			await work();
		} catch (e) {
			setError(e as AskError);
		}
		setBusy(false);
	};
	return { busy, error, run };
}

function LoginForm({ again, me }: { again: () => void; me: Me | undefined }) {
	const [name, setName] = useState(me?.account ?? ''), [password, setPassword] = useState(''), [code, setCode] = useState('');
	const { busy, error, run } = useSend();
	const needsCode = error?.more.second_factor === true || (!!me?.account && me.needs_second_factor && me.totp && !me.second_factor);
	return (
		<form class="stack narrow" onSubmit={(e) => {
			e.preventDefault();
			void run(async () => {
				await change<Me>('POST', '/api/login', code ? { name, password, code } : { name, password }, true);
				setPassword('');
				say(t('logged_in'));
				again();
				go(href('picture'));
			});
		}}>
			<label class="field"><span>{t('account_name')}</span><input name="username" autocomplete="username" required value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
			<label class="field"><span>{t('password')}</span><input name="password" type="password" autocomplete="current-password" required value={password} onInput={(e) => setPassword(e.currentTarget.value)} /></label>
			<label class="field"><span>{t('code')}{!needsCode && ` (${t('code_if')})`}</span><input name="code" inputMode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,7}" required={needsCode} value={code} onInput={(e) => setCode(e.currentTarget.value.replace(/\s/g, ''))} /></label>
			{error && <ErrorBox act error={error} what={t('log_in')} />}
			<div class="actions"><button class="primary" type="submit" disabled={busy}>{t('log_in')}</button></div>
		</form>
	);
}

function Totp({ me, again }: { me: Me; again: () => void }) {
	const [password, setPassword] = useState(''), [secret, setSecret] = useState<{ uri: string; secret: string } | null>(null), [code, setCode] = useState('');
	const { busy, error, run } = useSend();
	return (
		<section class="part">
			<h2>{t('second_factor')} {me.totp ? <Chip kind="approved">{t('is_set')}</Chip> : <Chip kind="wait">{t('is_not_set')}</Chip>}</h2>
			{me.needs_second_factor && !me.second_factor && <p class="box box-wait">{t('second_factor_needed')}</p>}
			{!secret ? (
				<form class="stack narrow" onSubmit={(e) => { e.preventDefault(); void run(async () => { setSecret(await change('POST', '/api/me/totp', { password }, true)); }); }}>
					<label class="field"><span>{t('password')}</span><input type="password" autocomplete="current-password" required value={password} onInput={(e) => setPassword(e.currentTarget.value)} /></label>
					{error && <ErrorBox act error={error} what={t('second_factor')} />}
					<div class="actions"><button type="submit" disabled={busy}>{me.totp ? t('totp_new') : t('totp_begin')}</button></div>
				</form>
			) : (
				<form class="stack narrow" onSubmit={(e) => { e.preventDefault(); void run(async () => { await change('POST', '/api/me/totp', { code }, true); setSecret(null); setPassword(''); say(t('done')); again(); }); }}>
					<p>{t('totp_scan')}</p>
					<Qr text={secret.uri} label={t('totp_qr')} />
					<p>{t('totp_secret')}<br /><code class="secret" data-secret>{secret.secret}</code></p>
					<p><a href={secret.uri} data-outside>{t('totp_open')}</a></p>
					<label class="field"><span>{t('code')}</span><input name="confirm" inputMode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" required value={code} onInput={(e) => setCode(e.currentTarget.value)} /></label>
					{error && <ErrorBox act error={error} what={t('second_factor')} />}
					<div class="actions"><button class="primary" type="submit" disabled={busy}>{t('totp_confirm')}</button></div>
				</form>
			)}
		</section>
	);
}

function Password({ again }: { again: () => void }) {
	const [old, setOld] = useState(''), [fresh, setFresh] = useState('');
	const { busy, error, run } = useSend();
	return (
		<section class="part">
			<h2>{t('new_password')}</h2>
			<form class="stack narrow" onSubmit={(e) => { e.preventDefault(); void run(async () => { await change('POST', '/api/me/password', { password: old, new_password: fresh }, true); setOld(''); setFresh(''); say(t('done')); again(); }); }}>
				<label class="field"><span>{t('password_now')}</span><input type="password" autocomplete="current-password" required value={old} onInput={(e) => setOld(e.currentTarget.value)} /></label>
				<label class="field"><span>{t('new_password')}</span><input type="password" autocomplete="new-password" minLength={8} maxLength={64} required value={fresh} onInput={(e) => setFresh(e.currentTarget.value)} /></label>
				<p class="faint small">{t('password_hint')}</p>
				{error && <ErrorBox act error={error} what={t('new_password')} />}
				<div class="actions"><button type="submit" disabled={busy}>{t('save')}</button></div>
			</form>
		</section>
	);
}

interface Token { id: number; name: string; scope: string; created: string; used: string | null; revoked: string | null; token?: string }
function Tokens() {
	const ask = useAsk<{ tokens: Token[] }>('/api/tokens', undefined, true);
	const [name, setName] = useState(''), [scope, setScope] = useState('submit'), [made, setMade] = useState<Token | null>(null);
	const { busy, error, run } = useSend();
	return (
		<section class="part part-wide">
			<h2>{t('tokens')}</h2>
			<p class="faint small">{t('tokens_note')}</p>
			{made && <div class="box"><div><p><b>{t('token_once')}</b></p><code class="secret" data-token>{made.token}</code></div></div>}
			<Show ask={ask} what={t('tokens')}>
				{(d) => d.tokens.length === 0 ? <Empty>{t('no_tokens')}</Empty> : (
					<div class="scroll" tabIndex={0} role="region" aria-label={t('tokens')}>
						<table>
							<thead><tr><th scope="col">{t('token_name')}</th><th scope="col">{t('scope')}</th><th scope="col">{t('made')}</th><th scope="col">{t('used')}</th><th scope="col"><span class="sr">{t('revoke')}</span></th></tr></thead>
							<tbody>{d.tokens.map((k) => (
								<tr key={k.id}><th scope="row">{k.name}</th><td>{k.scope === 'read' ? t('scope_read') : t('scope_submit')}</td><td>{moment(k.created)}</td><td>{moment(k.used)}</td>
									<td>{k.revoked ? <span class="faint">{t('revoked')}</span> : <button type="button" class="danger-button" onClick={() => void run(async () => { await change('DELETE', `/api/tokens/${k.id}`, undefined, true); ask.again(); })}>{t('revoke')}</button>}</td></tr>
							))}</tbody>
						</table>
					</div>
				)}
			</Show>
			<form class="actions" onSubmit={(e) => { e.preventDefault(); void run(async () => { setMade(await change<Token>('POST', '/api/tokens', { name, scope }, true)); setName(''); ask.again(); }); }}>
				<label class="field"><span>{t('token_name')}</span><input required maxLength={100} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
				<label class="field"><span>{t('scope')}</span><select value={scope} onChange={(e) => setScope(e.currentTarget.value)}><option value="submit">{t('scope_submit')}</option><option value="read">{t('scope_read')}</option></select></label>
				<button type="submit" disabled={busy}>{t('make_token')}</button>
			</form>
			{error && <ErrorBox act error={error} what={t('tokens')} />}
		</section>
	);
}

export function Login({ me, again }: ViewProps) {
	const { run, error } = useSend();
	if (!me?.account) return (
		<>
			<Head title={t('log_in')} lead={t('login_lead')} />
			<LoginForm again={again} me={me} />
		</>
	);
	return (
		<>
			<Head title={me.account} lead={<>{t(`role_${me.account_role ?? me.role}` as 'role_public')}{me.account_role && me.account_role !== me.role && <> · {t('acts_as', { role: t(`role_${me.role}` as 'role_public') })}</>}</>}>
				<button type="button" onClick={() => void run(async () => { await change('POST', '/api/logout', {}, true); say(t('done')); again(); })}>{t('log_out')}</button>
			</Head>
			{error && <ErrorBox act error={error} what={t('log_out')} />}
			{me.totp && me.needs_second_factor && !me.second_factor && <section class="part"><h2>{t('second_factor')}</h2><p>{t('need_second_factor')}</p><LoginForm again={again} me={me} /></section>}
			<div class="parts">
				<Totp me={me} again={again} />
				<Password again={again} />
				{me.role !== 'public' && <Tokens />}
				{me.role === 'legal' && <Reads />}
			</div>
		</>
	);
}
