// Addresses inside the console: links are plain <a href>, which are taken over here.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { store, useStore } from './store';

export interface Place { path: string; search: string; hash: string }
const here = (): Place => ({ path: location.pathname, search: location.search, hash: location.hash });
export const place = store<Place>(here());

// Asked before the page is left; false keeps it.
let guards: (() => boolean)[] = [];

const mayLeave = () => guards.every((ask) => ask());

export function navigate(to: string, o: { replace?: boolean; force?: boolean } = {}) {
	const isSamePage = new URL(to, location.href).pathname === location.pathname;
	if (!o.force && !isSamePage && !mayLeave())
		return;
	history[o.replace ? 'replaceState' : 'pushState'](null, '', to);
	place.set(here());
	if (!isSamePage) {
		scrollTo(0, 0);
		// Where a reader of the screen goes on.
		requestAnimationFrame(() => document.getElementById('main')?.focus({ preventScroll: true }));
	}
}

export function startRouter() {
	addEventListener('popstate', () => place.set(here()));
	document.addEventListener('click', (e) => {
		const a = (e.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null;
		if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || a.target || a.hasAttribute('download'))
			return;
		const to = new URL(a.href);
		if (to.origin !== location.origin || /^\/(api|mcp|approve|assets)(\/|$)|^\/licences\.txt$/.test(to.pathname))
			return;
		if (to.pathname === location.pathname && to.search === location.search && to.hash)
			return;
		e.preventDefault();
		navigate(to.pathname + to.search + to.hash);
	});
}

export const usePlace = () => useStore(place);

// "/tools/:server/:name" on a path: the segments decoded, or null.
export function match(pattern: string, path: string): Record<string, string> | null {
	const want = pattern.split('/'), have = path.replace(/\/+$/, '').split('/');
	if (pattern === '/')
		return path === '/' ? {} : null;
	if (want.length !== have.length)
		return null;
	const out: Record<string, string> = {};
	for (let i = 0; i < want.length; i++) {
		if (want[i].startsWith(':')) {
			try {
				out[want[i].slice(1)] = decodeURIComponent(have[i]);
			} catch {
				return null;
			}
			if (!have[i])
				return null;
		} else if (want[i] !== have[i]) {
			return null;
		}
	}
	return out;
}

// The query of the address as filters: [{ q: 'x' }, set]. set({ q: '' }) removes one; the others stay.
export function useQuery<K extends string>(...names: K[]): [Record<K, string>, (change: Partial<Record<K, string | undefined>>) => void] {
	const { search } = usePlace();
	const value = useMemo(() => {
		const q = new URLSearchParams(search);
		return Object.fromEntries(names.map((n) => [n, q.get(n) ?? ''])) as Record<K, string>;
	}, [search, names.join()]);
	const set = (change: Partial<Record<K, string | undefined>>) => {
		const q = new URLSearchParams(location.search);
		for (const [k, v] of Object.entries(change) as [string, string | undefined][]) {
			if (v)
				q.set(k, v);
			else
				q.delete(k);
		}
		const text = q.toString();
		navigate(location.pathname + (text ? `?${text}` : ''), { replace: true });
	};
	return [value, set];
}

// While dirty, leaving asks first.
export function useLeaveGuard(isDirty: boolean, text = 'Leave this page? What you changed is not saved yet.') {
	useEffect(() => {
		if (!isDirty)
			return;
		const ask = () => confirm(text);
		const onUnload = (e: BeforeUnloadEvent) => e.preventDefault();
		guards.push(ask);
		addEventListener('beforeunload', onUnload);
		return () => {
			guards = guards.filter((g) => g !== ask);
			removeEventListener('beforeunload', onUnload);
		};
	}, [isDirty, text]);
}

// What the page is called: the title of the tab says it, with what waits (notice.ts).
export const title = store('');

export function useTitle(text: string) {
	useEffect(() => title.set(text), [text]);
}

// True below this width.
export function useIsNarrow(px = 720): boolean {
	const query = useMemo(() => matchMedia(`(max-width: ${px}px)`), [px]);
	const [is, set] = useState(query.matches);
	useEffect(() => {
		const on = () => set(query.matches);
		query.addEventListener('change', on);
		return () => query.removeEventListener('change', on);
	}, [query]);
	return is;
}
