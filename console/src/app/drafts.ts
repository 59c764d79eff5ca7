// What somebody types is kept for this browser tab until it was sent: it outlives a reload and an ended session.
import { useCallback, useRef, useState } from 'preact/hooks';

const PREFIX = 'draft:';

function read<T>(key: string, first: T): T {
	try {
		const text = sessionStorage.getItem(PREFIX + key);
		return text === null ? first : JSON.parse(text) as T;
	} catch {
		return first;
	}
}

// Never for secrets: what is typed as a password or token belongs into useState.
export function useDraft<T>(key: string, first: T): [T, (next: T | ((was: T) => T)) => void, () => void, boolean] {
	const [value, setValue] = useState<T>(() => read(key, first));
	const [isDraft, setIsDraft] = useState(() => sessionStorage.getItem(PREFIX + key) !== null);
	const latest = useRef(value);
	latest.current = value;
	const set = useCallback((next: T | ((was: T) => T)) => {
		const now = typeof next === 'function' ? (next as (was: T) => T)(latest.current) : next;
		latest.current = now;
		try {
			sessionStorage.setItem(PREFIX + key, JSON.stringify(now));
		} catch { /* the storage is full or forbidden: it is only not kept */ }
		setIsDraft(true);
		setValue(() => now);
	}, [key]);
	const clear = useCallback(() => {
		sessionStorage.removeItem(PREFIX + key);
		setIsDraft(false);
	}, [key]);
	return [value, set, clear, isDraft];
}

export const dropDraft = (key: string) => sessionStorage.removeItem(PREFIX + key);
