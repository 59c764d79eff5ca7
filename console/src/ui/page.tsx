// The parts of a page: its head, sections, and pairs of a name and a value.
import type { ComponentChildren } from 'preact';
import { useTitle } from '../app/router';
import { Icon } from './icon';

export interface PageProps {
	title: string; lead?: ComponentChildren; actions?: ComponentChildren; back?: { href: string; label: string };
	badges?: ComponentChildren; children?: ComponentChildren; isNarrow?: boolean; isMono?: boolean;
}

export function Page({ title, lead, actions, back, badges, children, isNarrow, isMono }: PageProps) {
	useTitle(title);
	return (
		<div class={`page ${isNarrow ? 'is-narrow' : ''}`}>
			<header class="page-head">
				{back && <a class="back" href={back.href}><Icon name="left" size={14} /> {back.label}</a>}
				<div class="page-title">
					<div class="page-name"><div class="page-words"><h1 class={isMono ? 'mono' : ''}>{title}</h1>{badges}</div>{lead && <p class="lead">{lead}</p>}</div>
					{actions && <div class="actions">{actions}</div>}
				</div>
			</header>
			{children}
		</div>
	);
}

export function Section({ title, lead, actions, children, isPlain, id }: { title?: ComponentChildren; lead?: ComponentChildren; actions?: ComponentChildren; children?: ComponentChildren; isPlain?: boolean; id?: string }) {
	return (
		<section class={isPlain ? 'section' : 'section card'} id={id}>
			{(title || actions) && <header class="section-head"><div>{title && <h2>{title}</h2>}{lead && <p class="muted">{lead}</p>}</div><span class="grow" />{actions && <div class="actions">{actions}</div>}</header>}
			{children}
		</section>
	);
}

export function KeyValues({ items }: { items: [ComponentChildren, ComponentChildren][] }) {
	return <dl class="kv">{items.filter(([, v]) => v !== undefined && v !== null && v !== '' && v !== false).map(([k, v], i) => <div key={i}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>;
}

// One number with its name; href leads to what is counted.
export function Stat({ label, value, hint, tone, href }: { label: string; value: ComponentChildren; hint?: ComponentChildren; tone?: string; href?: string }) {
	const inside = <><span class="stat-label">{label}</span><span class="stat-value">{value}</span>{hint && <span class="stat-hint">{hint}</span>}</>;
	return href ? <a class={`stat ${tone ? `tone-${tone}` : ''}`} href={href}>{inside}</a> : <div class={`stat ${tone ? `tone-${tone}` : ''}`}>{inside}</div>;
}
