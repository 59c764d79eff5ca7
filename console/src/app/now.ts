// The time, for what is counted down; one clock for all of a page.
import { useEffect, useState } from 'preact/hooks';

export function useNow(everyMs = 1000): number {
	const [now, set] = useState(() => Date.now());
	useEffect(() => {
		const timer = setInterval(() => { if (!document.hidden) set(Date.now()); }, everyMs);
		const seen = () => set(Date.now());
		document.addEventListener('visibilitychange', seen);
		return () => {
			clearInterval(timer);
			document.removeEventListener('visibilitychange', seen);
		};
	}, [everyMs]);
	return now;
}
