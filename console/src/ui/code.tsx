// Texts of programs: to copy, to unfold, to compare.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Difference } from '../app/types';
import { Button, IconButton } from './button';
import { toast } from './toast';

export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// Without a secure origin there is no clipboard: the old way.
		const area = document.createElement('textarea');
		area.value = text;
		area.className = 'sr-only';
		(document.querySelector('dialog[open]') ?? document.body).append(area);
		area.select();
		const ok = document.execCommand('copy');
		area.remove();
		return ok;
	}
}

export function Copy({ text, label, isIcon = !label }: { text: string; label?: string; isIcon?: boolean }) {
	const [isDone, set] = useState(false);
	const go = async () => {
		if (await copyText(text)) {
			set(true);
			setTimeout(() => set(false), 1600);
		} else {
			toast('The browser does not allow copying here. Select the text and copy it by hand.', 'bad');
		}
	};
	if (isIcon)
		return <IconButton icon={isDone ? 'check' : 'copy'} label={isDone ? 'Copied' : label ?? 'Copy'} size="small" onClick={go} />;
	return <Button icon={isDone ? 'check' : 'copy'} size="small" onClick={go}>{isDone ? 'Copied' : label}</Button>;
}

export function Code({ text, title, isWrapped, label }: { text: string; title?: ComponentChildren; isWrapped?: boolean; label?: string }) {
	return (
		<div class="code">
			{title && <div class="code-title">{title}</div>}
			<pre tabIndex={0} role="region" aria-label={label ?? 'Code'} class={isWrapped ? 'is-wrapped' : ''}><code>{text}</code></pre>
			<Copy text={text} />
		</div>
	);
}

const isBranch = (v: unknown): v is object => typeof v === 'object' && v !== null && Object.keys(v).length > 0;

function Leaf({ value }: { value: unknown }) {
	const kind = value === null ? 'null' : typeof value;
	return <span class={`json-${kind}`}>{kind === 'object' ? (Array.isArray(value) ? '[]' : '{}') : JSON.stringify(value)}</span>;
}

function Node({ name, value, depth, open }: { name?: string; value: unknown; depth: number; open: number }) {
	const key = name !== undefined && <span class="json-key">{name}: </span>;
	if (!isBranch(value))
		return <div class="json-row">{key}<Leaf value={value} /></div>;
	const entries = Object.entries(value);
	return (
		<details class="json-branch" open={depth < open}>
			<summary>{key}<span class="muted">{Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`}</span></summary>
			<div class="json-inside">{entries.slice(0, 500).map(([k, v]) => <Node key={k} name={k} value={v} depth={depth + 1} open={open} />)}
				{entries.length > 500 && <div class="muted">… {entries.length - 500} more</div>}</div>
		</details>
	);
}

// A JSON value that can be unfolded. open: so many levels are.
export function JsonView({ value, open = 2, isCopied = true }: { value: unknown; open?: number; isCopied?: boolean }) {
	return <div class="json"><Node value={value} depth={0} open={open} />{isCopied && <Copy text={JSON.stringify(value, null, 2) ?? ''} />}</div>;
}

const show = (v: unknown) => (v === undefined ? undefined : typeof v === 'string' ? v : JSON.stringify(v, null, 2));

// Members that differ, side by side: what was, what is.
export function DifferenceView({ items, from = 'Before', to = 'Now' }: { items: Difference[]; from?: string; to?: string }) {
	if (!items.length)
		return <p class="muted">There is no difference.</p>;
	return (
		<div class="diff" role="table" aria-label={`${from} and ${to}`}>
			<div class="diff-row diff-head" role="row"><span role="columnheader">Where</span><span role="columnheader">{from}</span><span role="columnheader">{to}</span></div>
			{items.map((d, i) => (
				<div class="diff-row" role="row" key={i}>
					<code class="diff-at" role="cell">{d.pointer || '(all of it)'}</code>
					<pre role="cell" class={show(d.from) === undefined ? 'is-none' : 'is-from'}>{show(d.from) ?? 'not there'}</pre>
					<pre role="cell" class={show(d.to) === undefined ? 'is-none' : 'is-to'}>{show(d.to) ?? 'removed'}</pre>
				</div>
			))}
		</div>
	);
}

// The members in which two JSON values differ, as JSON Pointers.
export function differ(a: unknown, b: unknown, at = ''): Difference[] {
	if (JSON.stringify(a) === JSON.stringify(b))
		return [];
	const isMap = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
	if (!isMap(a) || !isMap(b))
		return [{ pointer: at, from: a, to: b }];
	return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((k) => differ(a[k], b[k], `${at}/${k.replaceAll('~', '~0').replaceAll('/', '~1')}`));
}
