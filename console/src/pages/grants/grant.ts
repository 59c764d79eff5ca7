// Grants: what is typed into the form, how they are spoken of, the snippet for a client.
import type { Grant } from '../../app/types';

export const GRANT_STATE: Record<Grant['state'], string> = { valid: 'Valid', expired: 'Expired', revoked: 'Revoked' };

// "ci, nightly  ci" is ["ci", "nightly"].
export const tagsOf = (typed: string): string[] => [...new Set(typed.split(/[\s,]+/).filter(Boolean))];

export const LIFETIMES: readonly { value: string; label: string; days: number }[] = [
	{ value: '', label: 'Never', days: 0 },
	{ value: '1d', label: 'In 1 day', days: 1 },
	{ value: '7d', label: 'In 7 days', days: 7 },
	{ value: '30d', label: 'In 30 days', days: 30 },
	{ value: '90d', label: 'In 90 days', days: 90 },
	{ value: '365d', label: 'In a year', days: 365 },
];

export function expiryOf(lifetime: string, date: string, now: number): string | undefined {
	if (lifetime === 'date') {
		const ms = Date.parse(date);
		return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
	}
	const days = LIFETIMES.find((l) => l.value === lifetime)?.days ?? 0;
	return days ? new Date(now + days * 86_400_000).toISOString() : undefined;
}

const DAY = 86_400_000;
const words = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? '' : 's'}`;

// "Expires in 3 days", "Expired 2 hours ago", "Never expires".
export function expiryText(g: Pick<Grant, 'expires_at'>, now: number): string {
	if (!g.expires_at)
		return 'Never expires';
	const ms = Date.parse(g.expires_at) - now, size = Math.abs(ms);
	const text = size >= 2 * DAY ? words(Math.floor(size / DAY), 'day') : size >= 7_200_000 ? words(Math.floor(size / 3_600_000), 'hour') : words(Math.max(1, Math.floor(size / 60_000)), 'minute');
	return ms > 0 ? `Expires in ${text}` : `Expired ${text} ago`;
}

export const isExpiringSoon = (g: Grant, now: number): boolean =>
	g.state === 'valid' && !!g.expires_at && Date.parse(g.expires_at) - now < 3 * DAY;

// The token goes in for the placeholder, wherever it stands; never into anything that is kept.
export const withToken = (text: string, token: string | null): string => (token ? text.split('$TOKEN').join(token) : text);

// A pointer of a problem, "/bindings/1/policy", to the row it speaks of.
export function bindingProblem(pointer: string): { at: number; field: string } | null {
	const m = /^\/bindings\/(\d+)(?:\/(\w+))?$/.exec(pointer);
	return m ? { at: Number(m[1]), field: m[2] ?? 'server' } : null;
}
