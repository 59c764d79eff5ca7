// Calls of /api/v1. An answer that is not good throws ApiError. When the session has ended, the call waits until
// somebody has signed in again (the dialog above the page), and is made anew: nothing that was typed is lost.
import type { Difference, FieldError, ProblemDocument } from './types';
import { JsonText } from './raw';
import { csrf, sessionEnded } from './session';

export class ApiError extends Error {
	status: number;
	title: string;
	errors: FieldError[];
	current: unknown;
	currentEtag: string | undefined;
	difference: Difference[];
	retryAfter: number | undefined;

	constructor(status: number, p: Partial<ProblemDocument>, retryAfter?: number) {
		super(p.detail || p.title || `The gate answered with ${status}.`);
		this.status = status;
		this.title = p.title ?? '';
		this.errors = p.errors ?? [];
		this.current = p.current;
		this.currentEtag = p.current_etag;
		this.difference = p.difference ?? [];
		this.retryAfter = retryAfter;
	}

	// What is wrong with one member of the body: at("/name").
	at(pointer: string): string | undefined {
		return this.errors.find((e) => e.pointer === pointer)?.detail;
	}
}

export type Params = Record<string, string | number | boolean | null | undefined>;
export interface Options {
	params?: Params;
	ifMatch?: string;      // the ETag of what was read; "*" overwrites
	ifNoneMatch?: string;
	signal?: AbortSignal;
	isQuiet?: boolean;     // a 401 is thrown and opens no dialog
	key?: string;          // Idempotency-Key; a POST gets one by itself
}
export interface Answer<T> { data: T; etag: string | undefined; status: number; location: string | undefined }

export const BASE = '/api/v1';
// One segment of a path.
export const seg = (s: string) => encodeURIComponent(s);

export function url(path: string, params: Params = {}): string {
	const q = new URLSearchParams();
	for (const [k, v] of Object.entries(params))
		if (v !== undefined && v !== null && v !== '')
			q.set(k, String(v));
	const text = q.toString();
	return BASE + path + (text ? `${path.includes('?') ? '&' : '?'}${text}` : '');
}

function newKey(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

async function problem(r: Response): Promise<ApiError> {
	const retry = Number(r.headers.get('retry-after')) || undefined;
	const document = await r.json().catch(() => ({})) as Partial<ProblemDocument>;
	return new ApiError(r.status, document && typeof document === 'object' ? document : {}, retry);
}

async function once(method: string, path: string, body: unknown, o: Options, key: string | undefined): Promise<Response> {
	const headers: Record<string, string> = { accept: 'application/json, application/problem+json' };
	if (body !== undefined)
		headers['content-type'] = 'application/json';
	if (method !== 'GET' && csrf())
		headers['x-csrf-token'] = csrf();
	if (o.ifMatch)
		headers['if-match'] = o.ifMatch;
	if (o.ifNoneMatch)
		headers['if-none-match'] = o.ifNoneMatch;
	if (key)
		headers['idempotency-key'] = key;
	try {
		return await fetch(url(path, o.params), { method, headers, signal: o.signal, credentials: 'same-origin', cache: 'no-cache',
			body: body === undefined ? undefined : body instanceof JsonText ? String(body) : JSON.stringify(body) });
	} catch (e) {
		if (o.signal?.aborted)
			throw e;
		throw new ApiError(0, { title: 'No answer', detail: 'The gate did not answer. Is it running, and is this machine connected to it?' });
	}
}

async function call<T>(method: string, path: string, body: unknown, o: Options = {}): Promise<Answer<T>> {
	const key = o.key ?? (method === 'POST' ? newKey() : undefined);
	for (;;) {
		const r = await once(method, path, body, o, key);
		if (r.status === 401 && !o.isQuiet) {
			await sessionEnded();
			continue;
		}
		if (!r.ok && r.status !== 304)
			throw await problem(r);
		const text = r.status === 204 || r.status === 304 ? '' : await r.text();
		const isJson = /json/.test(r.headers.get('content-type') ?? '');
		return { data: (text && isJson ? JSON.parse(text) : text) as T, etag: r.headers.get('etag') ?? undefined, status: r.status,
		         location: r.headers.get('location') ?? undefined };
	}
}

// The answer's body.
export const api = {
	get: async <T>(path: string, params?: Params, o: Options = {}) => (await call<T>('GET', path, undefined, { ...o, params })).data,
	post: async <T>(path: string, body?: unknown, o?: Options) => (await call<T>('POST', path, body, o)).data,
	put: async <T>(path: string, body: unknown, o?: Options) => (await call<T>('PUT', path, body, o)).data,
	patch: async <T>(path: string, body: unknown, o?: Options) => (await call<T>('PATCH', path, body, o)).data,
	del: async <T = unknown>(path: string, o?: Options) => (await call<T>('DELETE', path, undefined, o)).data,
	// The same with ETag, status and Location.
	call,
};

export const asError = (e: unknown): ApiError =>
	e instanceof ApiError ? e : new ApiError(0, { title: 'Something went wrong', detail: e instanceof Error ? e.message : String(e) });

export const isAbort = (e: unknown) => e instanceof DOMException && e.name === 'AbortError';
