// The builder and the JSON beside it, both live: one text, its history, and its draft.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useIsNarrow, useLeaveGuard, useQuery } from '../../app/router';
import type { Policy, PolicyProblem, Server } from '../../app/types';
import { useApi } from '../../app/use';
import { type Known, type Path, type View, begin, edit as record, find, format, isView, nearest, pathOf, pointerOf, read, redo, same, tryParse, undo } from '../../policy';
import { Badge, Button, Icon, IconButton, Note, Problem, Select, TabPanel, Tabs, many } from '../../ui';
import { type Builder, BuilderContext } from './context';
import { marksOf, useAll, useArgs, useCheck, useTools } from './data';
import { lazy } from './lazy';
import { About, Sections } from './sections';
import { Simulate } from './simulate';
import { ToolList } from './toollist';
import { Try } from './try';

const Editor = lazy(() => import('./editor'));

export interface WorkbenchProps {
	name: string;
	base: string;            // as it is in force; what is compared with
	first: string;           // to begin with: base, or a draft
	isReadOnly: boolean;
	isNew: boolean;
	servers: string[];       // where it is used: looked at first
	onText: (text: string) => void; // each change, for the draft
	onSave: (text: string, server: string) => void;
	onDiscard?: () => void;
	startServer?: string;
}

const isField = (e: EventTarget | null): boolean => e instanceof HTMLElement && /^(INPUT|TEXTAREA)$/.test(e.tagName);

function Problems({ all, onReveal }: { all: readonly PolicyProblem[]; onReveal: (p: PolicyProblem) => void }) {
	return <ul class="b-problem-list">{all.map((p, i) => (
		<li key={i}><button type="button" onClick={() => onReveal(p)}><Icon name="warn" size={16} /><Badge tone={p.is_warning ? 'warn' : 'bad'}>{p.is_warning ? 'Warning' : 'Mistake'}</Badge>
			<span class="wrap">{p.detail}</span><span class="grow" /><code class="muted small">{p.pointer || '/'}{p.line ? ` line ${p.line}` : ''}</code></button></li>))}</ul>;
}

export function Workbench(p: WorkbenchProps) {
	const [h, setH] = useState(() => begin(p.first)), text = h.now;
	const [query, setQuery] = useQuery('server');
	const servers = useAll<Server>('/servers', 'servers');
	const server = query.server || p.startServer || p.servers[0] || (servers.rows.length === 1 ? servers.rows[0].name : '');
	const tools = useTools(server), args = useArgs(server, tools.tools), schema = useApi<unknown>('/policies/schema');
	const isNarrow = useIsNarrow(1100), [pane, setPane] = useState('builder'), [bottom, setBottom] = useState('try');
	const [target, setTarget] = useState<{ from: number; to: number } | null>(null), lower = useRef<HTMLDivElement>(null);

	const now = useMemo(() => read(text), [text]), isRight = isView(now);
	// The builder shows the last text that parsed while another is typed.
	const lastGood = useRef<View | null>(isRight ? now : null);
	if (isRight)
		lastGood.current = now;
	const checked = useCheck(text, server, isRight);
	const problems = isRight ? checked.check?.problems ?? checked.last?.problems ?? [] : [];
	const errors = problems.filter((x) => !x.is_warning).length, warnings = problems.length - errors;
	const marks = useMemo(() => marksOf(now, text, checked.check ? checked.check.problems : []), [now, checked.check]);

	useEffect(() => p.onText(text), [text]);
	const isDirty = text !== p.base;
	useLeaveGuard(isDirty && !p.isReadOnly && !p.isNew, 'Leave this page? Your changes are kept in this tab as a draft, but they are not saved.');
	const change = useCallback((to: string, kind = '') => setH((was) => record(was, to, kind, Date.now())), []);
	const edit = useCallback<Builder['edit']>((fn, kind = '') => setH((was) => (tryParse(was.now) instanceof Error ? was : record(was, fn(was.now), kind, Date.now()))), []);
	const back = () => setH(undo), forth = () => setH(redo);
	const reveal = (path: Path) => {
		const view = lastGood.current, n = view && (find(view.root, path) ?? nearest(view.root, pointerOf(path)));
		if (!n)
			return;
		setPane('json');
		setTarget({ from: n.start, to: Math.min(n.end, n.start + 400) });
	};
	const canSave = isRight && !p.isReadOnly && (isDirty || p.isNew) && errors === 0;
	useEffect(() => {
		const on = (e: KeyboardEvent) => {
			const mod = e.metaKey || e.ctrlKey, key = e.key.toLowerCase();
			if (!mod || e.altKey || document.querySelector('dialog[open]'))
				return;
			if (key === 's') {
				e.preventDefault();
				if (canSave)
					p.onSave(text, server);
			} else if ((key === 'z' || key === 'y') && !e.defaultPrevented && !p.isReadOnly && (!isField(e.target) || isDirty)) {
				e.preventDefault();
				key === 'y' || e.shiftKey ? forth() : back();
			}
		};
		addEventListener('keydown', on);
		return () => removeEventListener('keydown', on);
	});
	const known: Known = useMemo(() => ({ schema: schema.data ?? {}, want: args.want, tools: tools.tools.map((t) => ({ name: t.name, class: t.class, paths: args.paths.get(t.name) ?? [] })) }), [schema.data, tools.tools, args.paths]);
	const withClasses = useMemo(() => {
		const by = new Map((checked.last?.tools ?? []).map((t) => [t.name, t]));
		return tools.tools.map((t) => ({ ...t, class: by.get(t.name)?.class ?? t.class, severity: by.get(t.name)?.severity ?? t.severity }));
	}, [tools.tools, checked.last]);
	const builder: Builder | null = lastGood.current && { view: lastGood.current, isReadOnly: p.isReadOnly || !isRight, edit, tools: withClasses, server, problems, argsFor: args.argsFor, reveal };
	const names = [...new Set([...(server ? [server] : []), ...p.servers, ...servers.rows.map((s) => s.name)])];

	const json = (
		<section class="b-json" aria-label="JSON">
			<div class="b-pane-head"><h2>JSON</h2><span class="muted small">{isRight ? 'Changes go both ways' : `line ${now.line}: ${now.detail}`}</span><span class="grow" />
				{!p.isReadOnly && isRight && <Button size="small" kind="quiet" onClick={() => change(format(text))}>Format</Button>}</div>
			<div class="b-editor-box"><Editor text={text} label="The policy as JSON" onText={p.isReadOnly ? undefined : (t) => change(t, 'typing')} marks={marks} known={known} onUndo={back} onRedo={forth} target={target} /></div>
		</section>
	);
	const left = (
		<section class="b-build" aria-label="Builder">
			{!isRight && <Note tone="warn" title="The JSON does not parse yet">The builder shows the last text that did, and waits: line {now.line}, column {now.column}: {now.detail}.</Note>}
			{builder && <>
				<div class="card"><About /></div>
				<div class="card b-tool-card">
					<div class="b-pane-head"><h2>Tools</h2><span class="grow" /><Select label="Server" isLabelHidden value={server} onChange={(v) => setQuery({ server: v || undefined })}
						options={[{ value: '', label: 'Choose a server…' }, ...names.map((n) => ({ value: n, label: p.servers.includes(n) ? `${n} (uses it)` : n }))]} /></div>
					{tools.error ? <Problem error={tools.error} /> : <ToolList isLoading={tools.isLoading} total={tools.total} />}
				</div>
				<Sections />
			</>}
		</section>
	);
	const lowerTabs = [{ id: 'try', label: 'Try a call' }, { id: 'simulate', label: "Yesterday's calls" }, { id: 'problems', label: 'Problems', count: problems.length || undefined }];
	const verdict = !isRight ? <Badge tone="bad" icon="warn">not JSON</Badge> : errors ? <Badge tone="bad" icon="warn">{many(errors, 'mistake')}</Badge>
		: checked.error ? <Badge tone="warn" icon="warn">not checked</Badge> : !checked.check ? <Badge>checking…</Badge>
			: warnings ? <Badge tone="warn" icon="warn">{many(warnings, 'warning')}</Badge> : <Badge tone="good" icon="check">no problems</Badge>;
	const test = (
		<section class="card b-lower" aria-label="Test" ref={lower}>
			<Tabs prefix="lower" label="Test the policy" value={bottom} onChange={setBottom} items={lowerTabs} />
			<TabPanel prefix="lower" value={bottom}>
				{bottom === 'try' && builder && <Try name={p.name} schemas={args.known} want={args.want} />}
				{bottom === 'simulate' && <Simulate text={text} server={server} isValid={isRight && errors === 0} />}
				{bottom === 'problems' && (checked.error ? <Problem error={checked.error} /> : problems.length
					? <Problems all={problems} onReveal={(x) => reveal(lastGood.current ? pathOf(x.pointer ?? '', lastGood.current.root) : [])} /> : <p class="muted pad">{isRight ? 'Nothing was found.' : `Line ${now.line}: ${now.detail}`}</p>)}
			</TabPanel>
		</section>
	);
	return (
		<div class={`b-bench ${isNarrow ? 'is-narrow' : ''}`}>
			<div class="b-bar">
				{isNarrow && <Tabs prefix="pane" label="Way of editing" value={pane} onChange={setPane} items={[{ id: 'builder', label: 'Rules' }, { id: 'json', label: 'JSON' }, { id: 'test', label: 'Test' }]} />}
				<button type="button" class="b-verdict-button" onClick={() => { setBottom('problems'); setPane('test'); requestAnimationFrame(() => lower.current?.scrollIntoView({ block: 'nearest' })); }} title="Show what was found">{verdict}</button>
				<span class="grow" />
				{!p.isReadOnly && <>
					{isDirty && !p.isNew && <span class="muted small b-dirty">Not saved yet</span>}
					<IconButton icon="undo" size="small" label="Undo" disabled={!h.past.length} onClick={back} />
					<IconButton icon="redo" size="small" label="Redo" disabled={!h.future.length} onClick={forth} />
					{isDirty && p.onDiscard && <Button size="small" kind="quiet" onClick={p.onDiscard}>Discard</Button>}
					<Button kind="primary" disabled={!canSave} onClick={() => p.onSave(text, server)}>{p.isNew ? 'Save policy…' : 'Save…'}</Button></>}
			</div>
			<BuilderContext.Provider value={builder}>
				{isNarrow ? <TabPanel prefix="pane" value={pane}>{pane === 'builder' ? left : pane === 'json' ? json : test}</TabPanel>
					: <><div class="b-panes">{left}{json}</div>{test}</>}
			</BuilderContext.Provider>
		</div>
	);
}

export const isSameText = (a: string, b: string): boolean => {
	const x = tryParse(a), y = tryParse(b);
	return a === b || (!(x instanceof Error) && !(y instanceof Error) && same(x, y));
};
export type { Policy };
