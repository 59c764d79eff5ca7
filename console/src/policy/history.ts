// Undo and redo over texts. Typing that goes on is one step.
export interface History {
	past: readonly string[];
	now: string;
	future: readonly string[];
	kind: string;  // of the last edit
	at: number;    // when it was, ms
}

const KEPT = 200;
const PAUSE_MS = 800;

export const begin = (text: string): History => ({ past: [], now: text, future: [], kind: '', at: 0 });

// kind: edits of one kind in quick succession are one step; "" never is.
export function edit(h: History, text: string, kind: string, at: number): History {
	if (text === h.now)
		return h;
	const isSame = kind !== '' && kind === h.kind && at - h.at < PAUSE_MS && h.past.length > 0;
	return { past: isSame ? h.past : [...h.past, h.now].slice(-KEPT), now: text, future: [], kind, at };
}

export function undo(h: History): History {
	const last = h.past[h.past.length - 1];
	return last === undefined ? h : { past: h.past.slice(0, -1), now: last, future: [h.now, ...h.future], kind: '', at: 0 };
}

export function redo(h: History): History {
	const [next, ...rest] = h.future;
	return next === undefined ? h : { past: [...h.past, h.now], now: next, future: rest, kind: '', at: 0 };
}
