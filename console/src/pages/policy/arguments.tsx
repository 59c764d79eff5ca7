// Arguments of a call: a form made from the tool's input schema, or their JSON. The JSON text is the state of both.
import { useState } from 'preact/hooks';
import { type ArgField, type Node, type Path, argFields, find, insert, rawOf, remove, set as setIn, tryParse } from '../../policy';
import { Field, Select, TextArea, TextField, Segmented } from '../../ui';
import { Words } from './inputs';

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function NumberInput({ field, node, text, onRaw }: { field: ArgField; node: Node | undefined; text: string; onRaw: (raw: string | null) => void }) {
	const raw = node ? rawOf(text, node) : '';
	const [typed, setTyped] = useState(raw);
	const shown = NUMBER.test(typed) && node?.kind === 'number' && typed !== raw ? raw : typed;
	const wrong = shown && !NUMBER.test(shown) ? 'Write a number.' : shown && field.isInteger && !/^-?\d+$/.test(shown) ? 'Write a whole number.' : undefined;
	return <TextField label={field.title} hint={field.description} isOptional={!field.isRequired} inputMode="decimal" value={shown} error={wrong} placeholder={field.first} autoComplete="off"
		onInput={(v) => { setTyped(v); if (!v) onRaw(null); else if (NUMBER.test(v)) onRaw(v); }} />;
}

function One({ field, path, text, onText, isReadOnly }: { field: ArgField; path: Path; text: string; onText: (t: string) => void; isReadOnly?: boolean }) {
	const root = tryParse(text), node = root instanceof Error ? undefined : find(root, path);
	const put = (raw: string | null) => onText(raw === null ? remove(text, path) : setIn(text, path, raw));
	const about = { label: <>{field.title}{field.title !== field.name && <code class="b-arg-name"> {field.name}</code>}</>, hint: field.description, isOptional: !field.isRequired };
	const value = node?.kind === 'string' ? node.value : '';
	const onString = (v: string) => put(v === '' && !field.isRequired ? null : JSON.stringify(v));
	switch (node && !suits(field, node) ? 'json' : field.kind) {
	case 'text':
		return <TextField {...about} value={value} placeholder={field.placeholder} onInput={onString} readOnly={isReadOnly} autoComplete="off" />;
	case 'long':
		return <TextArea {...about} value={value} rows={3} onInput={onString} />;
	case 'number':
		return <NumberInput field={field} node={node} text={text} onRaw={put} />;
	case 'flag':
		return <Select {...about} value={node ? rawOf(text, node) : ''} onChange={(v) => put(v || null)}
			options={[{ value: '', label: field.first ? `Default (${field.first})` : 'Not given' }, { value: 'true', label: 'Yes' }, { value: 'false', label: 'No' }]} />;
	case 'choice':
		return <Select {...about} value={node ? rawOf(text, node) : ''} onChange={(v) => put(v || null)}
			options={[{ value: '', label: field.first ? `Default (${field.first})` : 'Not given' }, ...field.options!.map((o) => ({ value: o, label: o.startsWith('"') ? JSON.parse(o) as string : o }))]} />;
	case 'texts': {
		const raws = node?.kind === 'array' ? node.items.map((n) => rawOf(text, n)) : [];
		return <Words {...about} label={<>{about.label}{!field.isRequired && <span class="muted"> (optional)</span>}</>} raws={raws} onAdd={(raw) => onText(node ? insert(text, [...path, raws.length], raw) : setIn(text, path, `[${raw}]`))}
			onRemove={(i) => put(raws.length === 1 && !field.isRequired ? null : `[${raws.filter((_, j) => j !== i).join(',')}]`)} />;
	}
	case 'object':
		return <fieldset class="b-object"><legend>{field.title}{!field.isRequired && <span class="muted"> (optional)</span>}</legend>
			{field.description && <p class="field-hint">{field.description}</p>}
			{field.fields!.map((f) => <One key={f.name} field={f} path={[...path, f.name]} text={text} onText={onText} />)}</fieldset>;
	default:
		return <JsonInput about={about} raw={node ? rawOf(text, node) : ''} onRaw={put} />;
	}
}

const suits = (f: ArgField, n: Node): boolean => ({ text: n.kind === 'string', long: n.kind === 'string', number: n.kind === 'number', flag: n.kind === 'boolean', choice: true,
	texts: n.kind === 'array' && n.items.every((v) => v.kind === 'string'), object: n.kind === 'object', json: true } as Record<ArgField['kind'], boolean>)[f.kind];

function JsonInput({ about, raw, onRaw }: { about: { label: any; hint?: any; isOptional?: boolean }; raw: string; onRaw: (raw: string | null) => void }) {
	const [typed, setTyped] = useState(raw);
	const parsed = typed.trim() ? tryParse(typed) : null;
	return <TextArea {...about} isMono rows={2} value={typed} placeholder="JSON" error={parsed instanceof Error ? parsed.message : undefined}
		onInput={(v) => { setTyped(v); if (!v.trim()) onRaw(null); else if (!(tryParse(v) instanceof Error)) onRaw(v.trim()); }} />;
}

export function argumentsProblem(text: string): string | undefined {
	const n = tryParse(text);
	if (n instanceof Error)
		return n.message;
	return n.kind === 'object' ? undefined : 'arguments are an object: { … }';
}

export function ArgumentsForm({ schema, text, onText }: { schema: unknown; text: string; onText: (text: string) => void }) {
	const fields = argFields(schema), wrong = argumentsProblem(text);
	const isKnown = schema !== undefined && schema !== null, [mode, setMode] = useState(isKnown ? 'form' : 'json');
	const isForm = mode === 'form' && !wrong && isKnown;
	return (
		<div class="b-args">
			<div class="row-between"><span class="field-label">Arguments</span>
				<Segmented label="How arguments are written" value={isForm ? 'form' : 'json'} onChange={(m) => setMode(m)} options={[...(isKnown ? [{ value: 'form', label: 'Form' }] : []), { value: 'json', label: 'JSON' }]} /></div>
			{mode === 'form' && wrong && <p class="field-error">The form comes back when the JSON is right.</p>}
			{isForm ? fields.map((f) => <One key={f.name} field={f} path={[f.name]} text={text} onText={onText} />)
				: <Field label="Arguments as JSON" isLabelHidden error={wrong}>{(ids) => <textarea class="input mono" {...ids} rows={Math.min(16, Math.max(4, text.split('\n').length))} spellcheck={false} value={text} onInput={(e) => onText(e.currentTarget.value)} />}</Field>}
			{isForm && !fields.some((f) => f.isRequired) && <p class="muted small">{fields.length ? 'Nothing is required.' : 'It takes no arguments.'}</p>}
		</div>
	);
}

