// That calls wait for a yes: as a number in the title, as a dot on the icon of the tab, and as a notice of the system.
import { onEvent } from './events';
import { navigate, title } from './router';
import { store } from './store';

const KEY = 'approval-notices';
const KNOWN_MAX = 1000;

export type Notices = 'unsupported' | 'off' | 'on' | 'blocked';

export const notices = store<Notices>('off');

function read(): Notices {
	if (!('Notification' in window))
		return 'unsupported';
	if (Notification.permission === 'denied')
		return 'blocked';
	return Notification.permission === 'granted' && localStorage.getItem(KEY) === 'on' ? 'on' : 'off';
}

// From a button only: browsers and people dislike pages that ask by themselves.
export async function setNotices(on: boolean): Promise<void> {
	if (on && 'Notification' in window && await Notification.requestPermission() === 'granted')
		localStorage.setItem(KEY, 'on');
	else
		localStorage.removeItem(KEY);
	notices.set(read());
}

interface Asked { id: string; server?: string; tool?: string }

function show(a: Asked) {
	try {
		const n = new Notification('A call waits for you', { body: `${a.tool ?? 'A tool'} of ${a.server ?? 'a server'}`, tag: a.id });
		n.onclick = () => {
			window.focus();
			navigate(`/approvals/${a.id}`);
			n.close();
		};
	} catch { /* some phones let only service workers do that */ }
}

function paint(n: number) {
	const text = title.get() ? `${title.get()} · Gatehouse` : 'Gatehouse';
	document.title = n > 0 ? `(${n > 99 ? '99+' : n}) ${text}` : text;
	const icon = document.querySelector('link[rel=icon]'), href = n > 0 ? '/favicon-waiting.svg' : '/favicon.svg';
	if (icon && icon.getAttribute('href') !== href)
		icon.setAttribute('href', href);
}

// count: how many wait; follow: is called back when that changes.
export function startNotices(count: () => number, follow: (fn: () => void) => void) {
	const known = new Set<string>();
	const again = () => paint(count());
	notices.set(read());
	follow(again);
	title.follow(again);
	again();
	const asked = (a: Asked) => {
		if (known.has(a.id))
			return;
		if (known.size >= KNOWN_MAX)
			known.clear();
		known.add(a.id);
		if (notices.get() === 'on')
			show(a);
	};
	onEvent<Asked & { what?: string }>('approval', (a) => { if (a.what === 'asked') asked(a); });
}
