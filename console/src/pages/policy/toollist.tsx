// A server's tools, grouped by what the policy does with them, each with its choice.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Choice, RULES, type Standing, type Tool, choose, find, pointerOf, rawOf, standing } from '../../policy';
import { Badge, Button, Empty, Icon, IconButton, Risk, SearchField, Segmented, Select, many } from '../../ui';
import { useBuilder } from './context';
import { Problems } from './inputs';
import { Fields } from './rules';

export const CHOICES: { value: Choice; label: string; title: string }[] = [
	{ value: 'allow', label: 'Allow', title: 'Every call passes' },
	{ value: 'ask', label: 'Ask', title: 'A person decides about every call' },
	{ value: 'custom', label: 'Custom', title: 'By arguments and limits' },
	{ value: 'deny', label: 'Deny', title: 'Listed, and every call is refused' },
	{ value: 'hide', label: 'Hide', title: 'Not listed, and every call is refused' },
];

const GROUPS: { choice: Choice; title: string }[] = [
	{ choice: 'custom', title: 'By rules' }, { choice: 'ask', title: 'A person is asked' }, { choice: 'allow', title: 'Allowed' },
	{ choice: 'deny', title: 'Denied' }, { choice: 'hide', title: 'Hidden' },
];

const SEVERITIES = [{ value: '', label: 'Any risk' }, { value: 'critical', label: 'Critical' }, { value: 'high', label: 'High and above' }, { value: 'medium', label: 'Medium and above' }, { value: 'low', label: 'Low only' }];
const ORDER = ['low', 'medium', 'high', 'critical'];
const FEW = 60;

// The rules that a choice replaced come back with "custom", as long as the page is open.
export function useChoose() {
	const { view, edit } = useBuilder();
	const kept = useRef(new Map<string, string>());
	return (path: readonly string[], choice: Choice | null, seed?: string) => {
		const now = find(view.root, path), at = pointerOf(path);
		if (now)
			kept.current.set(at, rawOf(view.text, now));
		const before = kept.current.get(at);
		edit((t) => choose(t, path, choice, choice === 'custom' ? before && before !== '{}' && !/^\{\s*"action"/.test(before) ? before : seed : undefined));
	};
}

const BY: Record<Standing['by'], (s: Standing) => string> = {
	tool: () => '', pattern: (s) => `by pattern ${s.key}`, class: () => 'by class', default: () => 'default', hidden: (s) => (s.key ? `by hide ${s.key}` : 'by hide'),
};

function Row({ tool, is, isOpen, onOpen }: { tool: Tool; is: Standing; isOpen: boolean; onOpen: (open: boolean) => void }) {
	const { isReadOnly, edit, reveal, problems, argsFor } = useBuilder();
	const pick = useChoose(), path = ['tools', tool.name];
	if (isOpen)
		argsFor(path);
	const isHiddenByPattern = is.by === 'hidden' && is.key !== tool.name;
	const wrong = problems.filter((p) => p.pointer === pointerOf(path) || p.pointer?.startsWith(`${pointerOf(path)}/`));
	const own = is.by === 'tool';
	const canOpen = own && is.choice !== 'allow';
	return (
		<li class={`b-tool ${isOpen && own ? 'is-open' : ''} ${own ? '' : 'is-inherited'}`}>
			<div class="b-tool-row">
				<Risk severity={tool.severity} isShort />
				<button type="button" class="b-tool-name" aria-expanded={canOpen ? isOpen : undefined} disabled={!canOpen} onClick={() => onOpen(!isOpen)}>
					<span class="b-tool-title"><span class="mono">{tool.name}</span>
						{tool.class && <span class="b-class">{tool.class}</span>}
						{tool.isHeld && <Badge tone="warn" title="Agents do not get it until somebody has accepted it, whatever the policy says.">waits for a review</Badge>}
						{!own && <span class="b-by">{BY[is.by](is)}</span>}
						{wrong.length > 0 && <Icon name="warn" size={14} />}
						{canOpen && <Icon name={isOpen ? 'up' : 'down'} size={13} />}</span>
					{tool.description && <span class="b-tool-text">{tool.description}</span>}
				</button>
				<div class="b-tool-choice">
					{isReadOnly || isHiddenByPattern
						? <Badge title={isHiddenByPattern ? 'A pattern of “Hide” covers this tool. Change it below, at “Hide”.' : undefined}>{CHOICES.find((c) => c.value === is.choice)!.label}</Badge>
						: <Segmented label={`What may be done with ${tool.name}`} value={is.choice} options={CHOICES}
							onChange={(v) => { pick(path, v as Choice); onOpen(v === 'custom'); }} />}
					<span class="b-tool-tools">{own && !isReadOnly && <IconButton icon="close" size="small" label={`Remove the rules of ${tool.name}: its class or the default decides`} onClick={() => { pick(path, null); onOpen(false); }} />}</span>
				</div>
			</div>
			{isOpen && own && (
				<div class="b-tool-rules">
					<Fields fields={RULES} path={path} without={is.choice === 'custom' ? [] : ['action']} addLabel="Add a rule"
						first={{ require: () => '[]', action: () => '"require_approval"' }} />
					<Problems path={path} />
					<div class="row"><button type="button" class="link small" onClick={() => reveal(path)}>Show in the JSON</button>
						{!isReadOnly && is.choice === 'custom' && <button type="button" class="link small" onClick={() => edit((t) => choose(t, path, 'allow'))}>Remove all rules: allow</button>}</div>
				</div>)}
			{!isOpen && wrong.length > 0 && <div class="b-tool-rules"><Problems path={path} isDeep /></div>}
		</li>
	);
}

export function ToolList({ isLoading, total }: { isLoading: boolean; total: number }) {
	const { view, tools, server } = useBuilder();
	const [q, setQ] = useState(''), [severity, setSeverity] = useState(''), [open, setOpen] = useState<ReadonlySet<string>>(new Set());
	const [whole, setWhole] = useState<ReadonlySet<string>>(new Set()), [turn, setTurn] = useState(0);
	const all = useMemo(() => new Map(tools.map((t) => [t.name, standing(view, t)])), [tools, view]);
	const found = useMemo(() => {
		const words = q.toLowerCase().split(/\s+/).filter(Boolean), least = ORDER.indexOf(severity);
		return tools.filter((t) => {
			const n = ORDER.indexOf(t.severity ?? '');
			const fits = !severity || (severity === 'low' ? n === 0 : n >= least);
			const text = `${t.name} ${t.title ?? ''} ${t.description ?? ''} ${t.class ?? ''}`.toLowerCase();
			return fits && words.every((w) => text.includes(w));
		});
	}, [tools, q, severity]);
	// A tool stays where it was when its choice changes, until the list is sorted anew: nothing jumps under the pointer.
	const placed = useRef(new Map<string, Choice>());
	const order = useMemo(() => {
		placed.current = new Map(found.map((t) => [t.name, all.get(t.name)?.choice ?? 'deny']));
		return placed.current;
	}, [found, turn]);
	const moved = found.filter((t) => order.get(t.name) !== all.get(t.name)?.choice).length;
	useEffect(() => { setOpen(new Set()); setQ(''); setSeverity(''); }, [server]);
	const toggle = (name: string, isOpen: boolean) => setOpen((was) => {
		const next = new Set(was);
		isOpen ? next.add(name) : next.delete(name);
		return next;
	});
	if (!server)
		return <Empty icon="server" title="No server chosen">Choose a server above to see its tools here. Rules for names and patterns can be written below without one.</Empty>;
	if (!tools.length)
		return isLoading ? <p class="muted pad" role="status">Asking for the tools of {server}…</p> : <Empty icon="tool" title={`${server} has no tools yet`}>The gate has not seen a tool of this server. Look at the server's page whether it is up.</Empty>;
	return (
		<div class="b-tools">
			<div class="b-filters"><SearchField label={`Search ${many(total, 'tool')}`} value={q} onInput={setQ} />
				<Select label="Risk" isLabelHidden value={severity} onChange={setSeverity} options={SEVERITIES} />
				{moved > 0 && <Button size="small" kind="quiet" icon="refresh" onClick={() => setTurn((n) => n + 1)}>Sort {many(moved, 'changed tool')}</Button>}</div>
			{!found.length && <p class="muted pad">No tool fits. <button type="button" class="link" onClick={() => { setQ(''); setSeverity(''); }}>Show all</button></p>}
			{GROUPS.map(({ choice, title }) => {
				const members = found.filter((t) => order.get(t.name) === choice);
				const shown = whole.has(choice) ? members : members.slice(0, FEW);
				return members.length > 0 && (
					<section key={choice} class="b-tool-group" aria-label={title}>
						<h3><span class={`b-mark is-${choice}`} aria-hidden="true" />{title} <span class="muted num">{members.length}</span></h3>
						<ul class="plain-list">{shown.map((t) => <Row key={t.name} tool={t} is={all.get(t.name)!} isOpen={open.has(t.name)} onOpen={(v) => toggle(t.name, v)} />)}</ul>
						{shown.length < members.length && <Button size="small" kind="quiet" onClick={() => setWhole(new Set([...whole, choice]))}>Show {members.length - shown.length} more</Button>}
					</section>
				);
			})}
			{isLoading && <p class="muted pad" role="status">More are coming…</p>}
		</div>
	);
}
