// What happens at the gate, as it happens: one stream for the whole console (GET /api/v1/events).
import { useEffect, useRef } from 'preact/hooks';
import { BASE } from './api';
import { isAsking, loadSession, session } from './session';
import { store } from './store';

export type EventName = 'record' | 'approval' | 'server' | 'pins' | 'change' | 'job';
const NAMES: EventName[] = ['record', 'approval', 'server', 'pins', 'change', 'job'];

export const isLive = store(false);
const followers = new Map<EventName, Set<(data: any) => void>>();
let source: EventSource | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function hear(name: EventName, e: MessageEvent) {
	let data: unknown;
	try {
		data = JSON.parse(e.data);
	} catch {
		return;
	}
	followers.get(name)?.forEach((fn) => fn(data));
}

function open() {
	if (source || !session.get()?.signed_in)
		return;
	source = new EventSource(`${BASE}/events`);
	source.onopen = () => isLive.set(true);
	NAMES.forEach((n) => source!.addEventListener(n, (e) => hear(n, e as MessageEvent)));
	source.addEventListener('bye', close);
	// The browser tries again by itself, but not after an answer that is no stream.
	source.onerror = () => {
		isLive.set(false);
		if (source?.readyState === EventSource.CLOSED) {
			close();
			clearTimeout(timer);
			timer = setTimeout(again, 5000);
		}
	};
}

async function again() {
	const s = await loadSession().catch(() => undefined);
	if (s?.signed_in)
		open();
	else if (!s)
		timer = setTimeout(again, 5000);
}

function close() {
	source?.close();
	source = undefined;
	isLive.set(false);
}

session.follow((s) => (s?.signed_in ? open() : close()));
isAsking.follow((asking) => { if (asking) close(); else open(); });

export function onEvent<T = any>(name: EventName, fn: (data: T) => void): () => void {
	if (!followers.has(name))
		followers.set(name, new Set());
	followers.get(name)!.add(fn);
	return () => { followers.get(name)!.delete(fn); };
}

// fn may be another one at each render.
export function useEvent<T = any>(name: EventName, fn: (data: T) => void) {
	const latest = useRef(fn);
	latest.current = fn;
	useEffect(() => onEvent<T>(name, (data) => latest.current(data)), [name]);
}
