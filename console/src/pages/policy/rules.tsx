// Objects of a policy by their tables of fields: rules of a tool, groups, limits, flows, results.
import type { ComponentChildren } from 'preact';
import { type Field, GROUP, LIMIT, type Node, type Path, WINDOWS, find, insert, member, move, prune, rawOf, remove, rename, shown } from '../../policy';
import { set } from '../../policy/model';
import { Button, Checkbox, Icon, IconButton, Menu, Select, TextField } from '../../ui';
import { Conditions, PathField, newCondition } from './condition';
import { useBuilder } from './context';
import { CheckedField, CustomJson, JsonField, NumberField, Problems, WordsField } from './inputs';

const DURATION = (v: string) => (/^[0-9]+[smhd]$/.test(v) ? undefined : 'Write a number and s, m, h or d, such as 30m.');
const RATE = (v: string) => (/^[0-9.]+\/(second|minute|hour|day|week|month)$/.test(v) ? undefined : 'Write it as 10/minute.');

function Window({ path, node, field }: { path: Path; node: Node | undefined; field: Field }) {
	const { edit, isReadOnly } = useBuilder();
	const isSeconds = node?.kind === 'number';
	const put = (raw: string) => edit((t) => set(t, path, raw), `window ${path.join('/')}`);
	return (
		<div class="b-pair">
			<Select label={field.label} hint={isSeconds ? undefined : field.help} value={isSeconds ? 'seconds' : node?.kind === 'string' ? node.value : ''} disabled={isReadOnly}
				onChange={(v) => put(v === 'seconds' ? '60' : JSON.stringify(v))}
				options={[...(node ? [] : [{ value: '', label: 'Choose…' }]), ...WINDOWS.map((w) => ({ value: w as string, label: w as string })), { value: 'seconds', label: 'seconds…' }]} />
			{isSeconds && <NumberField label="Seconds" value={node.raw} onValue={put} isInteger min={1} />}
		</div>
	);
}

// One member of an object, by its kind.
function Input({ field, path, node }: { field: Field; path: Path; node: Node | undefined }) {
	const { view, edit, isReadOnly } = useBuilder();
	const put = (raw: string) => edit((t) => set(t, path, raw), `field ${path.join('/')}`);
	const about = { label: field.label, hint: field.help, placeholder: field.placeholder };
	const text = node?.kind === 'string' ? node.value : '';
	switch (field.kind) {
	case 'enum':
		return <Select {...about} value={text} disabled={isReadOnly} onChange={(v) => put(JSON.stringify(v))}
			options={[...(node ? [] : [{ value: '', label: 'Choose…' }]), ...field.options!.map(([value, label]) => ({ value, label }))]} />;
	case 'text':
		return <TextField {...about} value={text} onInput={(v) => put(JSON.stringify(v))} readOnly={isReadOnly} autoComplete="off" />;
	case 'path':
		return <PathField label={field.label} hint={field.help} path={path} isArgument />;
	case 'flag':
		return <Checkbox label={field.label} hint={field.help} checked={node?.kind === 'boolean' && node.value} disabled={isReadOnly} onChange={(v) => put(String(v))} />;
	case 'count':
	case 'number':
		return <NumberField {...about} value={node?.kind === 'number' ? node.raw : ''} onValue={put} isInteger={field.kind === 'count'} min={field.min} />;
	case 'duration':
		return <CheckedField {...about} value={text} onValue={(v) => put(JSON.stringify(v))} check={DURATION} />;
	case 'rate':
		return <CheckedField {...about} value={text} onValue={(v) => put(JSON.stringify(v))} check={RATE} />;
	case 'window':
		return <Window path={path} node={node} field={field} />;
	case 'words':
		return <WordsField {...about} node={node} path={path} options={field.options} />;
	case 'json':
		return <JsonField {...about} raw={node ? rawOf(view.text, node) : '{}'} isReadOnly={isReadOnly} onRaw={put} />;
	case 'conditions':
		return <div class="field"><span class="field-label">{field.label}</span><Conditions path={path} /></div>;
	case 'groups':
		return <Groups field={field} path={path} />;
	case 'limits':
		return <Limits field={field} path={path} />;
	}
}

// What a field begins with when it is added.
const FIRST: Record<Field['kind'], (f: Field) => string> = {
	enum: (f) => JSON.stringify(f.options![f.options!.length > 1 ? 1 : 0][0]), text: () => '""', flag: () => 'true', count: (f) => String(f.min ?? 1), number: () => '1',
	duration: (f) => JSON.stringify(f.placeholder ?? '30m'), window: () => '"minute"', path: () => '"args."', words: () => '[]', groups: () => '[]', conditions: () => '[]',
	limits: () => '[]', rate: () => '"10/minute"', json: () => '{}',
};

const WIDE: readonly Field['kind'][] = ['groups', 'conditions', 'limits', 'json', 'words'];
const isWide = (f: Field): boolean => WIDE.includes(f.kind) || f.key === 'reason' || f.key === 'on_deny';

// The fields of an object that are there, and a list of those that can be added. without: shown elsewhere.
export function Fields({ fields, path, without = [], addLabel = 'Add', first = {}, children }: {
	fields: readonly Field[]; path: Path; without?: readonly string[]; addLabel?: string; first?: Record<string, () => string>; children?: ComponentChildren;
}) {
	const { view, edit, isReadOnly } = useBuilder();
	const node = find(view.root, path), s = shown(fields, node);
	const seen = fields.filter((f) => !without.includes(f.key) && (s.fields.has(f.key) || (f.isRequired && !s.custom.includes(f.key))));
	const rest = fields.filter((f) => !without.includes(f.key) && !seen.includes(f) && !s.custom.includes(f.key));
	const add = (f: Field) => edit((t) => set(t, [...path, f.key], first[f.key]?.() ?? FIRST[f.kind](f)));
	return (
		<div class="b-fields">
			{seen.map((f) => (
				<div key={f.key} class={`b-field ${isWide(f) ? 'is-wide' : ''}`}>
					<div class="b-field-input"><Input field={f} path={[...path, f.key]} node={s.fields.get(f.key)} />
						{!WIDE.includes(f.kind) && <Problems path={[...path, f.key]} isDeep />}</div>
					{!f.isRequired && !isReadOnly && f.kind !== 'groups' && f.kind !== 'limits' &&
						<IconButton icon="close" size="small" label={`Remove “${f.label}”`} onClick={() => edit((t) => remove(t, [...path, f.key]))} />}
				</div>))}
			{children}
			{s.custom.map((k) => <CustomJson key={k} path={[...path, k]} name={k} onRemove={() => edit((t) => remove(t, [...path, k]))} />)}
			{!isReadOnly && rest.length > 0 && (
				<Menu label={addLabel} align="start" class="btn btn-quiet btn-small" items={rest.map((f) => ({ label: f.label, hint: f.help, onSelect: () => add(f) }))}><Icon name="plus" size={14} /> {addLabel}</Menu>)}
		</div>
	);
}

const LEAD: Record<string, string> = { require: 'Calls must meet', deny_if: 'Refuse calls that meet', approve_if: 'Ask about calls that meet' };

// require, deny_if, approve_if: each group a card with its conditions and a text for the agent.
function Groups({ field, path }: { field: Field; path: Path }) {
	const { view, edit, argsFor, isReadOnly } = useBuilder();
	const list = find(view.root, path);
	const items = list?.kind === 'array' ? list.items : [], args = argsFor(path);
	const add = () => edit((t) => insert(t, [...path, items.length], `{"conditions":[${newCondition(args)}]}`));
	return (
		<div class={`b-groups is-${field.key}`}>
			<div class="row-between"><div><h4>{field.label}</h4><p class="muted small">{field.help}</p></div>
				{!isReadOnly && <span class="row"><Button size="small" icon="plus" onClick={add}>Group</Button>
					<IconButton icon="trash" size="small" label={`Remove all of “${field.label}”`} onClick={() => edit((t) => remove(t, path))} /></span>}</div>
			{!items.length && <p class="muted small">No group yet: every call passes this.</p>}
			{items.map((g, i) => {
				const at = [...path, i], any = member(g, 'any'), isAny = any?.kind === 'boolean' && any.value;
				const conditions = member(g, 'conditions');
				return (
					<div class="b-group" key={i}>
						<div class="b-group-head"><span class="muted small">{LEAD[field.key]}{conditions?.kind === 'array' && conditions.items.length > 1 ? '' : conditions?.kind === 'array' && !conditions.items.length ? ' nothing special' : ' this'}</span>
							{conditions?.kind === 'array' && conditions.items.length > 1 &&
								<Select label="How the conditions are joined" isLabelHidden value={isAny ? 'any' : 'all'} disabled={isReadOnly}
									onChange={(v) => edit((t) => (v === 'any' ? set(t, [...at, 'any'], 'true') : remove(t, [...at, 'any'])))}
									options={[{ value: 'all', label: 'all of these' }, { value: 'any', label: 'any of these' }]} />}
							<span class="grow" />
							{!isReadOnly && <>
								{i > 0 && <IconButton icon="up" size="small" label="Move this group up" onClick={() => edit((t) => move(t, at, -1))} />}
								<IconButton icon="trash" size="small" label="Remove this group" onClick={() => edit((t) => prune(t, at, path.length - 1))} /></>}
						</div>
						{conditions?.kind === 'array' && <Conditions path={[...at, 'conditions']} isAny={isAny} />}
						<Fields fields={GROUP} path={at} without={conditions?.kind === 'array' ? ['conditions', 'any'] : ['any']} addLabel="Text for the agent" />
						<Problems path={at} />
					</div>
				);
			})}
			<Problems path={path} />
		</div>
	);
}

function Limits({ field, path }: { field: Field; path: Path }) {
	const { view, edit, isReadOnly } = useBuilder();
	const list = find(view.root, path);
	const items = list?.kind === 'array' ? list.items : [];
	const owner = String(path[path.length - 2] ?? 'calls').replace(/[^A-Za-z0-9_]/g, '');
	const names = items.map((n) => member(n, 'counter')).map((n) => (n?.kind === 'string' ? n.value : ''));
	const add = () => {
		let name = `${owner || 'all'}_calls`;
		for (let i = 2; names.includes(name); i++)
			name = `${owner || 'all'}_calls_${i}`;
		edit((t) => insert(t, [...path, items.length], `{"counter":${JSON.stringify(name)},"window":"minute","max":10}`));
	};
	return (
		<div class="b-groups is-limits">
			<div class="row-between"><div><h4>{field.label}</h4><p class="muted small">{field.help}</p></div>
				{!isReadOnly && <span class="row"><Button size="small" icon="plus" onClick={add}>Limit</Button>
					<IconButton icon="trash" size="small" label="Remove all limits" onClick={() => edit((t) => remove(t, path))} /></span>}</div>
			{items.map((n, i) => {
				const at = [...path, i], concurrent = member(n, 'concurrent');
				const isConcurrent = concurrent?.kind === 'boolean' && concurrent.value;
				return (
					<div class="b-group b-limit" key={i}>
						<div class="b-group-head"><span class="muted small">{sentence(n)}</span><span class="grow" />
							{!isReadOnly && <IconButton icon="trash" size="small" label="Remove this limit" onClick={() => edit((t) => prune(t, at, path.length - 1))} />}</div>
						<Fields fields={isConcurrent ? LIMIT : LIMIT.map((f) => (f.key === 'window' ? { ...f, isRequired: true } : f))} path={at} addLabel="More" />
						<Problems path={at} />
					</div>
				);
			})}
			<Problems path={path} />
		</div>
	);
}

const WHO: Record<string, string> = { grant: 'each grant', session: 'each session', subject: 'each person', server: 'all grants together', organisation: 'the whole organisation' };

// What a limit says, as a sentence.
function sentence(n: Node): string {
	const of = (key: string) => {
		const v = member(n, key);
		return v?.kind === 'string' ? v.value : v?.kind === 'number' ? v.raw : v?.kind === 'boolean' ? String(v.value) : undefined;
	};
	const what = of('increment_from') ?? (of('repeat') === 'true' ? 'equal calls' : 'calls');
	const window = of('window'), per = of('concurrent') === 'true' ? 'at once' : window === undefined ? '' : /^\d+$/.test(window) ? `in ${window} s` : window === 'hour' ? 'an hour' : `a ${window}`;
	return `${of('max') ?? '?'} ${what} ${per} for ${WHO[of('scope') ?? 'grant'] ?? of('scope')}`.replace('  ', ' ');
}

// A name or pattern that rules stand under: it can be changed.
export function KeyField({ path, label, hint }: { path: Path; label: string; hint?: string }) {
	const { view, edit, isReadOnly } = useBuilder();
	const key = String(path[path.length - 1]), above = find(view.root, path.slice(0, -1));
	const others = above?.kind === 'object' ? above.members.map((m) => m.key).filter((k) => k !== key) : [];
	return <CheckedField label={label} isLabelHidden hint={hint} value={key} check={(v) => (!v ? 'Write a name or pattern.' : others.includes(v) ? 'There are rules for this already.' : undefined)}
		onValue={(v) => !isReadOnly && edit((t) => rename(t, path, v), `key ${path.slice(0, -1).join('/')}`)} />;
}
