// Inputs for parts of JSON. Each gives the JSON text of its value, and only when that is valid.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type ArgType, type Node, type Path, insert, rawOf, remove, tryParse } from '../../policy';
import { set } from '../../policy/model';
import { Badge, Field, Icon, IconButton, Select, TextArea, TextField } from '../../ui';
import { useBuilder, useProblems } from './context';

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

interface About {
	label: ComponentChildren;
	hint?: ComponentChildren;
	isLabelHidden?: boolean;
	placeholder?: string;
	class?: string;
}

// What was found wrong here, under what it concerns.
export function Problems({ path, isDeep }: { path: Path; isDeep?: boolean }) {
	const all = useProblems(path, isDeep);
	if (!all.length)
		return null;
	return <ul class="b-problems">{all.map((p, i) => (
		<li key={i} class={p.is_warning ? 'tone-warn' : 'tone-bad'}><Icon name="warn" size={14} /><span>{p.detail}</span></li>))}</ul>;
}

// A text field that is taken over as it is typed while it is valid, and says so when it is not.
export function CheckedField({ value, onValue, check, isEmptyOk, ...about }: About & {
	value: string; onValue: (v: string) => void; check: (v: string) => string | undefined; isEmptyOk?: boolean;
}) {
	const { isReadOnly } = useBuilder();
	const [typed, setTyped] = useState(value);
	const given = useRef(value);
	useEffect(() => {
		if (value !== given.current)
			setTyped(value);
		given.current = value;
	}, [value]);
	const wrong = typed === '' && isEmptyOk ? undefined : check(typed);
	const onInput = (v: string) => {
		setTyped(v);
		if ((v !== '' || !isEmptyOk) && check(v) === undefined) {
			given.current = v;
			onValue(v);
		}
	};
	return <TextField {...about} value={typed} onInput={onInput} error={wrong} readOnly={isReadOnly} autoComplete="off" />;
}

export const NumberField = ({ isInteger, min, ...p }: About & { value: string; onValue: (v: string) => void; isInteger?: boolean; min?: number }) => (
	<CheckedField {...p} check={(v) => {
		if (!NUMBER.test(v))
			return 'Write a number, such as 10 or 2.5.';
		if (isInteger && !/^-?\d+$/.test(v))
			return 'Write a whole number.';
		return min !== undefined && Number(v) < min ? `At least ${min}.` : undefined;
	}} />
);

const KINDS = [{ value: 'string', label: 'Text' }, { value: 'number', label: 'Number' }, { value: 'boolean', label: 'True or false' }, { value: 'null', label: 'null' }];
const FIRST: Record<string, string> = { string: '""', number: '0', boolean: 'true', null: 'null' };

// One value that is no list and no object. type: what the schema says that it is.
export function ScalarField({ node, path, type, options, ...about }: About & { node: Node; path: Path; type: ArgType; options?: readonly string[] }) {
	const { view, edit, isReadOnly } = useBuilder();
	const raw = rawOf(view.text, node), put = (v: string) => edit((t) => set(t, path, v), `value ${path.join('/')}`);
	if (options && options.length && (options.includes(raw) || raw === '""'))
		return <Select {...about} value={raw} disabled={isReadOnly} onChange={put}
			options={[...(options.includes(raw) ? [] : [{ value: raw, label: 'Choose…' }]), ...options.map((o) => ({ value: o, label: o.startsWith('"') ? JSON.parse(o) as string : o }))]} />;
	const isFixed = type === node.kind || (type === 'time' && node.kind === 'string');
	const input = node.kind === 'boolean'
		? <Select {...about} value={raw} disabled={isReadOnly} onChange={put} options={[{ value: 'true', label: 'true' }, { value: 'false', label: 'false' }]} />
		: node.kind === 'number' ? <NumberField {...about} value={raw} onValue={put} />
			: node.kind === 'null' ? <span class="b-null mono">null</span>
				: <TextField {...about} value={node.kind === 'string' ? node.value : raw} readOnly={isReadOnly} onInput={(v) => put(JSON.stringify(v))} autoComplete="off" />;
	if (isFixed)
		return input;
	return <div class="b-pair"><Select label="Kind of value" isLabelHidden value={node.kind} disabled={isReadOnly} onChange={(k) => put(FIRST[k])} options={KINDS} />{input}</div>;
}

// A list of words, each with its own ×. raws: JSON texts; parse: what is typed to one, or why not.
export function Words({ raws, onAdd, onRemove, label, hint, isLabelHidden, options = [], isReadOnly, toRaw = JSON.stringify, placeholder, class: more = '' }: About & {
	raws: readonly string[]; onAdd: (raw: string) => void; onRemove: (index: number) => void; options?: readonly (readonly [string, string])[];
	isReadOnly?: boolean; toRaw?: (typed: string) => string;
}) {
	const [typed, setTyped] = useState('');
	const id = useId(), input = useRef<HTMLInputElement>(null);
	const add = (text: string) => {
		for (const part of text.split('\n').map((s) => s.trim()).filter(Boolean)) {
			const raw = toRaw(part);
			if (!raws.includes(raw))
				onAdd(raw);
		}
		setTyped('');
	};
	const text = (raw: string) => (raw.startsWith('"') ? JSON.parse(raw) as string : raw);
	const rest = options.filter(([v]) => !raws.includes(toRaw(v)));
	return (
		<Field label={label} hint={hint} isLabelHidden={isLabelHidden} class={more}>{(ids) => (
			<div class="b-words" onMouseDown={(e) => { if (e.target === e.currentTarget) { e.preventDefault(); input.current?.focus(); } }}>
				{raws.map((raw, i) => (
					<span class="b-word" key={raw}><span class="mono">{text(raw)}</span>
						{!isReadOnly && <button type="button" aria-label={`Remove ${text(raw)}`} onClick={() => { onRemove(i); input.current?.focus(); }}><Icon name="close" size={12} /></button>}
					</span>))}
				{!isReadOnly && <input ref={input} {...ids} value={typed} list={rest.length ? `${id}-list` : undefined} placeholder={raws.length ? 'Add…' : placeholder ?? 'Add…'} spellcheck={false} autoComplete="off"
					onInput={(e) => {
						const v = e.currentTarget.value, isChosen = (e as unknown as InputEvent).inputType === 'insertReplacementText' || !(e as unknown as InputEvent).inputType;
						if (isChosen && rest.some(([o]) => o === v))
							add(v);
						else
							setTyped(v);
					}}
					onPaste={(e) => {
						const pasted = e.clipboardData?.getData('text') ?? '';
						if (pasted.includes('\n')) {
							e.preventDefault();
							add(pasted);
						}
					}}
					onBlur={() => typed.trim() && add(typed)}
					onKeyDown={(e) => {
						if (e.key === 'Enter' || e.key === ',') {
							if (typed.trim()) {
								e.preventDefault();
								add(typed);
							} else if (e.key === 'Enter') {
								e.preventDefault();
							}
						} else if (e.key === 'Backspace' && !typed && raws.length) {
							onRemove(raws.length - 1);
						}
					}} />}
				{rest.length > 0 && <datalist id={`${id}-list`}>{rest.map(([v, l]) => <option key={v} value={v}>{l === v ? undefined : l}</option>)}</datalist>}
			</div>)}
		</Field>
	);
}

// The same for a list, or the one text that stands for a list of one, at a path.
export function WordsField({ node, path, options, type = 'string', ...about }: About & {
	node: Node | undefined; path: Path; options?: readonly (readonly [string, string])[]; type?: ArgType;
}) {
	const { view, edit, isReadOnly } = useBuilder();
	const raws = node?.kind === 'array' ? node.items.map((n) => rawOf(view.text, n)) : node ? [rawOf(view.text, node)] : [];
	const isList = node?.kind === 'array';
	const toRaw = (typed: string) => {
		if (type === 'number' && NUMBER.test(typed))
			return typed;
		if (type === 'boolean' && /^(true|false)$/.test(typed))
			return typed;
		const quoted = type === 'any' ? tryParse(typed) : new Error();
		return quoted instanceof Error || quoted.kind === 'object' || quoted.kind === 'array' ? JSON.stringify(typed) : typed;
	};
	return <Words {...about} raws={raws} options={options} isReadOnly={isReadOnly} toRaw={toRaw}
		onAdd={(raw) => edit((t) => (isList ? insert(t, [...path, raws.length], raw) : set(t, path, `[${[...raws, raw].join(',')}]`)))}
		onRemove={(i) => edit((t) => (isList ? remove(t, [...path, i]) : set(t, path, '[]')))} />;
}

// Any JSON, taken over when it parses.
export function JsonField({ raw, onRaw, isReadOnly, rows, ...about }: About & { raw: string; onRaw: (raw: string) => void; isReadOnly?: boolean; rows?: number }) {
	const [typed, setTyped] = useState(raw);
	const given = useRef(raw);
	useEffect(() => {
		if (raw !== given.current)
			setTyped(raw);
		given.current = raw;
	}, [raw]);
	const wrong = tryParse(typed);
	return <TextArea {...about} value={typed} isMono readOnly={isReadOnly} rows={rows ?? Math.min(14, Math.max(2, typed.split('\n').length))}
		error={wrong instanceof Error ? wrong.message : undefined}
		onInput={(v) => {
			setTyped(v);
			if (!(tryParse(v) instanceof Error)) {
				given.current = v.trim();
				onRaw(v.trim());
			}
		}} />;
}

// What the builder has no inputs for.
export function CustomJson({ path, name, onRemove }: { path: Path; name: string; onRemove?: () => void }) {
	const { view, edit, isReadOnly } = useBuilder();
	let node: Node | undefined = view.root;
	for (const s of path)
		node = node?.kind === 'object' ? node.members.find((m) => m.key === s)?.value : node?.kind === 'array' ? node.items[Number(s)] : undefined;
	if (!node)
		return null;
	return (
		<div class="b-custom">
			<div class="row-between"><span class="row"><code>{name}</code><Badge title="The builder has no inputs for this. It stays as it is written.">custom (JSON)</Badge></span>
				{onRemove && !isReadOnly && <IconButton icon="trash" size="small" label={`Remove ${name}`} onClick={onRemove} />}</div>
			<JsonField label={`JSON of ${name}`} isLabelHidden raw={rawOf(view.text, node)} isReadOnly={isReadOnly} onRaw={(raw) => edit((t) => set(t, path, raw), `json ${path.join('/')}`)} />
			<Problems path={path} isDeep />
		</div>
	);
}
