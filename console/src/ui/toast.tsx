// Short news at the edge of the page: something was done, or failed.
import { store, useStore } from '../app/store';
import { IconButton } from './button';
import { Icon } from './icon';

interface ToastItem { id: number; text: string; tone: 'good' | 'bad' | 'info'; action?: { label: string; run: () => void } }
const toasts = store<ToastItem[]>([]);
let last = 0;

const drop = (id: number) => toasts.set(toasts.get().filter((t) => t.id !== id));

export function toast(text: string, tone: ToastItem['tone'] = 'good', action?: ToastItem['action']) {
	const id = ++last;
	toasts.set([...toasts.get().slice(-3), { id, text, tone, action }]);
	setTimeout(() => drop(id), tone === 'bad' || action ? 12000 : 5000);
}

export function Toasts() {
	const all = useStore(toasts);
	return (
		<div class="toasts" role="status" aria-live="polite">
			{all.map((t) => (
				<div key={t.id} class={`toast tone-${t.tone}`}>
					<Icon name={t.tone === 'bad' ? 'warn' : t.tone === 'good' ? 'check' : 'info'} size={16} /><span>{t.text}</span>
					{t.action && <button class="link" type="button" onClick={() => { drop(t.id); t.action!.run(); }}>{t.action.label}</button>}
					<IconButton icon="close" label="Dismiss" size="small" onClick={() => drop(t.id)} />
				</div>
			))}
		</div>
	);
}
