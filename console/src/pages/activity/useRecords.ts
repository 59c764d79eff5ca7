// The records of a filter: pages of older ones as one reads on, new ones as they happen.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, api, asError, isAbort } from '../../app/api';
import { useEvent } from '../../app/events';
import { matches, queryOf, searchOf, type Filter } from './filter';
import { NO_LIVE, arrive, older, release, type Live } from './live';
import type { CallRecord } from './record';

const PAGE = 100;
// A search looks at a limited number of records a page: so many empty pages are read before it asks whether to go on.
const EMPTY_PAGES = 5;
const BATCH_MS = 120;

interface Answer { records: CallRecord[]; next?: string; searched_to?: string }
interface State { live: Live; next?: string; searchedTo?: string; error?: ApiError; isLoading: boolean }

export function useRecords(filter: Filter, isHeld: boolean) {
	const [state, set] = useState<State>({ live: NO_LIVE, isLoading: true });
	const [turn, setTurn] = useState(0);
	const running = useRef<AbortController | null>(null);
	const latest = useRef({ filter, isHeld });
	latest.current = { filter, isHeld };
	const key = searchOf(filter).toString();

	const read = useCallback(async (cursor: string | undefined, query: URLSearchParams) => {
		running.current?.abort();
		const stop = running.current = new AbortController();
		set((s) => ({ ...s, error: undefined, isLoading: true }));
		try {
			for (let i = 0; i < EMPTY_PAGES; i++) {
				const page: Answer = await api.get<Answer>('/records', { ...Object.fromEntries(query), limit: PAGE, cursor }, { signal: stop.signal });
				cursor = page.next;
				set((s) => ({ ...s, live: older(s.live, page.records), next: page.next, searchedTo: page.searched_to }));
				if (page.records.length > 0 || !page.next)
					break;
			}
			set((s) => ({ ...s, isLoading: false }));
		} catch (e) {
			if (!isAbort(e))
				set((s) => ({ ...s, error: asError(e), isLoading: false }));
		}
	}, []);

	const query = useRef(new URLSearchParams());
	useEffect(() => {
		setLost(0);
		query.current = queryOf(latest.current.filter, Date.now());
		set({ live: NO_LIVE, isLoading: true });
		void read(undefined, query.current);
		return () => running.current?.abort();
	}, [key, turn]);

	// A busy gate says a thousand a second: they are taken in together.
	const came = useRef<CallRecord[]>([]);
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	const take = () => {
		timer.current = undefined;
		const all = came.current;
		came.current = [];
		const now = latest.current;
		set((s) => ({ ...s, live: all.reduce((live, r) => arrive(live, r, matches(now.filter, r), now.isHeld), s.live) }));
	};
	useEvent<CallRecord>('record', (r) => {
		came.current.push(r);
		timer.current ??= setTimeout(take, BATCH_MS);
	});
	useEffect(() => () => clearTimeout(timer.current), []);
	const [lost, setLost] = useState(0);
	useEvent<{ records?: number }>('skipped', (s) => setLost((n) => n + (s.records ?? 1)));
	useEvent('missed', () => setLost((n) => n + 1));

	return {
		rows: state.live.rows, waiting: state.live.waiting, fresh: state.live.fresh,
		error: state.error, isLoading: state.isLoading, searchedTo: state.searchedTo, lost, hasMore: state.next !== undefined,
		more: () => { if (state.next !== undefined && !state.isLoading) void read(state.next, query.current); },
		reload: () => setTurn((n) => n + 1),
		release: () => set((s) => ({ ...s, live: release(s.live) })),
	};
}
