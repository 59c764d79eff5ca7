// The members of one server that a person fills in: shared by adding and editing.
import { useState } from 'preact/hooks';
import type { ApiError } from '../app/api';
import { line, words } from '../app/server_text';
import type { NamedValue, ServerInput } from '../app/types';
import { Button, Checkbox, IconButton, Select, TextField } from '../ui';

// Names with values that are secrets: what is stored is never shown; without a new value it stays.
export function Pairs({ label, what, value, onChange, error }: { label: string; what: string; value: NamedValue[]; onChange: (v: NamedValue[]) => void; error: (i: number, member: string) => string | undefined }) {
	const set = (i: number, change: Partial<NamedValue>) => onChange(value.map((p, n) => (n === i ? { ...p, ...change } : p)));
	return (
		<fieldset class="pairs">
			<legend class="field-label">{label} <span class="muted">(optional)</span></legend>
			{value.map((p, i) => (
				<div class="pair" key={i}>
					<TextField label={`Name of ${what} ${i + 1}`} isLabelHidden isMono placeholder="NAME" value={p.name} onInput={(name) => set(i, { name, is_set: false })} error={error(i, 'name')} autoComplete="off" />
					<TextField label={`Value of ${p.name || `${what} ${i + 1}`}`} isLabelHidden isMono type="password" autoComplete="new-password" placeholder={p.is_set && p.value === undefined ? 'stored; type to replace it' : 'value'}
						value={p.value ?? ''} onInput={(v) => set(i, { value: v === '' && p.is_set ? undefined : v })} error={error(i, 'value')} />
					<IconButton icon="close" label={`Remove ${p.name || what}`} onClick={() => onChange(value.filter((_, n) => n !== i))} />
				</div>))}
			<div><Button size="small" icon="plus" onClick={() => onChange([...value, { name: '', value: '' }])}>Add {what}</Button></div>
		</fieldset>
	);
}

const PER = [
	{ value: 'grant', label: 'one for each grant' }, { value: 'session', label: 'one for each session of a client' }, { value: 'server', label: 'one for everybody' },
];

export function ServerForm({ value, onChange, error, isNameFixed, isShort, isWhereKnown }: { value: ServerInput; onChange: (v: ServerInput) => void; error?: ApiError; isNameFixed?: boolean; isShort?: boolean; isWhereKnown?: boolean }) {
	const isHttp = value.url !== undefined;
	const [text, setText] = useState(() => line(value.command ?? []));
	const set = (change: Partial<ServerInput>) => onChange({ ...value, ...change });
	const [isMore, setMore] = useState(!isShort);
	const limit = (key: string) => String(value.limits?.[key] ?? '');
	const setLimit = (key: string, v: string) => {
		const { [key]: _, ...rest } = value.limits ?? {};
		set({ limits: v.trim() ? { ...rest, [key]: Number(v) } : rest });
	};
	return (
		<>
			{!isNameFixed && <TextField label="Name" isMono value={value.name} onInput={(name) => set({ name })} error={error?.at('/name')} hint="Short: agents see it in the address and, with many servers, before each tool." autoComplete="off" />}
			{isWhereKnown ? null : isHttp
				? <TextField label="Address" isMono type="url" value={value.url ?? ''} onInput={(url) => set({ url })} error={error?.at('/url')} hint="Of its MCP endpoint, as https://example.com/mcp." />
				: <TextField label="Command" isMono value={text} onInput={(t) => { setText(t); const w = words(t); if (w) set({ command: w }); }} error={error?.at('/command') ?? (words(text) ? undefined : 'A quote is opened and not closed.')}
					hint="The program and its arguments. It is started without a shell." />}
			{isHttp
				? <Pairs label="Headers" what="header" value={value.headers ?? []} onChange={(headers) => set({ headers })} error={(i, m) => error?.at(`/headers/${i}/${m}`)} />
				: <Pairs label="Environment" what="variable" value={value.env ?? []} onChange={(env) => set({ env })} error={(i, m) => error?.at(`/env/${i}/${m}`)} />}
			{!isMore && <div><Button kind="quiet" size="small" icon="down" onClick={() => setMore(true)}>More settings</Button></div>}
			{isMore && !isHttp && <TextField label="Folder" isOptional isMono value={value.cwd ?? ''} onInput={(cwd) => set({ cwd: cwd || undefined })} error={error?.at('/cwd')} hint="Where it is started: a whole path." />}
			{isMore && !isHttp && <Select label="Processes" value={value.per ?? 'grant'} onChange={(per) => set({ per })} options={PER} error={error?.at('/per')} />}
			{isMore && <TextField label="Longest call, in milliseconds" isOptional inputMode="numeric" value={limit('call_timeout_ms')} onInput={(v) => setLimit('call_timeout_ms', v)} error={error?.at('/limits/call_timeout_ms')} hint="Empty: as the gate's settings say." />}
			{isMore && isNameFixed && <Checkbox isSwitch label="Enabled" checked={value.is_enabled !== false} onChange={(is_enabled) => set({ is_enabled })} hint="While it is off, its tools cannot be called." />}
		</>
	);
}
