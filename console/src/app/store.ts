// A value that parts of the page follow.
import { useEffect, useState } from 'preact/hooks';

export interface Store<T> { get(): T; set(next: T): void; follow(fn: (value: T) => void): () => void }

export function store<T>(first: T): Store<T> {
	let value = first;
	const followers = new Set<(value: T) => void>();
	return {
		get: () => value,
		set(next) {
			if (Object.is(next, value))
				return;
			value = next;
			[...followers].forEach((fn) => fn(value));
		},
		follow(fn) {
			followers.add(fn);
			return () => { followers.delete(fn); };
		},
	};
}

export function useStore<T>(of: Store<T>): T {
	const [value, set] = useState<T>(() => of.get());
	useEffect(() => {
		set(() => of.get());
		return of.follow((next) => set(() => next));
	}, [of]);
	return value;
}
