// A part of a page whose code comes when it is first shown.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Note, Spinner } from '../../ui';

export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
	let loaded: ComponentType<P> | undefined;
	return function Lazy(props: P) {
		const [, turn] = useState(0), [failed, setFailed] = useState(false);
		useEffect(() => {
			if (!loaded)
				load().then((m) => { loaded = m.default; turn((n) => n + 1); }, () => setFailed(true));
		}, []);
		if (failed)
			return <Note tone="bad" title="This part could not be loaded">Load the page again; the gate may have been updated.</Note>;
		const Shown = loaded;
		return Shown ? <Shown {...props} /> : <Spinner />;
	};
}
