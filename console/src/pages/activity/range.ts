// Time ranges: what the address bar says, what the API is asked for, and how it is read aloud.

export interface Range {
	last?: string; // '15m' | '1h' …: up to now, moving
	since?: number; // milliseconds; with until: fixed
	until?: number;
}

export const LASTS: readonly { value: string; label: string; ms: number }[] = [
	{ value: '15m', label: 'Last 15 minutes', ms: 15 * 60_000 },
	{ value: '1h', label: 'Last hour', ms: 3_600_000 },
	{ value: '6h', label: 'Last 6 hours', ms: 6 * 3_600_000 },
	{ value: '24h', label: 'Last 24 hours', ms: 24 * 3_600_000 },
	{ value: '7d', label: 'Last 7 days', ms: 7 * 86_400_000 },
	{ value: '30d', label: 'Last 30 days', ms: 30 * 86_400_000 },
];
export const LAST_DEFAULT = '24h';

const LAST_OF = new Map(LASTS.map((l) => [l.value, l]));

export function rangeOf(search: URLSearchParams): Range {
	const since = Date.parse(search.get('since') ?? ''), until = Date.parse(search.get('until') ?? '');
	if (!Number.isNaN(since))
		return Number.isNaN(until) || until <= since ? { since } : { since, until };
	const last = search.get('last') ?? '';
	return { last: LAST_OF.has(last) ? last : LAST_DEFAULT };
}

// Writes the range into the address; the default is left out.
export function rangeInto(search: URLSearchParams, range: Range): void {
	search.delete('last');
	search.delete('since');
	search.delete('until');
	if (range.since !== undefined) {
		search.set('since', new Date(range.since).toISOString());
		if (range.until !== undefined)
			search.set('until', new Date(range.until).toISOString());
	} else if (range.last && range.last !== LAST_DEFAULT) {
		search.set('last', range.last);
	}
}

export function boundsOf(range: Range, now: number): { since: number; until: number } {
	if (range.since !== undefined)
		return { since: range.since, until: range.until ?? now };
	return { since: now - (LAST_OF.get(range.last ?? '') ?? LAST_OF.get(LAST_DEFAULT)!).ms, until: now };
}

// A range that ends now goes on while one looks at it.
export const isMoving = (range: Range): boolean => range.until === undefined;

export type Step = 'minute' | 'hour' | 'day';
export const STEP_S: Record<Step, number> = { minute: 60, hour: 3600, day: 86_400 };

// The finest step that gives a chart at most 200 points or so.
export function stepOf(since: number, until: number): Step {
	const minutes = (until - since) / 60_000;
	return minutes <= 200 ? 'minute' : minutes <= 200 * 60 ? 'hour' : 'day';
}

// Brushing gives any two moments: outwards to whole steps, never shorter than a minute.
export function brushed(a: number, b: number, now: number): Range {
	const since = Math.floor(Math.min(a, b) / 60_000) * 60_000, until = Math.ceil(Math.max(a, b) / 60_000) * 60_000;
	return until >= now ? { since } : { since, until: Math.max(until, since + 60_000) };
}

export function rangeLabel(range: Range, format: (ms: number) => string): string {
	if (range.since === undefined)
		return LAST_OF.get(range.last ?? '')?.label ?? LAST_OF.get(LAST_DEFAULT)!.label;
	return range.until === undefined ? `Since ${format(range.since)}` : `${format(range.since)} to ${format(range.until)}`;
}

// What <input type=datetime-local> holds, in the time of this place.
export function localInput(ms: number): string {
	const d = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
	return d.toISOString().slice(0, 16);
}
