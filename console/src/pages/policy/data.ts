// What the builder asks of the gate.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api, asError, isAbort, seg } from '../../app/api';
import type { ApiError } from '../../app/api';
import type { PolicyCheck, PolicyProblem, ToolList, ToolWhole } from '../../app/types';
import { usePages, useRested } from '../../app/use';
import { type ArgPath, type Mistake, type Node, type Path, type Tool, type View, argPaths, isPattern, isView, matches, nearest } from '../../policy';
import type { Mark } from './editor';

const TOOLS_MAX = 5000;
const ROWS_MAX = 2000;

// All pages of a list, for something to choose from.
export function useAll<T>(path: string, name: string) {
	const p = usePages<T>(path, name, { limit: 200 });
	useEffect(() => {
		if (p.hasMore && !p.isLoading && p.rows.length < ROWS_MAX)
			p.more();
	}, [p.rows.length, p.hasMore, p.isLoading]);
	return { rows: p.rows, error: p.error, isReady: p.first !== undefined, reload: p.reload };
}

// All tools of a server, page by page.
export function useTools(server: string) {
	const [state, set] = useState<{ server: string; tools: Tool[]; total: number; isLoading: boolean; error?: ApiError }>({ server: '', tools: [], total: 0, isLoading: false });
	useEffect(() => {
		if (!server)
			return set({ server, tools: [], total: 0, isLoading: false });
		const stop = new AbortController();
		set({ server, tools: [], total: 0, isLoading: true });
		(async () => {
			let cursor: string | undefined, all: Tool[] = [];
			do {
				const d: ToolList = await api.get<ToolList>('/tools', { server, limit: 200, sort: 'name', cursor }, { signal: stop.signal });
				all = [...all, ...d.tools.map((t) => ({ name: t.name, title: t.title, description: t.description, class: t.category?.toLowerCase(), severity: t.severity?.toLowerCase(), labels: t.labels, isHeld: t.state !== undefined && t.state !== 'ok' }))];
				cursor = all.length < TOOLS_MAX ? d.next : undefined;
				set({ server, tools: all, total: d.total, isLoading: cursor !== undefined });
			} while (cursor);
		})().catch((e) => { if (!isAbort(e)) set((s) => ({ ...s, isLoading: false, error: asError(e) })); });
		return () => stop.abort();
	}, [server]);
	return state.server === server ? state : { tools: [] as Tool[], total: 0, isLoading: server !== '', error: undefined };
}

// Input schemas, asked for when they are first wanted.
export function useSchemas(server: string) {
	const [known, set] = useState<ReadonlyMap<string, unknown>>(new Map());
	const asked = useRef(new Set<string>()), now = useRef(server);
	now.current = server;
	useEffect(() => { asked.current = new Set(); set(new Map()); }, [server]);
	const want = (name: string) => {
		if (!server || asked.current.has(name))
			return;
		asked.current.add(name);
		api.get<ToolWhole>(`/tools/${seg(server)}/${seg(name)}`).then((t) => {
			if (now.current === server)
				set((was) => new Map(was).set(name, t.definition?.inputSchema ?? {}));
		}, () => undefined);
	};
	return { known, want };
}

const SOME = 25;

// Paths of arguments of the tools that rules at a place concern; asks for schemas that are missing.
export function useArgs(server: string, tools: readonly Tool[]) {
	const { known, want } = useSchemas(server);
	const paths = useMemo(() => new Map([...known].map(([name, schema]) => [name, argPaths(schema)] as const)), [known]);
	const argsFor = (path: Path): readonly ArgPath[] => {
		const name = String(path[1] ?? '');
		const concerned = path[0] === 'tools' && !isPattern(name) ? tools.filter((t) => t.name === name)
			: tools.filter((t) => (path[0] === 'tools' ? matches(name, t.name) : path[0] === 'classes' ? t.class === name : true)).slice(0, SOME);
		// Asking sets state: not while this is drawn.
		const missing = concerned.filter((t) => !known.has(t.name));
		if (missing.length)
			queueMicrotask(() => missing.forEach((t) => want(t.name)));
		const all = new Map<string, ArgPath>();
		for (const t of concerned)
			for (const p of paths.get(t.name) ?? [])
				all.has(p.path) || all.set(p.path, p);
		return [...all.values()];
	};
	return { argsFor, paths, known, want };
}

// The gate's opinion of a text, when it has rested. An answer to an older text is dropped.
export function useCheck(text: string, server: string, isJson: boolean) {
	const rested = useRested(text, 350);
	const [state, set] = useState<{ text: string; check?: PolicyCheck; error?: ApiError }>({ text: '' });
	useEffect(() => {
		if (!isJson || rested !== text)
			return;
		const stop = new AbortController();
		api.post<PolicyCheck>('/policies/check', { text: rested, ...(server ? { server } : {}) }, { signal: stop.signal }).then(
			(check) => set({ text: rested, check }), (e) => { if (!isAbort(e)) set({ text: rested, error: asError(e) }); });
		return () => stop.abort();
	}, [rested, server, isJson]);
	return { check: isJson && state.text === text ? state.check : undefined, last: state.check, error: state.text === text ? state.error : undefined };
}

function spanOf(view: View, p: PolicyProblem, text: string): { from: number; to: number } {
	if (p.pointer !== undefined) {
		const n: Node = nearest(view.root, p.pointer);
		const isWhole = n === view.root;
		return isWhole ? { from: n.start, to: n.start + 1 } : { from: n.start, to: n.kind === 'object' || n.kind === 'array' ? n.start + 1 : n.end };
	}
	const lines = text.split('\n'), from = lines.slice(0, Math.max(0, (p.line ?? 1) - 1)).reduce((at, l) => at + l.length + 1, 0) + (p.column ?? 1) - 1;
	return { from, to: from + 1 };
}

export function marksOf(view: View | Mistake, text: string, problems: readonly PolicyProblem[]): Mark[] {
	if (!isView(view))
		return [{ from: view.offset, to: view.offset + 1, message: view.detail, isWarning: false }];
	return problems.map((p) => ({ ...spanOf(view, p, text), message: p.detail, isWarning: p.is_warning ?? false }));
}
