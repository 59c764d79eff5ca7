// Windows above the page. The browser's own <dialog> keeps the focus inside and gives it back.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../app/api';
import { Button, IconButton } from './button';
import { TextField } from './field';
import { Problem } from './show';

export interface DialogProps {
	title: string; onClose: () => void; children: ComponentChildren; footer?: ComponentChildren;
	size?: 'small' | 'large'; isDrawer?: boolean; isFixed?: boolean; // isFixed: Esc and × do not close it
}

export function Dialog({ title, onClose, children, footer, size, isDrawer, isFixed }: DialogProps) {
	const ref = useRef<HTMLDialogElement>(null);
	const id = useId();
	useEffect(() => {
		const d = ref.current!;
		const before = document.activeElement as HTMLElement | null;
		if (!d.open)
			d.showModal();
		return () => { d.close(); before?.focus?.(); };
	}, []);
	return (
		<dialog ref={ref} class={`dialog ${isDrawer ? 'is-drawer' : ''} ${size ? `is-${size}` : ''}`} aria-labelledby={id}
			onCancel={(e) => { e.preventDefault(); if (e.target === e.currentTarget && !isFixed) onClose(); }}
			onMouseDown={(e) => { if (e.target === e.currentTarget && !isFixed) onClose(); }}>
			<div class="dialog-box">
				<header class="dialog-head"><h2 id={id}>{title}</h2>{!isFixed && <IconButton icon="close" label="Close" onClick={onClose} />}</header>
				<div class="dialog-body">{children}</div>
				{footer && <footer class="dialog-foot">{footer}</footer>}
			</div>
		</dialog>
	);
}

// At the side, for details that belong to a row.
export const Drawer = (p: Omit<DialogProps, 'isDrawer'>) => <Dialog {...p} isDrawer />;

export interface ConfirmProps {
	title: string; children: ComponentChildren; action: string; onConfirm: () => void; onClose: () => void;
	word?: string;  // must be typed first: for what cannot be undone
	kind?: 'danger' | 'primary'; isBusy?: boolean; error?: ApiError;
}

export function Confirm({ title, children, action, onConfirm, onClose, word, kind = 'danger', isBusy, error }: ConfirmProps) {
	const [typed, setTyped] = useState('');
	const isReady = !word || typed === word;
	return (
		<Dialog title={title} onClose={onClose} size="small" footer={<>
			<Button onClick={onClose}>Cancel</Button>
			<Button kind={kind} disabled={!isReady} isBusy={isBusy} onClick={onConfirm}>{action}</Button>
		</>}>
			<form onSubmit={(e) => { e.preventDefault(); if (isReady && !isBusy) onConfirm(); }}>
				<div class="stack">
					<div>{children}</div>
					{word && <TextField label={<>Type <code>{word}</code> to go on</>} value={typed} onInput={setTyped} autoComplete="off" isMono autoFocus />}
					{error && <Problem error={error} />}
				</div>
			</form>
		</Dialog>
	);
}
