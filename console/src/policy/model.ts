// A policy's text as the builder sees it, and the edits that it makes. The text is the only state: what the
// builder does not know stays in it untouched.
import { type Node, type ObjectNode, type Path, JsonError, find, member, parse, placeOf } from './json';
import { prune, remove, set as setText } from './edit';
import { ABOUT, APPROVALS, CLASSES, FLOW, type Field, GROUP, LIMIT, PROMPTS, RESOURCES, RESULTS, RULES, SERVER_REQUESTS, isCondition, orderOf,
	shown } from './fields';

export type Choice = 'allow' | 'deny' | 'hide' | 'ask' | 'custom';
export interface Tool {
	name: string;
	title?: string;
	description?: string;
	class?: string;
	severity?: string;
	labels?: readonly string[];
	inputSchema?: unknown;
	isHeld?: boolean; // waits for a review, and is not offered until then
}

export interface View {
	text: string;
	root: ObjectNode;
}
export interface Mistake {
	detail: string;
	offset: number;
	line: number;
	column: number;
}

export function read(text: string): View | Mistake {
	try {
		const root = parse(text);
		if (root.kind === 'object')
			return { text, root };
		return { detail: 'a policy is an object: { "version": "1", … }', offset: root.start, ...placeOf(text, root.start) };
	} catch (e) {
		if (e instanceof JsonError)
			return { detail: e.message, offset: e.offset, ...placeOf(text, e.offset) };
		throw e;
	}
}

export const isView = (v: View | Mistake): v is View => 'root' in v;

export const set = (text: string, path: Path, raw: string): string => setText(text, path, raw, orderOf);

// As the gate reads patterns: `*` any run of characters, `?` one.
export function matches(pattern: string, name: string): boolean {
	let p = 0, n = 0, star = -1, mark = 0;
	const ps = [...pattern], ns = [...name];
	while (n < ns.length) {
		if (p < ps.length && ps[p] === '*') {
			star = p++;
			mark = n;
		} else if (p < ps.length && (ps[p] === '?' || ps[p] === ns[n])) {
			p++;
			n++;
		} else if (star >= 0) {
			p = star + 1;
			n = ++mark;
		} else {
			return false;
		}
	}
	while (ps[p] === '*')
		p++;
	return p === ps.length;
}

export const isPattern = (name: string): boolean => /[*?]/.test(name);
const literals = (pattern: string): number => [...pattern].filter((c) => c !== '*' && c !== '?').length;

// An exact name, else the pattern with most literal characters, of two alike the first.
export function winner(keys: readonly string[], name: string): string | undefined {
	if (keys.includes(name))
		return name;
	let best: string | undefined;
	for (const k of keys)
		if (isPattern(k) && matches(k, name) && (best === undefined || literals(k) > literals(best)))
			best = k;
	return best;
}

// What a set of rules comes to.
export function choiceOf(rules: Node | undefined): Choice {
	if (rules?.kind !== 'object')
		return 'custom';
	const action = member(rules, 'action');
	const word = action === undefined ? 'allow' : action.kind === 'string' ? action.value : '';
	const others = rules.members.filter((m) => m.key !== 'action' && m.key !== 'reason').map((m) => m.key);
	if (word === 'require_approval')
		return others.every((k) => ['expires', 'hold', 'quorum'].includes(k)) ? 'ask' : 'custom';
	if (others.length || !['allow', 'deny', 'hide'].includes(word))
		return 'custom';
	return word === 'allow' && member(rules, 'reason') ? 'custom' : word as Choice;
}

export interface Standing {
	choice: Choice;
	by: 'tool' | 'pattern' | 'class' | 'default' | 'hidden';
	key?: string;  // the pattern, the class, or the entry of `hide`
	path: Path;    // of what decides
	hasOwn: boolean; // `tools` has an entry of this name
}

const keysOf = (n: Node | undefined): string[] => (n?.kind === 'object' ? n.members.map((m) => m.key) : []);

export function standing(view: View, tool: Tool): Standing {
	const hide = member(view.root, 'hide'), tools = member(view.root, 'tools'), classes = member(view.root, 'classes');
	const hasOwn = member(tools, tool.name) !== undefined;
	const names = hide?.kind === 'array' ? hide.items.map((n) => (n.kind === 'string' ? n.value : '')) : [];
	const hidden = names.findIndex((n) => n === tool.name || matches(n, tool.name));
	if (hidden >= 0)
		return { choice: 'hide', by: 'hidden', key: names[hidden], path: ['hide', hidden], hasOwn };
	const key = winner(keysOf(tools), tool.name);
	if (key !== undefined)
		return { choice: choiceOf(member(tools, key)), by: key === tool.name ? 'tool' : 'pattern', key, path: ['tools', key], hasOwn };
	if (tool.class && member(classes, tool.class))
		return { choice: choiceOf(member(classes, tool.class)), by: 'class', key: tool.class, path: ['classes', tool.class], hasOwn };
	const word = member(view.root, 'default');
	return { choice: word?.kind === 'string' && word.value === 'allow' ? 'allow' : 'deny', by: 'default', path: ['default'], hasOwn };
}

const RULES_OF: Record<Exclude<Choice, 'custom'>, string> = {
	allow: '{}', deny: '{"action":"deny"}', hide: '{"action":"hide"}', ask: '{"action":"require_approval"}',
};

// What a new set of custom rules begins with: all of it can be changed, and it allows.
const CUSTOM = '{"require":[]}';

// Gives a tool, a pattern or a class rules of its own; `custom` are those it had before, if any. Null takes them away.
export function choose(text: string, path: Path, choice: Choice | null, custom?: string): string {
	const view = read(text);
	if (!isView(view))
		return text;
	const name = String(path[1]);
	if (path[0] === 'tools' && choice !== 'hide')
		text = unhide(text, name);
	if (choice === null)
		return prune(text, path, 1);
	const rules = find(view.root, path);
	const was = rules ? choiceOf(rules) : undefined;
	if (was === choice)
		return text;
	// What says more than its action keeps the texts for the agent and the times that still fit.
	const reason = find(view.root, [...path, 'reason']);
	if (was && was !== 'custom' && choice !== 'custom' && reason?.kind === 'string' && choice !== 'allow') {
		const action = choice === 'ask' ? 'require_approval' : choice;
		for (const k of ['expires', 'hold', 'quorum'])
			text = remove(text, [...path, k]);
		return set(text, [...path, 'action'], JSON.stringify(action));
	}
	return set(text, path, choice === 'custom' ? custom ?? CUSTOM : RULES_OF[choice]);
}

// Takes an exact name out of `hide`.
function unhide(text: string, name: string): string {
	const hide = find(parse(text), ['hide']);
	if (hide?.kind !== 'array')
		return text;
	const at = hide.items.findIndex((n) => n.kind === 'string' && n.value === name);
	return at < 0 ? text : prune(text, ['hide', at], 0);
}

export interface Part {
	path: Path;
	state: 'shown' | 'custom';
}

// Every part of the document, as the builder shows it: each stands here once, or within one that does.
export function parts(view: View): Part[] {
	const out: Part[] = [];
	const put = (path: Path, isShown: boolean) => out.push({ path, state: isShown ? 'shown' : 'custom' });
	const conditions = (path: Path, n: Node) => n.kind === 'array' && n.items.forEach((c, i) => put([...path, i], isCondition(c)));
	const object = (fields: readonly Field[], path: Path, n: Node) => {
		if (n.kind !== 'object')
			return void put(path, false);
		const s = shown(fields, n);
		s.custom.forEach((k) => put([...path, k], false));
		for (const [key, value] of s.fields) {
			const kind = fields.find((f) => f.key === key)!.kind, to = [...path, key];
			if ((kind === 'groups' || kind === 'limits') && value.kind === 'array')
				value.items.forEach((v, i) => object(kind === 'groups' ? GROUP : LIMIT, [...to, i], v));
			else if (kind === 'conditions')
				conditions(to, value);
			else
				put(to, kind !== 'json');
		}
	};
	for (const m of view.root.members) {
		const path = [m.key], fields = SECTIONS[m.key];
		const isMap = m.value.kind === 'object' && (m.key === 'tools' || m.key === 'classes');
		const about = ABOUT.find((f) => f.key === m.key);
		if (isMap)
			(m.value as ObjectNode).members.forEach((t) =>
				m.key === 'classes' && !(CLASSES as readonly string[]).includes(t.key) ? put([...path, t.key], false) : object(RULES, [...path, t.key], t.value));
		else if (m.key === 'flows' && m.value.kind === 'array')
			m.value.items.forEach((f, i) => object(FLOW, [...path, i], f));
		else if (m.key === 'labels' && m.value.kind === 'object')
			m.value.members.forEach((l) => put([...path, l.key], l.value.kind === 'array' && l.value.items.every((w) => w.kind === 'string')));
		else if (fields)
			object(fields, path, m.value);
		else
			put(path, m.key === 'version' || (about !== undefined && shown([about], view.root).fields.has(m.key)));
	}
	return out;
}

export const SECTIONS: Record<string, readonly Field[]> = {
	all_tools: RULES, results: RESULTS, approvals: APPROVALS, resources: RESOURCES, prompts: PROMPTS, server_requests: SERVER_REQUESTS,
};

export const EMPTY = '{\n  "version": "1",\n  "default": "deny",\n  "tools": {}\n}\n';
