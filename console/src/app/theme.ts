// Light, dark, or as the system has it.
import { store } from './store';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'theme';

function read(): Theme {
	const v = localStorage.getItem(KEY);
	return v === 'light' || v === 'dark' ? v : 'system';
}

export const theme = store<Theme>(read());

export function setTheme(t: Theme) {
	if (t === 'system') {
		localStorage.removeItem(KEY);
		delete document.documentElement.dataset.theme;
	} else {
		localStorage.setItem(KEY, t);
		document.documentElement.dataset.theme = t;
	}
	theme.set(t);
}

export const isDark = () => (theme.get() === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : theme.get() === 'dark');
