// A button with a list of things to do, and tabs: both by arrow keys as the ARIA practices have it.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { navigate } from '../app/router';
import { Icon, IconName } from './icon';

export interface MenuItem { label: string; icon?: IconName; onSelect?: () => void; href?: string; isDanger?: boolean; disabled?: boolean; isOn?: boolean; hint?: string; isLine?: boolean }

export function Menu({ label, children, items, align = 'end', class: more = 'btn btn-quiet btn-icon' }: { label: string; children?: ComponentChildren; items: MenuItem[]; align?: 'start' | 'end'; class?: string }) {
	const [isOpen, setOpen] = useState(false);
	const box = useRef<HTMLDivElement>(null);
	const button = useRef<HTMLButtonElement>(null);
	const id = useId();
	useEffect(() => {
		if (!isOpen)
			return;
		const away = (e: Event) => { if (!box.current?.contains(e.target as Node)) setOpen(false); };
		document.addEventListener('mousedown', away);
		document.addEventListener('focusin', away);
		box.current?.querySelector<HTMLElement>('[role^=menuitem]:not([aria-disabled=true])')?.focus();
		return () => {
			document.removeEventListener('mousedown', away);
			document.removeEventListener('focusin', away);
		};
	}, [isOpen]);
	const shut = () => { setOpen(false); button.current?.focus(); };
	const onKey = (e: KeyboardEvent) => {
		const all = [...box.current!.querySelectorAll<HTMLElement>('[role^=menuitem]')];
		const at = all.indexOf(document.activeElement as HTMLElement);
		const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
		if (to !== undefined) {
			e.preventDefault();
			all[(to + all.length) % all.length]?.focus();
		} else if (e.key === 'Escape') {
			e.preventDefault();
			e.stopPropagation();
			shut();
		} else if (e.key === 'Tab') {
			setOpen(false);
		}
	};
	const choose = (i: MenuItem) => {
		if (i.disabled)
			return;
		shut();
		if (i.href)
			navigate(i.href);
		i.onSelect?.();
	};
	return (
		<div class="menu" ref={box}>
			<button ref={button} type="button" class={more} aria-label={label} title={children ? undefined : label} aria-haspopup="menu" aria-expanded={isOpen} aria-controls={isOpen ? id : undefined}
				onClick={() => setOpen(!isOpen)} onKeyDown={(e) => { if (e.key === 'ArrowDown' && !isOpen) { e.preventDefault(); setOpen(true); } }}>{children ?? <Icon name="more" />}</button>
			{isOpen && (
				<div class={`menu-list at-${align}`} role="menu" id={id} aria-label={label} onKeyDown={onKey}>
					{items.map((i) => (i.isLine ? <hr key={i.label} /> : (
						<button key={i.label} type="button" role={i.isOn === undefined ? 'menuitem' : 'menuitemradio'} aria-checked={i.isOn} tabIndex={-1} aria-disabled={i.disabled}
							class={`menu-item ${i.isDanger ? 'is-danger' : ''}`} onClick={() => choose(i)}>
							{i.icon ? <Icon name={i.icon} size={16} /> : <span class="menu-gap" />}<span>{i.label}{i.hint && <small>{i.hint}</small>}</span>{i.isOn && <Icon name="check" size={14} />}
						</button>)))}
				</div>
			)}
		</div>
	);
}

export interface TabItem { id: string; label: ComponentChildren; count?: number }

// The panel is the caller's: <div role="tabpanel" id={`${prefix}-panel`} aria-labelledby={`${prefix}-${value}`}>.
export function Tabs({ items, value, onChange, label, prefix = 'tab' }: { items: TabItem[]; value: string; onChange: (id: string) => void; label: string; prefix?: string }) {
	const list = useRef<HTMLDivElement>(null);
	const onKey = (e: KeyboardEvent) => {
		const at = items.findIndex((i) => i.id === value);
		const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1 }[e.key];
		if (to === undefined)
			return;
		e.preventDefault();
		const next = items[(to + items.length) % items.length];
		onChange(next.id);
		list.current?.querySelector<HTMLElement>(`#${prefix}-${CSS.escape(next.id)}`)?.focus();
	};
	return (
		<div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKey}>
			{items.map((i) => (
				<button key={i.id} id={`${prefix}-${i.id}`} type="button" role="tab" aria-selected={i.id === value} aria-controls={`${prefix}-panel`} tabIndex={i.id === value ? 0 : -1} onClick={() => onChange(i.id)}>
					{i.label}{i.count !== undefined && <span class="tab-count">{i.count}</span>}
				</button>
			))}
		</div>
	);
}

export function TabPanel({ value, prefix = 'tab', children }: { value: string; prefix?: string; children: ComponentChildren }) {
	return <div role="tabpanel" id={`${prefix}-panel`} aria-labelledby={`${prefix}-${value}`} tabIndex={-1}>{children}</div>;
}
