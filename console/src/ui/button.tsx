import type { ComponentChildren, Ref } from 'preact';
import { Icon, IconName } from './icon';

export interface ButtonProps {
	kind?: 'primary' | 'default' | 'quiet' | 'danger';
	size?: 'small';
	icon?: IconName;
	isBusy?: boolean;          // shows that it works, and takes no click
	disabled?: boolean;
	href?: string;             // then it is a link
	type?: 'submit' | 'button';
	onClick?: (e: MouseEvent) => void;
	title?: string;
	class?: string;
	form?: string;
	children?: ComponentChildren;
	btnRef?: Ref<HTMLButtonElement>;
	[aria: `aria-${string}`]: string | boolean | undefined;
	[data: `data-${string}`]: string | undefined;
}

export function Button({ kind = 'default', size, icon, isBusy, disabled, href, type = 'button', class: more = '', children, btnRef, ...rest }: ButtonProps) {
	const name = `btn btn-${kind} ${size ? `btn-${size}` : ''} ${more}`;
	const inside = <>{isBusy ? <span class="spin" aria-hidden="true" /> : icon && <Icon name={icon} size={16} />}{children !== undefined && <span>{children}</span>}</>;
	if (href && !disabled)
		return <a class={name} href={href} {...rest as object}>{inside}</a>;
	return <button ref={btnRef} class={name} type={type} disabled={disabled} aria-busy={isBusy || undefined} {...rest}
		onClick={(e) => { if (isBusy) e.preventDefault(); else rest.onClick?.(e as unknown as MouseEvent); }}>{inside}</button>;
}

// A button with a picture only: the label is what is read out, and its tip.
export function IconButton({ icon, label, kind = 'quiet', ...rest }: ButtonProps & { icon: IconName; label: string }) {
	return <Button {...rest} kind={kind} icon={icon} aria-label={label} title={label} class={`btn-icon ${rest.class ?? ''}`} />;
}
