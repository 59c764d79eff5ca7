// What happens at the gate, as it happens: one stream for the whole console (GET /api/v1/events).
import { useEffect, useRef } from 'preact/hooks';
import { BASE } from './api';
import { askSession, isAsking, session, sessionEnded } from './session';
import { store } from './store';

// skipped: more records came than are told one by one; missed: more happened than was kept for one who was away.
export type EventName = 'record' | 'approval' | 'server' | 'pins' | 'change' | 'job' | 'skipped' | 'missed';
const NAMES: EventName[] = ['record', 'approval', 'server', 'pins', 'change', 'job', 'skipped', 'missed'];

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
	// The session has ended, or this end was too slow: which of the two is asked for.
	source.addEventListener('bye', () => {
		close();
		clearTimeout(timer);
		timer = setTimeout(again, 1000);
	});
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
	const s = await askSession().catch(() => undefined);
	if (s?.signed_in)
		open();
	else if (s)
		void sessionEnded(); // the page stays as it is, with what was typed
	else
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
