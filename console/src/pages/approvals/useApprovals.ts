// The inbox: what waits, in an order that stays while it is read.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, api, asError, isAbort, seg } from '../../app/api';
import { useEvent } from '../../app/events';
import { arriveApproval, inboxOrder, type Approval } from './approval';

interface Page { approvals: Approval[]; next?: string }
export const PAGE = 200;

const REST_MS = 150;

export function useInbox() {
	const [state, set] = useState<{ list: Approval[]; hasMore: boolean; error?: ApiError; isLoading: boolean }>({ list: [], hasMore: false, isLoading: true });
	const [turn, setTurn] = useState(0);
	useEffect(() => {
		const stop = new AbortController();
		set((s) => ({ ...s, error: undefined, isLoading: true }));
		api.get<Page>('/approvals', { state: 'pending', limit: PAGE }, { signal: stop.signal }).then(
			(p) => set({ list: inboxOrder(p.approvals), hasMore: p.next !== undefined, isLoading: false }),
			(e) => { if (!isAbort(e)) set((s) => ({ ...s, error: asError(e), isLoading: false })); });
		return () => stop.abort();
	}, [turn]);
	const put = useCallback((a: Approval) => set((s) => ({ ...s, list: arriveApproval(s.list, a) })), []);
	// An event says only that something was asked or decided: the list is read again, and merged without a jump.
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	const ids = useRef<string[]>([]);
	ids.current = state.list.filter((a) => a.state === 'pending' || a.state === 'approved').map((a) => a.id);
	const look = async () => {
		timer.current = undefined;
		try {
			const { approvals } = await api.get<Page>('/approvals', { state: 'pending', limit: PAGE }, { isQuiet: true });
			approvals.forEach(put);
			for (const id of ids.current.filter((x) => !approvals.some((a) => a.id === x)))
				put(await api.get<Approval>(`/approvals/${seg(id)}`, {}, { isQuiet: true }));
		} catch { /* read again with the next event */ }
	};
	const soon = () => { timer.current ??= setTimeout(look, REST_MS); };
	useEvent('approval', soon);
	// The call that an approval lets through says so in its record only.
	useEvent<{ approval?: string }>('record', (r) => { if (r.approval) soon(); });
	useEvent('missed', soon);
	useEffect(() => () => clearTimeout(timer.current), []);
	return { ...state, put, reload: useCallback(() => setTurn((n) => n + 1), []) };
}

export const vote = (id: string, yes: boolean, note: string): Promise<Approval> =>
	api.post<Approval>(`/approvals/${seg(id)}/${yes ? 'approve' : 'deny'}`, note.trim() ? { note: note.trim() } : {});

// Those of the past, the newest first; further pages as one reads on.
export function useHistory(state: string) {
	const [s, set] = useState<{ rows: Approval[]; next?: string; error?: ApiError; isLoading: boolean }>({ rows: [], isLoading: true });
	const [turn, setTurn] = useState(0);
	const read = useCallback(async (before: string | undefined, signal?: AbortSignal) => {
		set((x) => ({ ...x, error: undefined, isLoading: true }));
		try {
			const p = await api.get<Page>('/approvals', { state, limit: 50, before }, { signal });
			set((x) => ({ rows: before ? [...x.rows, ...p.approvals] : p.approvals, next: p.next, isLoading: false }));
		} catch (e) {
			if (!isAbort(e))
				set((x) => ({ ...x, error: asError(e), isLoading: false }));
		}
	}, [state]);
	useEffect(() => {
		const stop = new AbortController();
		set({ rows: [], isLoading: true });
		void read(undefined, stop.signal);
		return () => stop.abort();
	}, [read, turn]);
	return { ...s, more: () => { if (s.next && !s.isLoading) void read(s.next); }, reload: useCallback(() => setTurn((n) => n + 1), []) };
}
