// Who is signed in, and what they may do.
import type { Permission, Session, SignedIn } from './types';
import { store, useStore } from './store';

// undefined: not asked yet.
export const session = store<Session | undefined>(undefined);
// The dialog above the page is open: a call wants somebody to sign in.
export const isAsking = store(false);

let waiting: (() => void)[] = [];

export const csrf = () => {
	const s = session.get();
	return s?.signed_in ? s.csrf ?? '' : '';
};

export async function askSession(): Promise<Session> {
	const r = await fetch('/api/v1/session', { headers: { accept: 'application/json' }, cache: 'no-cache', credentials: 'same-origin' });
	if (!r.ok && r.status !== 401)
		throw new Error(`The gate answered ${r.status} when it was asked who is signed in.`);
	return r.ok ? await r.json() as Session : { signed_in: false as const, needs_setup: false };
}

export async function loadSession(): Promise<Session> {
	const s = await askSession();
	if (s.signed_in || !isAsking.get())
		session.set(s);
	return s;
}

// Resolves when somebody has signed in again.
export function sessionEnded(): Promise<void> {
	return new Promise((resolve) => {
		waiting.push(resolve);
		isAsking.set(true);
	});
}

export function signedIn(s: SignedIn) {
	session.set(s);
	isAsking.set(false);
	const all = waiting;
	waiting = [];
	all.forEach((go) => go());
}

export async function signOut() {
	await fetch('/api/v1/session', { method: 'DELETE', headers: { 'x-csrf-token': csrf() }, credentials: 'same-origin' }).catch(() => undefined);
	sessionStorage.clear();
	location.assign('/signin');
}

export function mayOf(s: Session | undefined, one: Permission, server?: string): boolean {
	if (!s?.signed_in)
		return false;
	const p = s.permissions;
	if (p.organisation?.includes(one))
		return true;
	if (server === '*')
		return Object.values(p.servers ?? {}).some((v) => v.includes(one));
	return server !== undefined && (p.servers?.[server]?.includes(one) ?? false);
}

// may('manage'): in the organisation; may('policy', 'files'): for this server; may('see', '*'): for any.
export function useMay(): (one: Permission, server?: string) => boolean {
	const s = useStore(session);
	return (one, server) => mayOf(s, one, server);
}

export function useUser() {
	const s = useStore(session);
	return s?.signed_in ? s.user : undefined;
}
