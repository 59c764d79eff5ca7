// Keys that work everywhere: ⌘K and / search, g and a letter go to a page, ? shows this list.
import { useEffect, useRef } from 'preact/hooks';
import { sections } from '../pages';
import { Dialog } from '../ui/dialog';
import { isPaletteOpen } from './palette';
import { navigate } from './router';
import { mayOf, session } from './session';
import { store, useStore } from './store';

const isHelpOpen = store(false);
// Keys of the page that is shown: { 'j': 'Next row' }, only to be listed. A page registers them with usePageKeys.
const pageKeys = store<Record<string, string>>({});

const isTyping = (e: KeyboardEvent) => !!(e.target as Element | null)?.closest?.('input,textarea,select,[contenteditable=true],.cm-editor') || !!(e.composedPath?.()[0] as Element | undefined)?.closest?.('.cm-editor,[contenteditable=true]');

export function useKeys() {
	useEffect(() => {
		let isGoing = false;
		let timer: ReturnType<typeof setTimeout>;
		const on = (e: KeyboardEvent) => {
			if ((e.metaKey || e.ctrlKey) && e.key.toLowerCase() === 'k') {
				e.preventDefault();
				isPaletteOpen.set(!isPaletteOpen.get());
				return;
			}
			if (isTyping(e) || e.metaKey || e.ctrlKey || e.altKey || document.querySelector('dialog[open]'))
				return;
			if (isGoing) {
				isGoing = false;
				const entry = sections.flatMap((s) => s.entries).find((x) => x.key === e.key);
				if (entry && mayOf(session.get(), entry.need, entry.isAnywhere ? '*' : undefined)) {
					e.preventDefault();
					navigate(entry.href);
				}
			} else if (e.key === 'g') {
				isGoing = true;
				clearTimeout(timer);
				timer = setTimeout(() => { isGoing = false; }, 1500);
			} else if (e.key === '/') {
				e.preventDefault();
				const field = document.querySelector<HTMLInputElement>('#main input[type=search]');
				if (field)
					field.focus();
				else
					isPaletteOpen.set(true);
			} else if (e.key === '?') {
				e.preventDefault();
				isHelpOpen.set(true);
			}
		};
		addEventListener('keydown', on);
		return () => removeEventListener('keydown', on);
	}, []);
}

// Keys of one page: handlers by key, with what they do. Not called while somebody types.
// A key meets the page as it was drawn last, also when it comes before the effects of that have run.
export function usePageKeys(keys: Record<string, { label: string; run: () => void }>) {
	const latest = useRef(keys);
	latest.current = keys;
	const labels = JSON.stringify(Object.entries(keys).map(([k, v]) => [k, v.label]));
	useEffect(() => {
		pageKeys.set(Object.fromEntries(JSON.parse(labels) as [string, string][]));
		return () => pageKeys.set({});
	}, [labels]);
	useEffect(() => {
		const on = (e: KeyboardEvent) => {
			const key = latest.current[e.key];
			if (key && !isTyping(e) && !e.metaKey && !e.ctrlKey && !e.altKey && !document.querySelector('dialog[open]')) {
				e.preventDefault();
				key.run();
			}
		};
		addEventListener('keydown', on);
		return () => removeEventListener('keydown', on);
	}, []);
}

export const showKeys = () => isHelpOpen.set(true);

export function KeysHelp() {
	const isOpen = useStore(isHelpOpen);
	const own = useStore(pageKeys);
	if (!isOpen)
		return null;
	const row = (keys: string[], what: string) => <div key={what}><dt>{keys.map((k, i) => <span key={k}>{i > 0 && ' '}<kbd>{k}</kbd></span>)}</dt><dd>{what}</dd></div>;
	return (
		<Dialog title="Keyboard shortcuts" onClose={() => isHelpOpen.set(false)}>
			<dl class="kv">
				{Object.entries(own).map(([k, what]) => row([k], what))}
				{row(['Ctrl', 'K'], 'Search and go anywhere')}
				{row(['/'], 'Search on this page')}
				{sections.flatMap((s) => s.entries).filter((e) => e.key).map((e) => row(['g', e.key!], e.label))}
				{row(['Esc'], 'Close what is open')}
				{row(['?'], 'This list')}
			</dl>
		</Dialog>
	);
}
