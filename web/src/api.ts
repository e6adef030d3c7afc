// Asking the server. An error says what failed, and is never taken for an empty answer.
import { useEffect, useRef, useState } from 'preact/hooks';
import { prefix } from './route';
import { loadedAt } from './state';

export class AskError extends Error {
	constructor(
		readonly status: number, // 0 = the server did not answer
		readonly title: string,
		readonly detail: string,
		readonly hint: string,
		readonly address: string,
		readonly more: Record<string, unknown> = {},
	) {
		super(detail || title);
	}
}

export type Params = Record<string, string | number | undefined | null>;

export function address(path: string, params?: Params, ofServer = false): string {
	const q = new URLSearchParams();
	for (const [k, v] of Object.entries(params ?? {})) if (v !== undefined && v !== null && v !== '') q.set(k, String(v));
	return (ofServer ? '' : prefix.peek()) + path + (q.size ? `?${q}` : '');
}

async function answer(r: Response, url: string): Promise<unknown> {
	if (r.status === 204) return null;
	const type = r.headers.get('content-type') ?? '';
	let body: unknown = null;
	try {
		if (type.includes('json')) body = await r.json();
	} catch {
		throw new AskError(r.status, 'unreadable', '', '', url);
	}
	if (!r.ok) {
		const p = (body ?? {}) as Record<string, unknown>;
		throw new AskError(r.status, String(p.title ?? r.statusText), String(p.detail ?? ''), String(p.hint ?? ''), url, p);
	}
	if (body === null) throw new AskError(r.status, 'unreadable', '', '', url);
	loadedAt.value = Date.now();
	return body;
}

async function send(url: string, init: RequestInit): Promise<unknown> {
	let r: Response;
	try {
		r = await fetch(url, { credentials: 'same-origin', ...init });
	} catch (e) {
		if ((e as Error).name === 'AbortError') throw e;
		throw new AskError(0, 'unreachable', '', '', url);
	}
	return answer(r, url);
}

export function get<T>(path: string, params?: Params, signal?: AbortSignal, ofServer = false): Promise<T> {
	return send(address(path, params, ofServer), { headers: { accept: 'application/json' }, signal }) as Promise<T>;
}

// A file as it is kept.
export async function getBytes(path: string): Promise<ArrayBuffer> {
	const url = address(path);
	let r: Response;
	try {
		r = await fetch(url, { credentials: 'same-origin' });
		if (r.ok) return await r.arrayBuffer();
	} catch {
		throw new AskError(0, 'unreachable', '', '', url);
	}
	await answer(r, url);
	throw new AskError(r.status, 'unreadable', '', '', url);
}

export function change<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, ofServer = false, headers: Record<string, string> = {}): Promise<T> {
	return send(address(path, undefined, ofServer), {
		method,
		headers: { accept: 'application/json', ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
		body: body === undefined ? undefined : JSON.stringify(body),
	}) as Promise<T>;
}

// Files that come with a record: of a field, or `photos` for those that no field holds.
export interface Held { field: string; file: File }
export const FILES_MOST = 20, FILES_BYTES = 30e6; // below what the server takes (docs/LIMITS.md)
export const filesBytes = (held: Held[]) => held.reduce((n, h) => n + h.file.size, 0);

// A record with its files in one request, whole or not at all. Sent again with the same key it is the same bytes.
export function changeWithFiles<T>(path: string, record: unknown, held: Held[], key: string, onProgress: (part: number) => void): Promise<T> {
	const url = address(path), edge = `fallow${key}`;
	const plain = (s: string) => s.replace(/["\\/\p{Cc}]/gu, '_').slice(-60);
	const parts: BlobPart[] = [`--${edge}\r\nContent-Disposition: form-data; name="record"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(record)}\r\n`];
	for (const h of held) {
		parts.push(`--${edge}\r\nContent-Disposition: form-data; name="${h.field}"; filename="${plain(h.file.name)}"\r\nContent-Type: ${h.file.type || 'application/octet-stream'}\r\n\r\n`, h.file, '\r\n');
	}
	parts.push(`--${edge}--\r\n`);
	return new Promise((done, fail) => {
		const x = new XMLHttpRequest(); // fetch does not tell how much was sent
		x.open('POST', url);
		x.setRequestHeader('accept', 'application/json');
		x.setRequestHeader('content-type', `multipart/form-data; boundary=${edge}`);
		x.setRequestHeader('idempotency-key', key);
		x.upload.onprogress = (e) => onProgress(e.total ? e.loaded / e.total : 0);
		x.onload = () => answer(new Response(x.responseText, { status: x.status, statusText: x.statusText, headers: { 'content-type': x.getResponseHeader('content-type') ?? '' } }), url).then((v) => done(v as T), fail);
		x.onerror = x.onabort = () => fail(new AskError(0, 'unreachable', '', '', url));
		x.send(new Blob(parts));
	});
}

export interface Asked<T> {
	state: 'loading' | 'ok' | 'error';
	data?: T; // the last good answer stays while the next one loads
	error?: AskError;
	making?: number; // seconds that the first answer is being made for: it is asked for again by itself
	fresh: boolean; // data belongs to the question now asked
	again: (quietly?: boolean) => void; // quietly: what is shown stays until there is a new answer
}

// Ask when the component shows, and again when the address changes; null asks nothing.
export function useAsk<T>(path: string | null, params?: Params, ofServer = false): Asked<T> {
	const url = path === null ? null : address(path, params, ofServer);
	const [turn, setTurn] = useState(0);
	const [got, setGot] = useState<{ url: string | null; data?: T; error?: AskError; making?: number }>({ url: null });
	const last = useRef<T | undefined>(undefined), quiet = useRef(false), tries = useRef(0);
	useEffect(() => {
		if (url === null) return;
		const stop = new AbortController();
		const mine = quiet.current;
		quiet.current = false;
		let later = 0;
		send(url, { headers: { accept: 'application/json' }, signal: stop.signal }).then(
			(data) => {
				last.current = data as T;
				setGot({ url, data: data as T });
				// Of before the newest submissions; the server makes it anew (docs/API.md).
				if ((data as { stale?: boolean } | null)?.stale === true) later = window.setTimeout(() => { quiet.current = true; setTurn((n) => n + 1); }, Math.min(20000, 1500 * 1.5 ** tries.current++));
				else tries.current = 0;
			},
			(e: unknown) => {
				if (stop.signal.aborted) return;
				const making = e instanceof AskError && e.status === 503 ? e.more.making_s : undefined;
				if (typeof making === 'number') { // of a large register, for the first time
					setGot({ url, making });
					later = window.setTimeout(() => { quiet.current = true; setTurn((n) => n + 1); }, Math.min(10000, 2000 * 1.5 ** tries.current++));
					return;
				}
				if (mine) return;
				setGot({ url, error: e instanceof AskError ? e : new AskError(0, 'unreadable', String(e), '', url) });
			},
		);
		return () => { stop.abort(); clearTimeout(later); };
	}, [url, turn]);
	const again = (quietly?: boolean) => {
		quiet.current = quietly === true; // a button hands its event over
		if (!quiet.current) setGot({ url: null });
		setTurn((n) => n + 1);
	};
	if (got.url === url && got.error) return { state: 'error', error: got.error, fresh: true, again };
	if (got.url === url && got.making !== undefined) return { state: 'loading', data: last.current, making: got.making, fresh: false, again };
	if (got.url === url && url !== null) return { state: 'ok', data: got.data, fresh: true, again };
	return { state: 'loading', data: last.current, fresh: false, again };
}
