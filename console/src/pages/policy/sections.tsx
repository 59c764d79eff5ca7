// The parts of a policy beside a server's tools: what it is, rules for patterns, classes and all tools, flows, results.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ABOUT, APPROVALS, CLASSES, type Choice, FLOW, type Field, LABELS, type Node, PROMPTS, RESOURCES, RESULTS, RULES, SERVER_REQUESTS, type Standing, type Tool,
	choiceOf, find, isPattern, member, prune, remove, shown, standing } from '../../policy';
import { set } from '../../policy/model';
import { Button, Checkbox, IconButton, Segmented, Select, TextField, many } from '../../ui';
import { useBuilder } from './context';
import { CustomJson, Problems, WordsField } from './inputs';
import { Fields, KeyField } from './rules';
import { CHOICES, useChoose } from './toollist';

// Folded until somebody opens it; says in its head what is in it.
function Fold({ title, lead, count, children, isOpen: first = false }: { title: string; lead: string; count?: string; children: ComponentChildren; isOpen?: boolean }) {
	const [isOpen, set] = useState(first);
	return (
		<details class="b-fold" open={isOpen} onToggle={(e) => set(e.currentTarget.open)}>
			<summary><span class="b-fold-title">{title}</span>{count && <span class="b-count">{count}</span>}<span class="b-fold-lead">{lead}</span></summary>
			{isOpen && <div class="b-fold-body">{children}</div>}
		</details>
	);
}

const size = (n: Node | undefined): number => (n?.kind === 'object' ? n.members.length : n?.kind === 'array' ? n.items.length : n ? 1 : 0);
const counted = (n: Node | undefined, one: string, more?: string): string | undefined => (size(n) ? many(size(n), one, more) : undefined);

export function About() {
	const { view, edit, isReadOnly } = useBuilder();
	const s = shown(ABOUT, view.root), of = (key: string) => {
		const n = s.fields.get(key);
		return n?.kind === 'string' ? n.value : undefined;
	};
	const isShadow = of('mode') === 'shadow', hides = s.fields.get('hide_denied');
	return (
		<div class="b-about">
			<TextField label="Description" isOptional value={of('description') ?? ''} readOnly={isReadOnly} placeholder="What this policy is for"
				onInput={(v) => edit((t) => (v ? set(t, ['description'], JSON.stringify(v)) : remove(t, ['description'])), 'description')} />
			<div class="b-about-row">
				<div class="field"><span class="field-label" id="b-default">Tools that nothing names</span>
					<Segmented label="Tools that nothing names" value={of('default') ?? ''} options={[{ value: 'deny', label: 'Deny' }, { value: 'allow', label: 'Allow' }]}
						onChange={(v) => !isReadOnly && edit((t) => set(t, ['default'], JSON.stringify(v)))} /></div>
				<div class="b-checks">
					<Checkbox isSwitch label="Try it only (shadow)" hint="Records what it would do and lets every call through." checked={isShadow} disabled={isReadOnly}
						onChange={(v) => edit((t) => (v ? set(t, ['mode'], '"shadow"') : remove(t, ['mode'])))} />
					{of('default') === 'deny' && <Checkbox isSwitch label="List tools that only the default denies" checked={hides?.kind === 'boolean' && !hides.value} disabled={isReadOnly}
						onChange={(v) => edit((t) => (v ? set(t, ['hide_denied'], 'false') : remove(t, ['hide_denied'])))} />}
				</div>
			</div>
			{['version', 'description', 'default', 'mode', 'hide_denied'].map((k) => <Problems key={k} path={[k]} isDeep />)}
			<Problems path={[]} />
			{['description', 'default', 'mode', 'hide_denied', 'hide'].filter((k) => s.custom.includes(k)).map((k) => <CustomJson key={k} path={[k]} name={k} onRemove={k === 'default' ? undefined : () => edit((t) => remove(t, [k]))} />)}
		</div>
	);
}

// A choice for a pattern, a class, or a name that the server does not have.
function Entry({ path, title, onNone }: { path: readonly string[]; title: ComponentChildren; onNone?: string }) {
	const { view, edit, isReadOnly } = useBuilder();
	const pick = useChoose(), rules = find(view.root, path), choice = rules ? choiceOf(rules) : '';
	const options = [...(onNone ? [{ value: '' as Choice, label: onNone, title: 'Nothing is said here' }] : []), ...CHOICES];
	return (
		<div class="b-entry">
			<div class="b-entry-head">{title}<span class="grow" />
				{!isReadOnly && <Segmented label={`What may be done with ${path[1]}`} value={choice} options={options} onChange={(v) => pick(path, (v || null) as Choice | null)} />}
				{!isReadOnly && !onNone && <IconButton icon="trash" size="small" label={`Remove the rules of ${path[1]}`} onClick={() => edit((t) => prune(t, path, 1))} />}
			</div>
			{rules && choice !== 'allow' && <div class="b-entry-body"><Fields fields={RULES} path={path} without={choice === 'custom' ? [] : ['action']} addLabel="Add a rule" /></div>}
			<Problems path={path} isDeep={choice === 'allow'} />
		</div>
	);
}

// Names and patterns under `tools` that are not tools of the server that is looked at.
function Patterns() {
	const { view, edit, tools, isReadOnly } = useBuilder();
	const [name, setName] = useState('');
	const all = member(view.root, 'tools'), known = new Set(tools.map((t) => t.name));
	const keys = all?.kind === 'object' ? all.members.map((m) => m.key) : [];
	const others = keys.map((k, i) => [k, i] as const).filter(([k]) => !known.has(k));
	const covers = (k: string) => tools.filter((t) => standing(view, t).key === k).length;
	const add = () => {
		if (name.trim() && !keys.includes(name.trim()))
			edit((t) => set(t, ['tools', name.trim()], '{}'));
		setName('');
	};
	return (
		<>
			{others.map(([k, i]) => <Entry key={i} path={['tools', k]} title={<span class="b-key"><KeyField path={['tools', k]} label="Name or pattern" />
				<span class="muted small">{isPattern(k) ? `decides ${many(covers(k), 'tool')} here` : tools.length ? 'no tool here has this name' : ''}</span></span>} />)}
			{!isReadOnly && <form class="row b-add" onSubmit={(e) => { e.preventDefault(); add(); }}>
				<TextField label="New name or pattern" isLabelHidden isMono value={name} onInput={setName} placeholder="get_*" />
				<Button type="submit" size="small" icon="plus" disabled={!name.trim()}>Add rules</Button></form>}
		</>
	);
}

function Classes() {
	const { view, edit } = useBuilder();
	const all = member(view.root, 'classes'), custom = all?.kind === 'object' ? all.members.map((m) => m.key).filter((k) => !(CLASSES as readonly string[]).includes(k)) : [];
	return <>{CLASSES.map((c) => <Entry key={c} path={['classes', c]} onNone="Default" title={<span class="mono">{c}</span>} />)}
		{custom.map((k) => <CustomJson key={k} path={['classes', k]} name={`classes ${k}`} onRemove={() => edit((t) => prune(t, ['classes', k], 0))} />)}</>;
}

// What a flow says, as a sentence.
function sentence(n: Node): string {
	const words = (key: string) => {
		const v = member(n, key);
		return v?.kind === 'array' ? v.items.map((w) => (w.kind === 'string' ? w.value : '?')) : [];
	};
	return `After ${words('after').join(' and ') || '…'}: ${words('refuse').join(' or ') || '…'} ${member(n, 'unless') ? 'asks a person' : 'is refused'}.`;
}

function Flows() {
	const { view, edit, isReadOnly } = useBuilder();
	const list = member(view.root, 'flows'), items = list?.kind === 'array' ? list.items : [];
	const names = items.map((n) => member(n, 'name')).map((n) => (n?.kind === 'string' ? n.value : ''));
	const add = () => {
		let name = 'no-exfiltration';
		for (let i = 2; names.includes(name); i++)
			name = `flow-${i}`;
		edit((t) => set(t, ['flows', items.length], `{"name":${JSON.stringify(name)},"after":["reads_private","reads_untrusted"],"refuse":["sends_out"],"unless":"approval"}`));
	};
	return (
		<>
			{items.map((n, i) => (n.kind === 'object'
				? <div class="b-group" key={i}><div class="b-group-head"><span class="muted small">{sentence(n)}</span><span class="grow" />{!isReadOnly && <IconButton icon="trash" size="small" label="Remove this flow" onClick={() => edit((t) => prune(t, ['flows', i], 0))} />}</div>
					<Fields fields={FLOW} path={['flows', i]} addLabel="More" first={{ unless: () => '"approval"', conditions: () => '[]' }} /><Problems path={['flows', i]} isDeep /></div>
				: <CustomJson key={i} path={['flows', i]} name={`flows ${i}`} />))}
			{!isReadOnly && <Button size="small" icon="plus" onClick={add}>Flow</Button>}
		</>
	);
}

function Labels() {
	const { view, edit, tools, isReadOnly } = useBuilder();
	const [name, setName] = useState('');
	const all = member(view.root, 'labels'), entries = all?.kind === 'object' ? all.members : [];
	const options = LABELS.map((l) => [l, l] as const);
	return (
		<>
			{entries.map((m) => (m.value.kind === 'array' && m.value.items.every((v) => v.kind === 'string')
				? <div class="b-field" key={m.key}><div class="b-field-input"><WordsField label={<code>{m.key}</code>} node={m.value} path={['labels', m.key]} options={options} /><Problems path={['labels', m.key]} isDeep /></div>
					{!isReadOnly && <IconButton icon="close" size="small" label={`Remove the labels of ${m.key}`} onClick={() => edit((t) => prune(t, ['labels', m.key], 0))} />}</div>
				: <CustomJson key={m.key} path={['labels', m.key]} name={m.key} onRemove={() => edit((t) => prune(t, ['labels', m.key], 0))} />))}
			{!isReadOnly && <form class="row b-add" onSubmit={(e) => { e.preventDefault(); if (name.trim()) edit((t) => set(t, ['labels', name.trim()], '[]')); setName(''); }}>
				<TextField label="Tool or pattern" isLabelHidden isMono value={name} onInput={setName} placeholder="tool or pattern" list="b-label-tools" />
				<datalist id="b-label-tools">{tools.map((t) => <option key={t.name} value={t.name} />)}</datalist>
				<Button type="submit" size="small" icon="plus" disabled={!name.trim()}>Add labels</Button></form>}
		</>
	);
}

// An object of the document by its table; a value of another type is custom.
function Part({ name, fields }: { name: string; fields: readonly Field[] }) {
	const { view, edit } = useBuilder();
	const n = member(view.root, name);
	if (n && n.kind !== 'object')
		return <CustomJson path={[name]} name={name} onRemove={() => edit((t) => remove(t, [name]))} />;
	return <><Fields fields={fields} path={[name]} /><Problems path={[name]} /></>;
}

function ServerRequests() {
	const { view, edit, isReadOnly } = useBuilder();
	const n = member(view.root, 'server_requests'), s = shown(SERVER_REQUESTS, n);
	if (n && n.kind !== 'object')
		return <CustomJson path={['server_requests']} name="server_requests" />;
	return (
		<div class="b-three">{SERVER_REQUESTS.filter((f) => !s.custom.includes(f.key)).map((f) => {
			const v = s.fields.get(f.key);
			return <Select key={f.key} label={f.label} value={v?.kind === 'string' ? v.value : ''} disabled={isReadOnly}
				onChange={(w) => edit((t) => (w ? set(t, ['server_requests', f.key], JSON.stringify(w)) : prune(t, ['server_requests', f.key], 0)))}
				options={[{ value: '', label: 'Default' }, ...f.options!.map(([value, label]) => ({ value, label }))]} />;
		})}{s.custom.map((k) => <CustomJson key={k} path={['server_requests', k]} name={k} />)}</div>
	);
}

const KNOWN = ['version', 'description', 'default', 'mode', 'hide', 'hide_denied', 'all_tools', 'classes', 'tools', 'labels', 'flows', 'results', 'approvals', 'resources', 'prompts', 'server_requests'];

export function Sections() {
	const { view, edit, tools, server } = useBuilder();
	const of = (key: string) => member(view.root, key), known = new Set(tools.map((t: Tool) => t.name));
	const named = of('tools'), others = named?.kind === 'object' ? named.members.filter((m) => !known.has(m.key)).length : 0;
	const hide = shown(ABOUT, view.root).fields.get('hide'), unknown = view.root.members.map((m) => m.key).filter((k) => !KNOWN.includes(k));
	const isMap = (n: Node | undefined) => !n || n.kind === 'object';
	return (
		<div class="b-folds">
			<Fold title="Names and patterns" lead="Rules such as get_* for many tools at once" count={others ? many(others, 'entry', 'entries') : undefined} isOpen={!server && others > 0}>
				{isMap(named) ? <Patterns /> : <CustomJson path={['tools']} name="tools" />}</Fold>
			<Fold title="Risk classes" lead="What applies to tools that nothing names" count={counted(of('classes'), 'class', 'classes')}>
				{isMap(of('classes')) ? <Classes /> : <CustomJson path={['classes']} name="classes" />}</Fold>
			<Fold title="All tools" lead="Rules and limits on top of every tool's own" count={counted(of('all_tools'), 'rule')}><Part name="all_tools" fields={RULES} /></Fold>
			<Fold title="Hide" lead="Left out of lists, and refused" count={counted(hide, 'name')}>
				{of('hide') && !hide ? <CustomJson path={['hide']} name="hide" /> : <WordsField label="Names or patterns" node={hide} path={['hide']} options={tools.map((t: Tool) => [t.name, t.name] as const)} />}<Problems path={['hide']} isDeep /></Fold>
			<Fold title="Flows" lead="What may not follow what within a session" count={counted(of('flows'), 'flow')}>
				{!of('flows') || of('flows')?.kind === 'array' ? <Flows /> : <CustomJson path={['flows']} name="flows" />}</Fold>
			<Fold title="Labels" lead="What tools' results are, for flows, in place of the catalogue's" count={counted(of('labels'), 'tool')}>
				{isMap(of('labels')) ? <Labels /> : <CustomJson path={['labels']} name="labels" />}</Fold>
			<Fold title="Results" lead="What may come back: redaction, injection, size" count={counted(of('results'), 'rule')}><Part name="results" fields={RESULTS} /></Fold>
			<Fold title="Approvals" lead="How people are asked where rules say nothing else" count={counted(of('approvals'), 'setting')}><Part name="approvals" fields={APPROVALS} /></Fold>
			<Fold title="Resources" lead="Which resources may be read" count={counted(of('resources'), 'rule')}><Part name="resources" fields={RESOURCES} /></Fold>
			<Fold title="Prompts" lead="Which prompts may be used" count={counted(of('prompts'), 'rule')}><Part name="prompts" fields={PROMPTS} /></Fold>
			<Fold title="What servers ask" lead="Sampling, elicitation, roots" count={counted(of('server_requests'), 'rule')}><ServerRequests /></Fold>
			{unknown.map((k) => <CustomJson key={k} path={[k]} name={k} onRemove={() => edit((t) => remove(t, [k]))} />)}
		</div>
	);
}

export type { Standing };
