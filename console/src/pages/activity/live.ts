// Records that come while one reads: the newest first, each once, and nothing moves under the reader's eyes.
import type { CallRecord } from './record';

export interface Live {
	rows: readonly CallRecord[]; // newest first
	waiting: readonly CallRecord[]; // came while held, newest first
	fresh: ReadonlySet<string>; // ids that came by event: shown for a moment
}

export const LIVE_MAX = 5000;
export const NO_LIVE: Live = { rows: [], waiting: [], fresh: new Set() };

// Ids are UUIDs of version 7: their order is that of time.
function insert(rows: readonly CallRecord[], record: CallRecord): CallRecord[] {
	let at = 0;
	while (at < rows.length && rows[at]!.id > record.id)
		at++;
	return [...rows.slice(0, at), record, ...rows.slice(at)].slice(0, LIVE_MAX);
}

function replace(rows: readonly CallRecord[], record: CallRecord): readonly CallRecord[] | null {
	const at = rows.findIndex((r) => r.id === record.id);
	if (at < 0)
		return null;
	const next = rows.slice();
	next[at] = { ...rows[at], ...record };
	return next;
}

/*
 * One record by event: a second one with an id that is there says how the call ended, and changes its row in
 * place. wanted: it fits the filter. held: the reader paused, or has scrolled: it waits until they ask for it.
 */
export function arrive(live: Live, record: CallRecord, wanted: boolean, held: boolean): Live {
	const rows = replace(live.rows, record);
	if (rows)
		return { ...live, rows };
	const waiting = replace(live.waiting, record);
	if (waiting)
		return { ...live, waiting };
	if (!wanted)
		return live;
	if (held)
		return { ...live, waiting: insert(live.waiting, record) };
	return { ...live, rows: insert(live.rows, record), fresh: new Set([...live.fresh, record.id].slice(-100)) };
}

// "12 new" was pressed.
export function release(live: Live): Live {
	let rows = live.rows;
	for (const record of [...live.waiting].reverse())
		rows = insert(rows, record);
	return { rows, waiting: [], fresh: new Set(live.waiting.slice(0, 100).map((r) => r.id)) };
}

// A page of older ones, at the end; what is there already is left as it is.
export function older(live: Live, page: readonly CallRecord[]): Live {
	const known = new Set([...live.rows, ...live.waiting].map((r) => r.id));
	const more = page.filter((r) => !known.has(r.id));
	return more.length === 0 ? live : { ...live, rows: [...live.rows, ...more] };
}
