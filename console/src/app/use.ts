// What pages read from the gate.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, Params, api, asError, isAbort, url } from './api';

export interface Loaded<T> {
	data: T | undefined;
	etag: string | undefined;
	error: ApiError | undefined;
	isLoading: boolean;  // also when older data is still shown
	reload: () => void;
	set: (next: T) => void;
}

// GET path, again when path or params change. path null: nothing yet. The last data stays until the new is there,
// unless another path was asked for.
export function useApi<T>(path: string | null, params: Params = {}): Loaded<T> {
	const [state, setState] = useState<{ path: string | null; data?: T; etag?: string; error?: ApiError; isLoading: boolean }>({ path, isLoading: path !== null });
	const [turn, setTurn] = useState(0);
	const full = path === null ? null : url(path, params);
	const kept = useRef(path);
	useEffect(() => {
		if (path === null || full === null) {
			setState({ path, isLoading: false });
			return;
		}
		const stop = new AbortController();
		const isOther = kept.current !== path;
		kept.current = path;
		setState((s) => ({ ...(isOther ? {} : s), path, error: undefined, isLoading: true }));
		api.call<T>('GET', path, undefined, { params, signal: stop.signal }).then(
			(a) => setState({ path, data: a.data, etag: a.etag, isLoading: false }),
			(e) => {
				if (!isAbort(e))
					setState((s) => ({ ...s, error: asError(e), isLoading: false }));
			});
		return () => stop.abort();
	}, [full, turn]);
	const reload = useCallback(() => setTurn((n) => n + 1), []);
	const set = useCallback((next: T) => setState((s) => ({ ...s, data: next })), []);
	const isOld = state.path !== path;
	return { data: isOld ? undefined : state.data, etag: isOld ? undefined : state.etag, error: isOld ? undefined : state.error,
	         isLoading: isOld || state.isLoading, reload, set };
}

// All pages of a list, one after the other: rows, more() for the next page.
export interface Paged<T> { rows: T[]; total: number | undefined; first: Record<string, unknown> | undefined; error: ApiError | undefined; isLoading: boolean; hasMore: boolean; more: () => void; reload: () => void }

export function usePages<T>(path: string | null, name: string, params: Params = {}): Paged<T> {
	const [s, set] = useState<{ rows: T[]; total?: number; first?: Record<string, unknown>; next?: string; error?: ApiError; isLoading: boolean }>({ rows: [], isLoading: path !== null });
	const [turn, setTurn] = useState(0);
	const full = path === null ? null : url(path, params);
	const running = useRef<AbortController | null>(null);
	const fetchPage = (cursor: string | undefined, before: T[]) => {
		running.current?.abort();
		const stop = running.current = new AbortController();
		set((x) => ({ ...x, error: undefined, isLoading: true }));
		api.get<Record<string, unknown>>(path!, { ...params, cursor }, { signal: stop.signal }).then(
			(d) => set((x) => ({ rows: [...before, ...(d[name] as T[] ?? [])], total: (d.total as number | undefined) ?? x.total, next: d.next as string | undefined,
				first: cursor ? x.first : d, isLoading: false })),
			(e) => {
				if (!isAbort(e))
					set((x) => ({ ...x, error: asError(e), isLoading: false }));
			});
	};
	useEffect(() => {
		if (full === null)
			return;
		fetchPage(undefined, []);
		return () => running.current?.abort();
	}, [full, turn]);
	return { rows: s.rows, total: s.total, first: s.first, error: s.error, isLoading: s.isLoading, hasMore: s.next !== undefined,
	         more: () => { if (s.next !== undefined && !s.isLoading) fetchPage(s.next, s.rows); }, reload: useCallback(() => setTurn((n) => n + 1), []) };
}

// Work that a button starts: { run, isBusy, error, clear }. run() answers undefined when it failed.
export function useAction<A extends unknown[], R>(work: (...args: A) => Promise<R>) {
	const [state, set] = useState<{ isBusy: boolean; error?: ApiError }>({ isBusy: false });
	const isHere = useRef(true);
	useEffect(() => { isHere.current = true; return () => { isHere.current = false; }; }, []);
	const run = async (...args: A): Promise<R | undefined> => {
		set({ isBusy: true });
		try {
			const r = await work(...args);
			if (isHere.current)
				set({ isBusy: false });
			return r;
		} catch (e) {
			if (isHere.current)
				set({ isBusy: false, error: asError(e) });
			return undefined;
		}
	};
	return { run, isBusy: state.isBusy, error: state.error, clear: () => set({ isBusy: false }) };
}

// A value that follows another when it has rested: for what is typed into a search field.
export function useRested<T>(value: T, ms = 200): T {
	const [rested, set] = useState(value);
	useEffect(() => {
		const timer = setTimeout(() => set(() => value), ms);
		return () => clearTimeout(timer);
	}, [value, ms]);
	return rested;
}

// GET /jobs/{id} until it has ended.
export function useJob<T>(id: string | undefined) {
	const [job, set] = useState<import('./types').Job<T> | undefined>(undefined);
	const [error, setError] = useState<ApiError | undefined>(undefined);
	useEffect(() => {
		set(undefined);
		setError(undefined);
		if (!id)
			return;
		let timer: ReturnType<typeof setTimeout>;
		const stop = new AbortController();
		const look = async () => {
			try {
				const j = await api.get<import('./types').Job<T>>(`/jobs/${encodeURIComponent(id)}`, {}, { signal: stop.signal });
				set(j);
				if (j.state === 'running')
					timer = setTimeout(look, 300);
			} catch (e) {
				if (!isAbort(e))
					setError(asError(e));
			}
		};
		look();
		return () => { stop.abort(); clearTimeout(timer); };
	}, [id]);
	return { job, error };
}
